"""Over-current, under- and over-voltage, seen by the meter alone: the power goes off, the CSMS hears why."""

from dataclasses import replace
from pathlib import Path

import pytest

from chargepoint.model.faults import Fault
from chargepoint.settings import catalogue
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.in_process import InProcessMeter
from chargepoint_hal.contract import MeterReading
from scenarios.stories import Operator, all_told, assert_all_billed, is_1_6, only_transaction, tell, under_both
from scenarios.test_faults import last_error_code
from scenarios.test_smart_charging import profile
from support.rig import Rig


@under_both
def test_an_ev_that_overdraws_for_seven_seconds_is_cut_off_and_must_leave(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_fault(1, "over_current", True)
        await rig.wait(6)
        assert rig.is_live(), "a peak of six seconds is none"
        await rig.until(lambda: not rig.is_live(), 5, "the contactor opens")
        await all_told(rig)
        transaction = only_transaction(rig)
        assert transaction.stop_reason == ("Other" if is_1_6(rig) else "OvercurrentFault")
        assert rig.csms.record.status(1) == "Faulted"
        if is_1_6(rig):
            assert last_error_code(rig) == "OverCurrentFailure"
        assert_all_billed(rig)
        rig.world.set_fault(1, "over_current", False)
        await rig.wait(30)
        await rig.swipe()
        await rig.wait(20)
        assert not rig.is_live(), "it is over when the EV has left, not before"
        assert Fault.OVER_CURRENT in rig.snapshot().faults
        rig.plug_out()
        await rig.wait(5)
        assert rig.snapshot().faults == frozenset()
        await rig.charge(10)

    tell(tmp_path, version, story)


@under_both
def test_a_limit_that_moves_all_the_time_holds_no_cut_off(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(60)
        rig.world.set_fault(1, "over_current", True)
        operator = Operator(rig)
        for turn in range(4):
            await operator.change(catalogue.MAXIMUM_CURRENT_AMPS, "16" if turn % 2 else "15")
            await rig.wait(5.4)
        assert not rig.is_live()
        assert Fault.OVER_CURRENT in rig.snapshot().faults

    tell(tmp_path, version, story)


class PowerMeter(InProcessMeter):
    """Has registers for power and energy alone."""

    async def read(self) -> MeterReading:
        return replace(await super().read(), currents_amps=(), powers_watts=(), voltages_volts=())


def test_an_ev_that_overdraws_is_cut_off_also_where_the_meter_tells_no_current(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.meter_kind = PowerMeter
        await rig.stop_controller()
        await rig.start_controller()
        await rig.charge(60)
        assert rig.is_live()
        rig.world.set_fault(1, "over_current", True)
        await rig.until(lambda: not rig.is_live(), 12, "the contactor opens")
        assert Fault.OVER_CURRENT in rig.snapshot().faults

    tell(tmp_path, "1.6", story)


@under_both
def test_an_over_current_is_remembered_while_the_controller_restarts(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_fault(1, "over_current", True)
        await rig.until(lambda: not rig.is_live(), 15, "the contactor opens")
        rig.world.set_fault(1, "over_current", False)
        await rig.wait(20)
        await rig.stop_controller()
        await rig.wait(2)
        await rig.start_controller()
        await rig.wait(10)
        await rig.swipe()
        await rig.wait(15)
        assert not rig.is_live()
        assert Fault.OVER_CURRENT in rig.snapshot().faults

    tell(tmp_path, version, story)


def test_a_lower_limit_that_the_ev_takes_its_time_to_follow_trips_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        for amps in (6.0, 32.0, 8.0, 0.0, 16.0, 10.0):
            schedule = profile((0, amps), number=1)
            await rig.csms.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": schedule})
            await rig.wait(45)
        assert rig.is_live()
        assert only_transaction(rig).is_running

    tell(tmp_path, "1.6", story)


def test_no_message_raises_the_threshold_above_what_the_pilot_signals(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(cable_amps=20))
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 20, "charging")
        schedule = profile((0, 80.0), number=1)
        await rig.csms.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": schedule})
        await rig.wait(15)
        rig.world.set_fault(1, "over_current", True)
        await rig.until(lambda: not rig.is_live(), 20, "26 A where the cable bears 20")

    tell(tmp_path, "1.6", story)


@pytest.mark.parametrize("fault", ["meter_silent", "meter_frozen"])
def test_a_meter_that_fails_never_trips(tmp_path: Path, fault: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_fault(1, fault, True)
        schedule = profile((0, 8.0), number=1)
        await rig.csms.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": schedule})
        for _ in range(60):
            await rig.wait(1)
            assert Fault.OVER_CURRENT not in rig.snapshot().faults
        assert only_transaction(rig).is_running

    tell(tmp_path, "1.6", story, config={"meter": METER_OPTIONAL} if fault == "meter_silent" else None)


METER_OPTIONAL = ({"name": "meter1", "evse": 1, "poll_seconds": 1.0, "billing": "optional"},)


@under_both
@pytest.mark.parametrize(("fault", "code"), [("under_voltage", "UnderVoltage"), ("over_voltage", "OverVoltage")])
def test_a_voltage_out_of_range_pauses_and_charging_goes_on_a_while_after_it_is_fine(
    tmp_path: Path, version: str, fault: str, code: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(15)
        rig.world.set_fault(1, fault, True)
        await rig.wait(4)
        assert rig.is_live(), "a dip of four seconds is none"
        await rig.until(lambda: not rig.is_live(), 5, "the pause")
        await rig.wait(5)
        assert only_transaction(rig).is_running
        assert rig.csms.record.status(1) == "Faulted"
        if is_1_6(rig):
            assert last_error_code(rig) == code
        rig.world.set_fault(1, fault, False)
        await rig.wait(18)
        assert not rig.is_live(), "ten seconds, and half of the twenty random ones"
        await rig.until(rig.is_live, 25, "charging goes on")
        await rig.finish()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story)
