"""Odd EVs behave as oddly as they are known to, and every fault of the world is seen where it would be."""

import math
from collections.abc import Callable

import pytest

from chargepoint_hal.bench.ev import EvChange, PlugIn
from chargepoint_hal.bench.world_faults import NOT_OF_THE_WORLD, WORLD_FAULTS, BenchError, NoSuchEvseError, world_fault
from chargepoint_hal.contract import LockPosition, PilotSample
from chargepoint_hal.faults import Fault, HardwareError
from unit.bench.station_side import StationSide


def quirky(name: str) -> PlugIn:
    return PlugIn(ready_after_seconds=0.0, quirk=name)


def is_asking(side: StationSide) -> bool:
    return side.volts().high_volts < 7.0


def test_a_simplified_ev_goes_straight_to_c_and_takes_ten_amps() -> None:
    side = StationSide()
    side.charge(quirky("simplified_pilot"), amps=32.0)
    assert side.volts().high_volts == pytest.approx(6.0, abs=0.1)
    side.advance(6.0)
    assert side.amps() == pytest.approx((10.0, 10.0, 10.0))


def test_a_sleepy_ev_asks_only_after_a_pulse_of_state_f() -> None:
    side = StationSide()
    side.world.plug_in(1, quirky("sleepy"))
    side.offer(16)
    side.advance(60.0)
    assert not is_asking(side)
    side.hardware.control_pilot.signal_fault()
    side.advance(4.0)
    side.offer(16)
    side.advance(1.0)
    assert is_asking(side)


def test_a_bcb_ev_pulses_three_times_before_it_really_asks() -> None:
    side = StationSide(step_seconds=0.01)
    side.world.plug_in(1, quirky("bcb_toggle"))
    side.offer(16)
    seen = [False]
    for _ in range(800):
        side.advance(0.01)
        if is_asking(side) is not seen[-1]:
            seen.append(is_asking(side))
    assert seen == [False, True, False, True, False, True, False, True]


def test_a_chattering_ev_flaps_every_five_seconds_for_ever() -> None:
    side = StationSide(step_seconds=0.5)
    side.world.plug_in(1, quirky("chatter"))
    side.offer(16)
    asked = []
    for _ in range(60):
        side.advance(1.0)
        asked.append(is_asking(side))
    assert [asked[index] for index in (3, 8, 13, 18, 53, 58)] == [False, True, False, True, False, True]


def test_an_ev_that_ignores_pwm_off_goes_on_drawing() -> None:
    side = StationSide()
    side.charge(quirky("ignores_pwm_off"), amps=16.0)
    side.advance(6.0)
    side.hardware.control_pilot.signal_steady()
    side.advance(60.0)
    assert side.amps() == pytest.approx((16.0, 16.0, 16.0))
    assert is_asking(side)


def test_an_over_current_ev_draws_more_than_it_is_offered() -> None:
    side = StationSide()
    side.charge(quirky("over_current"), amps=16.0)
    side.advance(6.0)
    assert side.amps()[0] == pytest.approx(20.8)


def test_a_slow_ev_needs_more_than_the_five_seconds_it_has() -> None:
    side = StationSide()
    side.charge(quirky("slow_to_follow"), amps=32.0)
    side.advance(6.0)
    assert side.amps()[0] < 25.0
    side.advance(10.0)
    assert side.amps()[0] == pytest.approx(32.0)


def test_a_ventilated_ev_shows_three_volts() -> None:
    side = StationSide()
    side.charge(PlugIn(ready_after_seconds=0.0, ventilation=True))
    side.advance(1.0)
    assert side.volts().high_volts == pytest.approx(3.0, abs=0.1)


def test_a_driver_stops_and_starts_the_ev() -> None:
    side = StationSide()
    side.charge()
    side.advance(6.0)
    side.world.change_ev(1, EvChange(ready=False))
    assert not is_asking(side)
    assert side.amps() == (0.0, 0.0, 0.0)
    side.world.change_ev(1, EvChange(ready=True))
    side.advance(1.0)
    assert is_asking(side)


def test_saying_ready_again_disturbs_nothing() -> None:
    side = StationSide()
    side.charge()
    side.advance(6.0)
    side.world.change_ev(1, EvChange(ready=True))
    assert side.amps()[0] == pytest.approx(32.0)


def test_every_fault_of_the_catalogue_is_placed() -> None:
    assert set(WORLD_FAULTS) | set(NOT_OF_THE_WORLD) == set(Fault)
    assert not set(WORLD_FAULTS) & set(NOT_OF_THE_WORLD)


