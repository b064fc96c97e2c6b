"""WebSocketPingInterval of 1.6: changed by the CSMS, seen by the CSMS on its real socket."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from dev_csms.gate import GateOptions
from dev_csms.server import DevCsms, utc_now
from scenarios.secured_station import PATIENCE_SECONDS, SecuredStation, StrictGate, Talk


class PingedGate(StrictGate):
    """Rings for each ping of a station."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.pings: asyncio.Queue[None] = asyncio.Queue()

    async def _serve(self, socket: ServerConnection) -> None:
        take = socket.process_event

        def noting(event: Any) -> None:
            if isinstance(event, Frame) and event.opcode is Opcode.PING:
                self.pings.put_nowait(None)
            take(event)

        setattr(socket, "process_event", noting)  # noqa: B010  # a method, for this one connection
        await super()._serve(socket)


@pytest.mark.ocpp_1_6("WebSocketPingInterval")
async def test_the_station_pings_at_the_interval_that_the_csms_sets_on_the_open_link(tmp_path: Path) -> None:
    options = GateOptions()
    csms = DevCsms(options)
    gate = PingedGate(csms.core, options, utc_now)
    gate.listeners.extend(csms.gate.listeners)
    csms.gate = gate
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, csms.url, {"web_socket_ping_interval_seconds": "0"}):
        await talk.connections(1)
        told = await talk.ask("GetConfiguration", {"key": ["WebSocketPingInterval"]})
        assert told["configurationKey"][0]["value"] == "0"
        assert gate.pings.empty()
        assert await talk.change("WebSocketPingInterval", "1") == "Accepted"
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(2):
                await gate.pings.get()
        for bad in ("-1", "often"):
            assert await talk.change("WebSocketPingInterval", bad) == "Rejected"
        assert talk.opened() == 1
