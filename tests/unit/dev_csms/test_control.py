"""The control interface over HTTP: read what was told, order calls, faults and outages; bad input is harmless."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dev_csms import DevCsms
from unit.dev_csms.raw_station import RawStation, start_16, stop_16


@pytest.fixture
async def http(csms: DevCsms) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(csms.http_url) as session:
        yield session


async def fetch(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def post(http: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, Any]:
    async with http.post(path, json=body) as response:
        return response.status, await response.json()


async def charged_station(csms: DevCsms) -> RawStation:
    station = await RawStation.connect(f"{csms.url}/CP1", "1.6")
    await station.boot()
    await station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Charging"})
    await station.call("StartTransaction", start_16())
    await station.call("StopTransaction", stop_16(1))
    return station


async def test_what_was_told_can_be_read(csms: DevCsms, http: aiohttp.ClientSession) -> None:
    station = await charged_station(csms)
    stations = await fetch(http, "/stations")
    assert stations["CP1"]["is_connected"] is True
    assert stations["CP1"]["status"] == {"1.1": "Charging"}
    assert (await fetch(http, "/stations/CP1"))["transactions"][0]["energy_wh"] == 7400
    assert (await fetch(http, "/transactions?station=CP1"))[0]["stop_reason"] == "EVDisconnected"
    assert await fetch(http, "/transactions?station=CP2") == []
    assert await fetch(http, "/bill") == {"energy_wh": 7400.0, "unknown": []}
    frames = await fetch(http, "/frames?station=CP1&since=6")
    assert [frame["number"] for frame in frames] == [7, 8]
    assert [frame["direction"] for frame in frames] == ["from_station", "to_station"]
    await station.socket.close()


async def test_a_station_is_told_to_do_something(csms: DevCsms, http: aiohttp.ClientSession) -> None:
    station = await charged_station(csms)
    order = {"action": "RemoteStartTransaction", "payload": {"idTag": "CARD1", "connectorId": 1}}
    calling = asyncio.create_task(post(http, "/stations/CP1/call", order))
    message_id = (await station.receive())[1]
    await station.socket.send(json.dumps([3, message_id, {"status": "Accepted"}]))
    status, answer = await calling
    assert status == 200
    assert answer["payload"] == {"status": "Accepted"}
    assert (await post(http, "/stations/CP1/send", {"text": "[rubbish"}))[0] == 200
    assert await station.socket.recv() == "[rubbish"
    await station.socket.close()


async def test_faults_and_tokens_are_ordered(csms: DevCsms, http: aiohttp.ClientSession) -> None:
    station = await charged_station(csms)
    assert (await post(http, "/faults", {"kind": "empty_answer", "action": "Heartbeat", "count": None}))[0] == 200
    assert (await fetch(http, "/faults"))[0]["kind"] == "empty_answer"
    assert await station.call("Heartbeat", {}) == {}
    async with http.delete("/faults") as cleared:
        assert cleared.status == 200
    assert await station.call("Heartbeat", {}) != {}
    rule = {"id_token": "CARD7", "status": "Blocked", "group_id": "FAMILY"}
    assert (await post(http, "/tokens", rule))[0] == 200
    answer = await station.call("Authorize", {"idTag": "card7"})
    assert answer == {"idTagInfo": {"status": "Blocked", "parentIdTag": "FAMILY"}}
    await post(http, "/tokens", {"id_token": None, "status": "Invalid"})
    assert await station.call("Authorize", {"idTag": "other"}) == {"idTagInfo": {"status": "Invalid"}}
    await station.socket.close()


async def test_outages_are_ordered(csms: DevCsms, http: aiohttp.ClientSession) -> None:
    station = await charged_station(csms)
    await post(http, "/listen", {"accept": False})
    assert await post(http, "/disconnect", {}) == (200, {"dropped": 1})
    with pytest.raises(ConnectionClosed):
        await station.receive()
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await RawStation.connect(f"{csms.url}/CP1", "1.6")
    status, answer = await post(http, "/listen", {"accept": False, "status": 503})
    assert (status, answer["listening"], answer["status"]) == (200, True, 503)
    with pytest.raises(InvalidStatus, match="503"):
        await RawStation.connect(f"{csms.url}/CP1", "1.6")
    await post(http, "/listen", {"confirm_subprotocol": False})
    unconfirmed = await RawStation.connect(f"{csms.url}/CP1", "1.6")
    assert unconfirmed.socket.subprotocol is None
    await post(http, "/disconnect", {"station": "CP1", "close_code": 1008})
    with pytest.raises(ConnectionClosed):
        await unconfirmed.receive()
    assert unconfirmed.socket.close_code == 1008


async def test_frames_stream_as_they_pass(csms: DevCsms, http: aiohttp.ClientSession) -> None:
    station = await charged_station(csms)
    async with http.get("/frames/stream?since=6") as stream:
        await station.call("Heartbeat", {})
        lines = [line.decode() async for line in _first_lines(stream, 12)]
    shown = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [frame["number"] for frame in shown] == [7, 8, 9, 10]
    assert json.loads(shown[2]["text"])[2] == "Heartbeat"
    await station.socket.close()


async def _first_lines(stream: aiohttp.ClientResponse, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield await stream.content.readline()


async def test_an_open_stream_does_not_hold_up_the_end() -> None:
    async with aiohttp.ClientSession() as session:
        async with DevCsms() as csms:
            stream = await session.get(f"{csms.http_url}/frames/stream")
        assert await stream.content.read() == b""


@pytest.mark.parametrize(
    ("path", "body", "status", "named"),
    [
        ("/faults", {"kind": "earthquake"}, 400, "kind"),
        ("/faults", {"kind": "delay", "seconds": -1, "colour": "red"}, 400, "colour"),
        ("/faults", [], 400, "$"),
        ("/tokens", {}, 400, "id_token"),
        ("/listen", {"status": 42}, 400, "status"),
        ("/stations/CP1/call", {"payload": {}}, 400, "action"),
        ("/stations/CP1/call", {"action": "Reset", "payload": {"type": 5}}, 400, "$.type"),
        ("/stations/CP1/call", {"action": "Fly"}, 400, "Fly"),
        ("/stations/CP9/call", {"action": "ClearCache"}, 504, "CP9"),
        ("/disconnect", {"station": "CP9"}, 504, "CP9"),
        ("/nowhere", {}, 404, "Not Found"),
    ],
)
async def test_bad_orders_are_named(
    csms: DevCsms, http: aiohttp.ClientSession, path: str, body: Any, status: int, named: str
) -> None:
    station = await charged_station(csms)
    seen, answer = await post(http, path, body)
    assert seen == status
    assert set(answer["error"]) == {"what", "where", "what_to_do"}
    assert named in answer["error"]["what"]
    await station.call("Heartbeat", {})
    await station.socket.close()


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000, b'{"kind":' * 20_000])
async def test_a_body_that_is_no_json_is_named(csms: DevCsms, http: aiohttp.ClientSession, text: bytes) -> None:
    async with http.post("/faults", data=text) as response:
        assert response.status == 400
        assert (await response.json())["error"]["where"] == "body"
    assert csms.faults.waiting == []


@pytest.mark.parametrize("path", ["/frames?since=yesterday", "/stations/CP9", "/frames/stream?since=-1"])
async def test_bad_questions_are_named(csms: DevCsms, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as response:
        assert response.status in (400, 404)
        assert set((await response.json())["error"]) == {"what", "where", "what_to_do"}
