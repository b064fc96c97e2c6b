"""A limit in watts holds at the wires, whatever phases it names; and what is promised or past in the profile store."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.model.status import SessionState
from scenarios.keys_of_1_6 import read, tell_1_6
from scenarios.test_smart_charging import EV_RULE_SECONDS, ask, composite, install, offered, profile
from support.rig import KNOWN_TOKEN, Rig

ONE_PHASE = {"evse": ({"id": 1, "phases": 1},)}
MAINS_VOLTS = 230.0
FEW_PLACES = {"max_charging_profiles_installed": "2"}


def watts(limit: float, phases: int | None, purpose: str = "TxDefaultProfile", number: int = 0) -> dict[str, Any]:
    wire = profile((0, limit), unit="W", purpose=purpose, number=number)
    if phases is not None:
        wire["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = phases
    return wire


def measured_watts(rig: Rig) -> float:
    """By the world's word, of all phases together."""
    return float(sum(rig.truth()["amps"])) * MAINS_VOLTS


@pytest.mark.ocpp_1_6("SetChargingProfile")
@pytest.mark.parametrize("phases", [1, 3, None])
@pytest.mark.parametrize(("purpose", "connector"), [("TxDefaultProfile", 1), ("ChargePointMaxProfile", 0)])
def test_the_watts_at_the_wires_are_never_more_than_the_limit(
    tmp_path: Path, phases: int | None, purpose: str, connector: int
) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, watts(7360, phases, purpose), connector) == "Accepted"
        await rig.charge(30)
        for _ in range(60):
            assert measured_watts(rig) <= 7360
            await rig.wait(0.5)
        assert measured_watts(rig) == pytest.approx(7360, rel=0.02)
        assert await install(rig, watts(3680, phases, purpose), connector) == "Accepted"
        await rig.wait(10)
        assert measured_watts(rig) == 0, "three phases of less than 6 A are a pause"
        assert rig.snapshot().transaction is not None

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("GetCompositeSchedule")
def test_an_outlet_of_one_phase_has_all_the_watts_of_one_phase_and_else_a_third_of_them(tmp_path: Path) -> None:
    async def steps(rig: Rig, connector: int) -> list[tuple[float, int]]:
        wanted = {"connectorId": connector, "duration": 60, "chargingRateUnit": "W"}
        answer = await ask(rig, "GetCompositeSchedule", wanted)
        periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
        return [(period["limit"], period["numberPhases"]) for period in periods]

    async def story(rig: Rig) -> None:
        assert await steps(rig, 0) == await steps(rig, 1) == [(7360.0, 1)]
        assert await install(rig, profile((0, 16))) == "Accepted"
        assert await steps(rig, 1) == [(3680.0, 1)]
        for phases in (3, None):
            assert await install(rig, watts(7360, phases)) == "Accepted"
            assert await composite(rig) == [(0, 10.6)]
            assert await steps(rig, 1) == [(7360.0, 3)]
        await rig.charge(10)
        await offered(rig, 10.6)
        assert await install(rig, watts(7360, 1)) == "Accepted"
        assert await composite(rig) == [(0, 32.0)]
        assert await steps(rig, 1) == [(7360.0, 1)]
        await offered(rig, 32)
        await rig.wait(5)
        assert measured_watts(rig) == pytest.approx(7360, rel=0.02)

    tell_1_6(tmp_path, story, config=ONE_PHASE)


@pytest.mark.ocpp_1_6("SetChargingProfile")
def test_the_default_of_one_connector_replaces_connector_0_s_for_it_alone_whatever_their_levels(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 20), number=1, level=1), connector=0) == "Accepted"
        assert await install(rig, profile((0, 8), number=2, level=0, duration=300), connector=1) == "Accepted"
        await rig.charge(5)
        await offered(rig, 8)
        assert await composite(rig, connector=2) == [(0, 20.0)]
        await rig.wait(300)
        await offered(rig, 20)

    tell_1_6(tmp_path, story, evses=2)