SEEN: dict[Fault, Callable[[StationSide], bool]] = {
    Fault.RESIDUAL_CURRENT: lambda side: (
        side.hardware.residual_current_monitor is not None
        and side.hardware.residual_current_monitor.is_tripped()
        and not side.hardware.contactor.is_closed()
    ),
    Fault.CONTACTOR_STUCK_OPEN: lambda side: side.hardware.contactor.is_closed() is False,
    Fault.CONTACTOR_FEEDBACK_MISSING: lambda side: side.hardware.contactor.is_closed() is None,
    Fault.PE_LOST: lambda side: (
        side.hardware.protective_earth_monitor is not None and not side.hardware.protective_earth_monitor.is_connected()
    ),
    Fault.OVER_TEMPERATURE: lambda side: (
        side.hardware.thermometer is not None and side.hardware.thermometer.celsius() > 90
    ),
    Fault.EMERGENCY_STOP: lambda side: (
        side.hardware.emergency_stop is not None
        and side.hardware.emergency_stop.is_pressed()
        and not side.hardware.contactor.is_closed()
    ),
    Fault.UNDER_VOLTAGE: lambda side: side.world.evse(1).flow().volts < 207,
    Fault.OVER_VOLTAGE: lambda side: side.world.evse(1).flow().volts > 253,
    Fault.OVER_CURRENT: lambda side: side.amps()[0] > 40,
    Fault.MAINS_LOST: lambda side: side.world.truth()["mains"] == "off" and side.volts() == PilotSample(0, 0),
    Fault.DIODE: lambda side: side.volts().low_volts == -side.volts().high_volts,
    Fault.PILOT_SHORT: lambda side: side.volts() == PilotSample(0, 0),
    Fault.PILOT_FAULT: lambda side: -10 < side.volts().high_volts < -2,
    Fault.PROXIMITY_SHORT: lambda side: (
        side.hardware.proximity_pilot is not None and side.hardware.proximity_pilot.resistance_ohms() < 75
    ),
    Fault.PROXIMITY_LOST: lambda side: (
        side.hardware.proximity_pilot is not None and math.isinf(side.hardware.proximity_pilot.resistance_ohms())
    ),
    Fault.VENTILATION_UNAVAILABLE: lambda side: side.volts().high_volts < 4.0,
}


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_seen_while_it_is_raised_and_gone_when_cleared(fault: Fault) -> None:
    side = StationSide()
    side.charge(amps=32.0)
    side.advance(6.0)
    assert not SEEN[fault](side)
    side.world.set_fault(1, fault.value, active=True)
    side.advance(6.0)
    assert SEEN[fault](side)
    assert side.world.truth()["evses"]["1"]["faults"] == [fault.value]  # type: ignore[index]
    side.world.set_fault(1, fault.value, active=False)
    side.advance(6.0)
    assert not SEEN[fault](side)


def test_welded_contacts_stay_closed_until_mended() -> None:
    side = StationSide()
    side.world.set_fault(1, "contactor_welded", active=True)
    assert side.hardware.contactor.is_closed() is True
    side.hardware.contactor.open()
    side.advance(1.0)
    assert side.hardware.contactor.is_closed() is True
    side.world.set_fault(1, "contactor_welded", active=False)
    side.advance(1.0)
    assert side.hardware.contactor.is_closed() is False


def test_a_jammed_lock_stays_where_it_is() -> None:
    side = StationSide()
    lock = side.hardware.connector_lock
    assert lock is not None
    side.world.set_fault(1, "lock_jammed", active=True)
    lock.lock()
    side.advance(2.0)
    assert lock.position() is LockPosition.UNLOCKED
    side.world.set_fault(1, "lock_jammed", active=False)
    side.advance(2.0)
    assert lock.position() is LockPosition.LOCKED


@pytest.mark.parametrize(
    ("fault", "raised"),
    [(Fault.TEMPERATURE_SENSOR, Fault.TEMPERATURE_SENSOR), (Fault.BOARD_SILENT, Fault.BOARD_SILENT)],
)
def test_a_dead_sensor_or_board_is_an_error_with_its_name(fault: Fault, raised: Fault) -> None:
    side = StationSide()
    assert side.hardware.thermometer is not None
    side.world.set_fault(None, fault.value, active=True)
    side.advance(0.1)
    with pytest.raises(HardwareError) as error:
        side.hardware.thermometer.celsius()
    assert error.value.fault is raised
    side.board.make_safe()


def test_an_unknown_fault_names_its_neighbour_and_all_there_are() -> None:
    with pytest.raises(BenchError, match=r"did you mean 'contactor_welded'\?.*reader_silent"):
        world_fault("contactor_weldd")
    with pytest.raises(BenchError, match="not a thing of the world"):
        world_fault("storage_full")


def test_requests_that_make_no_sense_are_refused() -> None:
    side = StationSide()
    with pytest.raises(NoSuchEvseError, match="EVSE 2"):
        side.world.plug_in(2)
    with pytest.raises(BenchError, match="no EV"):
        side.world.change_ev(1, EvChange(ready=True))
    side.world.plug_in(1)
    with pytest.raises(BenchError, match="already"):
        side.world.plug_in(1)
    with pytest.raises(BenchError, match="energy_import_wh"):
        side.world.set_energy(1, -1.0)
    with pytest.raises(NoSuchEvseError):
        side.world.present_token("04A2B3C4", evses=[7])


def test_an_ev_that_joins_its_inputs_is_broken_by_three_phases_unless_its_pilot_was_interrupted() -> None:
    for is_interrupted in (False, True):
        side = StationSide()
        side.world.plug_in(1, quirky("bridges_phases"))
        side.offer(16.0)
        side.advance(1.0)
        side.hardware.contactor.close(1)
        side.advance(1.0)
        side.hardware.contactor.open()
        side.advance(60.0)
        if is_interrupted:
            side.hardware.control_pilot.signal_fault()
            side.advance(1.0)
            side.offer(16.0)
            side.advance(1.0)
        side.hardware.contactor.close(3)
        side.advance(1.0)
        ev = side.world.evse(1).ev
        assert ev is not None
        assert ev.is_broken is not is_interrupted
