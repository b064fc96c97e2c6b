"""Pings over real sockets, at the pace that WebSocketPingInterval has just now."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from chargepoint.csms.channel import ChannelClosedError
from chargepoint.csms.link import LinkAddress, LinkCredentials, WebSocketConnector
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SetOutcome
from chargepoint.settings.store import SettingsStore
from unit.csms.fake_neighbours import FakeStation
from unit.csms.link_server import OFFERED, QUICK, BlackHole, csms
from unit.daemon.neighbours import FakeDisk

PATIENCE_SECONDS = 20.0


class Listening(ServerConnection):
    """The CSMS's end, which tells when a ping came."""

    pings: asyncio.Queue[None]

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings.put_nowait(None)
        super().process_event(event)


def station(url: str, settings: LiveSettings) -> WebSocketConnector:
    address = LinkAddress(url, OFFERED)
    interval = catalogue.WEB_SOCKET_PING_INTERVAL
    return WebSocketConnector(address, LinkCredentials(), lambda: float(settings.get(interval)), QUICK)


def with_interval(seconds: str) -> LiveSettings:
    store = SettingsStore(presets={catalogue.WEB_SOCKET_PING_INTERVAL.name: seconds})
    live = LiveSettings(store, FakeDisk())
    live.attach_station(FakeStation())
    return live


@pytest.mark.ocpp_1_6("WebSocketPingInterval")
@pytest.mark.parametrize("before", ["0", "3600"])
async def test_a_new_ping_interval_counts_on_the_open_link(before: str) -> None:
    settings = with_interval(before)
    pings: asyncio.Queue[None] = asyncio.Queue()

    class Connection(Listening):
        pass

    Connection.pings = pings
    async with csms(create_connection=Connection) as port:
        link = await station(f"ws://127.0.0.1:{port}/CP1", settings).connect()
        await link.channel.send("hello")
        assert await link.channel.receive() == "hello"
        assert pings.empty()
        assert (await settings.change(catalogue.WEB_SOCKET_PING_INTERVAL, "1"))[0] is SetOutcome.ACCEPTED
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(2):
                await pings.get()
        assert (await settings.change(catalogue.WEB_SOCKET_PING_INTERVAL, "-1"))[0] is SetOutcome.REJECTED
        await link.channel.close()


@pytest.mark.ocpp_1_6("WebSocketPingInterval")
async def test_a_csms_that_does_not_answer_pings_is_left() -> None:
    settings = with_interval("1")
    async with csms() as port:
        hole = BlackHole(port)
        async with hole.open() as through:
            link = await station(f"ws://127.0.0.1:{through}/CP1", settings).connect()
            hole.swallow()
            async with asyncio.timeout(PATIENCE_SECONDS):
                with pytest.raises(ChannelClosedError, match="ping"):
                    await link.channel.receive()


async def test_the_pings_end_with_the_link() -> None:
    async with csms() as port:
        link = await station(f"ws://127.0.0.1:{port}/CP1", with_interval("3600")).connect()
        await link.channel.close()
        with suppress(ChannelClosedError):
            await link.channel.receive()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "pings"))
