"""Orders to the station, and who may give them."""

import asyncio

import pytest
from aiohttp import FormData

from chargepoint.charging.commands import EnterPin, VerdictStatus
from chargepoint.model.data_transfer import DataTransfer
from chargepoint.model.faults import Fault
from chargepoint.panel.requests import HTTP_STATUS, LARGEST_BODY_BYTES
from unit.panel.conftest import Visitor
from unit.panel.fakes import EVSE, World

ACKNOWLEDGE = "/api/evses/1/acknowledge-faults"
PIN = "/api/evses/1/pin"
SEND_AGAIN = "/api/dead-letters/7/send-again"
EVERY_ORDER = ("/api/csms/disconnect", "/api/csms/connect", ACKNOWLEDGE, SEND_AGAIN)


async def test_the_link_is_held_closed_and_opened_again(visitor: Visitor) -> None:
    async with visitor.http.post(f"{visitor.url}/api/csms/disconnect") as response:
        assert response.status == 200
        assert (await response.json())["csms"]["state"] == "held"
    assert visitor.world.csms.is_held
    async with visitor.http.post(f"{visitor.url}/api/csms/connect", json={}) as response:
        assert response.status == 200
        assert (await response.json())["csms"]["connections"] == 1
    assert not visitor.world.csms.is_held


async def test_a_latched_fault_is_acknowledged_once_its_cause_is_gone(visitor: Visitor) -> None:
    station = visitor.world.station
    station.has_latched(Fault.CONTACTOR_WELDED)
    station.cause_is_gone = False
    async with visitor.http.post(visitor.url + ACKNOWLEDGE) as response:
        assert response.status == 409
        assert (await response.json())["error"] == "the contactor is still welded"
    assert station.evse.faults == {Fault.CONTACTOR_WELDED}
    station.cause_is_gone = True
    async with visitor.http.post(visitor.url + ACKNOWLEDGE) as response:
        assert response.status == 200
        assert await response.json() == {"status": "accepted", "reason": ""}
    assert not station.evse.faults


async def test_an_order_that_waits_for_a_full_disk_is_not_called_done(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargepoint.panel.interface.COMMIT_PATIENCE_SECONDS", 0.0)
    visitor.world.station.disk_is_full = True
    async with visitor.http.post(visitor.url + ACKNOWLEDGE) as response:
        assert response.status == 503
        assert "waits for the database" in (await response.json())["error"]


@pytest.mark.parametrize("evse", ["2", "0", "-1", "one", "1.0", "%31%00", "9" * 200])
async def test_an_evse_that_is_not_there_is_named(visitor: Visitor, evse: str) -> None:
    async with visitor.http.post(f"{visitor.url}/api/evses/{evse}/acknowledge-faults") as response:
        assert response.status == 404
        assert (await response.json())["what_to_do"] == "this station has EVSE 1"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"evse": 1}', b"\xff\xfe", b"[" * 10_000, b"null", b"0"])
@pytest.mark.parametrize("path", EVERY_ORDER)
async def test_a_body_that_is_not_understood_changes_nothing(visitor: Visitor, path: str, body: bytes) -> None:
    visitor.world.station.has_latched(Fault.DIODE)
    async with visitor.http.post(visitor.url + path, data=body) as response:
        assert response.status == 400
        assert (await response.json())["what_to_do"] == "send the request without a body"
    assert not visitor.world.csms.is_held
    assert visitor.world.station.evse.faults == {Fault.DIODE}


async def test_a_body_that_is_too_large_is_refused(visitor: Visitor) -> None:
    async with visitor.http.post(
        f"{visitor.url}/api/csms/disconnect", data=b" " * (LARGEST_BODY_BYTES + 1)
    ) as response:
        assert response.status == 413
        assert "error" in await response.json()
    assert not visitor.world.csms.is_held


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
async def test_a_page_of_another_site_can_not_order(visitor: Visitor, origin: str) -> None:
    form = FormData({"a": "b"})
    async with visitor.http.post(
        f"{visitor.url}/api/csms/disconnect", data=form, headers={"Origin": origin}
    ) as response:
        assert response.status == 403
        assert origin in (await response.json())["error"]
    assert not visitor.world.csms.is_held


