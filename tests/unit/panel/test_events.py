"""The event stream: what happens reaches every watcher, and none of them holds up the station."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from chargepoint.charging.effects import Notice
from chargepoint.panel.event_stream import MOST_WATCHERS, REPEAT_SECONDS, WAITING_EVENTS, EventStream, Watcher
from support.virtual_time import run_virtual
from unit.panel.conftest import Visitor
from unit.panel.fakes import CHARGING_EVSE, EVSE, World


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Kind and body of each event, as a browser would split them."""
    kind = ""
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            kind = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield kind, json.loads(text.removeprefix("data: "))


async def test_the_past_comes_first_then_what_happens(visitor: Visitor) -> None:
    world = visitor.world
    world.frames.send('[2,"1","BootNotification",{}]')
    world.notices.show(Notice.PLUG_IN, EVSE, "Plug in your vehicle.")
    async with visitor.http.get(f"{visitor.url}/api/events") as response:
        assert response.content_type == "text/event-stream"
        async with aclosing(_generator(response)) as stream:
            assert [(await anext(stream))[0] for _ in range(3)] == ["frame", "notice", "status"]
            world.station.evse = CHARGING_EVSE
            assert (await _next(stream, "status", contactor="closed"))["evses"]["1"]["pilot_state"] == "C"
            world.frames.send('[2,"2","Heartbeat",{}]')
            assert (await _next(stream, "frame"))["text"] == '[2,"2","Heartbeat",{}]'
            world.notices.show(Notice.STOPPED, EVSE, "Charging has ended.")
            assert await _next(stream, "notice") == {
                "number": 2,
                "utc": "2026-07-01T12:00:00.000+00:00",
                "notice": "stopped",
                "evse": 1,
                "text": "Charging has ended.",
            }


async def test_the_stream_ends_when_the_panel_closes(visitor: Visitor) -> None:
    async with visitor.http.get(f"{visitor.url}/api/events") as response:
        await response.content.readline()
        await visitor.panel.stop()
        await response.read()
    assert response.content.at_eof()


async def test_only_so_many_may_watch(visitor: Visitor) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        opened = [await http.get(f"{visitor.url}/api/events") for _ in range(MOST_WATCHERS)]
        async with http.get(f"{visitor.url}/api/events") as refused:
            assert refused.status == 503
            assert "poll /api/status" in (await refused.json())["what_to_do"]
        for response in opened:
            response.close()


async def test_a_watcher_that_never_reads_is_cut_off_and_the_others_go_on(visitor: Visitor) -> None:
    loop = asyncio.get_running_loop()
    text = "x" * 60_000
    host, port = visitor.url.removeprefix("http://").split(":")
    with socket.socket() as silent:
        silent.setblocking(False)
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        await loop.sock_connect(silent, (host, int(port)))
        await loop.sock_sendall(silent, b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with visitor.http.get(f"{visitor.url}/api/events") as response, aclosing(_generator(response)) as stream:
            await _next(stream, "status")
            for _ in range(3 * WAITING_EVENTS):
                visitor.world.frames.send(text)
                await _next(stream, "frame")
        received = 0
        while part := await loop.sock_recv(silent, 1 << 20):
            received += len(part)
        assert received < 2 * WAITING_EVENTS * len(text)


def test_an_idle_station_repeats_its_status_now_and_then_only() -> None:
    async def story() -> list[float]:
        world = World()
        stream = EventStream(world.sources())
        stream.start()
        watcher = stream.join(lambda: None)
        told_at: list[float] = []

        async def read() -> None:
            async for message in watcher.messages():
                assert message.startswith(b"event: status\n")
                told_at.append(asyncio.get_running_loop().time())

        reading = asyncio.create_task(read())
        await asyncio.sleep(60.0)
        await stream.stop()
        await reading
        return told_at

    told_at = run_virtual(story())
    assert len(told_at) == pytest.approx(60.0 / REPEAT_SECONDS, abs=1)


def test_a_change_is_told_within_a_look_and_never_more_than_five_a_second() -> None:
    async def story() -> int:
        world = World()
        stream = EventStream(world.sources())
        stream.start()
        watcher = stream.join(lambda: None)
        await asyncio.sleep(0.1)
        for number in range(1000):
            world.station.evse = replace(CHARGING_EVSE, why_not_charging=str(number))
            await asyncio.sleep(0.01)
        await stream.stop()
        return len([message async for message in watcher.messages()])

    assert 45 <= run_virtual(story()) <= 53


def test_a_full_queue_drops_its_watcher_once() -> None:
    drops: list[str] = []
    watcher = Watcher(lambda: drops.append("dropped"))
    for _ in range(WAITING_EVENTS + 10):
        watcher.put(b"x")
    assert watcher.is_dropped
    assert drops == ["dropped"]


async def _generator(response: aiohttp.ClientResponse) -> Any:
    async for item in events(response):
        yield item


async def _next(stream: Any, kind: str, contactor: str | None = None) -> dict[str, Any]:
    async for found, body in stream:
        if found == kind and (contactor is None or body["evses"]["1"]["contactor"] == contactor):
            return dict(body)
    raise AssertionError(f"the stream ended before a {kind} came")
