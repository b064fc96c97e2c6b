"""EVs that pause, sleep, are full, never ask, or keep an old standard."""

from pathlib import Path

import pytest

from chargepoint_hal.bench.ev import EvChange, PlugIn
from scenarios.stories import (
    all_told,
    charging_states,
    is_1_6,
    only_transaction,
    tell,
    told_statuses,
    under_both,
)
from support.rig import Rig


@under_both
@pytest.mark.requirement("E02.FR.13")
def test_an_ev_that_pauses_is_suspended_and_not_stopped(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        rig.ev(EvChange(ready=False))
        await rig.until(lambda: not rig.is_live(), 1.0, "the contactor opens")
        await rig.wait(60)
        assert only_transaction(rig).is_running
        assert rig.csms.record.status(1) == ("SuspendedEV" if is_1_6(rig) else "Occupied")
        rig.ev(EvChange(ready=True))
        await rig.until(rig.is_live, 15, "charging goes on")
        await rig.wait(15)
        await rig.finish()
        await all_told(rig)
        if is_1_6(rig):
            words = ["Preparing", "Charging", "SuspendedEV", "Charging", "Finishing", "Available"]
            assert told_statuses(rig)[-6:] == words
        else:
            states = ["EVConnected", "Charging", "SuspendedEV", "Charging", "EVConnected"]
            assert [state for state in charging_states(rig) if state != "SuspendedEVSE"] == states

    tell(tmp_path, version, story)


@under_both
def test_a_full_ev_is_suspended_until_it_leaves(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(energy_wanted_wh=100))
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 10)
        await rig.until(lambda: not rig.is_live(), 60, "the EV is full")
        await rig.wait(30)
        assert only_transaction(rig).is_running
        rig.plug_out()
        await rig.wait(8)
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(100, abs=1.5)

    tell(tmp_path, version, story)


@under_both
def test_a_sleepy_ev_is_woken_once_and_then_charges(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(quirk="sleepy"))
        await rig.wait(1)
        await rig.swipe()
        await rig.wait(10)
        assert not rig.is_live()
        await rig.until(rig.is_live, 60, "woken by state F")
        assert only_transaction(rig).is_running
        assert "Faulted" not in told_statuses(rig)

    tell(tmp_path, version, story)


@under_both
def test_an_ev_that_never_asks_is_woken_once_and_left_alone(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        pulses = 0
        rig.plug_in(plug=PlugIn(ready_after_seconds=10_000))
        await rig.wait(1)
        await rig.swipe()
        was_f = False
        for _ in range(300):
            await rig.wait(0.5)
            is_f = rig.truth()["pilot_mode"] == "fault"
            pulses += is_f and not was_f
            was_f = is_f
        assert pulses == 1
        assert not rig.is_live()
        assert only_transaction(rig).is_running
        assert rig.csms.record.status(1) == ("SuspendedEV" if is_1_6(rig) else "Occupied")
        rig.plug_out()
        await rig.wait(8)
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(0, abs=0.5)

    tell(tmp_path, version, story)


@under_both
def test_an_ev_with_the_simplified_pilot_is_offered_no_more_than_10_amps(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(quirk="simplified_pilot"))
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(20)
        assert max(rig.truth()["amps"]) <= 10.0
        assert max(rig.truth()["amps"]) > 5.0
        assert rig.truth()["duty_percent"] <= 10.0 / 0.6 + 0.1
        await rig.finish()

    tell(tmp_path, version, story)