async def test_the_stations_own_page_can(visitor: Visitor) -> None:
    async with visitor.http.post(f"{visitor.url}/api/csms/disconnect", headers={"Origin": visitor.url}) as response:
        assert response.status == 200
    assert visitor.world.csms.is_held


@pytest.mark.parametrize("path", ["/", "/api/status", "/api/events", "/metrics", "/nothing"])
async def test_a_name_rebound_to_loopback_gets_nothing(visitor: Visitor, path: str) -> None:
    async with visitor.http.get(visitor.url + path, headers={"Host": "evil.example:8080"}) as response:
        assert response.status == 403
        assert "evil.example" in (await response.json())["error"]


async def test_reading_an_order_is_refused_with_the_method_to_use(visitor: Visitor) -> None:
    async with visitor.http.get(f"{visitor.url}/api/csms/disconnect") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "POST"
    assert not visitor.world.csms.is_held


@pytest.mark.parametrize(
    "nonsense", [b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /api/csms/disconnect HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_request_of_this_station_changes_nothing(
    visitor: Visitor, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = visitor.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(nonsense)
    answer = await reader.readline()
    writer.close()
    assert b" 40" in answer
    assert not caplog.records  # a peer's nonsense is no error of ours
    assert not visitor.world.csms.is_held
    async with visitor.http.get(f"{visitor.url}/api/status") as response:
        assert response.status == 200


def test_every_verdict_has_its_http_status() -> None:
    assert set(HTTP_STATUS) == set(VerdictStatus)


TRANSFER = "/api/csms/data-transfer"


async def test_a_vendor_s_message_is_sent_once_and_answered(visitor: Visitor) -> None:
    fields = {"vendor_id": "com.example", "message_id": "Hello", "data": "world"}
    async with visitor.http.post(visitor.url + TRANSFER, json=fields) as response:
        assert (response.status, await response.json()) == (200, {"status": "Accepted", "data": "thanks"})
    assert visitor.world.csms.transferred == [DataTransfer("com.example", "Hello", "world")]
    visitor.world.csms.is_held = True
    async with visitor.http.post(visitor.url + TRANSFER, json=fields) as response:
        assert response.status == 503
        assert (await response.json())["error"] == "there is no link to the CSMS"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ([], "object"),
        ({}, "vendor_id"),
        ({"vendor_id": 7}, "vendor_id"),
        ({"vendor_id": ""}, "vendor_id"),
        ({"vendor_id": "x" * 256}, "255"),
        ({"vendor_id": "x", "message_id": "m" * 51}, "message_id"),
        ({"vendor_id": "x", "extra": "y"}, "extra"),
    ],
)
async def test_a_vendor_s_message_that_can_not_be_said_is_refused(visitor: Visitor, fields: object, named: str) -> None:
    async with visitor.http.post(visitor.url + TRANSFER, json=fields) as response:
        assert response.status == 400
        assert named in (await response.json())["error"]
    assert not visitor.world.csms.transferred


async def test_a_pin_is_handed_on(visitor: Visitor) -> None:
    async with visitor.http.post(visitor.url + PIN, json={"pin": "1234"}) as response:
        assert response.status == 200
    assert visitor.world.station.commands == [EnterPin("1234", EVSE)]


@pytest.mark.parametrize("world", [World(has_pin_pad=False)])
async def test_a_station_without_a_pin_pad_takes_no_pin(visitor: Visitor) -> None:
    async with visitor.http.post(visitor.url + PIN, json={"pin": "1234"}) as response:
        assert response.status == 403
        assert "pin_pad" in (await response.json())["what_to_do"]
    assert not visitor.world.station.commands


@pytest.mark.parametrize(
    "body",
    [{}, [], *({"pin": pin} for pin in (1234, "", "1" * 21, "12 4", "\uff11\uff12")), {"pin": "1", "x": 1}],
)
async def test_what_is_no_pin_is_refused_and_not_repeated(visitor: Visitor, body: object) -> None:
    async with visitor.http.post(visitor.url + PIN, json=body) as response:
        assert response.status == 400
        assert "12 4" not in await response.text()
    assert not visitor.world.station.commands
