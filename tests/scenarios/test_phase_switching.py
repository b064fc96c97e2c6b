"""One phase or three while an EV is plugged in: who may ask for it, what happens on the wires, and what is told."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.commands import ImposeSiteLimit, ReleaseSiteLimit
from chargepoint.charging.phase_choice import BACK_TO_THREE_SECONDS
from chargepoint.iec61851 import timing
from chargepoint.model.charging_profiles import ChargingSchedule, LimitSource, RateUnit, SchedulePeriod
from chargepoint.model.power import EvseObservation
from chargepoint.model.transactions import ChargingState
from chargepoint_hal.bench.ev import PlugIn
from scenarios.profiles_2_0_1 import ask, clear, events, install, profile, why_not, wire_time
from scenarios.site_limits import impose, order
from scenarios.stories import VERSIONS, all_told, assert_all_billed, calls_of_station, tell, tell_twice, under_both
from scenarios.test_smart_charging import install as install_1_6
from scenarios.test_smart_charging import profile as profile_1_6
from support.rig import KNOWN_TOKEN, Rig

FRAGILE = PlugIn(quirk="bridges_phases", max_current_amps=16.0)
"""An EV that is broken by three phases unless its pilot was interrupted after one."""
FOLLOWED_SECONDS = timing.PHASE_CHANGE_PAUSE_SECONDS + 25.0


def switching(how: str = "both_ways", **more: Any) -> dict[str, Any]:
    return {"evse": ({"id": 1, "phase_switching": how},), **more}


def watts(amount: float, phases: int | None = None) -> ImposeSiteLimit:
    return ImposeSiteLimit(LimitSource.EMS, ChargingSchedule(RateUnit.WATTS, (SchedulePeriod(0, amount, phases),)))


async def charge(rig: Rig) -> None:
    rig.plug_in(plug=FRAGILE)
    await rig.wait(2)
    await rig.swipe(KNOWN_TOKEN)
    await rig.until(lambda: drawn(rig) > 0, 30, "it charges")


def phases(rig: Rig, evse: int = 1) -> int:
    """That the EV draws from."""
    return sum(amps > 0 for amps in rig.truth(evse)["amps"])


def drawn(rig: Rig) -> float:
    """Amps of the first phase."""
    return float(rig.truth()["amps"][0])


async def draws(rig: Rig, wanted_phases: int, amps: float, within_seconds: float = FOLLOWED_SECONDS) -> None:
    await rig.until(
        lambda: phases(rig) == wanted_phases and drawn(rig) == pytest.approx(amps, abs=0.2),
        within_seconds,
        f"{wanted_phases} phases with {amps} A each",
    )
    ev = rig.world.evse(1).ev
    assert ev is not None
    assert not ev.is_broken


def watch(rig: Rig) -> list[EvseObservation]:
    """Everything that the safety process says from now on."""
    seen: list[EvseObservation] = []
    rig.tap = seen.append
    return seen


def assert_switched_with_care(seen: list[EvseObservation]) -> None:
    """Between two numbers of phases the contactor was open for a minute."""
    before: EvseObservation | None = None
    for each in seen:
        if each.phases == 0:
            continue
        if before is not None and each.phases != before.phases:
            assert each.at_monotonic - before.at_monotonic >= timing.PHASE_CHANGE_PAUSE_SECONDS
        before = each


async def hold_to(rig: Rig, version: str, number_of_phases: int, amps: float = 16.0) -> None:
    """The CSMS's word."""
    if version == "1.6":
        wire = profile_1_6((0, amps))
        wire["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = number_of_phases
        assert await install_1_6(rig, wire) == "Accepted"
    else:
        assert await install(rig, profile((0, amps), phases=number_of_phases)) == "Accepted"


@under_both
@pytest.mark.requirement("K01.FR.43", "K01.FR.47")
def test_a_profile_that_names_one_phase_is_followed_and_the_transaction_goes_on(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await draws(rig, 3, 16)
        seen = watch(rig)
        await hold_to(rig, version, 1)
        await rig.until(lambda: not rig.is_live(), 10, "fewer phases wait for nothing")
        await rig.wait(1)
        assert rig.snapshot().charging_state is ChargingState.SUSPENDED_EVSE
        assert "changes between one and three phases" in (rig.snapshot().why_not_charging or "")
        await draws(rig, 1, 16)
        await rig.wait(timing.PHASE_CHANGE_INTERVAL_SECONDS)
        await hold_to(rig, version, 3, 10)
        await draws(rig, 3, 10)
        assert_switched_with_care(seen)
        assert len(rig.csms.core.transactions) == 1
        await rig.finish()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story, config=switching())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_fitted", [True, False])
@pytest.mark.ocpp_1_6("ConnectorSwitch3to1PhaseSupported")
def test_whether_it_can_is_told(tmp_path: Path, version: str, is_fitted: bool) -> None:
    async def story(rig: Rig) -> None:
        if version == "1.6":
            answer = await ask(rig, "GetConfiguration", {"key": ["ConnectorSwitch3to1PhaseSupported"]})
            (key,) = answer["configurationKey"]
            assert (key["value"], key["readonly"]) == (str(is_fitted).lower(), True)
            return
        for name, expected in (("Phases3to1", is_fitted), ("ACPhaseSwitchingSupported", False)):
            wanted = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": name}}
            answer = await ask(rig, "GetVariables", {"getVariableData": [wanted]})
            assert answer["getVariableResult"][0]["attributeValue"] == str(expected).lower()

    tell(tmp_path, version, story, config=switching("both_ways" if is_fitted else "never"))


@pytest.mark.requirement("K01.FR.20", "K01.FR.43", "K01.FR.48")
def test_what_it_can_not_promise_is_refused(tmp_path: Path) -> None:
    async def never(rig: Rig) -> None:
        assert await why_not(rig, profile((0, 16), phases=1)) == "InvalidSchedule"

    async def which(rig: Rig) -> None:
        wire = profile((0, 16), phases=1)
        wire["chargingSchedule"][0]["chargingSchedulePeriod"][0]["phaseToUse"] = 2
        assert await why_not(rig, wire) == "InvalidSchedule"

    for home, story, how in (("never", never, "never"), ("which", which, "both_ways")):
        (tmp_path / home).mkdir()
        tell(tmp_path / home, "2.0.1", story, config=switching(how))


@pytest.mark.requirement("K01.FR.50")
def test_watts_for_one_phase_are_all_on_it_and_the_lowest_number_of_phases_counts(tmp_path: Path) -> None:
    """Errata 2.36: of the profiles that apply, the lowest numberPhases."""

    async def story(rig: Rig) -> None:
        await charge(rig)
        await draws(rig, 3, 16)
        await install(rig, profile((0, 2.3), unit="W", phases=1))
        await draws(rig, 1, 10)
        station = profile((0, 6.9), number=2, purpose="ChargingStationMaxProfile", kind="Absolute", unit="W", phases=3)
        station["chargingSchedule"][0]["startSchedule"] = wire_time(rig.utc_now())
        assert await install(rig, station, evse=0) == "Accepted"
        await rig.wait(20)
        await draws(rig, 1, 10)
        answer = await ask(rig, "GetCompositeSchedule", {"evseId": 1, "duration": 60, "chargingRateUnit": "A"})
        (period,) = answer["schedule"]["chargingSchedulePeriod"]
        assert (period["limit"], period["numberPhases"]) == (10.0, 1)
        assert await clear(rig, 1) == "Accepted"
        await rig.wait(timing.PHASE_CHANGE_INTERVAL_SECONDS)
        await draws(rig, 3, 10)

    tell(tmp_path, "2.0.1", story, config=switching())


def test_the_csms_hears_by_how_many_phases_is_charged(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await rig.wait(30)
        await install(rig, profile((0, 16), phases=1))
        await draws(rig, 1, 16)
        await rig.wait(30)
        await rig.drained()
        states = [event["transactionInfo"]["chargingState"] for event in events(rig, "ChargingStateChanged")]
        assert states[-2:] == ["SuspendedEVSE", "Charging"]
        told = [
            call["numberOfPhasesUsed"]
            for call in calls_of_station(rig, "TransactionEvent")
            if "numberOfPhasesUsed" in call
        ]
        assert told[0] == 3
        assert told[-1] == 1

    tell(tmp_path, "2.0.1", story, config=switching())


def test_power_that_is_too_little_for_three_phases_goes_to_one_and_comes_back_after_a_while(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await draws(rig, 3, 16)
        seen = watch(rig)
        await impose(rig, watts(3000))
        await draws(rig, 1, 13)
        await impose(rig, watts(2000))
        await draws(rig, 1, 8.6, 20)
        await impose(rig, watts(6900))
        await draws(rig, 1, 16, 20)
        await rig.wait(BACK_TO_THREE_SECONDS / 2)
        await impose(rig, watts(3000))
        await rig.wait(30)
        await impose(rig, watts(6900))
        await rig.wait(BACK_TO_THREE_SECONDS - 30)
        assert phases(rig) == 1, "the waiting began anew"
        await draws(rig, 3, 10, FOLLOWED_SECONDS + 60)
        assert_switched_with_care(seen)
        await impose(rig, watts(1000))
        await rig.until(lambda: not rig.is_live(), 15)
        assert rig.snapshot().limit.amps == 1.4, "one phase has too little as well: nothing is switched"
        assert (await order(rig, ReleaseSiteLimit())).reason == ""
        await draws(rig, 3, 16)
        await rig.finish()

    tell_twice(tmp_path, story, config=switching())


def test_the_site_may_name_the_phases_itself(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await draws(rig, 3, 16)
        await impose(rig, watts(2990, 1))
        await draws(rig, 1, 13)

    tell(tmp_path, "1.6", story, config=switching())


def test_a_restart_of_the_safety_process_does_not_forget_that_an_ev_is_there(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await hold_to(rig, "2.0.1", 1)
        await draws(rig, 1, 16)
        rig.lose_safety()
        await rig.wait(1)
        rig.restart_safety()
        assert await clear(rig, 1) == "Accepted"
        started_at = rig.utc_now()
        await draws(rig, 3, 16)
        assert (rig.utc_now() - started_at).total_seconds() >= timing.PHASE_CHANGE_PAUSE_SECONDS

    tell(tmp_path, "2.0.1", story, config=switching())


def test_one_way_an_ev_never_comes_back_to_three(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await hold_to(rig, "2.0.1", 1)
        await draws(rig, 1, 16)
        assert await clear(rig, 1) == "Accepted"
        await rig.wait(1200)
        await draws(rig, 1, 16)
        await rig.finish()
        await rig.wait(15)
        await charge(rig)
        await draws(rig, 3, 16)

    tell(tmp_path, "2.0.1", story, config=switching("to_one_phase"))


def test_a_released_limit_waits_as_well_and_leaves_nothing_behind_for_the_next_ev(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await impose(rig, watts(3000))
        await draws(rig, 1, 13)
        await order(rig, ReleaseSiteLimit())
        await draws(rig, 1, 16, 20)
        await rig.wait(BACK_TO_THREE_SECONDS / 2)
        assert phases(rig) == 1
        await rig.finish()
        await rig.wait(15)
        await charge(rig)
        await draws(rig, 3, 16)
        await impose(rig, watts(13_800))
        await rig.wait(30)
        await draws(rig, 3, 16, 1)

    tell(tmp_path, "2.0.1", story, config=switching())


def test_time_without_enough_for_anything_does_not_count(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await impose(rig, watts(3000))
        await draws(rig, 1, 13)
        await impose(rig, watts(1000))
        await rig.wait(BACK_TO_THREE_SECONDS)
        await impose(rig, watts(6900))
        await draws(rig, 1, 16)
        await rig.wait(BACK_TO_THREE_SECONDS - 100)
        await draws(rig, 1, 16, 1)

    tell(tmp_path, "1.6", story, config=switching())


@under_both
def test_a_restart_of_the_controller_does_not_shorten_the_waiting(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await impose(rig, watts(3000))
        await draws(rig, 1, 13)
        await rig.wait(timing.PHASE_CHANGE_INTERVAL_SECONDS)
        await impose(rig, watts(6900))
        await rig.wait(20)
        await rig.stop_controller()
        await rig.wait(3)
        await rig.start_controller()
        await rig.wait(60)
        assert rig.is_live()
        await draws(rig, 1, 16, 1)

    tell(tmp_path, version, story, config=switching())


def test_more_power_is_never_less_where_an_ev_stays_on_one_phase_and_the_csms_sees_it_so(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await impose(rig, watts(3600))
        await draws(rig, 1, 15.6)
        await impose(rig, watts(4200))
        await rig.wait(BACK_TO_THREE_SECONDS + 100)
        await draws(rig, 1, 16, 1)
        answer = await ask(rig, "GetCompositeSchedule", {"evseId": 1, "duration": 60, "chargingRateUnit": "A"})
        (period,) = answer["schedule"]["chargingSchedulePeriod"]
        assert (period["limit"], period["numberPhases"]) == (18.2, 1)

    tell(tmp_path, "2.0.1", story, config=switching("to_one_phase"))


def test_the_composite_schedule_tells_when_the_waiting_is_over(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await impose(rig, watts(3000))
        await draws(rig, 1, 13)
        await rig.wait(timing.PHASE_CHANGE_INTERVAL_SECONDS)
        await impose(rig, watts(6900))
        await rig.wait(100)
        answer = await ask(rig, "GetCompositeSchedule", {"evseId": 1, "duration": 900, "chargingRateUnit": "A"})
        now, later = answer["schedule"]["chargingSchedulePeriod"]
        assert (now["limit"], now["numberPhases"]) == (30.0, 1)
        assert (later["limit"], later["numberPhases"]) == (10.0, 3)
        assert later["startPeriod"] == pytest.approx(BACK_TO_THREE_SECONDS - 100, abs=3)

    tell(tmp_path, "2.0.1", story, config=switching())


def test_a_profile_for_one_phase_is_taken_before_the_safety_process_is_there(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.lose_safety()
        await rig.stop_controller()
        await rig.start_controller()
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 120)
        await rig.wait(5)
        assert await install(rig, profile((0, 10), phases=1)) == "Accepted"
        rig.restart_safety()
        await rig.wait(5)
        await charge(rig)
        await draws(rig, 1, 10)

    tell(tmp_path, "2.0.1", story, config=switching())


@pytest.mark.parametrize("bounce_seconds", [0.3, 1.0])
def test_a_plug_that_bounces_does_not_bring_three_phases_back_at_once(tmp_path: Path, bounce_seconds: float) -> None:
    async def story(rig: Rig) -> None:
        await charge(rig)
        await impose(rig, watts(3000))
        await draws(rig, 1, 13)
        await order(rig, ReleaseSiteLimit())
        ev, rig.world.evse(1).ev = rig.world.evse(1).ev, None
        await rig.wait(bounce_seconds)
        rig.world.evse(1).ev = ev
        await rig.wait(5)
        await rig.swipe(KNOWN_TOKEN)
        await draws(rig, 1, 16)
        await draws(rig, 3, 16, timing.PHASE_CHANGE_INTERVAL_SECONDS + FOLLOWED_SECONDS)

    tell(tmp_path, "1.6", story, config=switching())


def test_two_evs_share_what_the_site_leaves_on_as_many_phases_as_it_is_enough_for(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for evse, card in ((1, KNOWN_TOKEN), (2, "04D5E6F7")):
            rig.plug_in(evse, plug=FRAGILE)
            await rig.wait(2)
            await rig.swipe(card, evses=(evse,))
        await rig.until(lambda: phases(rig, 1) == phases(rig, 2) == 3, 30)
        for limit_watts, *expected in ((9000.0, 3, 3), (6000.0, 3, 0), (3000.0, 1, 0), (13_800.0, 1, 3)):
            await impose(rig, watts(limit_watts))
            await rig.wait(12)
            for _ in range(190):
                await rig.wait(1)
                assert taken_watts(rig) <= limit_watts + 1.0
            assert [phases(rig, 1), phases(rig, 2)] == expected
        await rig.wait(BACK_TO_THREE_SECONDS)
        assert [phases(rig, 1), phases(rig, 2)] == [3, 3]
        assert not any(ev.is_broken for evse in (1, 2) if (ev := rig.world.evse(evse).ev) is not None)

    rows = tuple({"id": number, "phase_switching": "both_ways"} for number in (1, 2))
    tell(tmp_path, "2.0.1", story, evses=2, config={"evse": rows})


def taken_watts(rig: Rig) -> float:
    """By all of them."""
    return sum(230.0 * float(amps) for evse in (1, 2) for amps in rig.truth(evse)["amps"])
