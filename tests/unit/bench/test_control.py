"""The HTTP interface over a real socket: exactly the calls of the design, and errors that help."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from chargepoint_hal.bench.control import Control
from chargepoint_hal.bench.in_process import InProcessReader
from chargepoint_hal.bench.wires import EvseSignal
from chargepoint_hal.contract import TokenSighting
from unit.bench.station_side import StationSide

Client = TestClient[Request, Application]


@pytest.fixture
def side() -> StationSide:
    return StationSide()


@pytest.fixture
async def client(side: StationSide) -> AsyncIterator[Client]:
    async with TestClient(TestServer(Control(side.world).application(), host="127.0.0.1")) as client:
        yield client


async def post(client: Client, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
    response = await client.post(path, json=body) if body is not None else await client.post(path)
    assert response.status == status, await response.text()
    answer: dict[str, Any] = await response.json()
    return answer


async def truth(client: Client) -> dict[str, Any]:
    response = await client.get("/bench")
    assert response.status == 200
    answer: dict[str, Any] = await response.json()
    return answer


async def test_the_truth_has_exactly_the_fields_of_the_design(client: Client) -> None:
    answer = await truth(client)
    assert set(answer) == {"mains", "evses"}
    assert answer["mains"] == "on"
    assert answer["evses"]["1"] == {
        "plugged": False,
        "ev_ready": False,
        "pilot_high_volts": 12.0,
        "pilot_low_volts": 12.0,
        "pilot_mode": "steady",
        "duty_percent": 100.0,
        "contactor_commanded": False,
        "contactor_closed": False,
        "locked": False,
        "amps": [0.0, 0.0, 0.0],
        "energy_import_wh": 0.0,
        "faults": [],
    }


async def test_a_charge_is_driven_and_seen_over_http(client: Client, side: StationSide) -> None:
    body = {
        "max_current_amps": 32,
        "phases": 3,
        "ready_after_seconds": 1,
        "energy_wanted_wh": None,
        "ventilation": False,
        "quirk": None,
    }
    plugged = await post(client, "/bench/evse/1/plug-in", body)
    assert plugged["plugged"] is True
    side.offer(16)
    side.hardware.contactor.close(3)
    side.advance(10.0)
    seen = (await truth(client))["evses"]["1"]
    assert seen["amps"] == pytest.approx([16.0, 16.0, 16.0])
    assert seen["pilot_mode"] == "pwm"
    assert seen["duty_percent"] == pytest.approx(16 / 0.6)
    assert seen["contactor_closed"] is True
    await post(client, "/bench/evse/1/ev", {"ready": False, "cable_amps": 20})
    assert (await truth(client))["evses"]["1"]["amps"] == [0.0, 0.0, 0.0]
    await post(client, "/bench/evse/1/plug-out")
    assert (await truth(client))["evses"]["1"]["plugged"] is False


async def test_plug_in_without_a_body_is_an_ordinary_ev(client: Client) -> None:
    assert (await post(client, "/bench/evse/1/plug-in"))["plugged"] is True
    assert (await post(client, "/bench/evse/1/ev", {"diode_ok": False}))["plugged"] is True
    assert (await post(client, "/bench/evse/1/ev", {"pilot_shorted": True}))["pilot_high_volts"] == 0.0


async def test_faults_meter_and_mains_are_set(client: Client) -> None:
    raised = await post(client, "/bench/evse/1/fault", {"fault": "residual_current", "active": True})
    assert raised["faults"] == ["residual_current"]
    cleared = await post(client, "/bench/evse/1/fault", {"fault": "residual_current", "active": False})
    assert cleared["faults"] == []
    assert (await post(client, "/bench/meter/1", {"energy_import_wh": 1234.5}))["energy_import_wh"] == 1234.5
    assert (await post(client, "/bench/power", {"mains": "off"}))["mains"] == "off"
    assert (await post(client, "/bench/power", {"mains": "on"}))["mains"] == "on"


async def test_an_evse_is_warmed(client: Client, side: StationSide) -> None:
    await post(client, "/bench/evse/1/temperature", {"celsius": 61.5})
    side.advance(0.1)
    assert side.wires.read(1, EvseSignal.TEMPERATURE_CELSIUS) == 61.5


async def test_a_card_is_presented(client: Client, side: StationSide) -> None:
    reader = InProcessReader(side.world)
    await post(client, "/bench/token", {"uid": "04A2B3C4", "type": "ISO14443", "evses": None, "held_seconds": 0.5})
    assert reader.wait_for_token(0.0) == TokenSighting("04A2B3C4", "ISO14443")
    side.advance(1.0)
    assert reader.wait_for_token(0.0) is None


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/bench/evse/1/plug-in", {"max_curent_amps": 32}, "did you mean 'max_current_amps'"),
        ("/bench/evse/1/plug-in", {"max_current_amps": "32"}, "expected a number from 0 to 80, got '32'"),
        ("/bench/evse/1/plug-in", {"max_current_amps": True}, "expected a number"),
        ("/bench/evse/1/plug-in", {"phases": 4}, "expected 1 or 2 or 3"),
        ("/bench/evse/1/plug-in", {"phases": True}, "expected 1 or 2 or 3"),
        ("/bench/evse/1/plug-in", {"quirk": "lazy"}, "'bcb_toggle'"),
        ("/bench/evse/1/plug-in", {"ready_after_seconds": 1e400}, "Infinity is no JSON number"),
        ("/bench/evse/1/plug-in", [1], "expected an object"),
        ("/bench/evse/1/plug-in", "x", "expected an object"),
        ("/bench/evse/1/plug-out", {"now": True}, "unknown"),
        ("/bench/evse/1/ev", {"ready": True}, "plug one in first"),
        ("/bench/evse/1/ev", {"cable_amps": 16}, "expected 13 or 20 or 32 or 63 or null"),
        ("/bench/evse/1/fault", {"fault": "earthquake", "active": True}, "contactor_stuck_open"),
        ("/bench/evse/1/fault", {"fault": "pe_lost"}, "active: missing"),
        ("/bench/token", {"type": "ISO14443"}, "uid: missing"),
        ("/bench/token", {"uid": "04A2B3C4", "type": "XX"}, "body.type: expected 'Local' or 'ISO14443'"),
        ("/bench/token", {"uid": ""}, "expected a text from 1 to 64"),
        ("/bench/token", {"uid": "04A2B3C4", "evses": [2]}, "EVSE 2"),
        ("/bench/token", {"uid": "04A2B3C4", "evses": ["1"]}, "list of whole numbers"),
        ("/bench/meter/1", {"energy_import_wh": -1}, "from 0"),
        ("/bench/evse/1/temperature", {"celsius": 200}, "from -40 to 150"),
        ("/bench/evse/1/temperature", {}, "celsius: missing"),
        ("/bench/power", {"mains": "of"}, "'on' or 'off'"),
    ],
)
async def test_a_wrong_body_is_answered_with_what_where_and_what_to_do(
    client: Client, path: str, body: object, expected: str
) -> None:
    answer = await post(client, path, body, status=400)
    assert expected in answer["error"]
    assert path in answer["error"]
    assert (await truth(client))["evses"]["1"]["plugged"] is False


async def test_all_errors_of_a_body_come_at_once(client: Client) -> None:
    answer = await post(client, "/bench/evse/1/plug-in", {"phases": 9, "quirk": 3, "colour": "red"}, status=400)
    assert all(name in answer["error"] for name in ("phases", "quirk", "colour"))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"phases": ' + b"[" * 30_000,
        b'{"phases": NaN}',
        b'{"ready_after_seconds": 1e400}',
        b'{"max_current_amps": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_not_json_or_too_deep_is_a_bad_request(client: Client, body: bytes) -> None:
    response = await client.post("/bench/evse/1/plug-in", data=body)
    assert response.status == 400
    assert "body" in (await response.json())["error"]


@pytest.mark.parametrize(
    "path", ["/bench/evse/2/plug-in", "/bench/evse/0/plug-in", "/bench/evse/x/plug-in", "/bench/evse/-1/ev", "/nowhere"]
)
async def test_what_is_not_there_is_404_as_json(client: Client, path: str) -> None:
    assert path in (await post(client, path, {}, status=404))["error"]


async def test_a_wrong_method_names_the_right_one(client: Client) -> None:
    response = await client.get("/bench/power")
    assert response.status == 405
    assert "POST" in (await response.json())["error"]


async def test_plugging_in_twice_is_refused(client: Client) -> None:
    await post(client, "/bench/evse/1/plug-in")
    assert "already" in (await post(client, "/bench/evse/1/plug-in", status=400))["error"]