@pytest.mark.ocpp_1_6("RemoteStartTransaction")
def test_the_profile_of_an_accepted_remote_start_holds_though_the_store_is_full_by_then(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        own = profile((0, 8), purpose="TxProfile", number=50)
        order = {"idTag": KNOWN_TOKEN, "connectorId": 1, "chargingProfile": own}
        assert (await ask(rig, "RemoteStartTransaction", order))["status"] == "Accepted"
        for number in (1, 2):
            assert await install(rig, profile((0, 30), number=number, level=number)) == "Accepted"
        rig.plug_in()
        await rig.until(rig.is_live, 60)
        await offered(rig, 8)
        assert await install(rig, profile((0, 30), number=3, level=3)) == "Rejected"
        await rig.wait(6)
        await rig.finish()
        await rig.until(lambda: rig.snapshot().session is SessionState.IDLE, 30)
        assert await composite(rig) == [(0, 30.0)]

    tell_1_6(tmp_path, story, settings=FEW_PLACES)


@pytest.mark.ocpp_1_6("SetChargingProfile")
def test_profiles_whose_time_is_past_do_not_keep_their_places(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        ends = (rig.utc_now() + timedelta(seconds=60)).isoformat()
        for number in (1, 2):
            assert await install(rig, profile((0, 10), number=number, level=number, validTo=ends)) == "Accepted"
        assert await install(rig, profile((0, 20), number=3, level=3)) == "Rejected"
        await rig.wait(61)
        assert await install(rig, profile((0, 20), number=3, level=3)) == "Accepted"
        assert await composite(rig) == [(0, 20.0)]

    tell_1_6(tmp_path, story, settings=FEW_PLACES)


@pytest.mark.ocpp_1_6("GetCompositeSchedule")
def test_a_schedule_of_less_than_no_time_is_asked_in_vain(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        answer = await rig.csms.call("GetCompositeSchedule", {"connectorId": 1, "duration": -5})
        assert answer.error is not None
        assert answer.error.code == "PropertyConstraintViolation"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("SmartChargingEnabled")
def test_while_smart_charging_is_turned_off_no_profile_is_taken_and_none_holds(tmp_path: Path) -> None:
    async def turn(rig: Rig, value: str) -> None:
        answer = await ask(rig, "ChangeConfiguration", {"key": "SmartChargingEnabled", "value": value})
        assert answer["status"] == "Accepted"

    async def feature_profiles(rig: Rig) -> list[str]:
        return (await read(rig, "SupportedFeatureProfiles") or "").split(",")

    of_nobody = profile((0, 6), purpose="TxProfile") | {"transactionId": 4711}

    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 10))) == "Accepted"
        await rig.charge(10)
        await offered(rig, 10)
        await turn(rig, "false")
        await offered(rig, 32)
        for action, payload in (
            ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile((0, 6), number=1)}),
            ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": of_nobody}),
            ("ClearChargingProfile", {}),
            ("GetCompositeSchedule", {"connectorId": 1, "duration": 60}),
        ):
            refusal = (await rig.csms.call(action, payload)).error
            assert refusal is not None, action
            assert refusal.code == "NotSupported", action
        assert "SmartCharging" not in await feature_profiles(rig)
        await rig.wait(EV_RULE_SECONDS)
        await turn(rig, "true")
        assert "SmartCharging" in await feature_profiles(rig)
        await offered(rig, 10)

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("GetCompositeSchedule")
def test_the_station_is_expected_to_take_what_its_outlets_take_together(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 10)), connector=1) == "Accepted"
        assert await composite(rig, connector=0) == [(0, 42.0)]
        assert (
            await install(rig, profile((0, 20), number=1, purpose="ChargePointMaxProfile"), connector=0) == "Accepted"
        )
        assert await composite(rig, connector=0) == [(0, 20.0)]

    tell_1_6(tmp_path, story, evses=2)
