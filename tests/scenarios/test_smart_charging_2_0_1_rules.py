"""Block K of OCPP 2.0.1: what is refused and why, what holds offline, and what one phase carries."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.model.transactions import ChargingState
from scenarios.profiles_2_0_1 import (
    MULTIPLIER,
    ask,
    both_units,
    charging,
    clear,
    events,
    install,
    offered,
    profile,
    refused,
    reported,
    why_not,
    wire_time,
)
from scenarios.stories import calls_of_station, reconnect, tell
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual

TOKEN = {"idToken": KNOWN_TOKEN, "type": "ISO14443"}


@pytest.mark.requirement("K01.FR.29", "K05.FR.04", "F01.FR.12", "F02.FR.20")
def test_while_it_is_turned_off_no_profile_is_taken_and_none_holds(tmp_path: Path) -> None:
    """TC_K_15_CS, TC_K_38_CS"""

    async def turn(rig: Rig, value: str) -> None:
        item = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "Enabled"},
            "attributeValue": value,
        }
        answer = await ask(rig, "SetVariables", {"setVariableData": [item]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"

    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 10))) == "Accepted"
        await turn(rig, "false")
        wire = profile((0, 6), number=2)
        assert await refused(rig, "SetChargingProfile", {"evseId": 1, "chargingProfile": wire}) == "NotSupported"
        assert await refused(rig, "ClearChargingProfile", {"chargingProfileId": 1}) == "NotSupported"
        rig.plug_in()
        await rig.wait(3)
        start = {
            "idToken": TOKEN,
            "remoteStartId": 5,
            "evseId": 1,
            "chargingProfile": profile((0, 8), number=3, purpose="TxProfile"),
        }
        assert (await ask(rig, "RequestStartTransaction", start))["status"] == "Accepted"
        await rig.until(rig.is_live, 20, "it charges")
        await rig.drained()
        assert [asked["idToken"] for asked in calls_of_station(rig, "Authorize")] == [TOKEN]
        assert [event["transactionInfo"]["remoteStartId"] for event in events(rig, "RemoteStart")] == [5]
        await offered(rig, 32)
        await turn(rig, "true")
        await offered(rig, 10)
        assert [one["id"] for _, one in await reported(rig)] == [1]

    tell(tmp_path, "2.0.1", story, settings={"authorize_remote_tx_requests": "true"})


@pytest.mark.requirement(
    "K01.FR.06", "K01.FR.19", "K01.FR.20", "K01.FR.22", "K01.FR.31", "K01.FR.34", "K01.FR.35", "K01.FR.38"
)
@pytest.mark.requirement("K01.FR.41", "K01.FR.43", "K01.FR.48", "K01.FR.52", "K01.FR.53", "K04.FR.03")
def test_every_rule_that_a_profile_breaks_has_its_reason_and_the_link_stays_up(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        now, later = wire_time(rig.utc_now()), wire_time(rig.utc_now() + timedelta(days=1))
        running = await charging(rig)
        assert await install(rig, profile((0, 16))) == "Accepted"
        station: dict[str, Any] = {"purpose": "ChargingStationMaxProfile", "kind": "Absolute", "startSchedule": now}
        phase = profile((0, 6), number=2, level=1, phases=1)
        phase["chargingSchedule"][0]["chargingSchedulePeriod"][0]["phaseToUse"] = 1
        two = profile((0, 6), number=2, level=1)
        two["chargingSchedule"] *= 2
        many = profile(*((at, 6) for at in range(101)), number=2, level=1)
        broken = {
            "no phase can be chosen": (phase, 1, "InvalidSchedule"),
            "three phases are wired": (profile((0, 6), number=2, level=1, phases=1), 1, "InvalidSchedule"),
            "two schedules": (two, 1, "InvalidSchedule"),
            "not from 0 on": (profile((1, 6), number=2, level=1), 1, "InvalidSchedule"),
            "not in order": (profile((0, 6), (9, 6), (3, 6), number=2, level=1), 1, "InvalidSchedule"),
            "a limit below 0": (profile((0, -1), number=2, level=1), 1, "InvalidSchedule"),
            "relative with a start": (profile((0, 6), number=2, level=1, startSchedule=now), 1, "InvalidSchedule"),
            "absolute without": (profile((0, 6), number=2, level=1, kind="Absolute"), 1, "InvalidSchedule"),
            "too many periods": (many, 1, "TooManyElements"),
            "level too high": (profile((0, 6), number=2, level=21), 1, "InvalidStackLevel"),
            "same level": (profile((0, 6), number=2), 1, "DuplicateProfile"),
            "same level, all": (profile((0, 6), number=2), 0, "DuplicateProfile"),
            "the station's at an EVSE": (profile((0, 6), number=2, **station), 1, "InvalidProfile"),
            "the station's, relative": (profile((0, 6), number=2, purpose=station["purpose"]), 0, "InvalidProfile"),
            "the site's": (
                profile((0, 6), number=2, purpose="ChargingStationExternalConstraints"),
                0,
                "InvalidProfile",
            ),
            "of no transaction": (profile((0, 6), number=2, purpose="TxProfile"), 1, "MissingParam"),
            "a default of one": (profile((0, 6), number=2, level=1, transactionId=running), 1, "InvalidProfile"),
            "over": (profile((0, 6), number=2, level=1, validTo=now), 1, "InvalidProfile"),
            "at no time": (profile((0, 6), number=2, level=1, validFrom=later, validTo=later), 1, "InvalidProfile"),
        }
        for what, (wire, evse, reason) in broken.items():
            assert (what, await why_not(rig, wire, evse)) == (what, reason)
        bad_time = profile((0, 6), number=2, level=1, validFrom="soon")
        payload = {"evseId": 1, "chargingProfile": bad_time}
        assert await refused(rig, "SetChargingProfile", payload, strict=False) == "PropertyConstraintViolation"
        assert [one["id"] for _, one in await reported(rig)] == [1]
        await offered(rig, 16)
        own = profile((0, 8), number=2, purpose="TxProfile", transactionId=running.upper())
        assert await install(rig, own) == "Accepted", "ids of transactions ignore case"
        await offered(rig, 8)

    tell(tmp_path, "2.0.1", story)


def test_no_more_profiles_are_taken_than_there_are_entries(tmp_path: Path) -> None:
    async def entries(rig: Rig) -> dict[str, Any]:
        wanted = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "Entries", "instance": "ChargingProfiles"},
        }
        answer = await ask(rig, "GetVariables", {"getVariableData": [wanted]})
        return dict(answer["getVariableResult"][0])

    async def story(rig: Rig) -> None:
        assert (await entries(rig))["attributeValue"] == "0"
        for number in (1, 2):
            assert await install(rig, profile((0, 16), number=number, level=number)) == "Accepted"
        assert (await entries(rig))["attributeValue"] == "2"
        assert await why_not(rig, profile((0, 16), number=3, level=3)) == "OutOfStorage"
        assert await install(rig, profile((0, 10), number=2, level=2)) == "Accepted"

    tell(tmp_path, "2.0.1", story, settings={"max_charging_profiles_installed": "2"})


@both_units
@pytest.mark.requirement("K06.FR.01", "K07.FR.01")
def test_offline_the_profiles_hold_on_and_a_new_transaction_follows_the_default(tmp_path: Path, unit: str) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 16), number=9)) == "Accepted"
        running = await charging(rig)
        own = profile((0, 10), (60, 8), purpose="TxProfile", unit=unit, transactionId=running)
        assert await install(rig, own) == "Accepted"
        rig.csms.go_offline()
        await offered(rig, 10.0 if unit == "A" else 14.4)
        await rig.until(lambda: rig.snapshot().limit.amps == (8.0 if unit == "A" else 11.5), 70, "its next period")
        await rig.finish()
        rig.plug_in()
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 30, "it charges offline")
        await offered(rig, 16)
        rig.csms.come_back()

    tell(tmp_path, "2.0.1", story, settings={"allow_offline_tx_for_unknown_id": "true"})


@pytest.mark.requirement("K06.FR.02")
def test_offline_without_profiles_nothing_holds_a_transaction_back(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charging(rig)
        rig.csms.go_offline()
        for _ in range(10):
            await rig.wait(60)
            await offered(rig, 32)

    tell(tmp_path, "2.0.1", story)


def test_less_than_the_pilot_can_offer_is_a_pause_and_never_a_stop(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charging(rig)
        assert await install(rig, profile((0, 5.9))) == "Accepted"
        await rig.until(lambda: not rig.is_live(), 10, "the contactor opens")
        await rig.until(lambda: rig.snapshot().charging_state is ChargingState.SUSPENDED_EVSE, 5)
        await rig.wait(60)
        assert rig.snapshot().transaction is not None
        assert await clear(rig, 1) == "Accepted"
        await rig.until(rig.is_live, 30, "it goes on")

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K01.FR.45", "K01.FR.47", "K01.FR.49", "K01.FR.50", "K01.FR.51")
@pytest.mark.parametrize(
    ("unit", "limit", "phases", "amps"),
    [("W", 7.36, 1, 32.0), ("W", 7.36, 3, 10.6), ("W", 7.36, None, 10.6), ("A", 16, 1, 16.0), ("A", 16, None, 16.0)],
)
def test_an_outlet_of_one_phase_counts_the_phases_that_the_profile_names(
    tmp_path: Path, unit: str, limit: float, phases: int | None, amps: float
) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, limit), unit=unit, phases=phases)) == "Accepted"
        await charging(rig)
        await offered(rig, amps)
        for _ in range(20):
            assert sum(rig.truth()["amps"]) * 230.0 <= limit * MULTIPLIER[unit] * (230.0 if unit == "A" else 1.0)
            await rig.wait(0.5)

    tell(tmp_path, "2.0.1", story, config={"evse": ({"id": 1, "phases": 1},)})


@pytest.mark.parametrize(("name", "unit", "other"), [("Current", "A", "W"), ("Power", "W", "A")])
@pytest.mark.requirement("K01.FR.26", "K08.FR.07")
def test_a_station_that_is_set_to_one_unit_takes_and_tells_schedules_in_that_alone(
    tmp_path: Path, name: str, unit: str, other: str
) -> None:
    """TC_K_12_CS, TC_K_42_CS"""

    async def story(rig: Rig) -> None:
        wanted = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": "RateUnit"}}
        answer = await ask(rig, "GetVariables", {"getVariableData": [wanted]})
        assert answer["getVariableResult"][0]["attributeValue"] == unit
        assert await why_not(rig, profile((0, 6), unit=other)) == "UnsupportedRateUnit"
        assert await install(rig, profile((0, 6), unit=unit)) == "Accepted"
        for evse in (0, 1):
            question = {"evseId": evse, "duration": 300}
            answer = await ask(rig, "GetCompositeSchedule", {**question, "chargingRateUnit": other})
            assert answer["status"] == "Rejected"
            assert "schedule" not in answer
            answer = await ask(rig, "GetCompositeSchedule", question)
            assert answer["schedule"]["chargingRateUnit"] == unit

    tell(tmp_path, "2.0.1", story, settings={"charging_schedule_allowed_charging_rate_unit": name})


def test_before_the_clock_is_known_the_lowest_limit_that_could_hold_does(tmp_path: Path) -> None:
    async def whole() -> None:
        settings = {"allow_offline_tx_for_unknown_id": "true"}
        async with Rig(tmp_path, "2.0.1", clock_is_trusted=False, settings=settings) as rig:
            await rig.wait(3)
            start = wire_time(rig.utc_now())
            wire = profile((0, 16), (3600, 8), kind="Absolute", startSchedule=start)
            assert await install(rig, wire) == "Accepted"
            await rig.power_cut()
            rig.csms.go_offline()
            await rig.power_up()
            rig.plug_in()
            await rig.wait(1)
            await rig.swipe()
            await rig.until(rig.is_live, 60, "it charges")
            await offered(rig, 8)
            await reconnect(rig)
            await offered(rig, 16, within_seconds=30)

    run_virtual(whole())
