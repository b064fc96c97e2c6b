"""Who holds the energy back: a pause of the station is never told as the EV's, nor the other way round."""

from pathlib import Path

import pytest

from chargepoint_hal.bench.ev import EvChange
from chargepoint_hal.faults import Fault
from scenarios.stories import charging_states, is_1_6, tell, told_statuses, under_both
from support.rig import Rig


@under_both
@pytest.mark.requirement("E02.FR.13")
def test_after_a_pause_of_the_station_the_ev_is_not_blamed_for_the_contactors_rest(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_fault(1, Fault.OVER_TEMPERATURE, True)
        await rig.until(lambda: not rig.is_live(), 10, "the station pauses")
        rig.world.set_fault(1, Fault.OVER_TEMPERATURE, False)
        await rig.until(rig.is_live, 60, "charging goes on")
        await rig.wait(5)
        if is_1_6(rig):
            assert told_statuses(rig)[-4:] == ["Charging", "Faulted", "SuspendedEVSE", "Charging"]
        else:
            assert charging_states(rig)[-3:] == ["Charging", "SuspendedEVSE", "Charging"]

    tell(tmp_path, version, story)


@under_both
def test_an_ev_that_hesitates_after_the_stations_pause_is_named(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_fault(1, Fault.OVER_TEMPERATURE, True)
        await rig.until(lambda: not rig.is_live(), 10, "the station pauses")
        rig.ev(EvChange(ready=False))
        rig.world.set_fault(1, Fault.OVER_TEMPERATURE, False)
        await rig.wait(25)
        states = told_statuses(rig)[-3:] if is_1_6(rig) else charging_states(rig)[-2:]
        assert states[-2:] == ["SuspendedEVSE", "SuspendedEV"]

    tell(tmp_path, version, story)


@under_both
def test_an_ev_that_pauses_and_asks_again_at_once_waits_for_the_station(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.ev(EvChange(ready=False))
        await rig.wait(2)
        rig.ev(EvChange(ready=True))
        await rig.until(rig.is_live, 30, "charging goes on")
        await rig.wait(5)
        states = told_statuses(rig) if is_1_6(rig) else charging_states(rig)
        assert states[-2:] == ["SuspendedEVSE", "Charging"] or states[-2:] == ["SuspendedEV", "Charging"]
        assert "SuspendedEV" in states

    tell(tmp_path, version, story)
