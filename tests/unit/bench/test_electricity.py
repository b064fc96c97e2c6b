"""The pilot's volts, the contactor, the monoflop and the meter obey physics, whatever the step."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint_hal.bench.ev import EvChange, PlugIn
from chargepoint_hal.bench.pilot_circuit import PilotLoad, amps_offered, ev_ohms, pilot_sample, volts_under_load
from chargepoint_hal.bench.settings import BenchSettings, EvseSettings
from chargepoint_hal.contract import LockPosition, PilotSample, PilotSignal
from unit.bench.station_side import StationSide


@pytest.mark.parametrize(
    ("load", "high_volts"),
    [
        (PilotLoad(), 12.0),
        (PilotLoad(ev_ohms(s2_closed=False, ventilation=False)), 9.0),
        (PilotLoad(ev_ohms(s2_closed=True, ventilation=False)), 6.0),
        (PilotLoad(ev_ohms(s2_closed=True, ventilation=True)), 3.0),
        (PilotLoad(is_shorted=True), 0.0),
    ],
)
def test_states_a_to_e_have_their_volts(load: PilotLoad, high_volts: float) -> None:
    assert pilot_sample(PilotSignal.PWM, load).high_volts == pytest.approx(high_volts, abs=0.1)
    assert pilot_sample(PilotSignal.STEADY, load).high_volts == pytest.approx(high_volts, abs=0.1)


def test_the_diode_keeps_the_negative_half_and_without_it_the_wave_is_mirrored() -> None:
    with_diode = pilot_sample(PilotSignal.PWM, PilotLoad(882.0))
    without = pilot_sample(PilotSignal.PWM, PilotLoad(882.0, has_diode=False))
    assert with_diode.low_volts == -12.0
    assert without.low_volts == -without.high_volts
    assert without.high_volts > 2.0


@given(st.floats(-12, 12), st.floats(100, 10_000))
def test_a_load_never_lifts_the_pilot_away_from_zero(source_volts: float, ohms: float) -> None:
    assert abs(volts_under_load(source_volts, PilotLoad(ohms))) <= abs(source_volts)


@pytest.mark.parametrize(
    ("duty_percent", "amps"),
    [(2.0, 0), (5.0, 0), (7.5, 0), (9.0, 6), (10.0, 6), (53.3333, 32), (85.0, 51), (89.2, 63), (96.5, 80), (98.0, 0)],
)
def test_an_ev_reads_the_duty_by_the_standards_table(duty_percent: float, amps: float) -> None:
    assert amps_offered(PilotSignal.PWM, duty_percent) == pytest.approx(amps, abs=0.01)
    assert amps_offered(PilotSignal.STEADY, duty_percent) == 0.0


def test_plugging_in_and_out_moves_the_pilot_at_once() -> None:
    side = StationSide()
    assert side.volts() == PilotSample(12.0, 12.0)
    side.world.plug_in(1)
    assert side.volts().high_volts == pytest.approx(9.0, abs=0.1)
    side.world.plug_out(1)
    assert side.volts() == PilotSample(12.0, 12.0)


def test_the_ev_asks_for_power_only_after_its_delay_and_only_with_pwm() -> None:
    side = StationSide()
    side.world.plug_in(1, PlugIn(ready_after_seconds=1.0))
    side.advance(5.0)
    assert side.volts().high_volts == pytest.approx(9.0, abs=0.1)
    side.offer(16)
    side.advance(0.5)
    assert side.volts().high_volts == pytest.approx(6.0, abs=0.1)
    assert side.volts().low_volts == -12.0


def test_current_flows_only_through_closed_contacts_and_follows_the_duty_within_five_seconds() -> None:
    side = StationSide()
    side.world.plug_in(1, PlugIn(ready_after_seconds=0.0))
    side.offer(16)
    side.advance(10.0)
    assert side.amps() == (0.0, 0.0, 0.0)
    side.hardware.contactor.close(3)
    side.advance(5.0)
    assert side.amps() == pytest.approx((16.0, 16.0, 16.0))
    side.offer(10)
    side.advance(5.0)
    assert side.amps() == pytest.approx((10.0, 10.0, 10.0))


def test_one_phase_feeds_one_phase() -> None:
    side = StationSide()
    side.world.plug_in(1, PlugIn(ready_after_seconds=0.0))
    side.offer(16)
    side.hardware.contactor.close(1)
    side.advance(6.0)
    assert side.amps() == pytest.approx((16.0, 0.0, 0.0))


def test_pwm_off_lets_the_ev_stop_before_it_opens_s2_within_three_seconds() -> None:
    side = StationSide()
    side.charge()
    side.advance(10.0)
    side.hardware.control_pilot.signal_steady()
    side.advance(1.8)
    assert side.amps() == (0.0, 0.0, 0.0)
    assert side.volts().high_volts == pytest.approx(6.0, abs=0.1)
    side.advance(1.2)
    assert side.volts().high_volts == pytest.approx(9.0, abs=0.1)


def test_the_contactor_needs_twenty_to_thirty_milliseconds() -> None:
    side = StationSide(step_seconds=0.001)
    side.hardware.contactor.close(3)
    side.advance(0.019)
    assert side.hardware.contactor.is_closed() is False
    side.advance(0.012)
    assert side.hardware.contactor.is_closed() is True


def test_energy_is_the_integral_of_volts_and_amps() -> None:
    side = StationSide(step_seconds=0.0005)
    side.charge(amps=20.0)
    integral_wh = 0.0
    before_watts = 0.0
    for _ in range(20_000):
        side.advance(0.0005)
        watts = 230.0 * sum(side.amps())
        integral_wh += (before_watts + watts) / 2 * 0.0005 / 3600
        before_watts = watts
    assert integral_wh > 20.0
    assert side.energy_wh() == pytest.approx(integral_wh, abs=0.01)


def test_a_steady_hour_is_exact_to_the_milliwatt_hour() -> None:
    side = StationSide()
    side.charge(amps=16.0)
    side.advance(10.0)
    before_wh = side.energy_wh()
    side.world.step(side.now + 3600.0)
    assert side.energy_wh() - before_wh == pytest.approx(3 * 16.0 * 230.0, abs=0.001)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.001, 30.0), min_size=1, max_size=30))
def test_large_steps_give_the_same_world_as_small_ones(spans: list[float]) -> None:
    end = sum(spans)
    fine, coarse = StationSide(step_seconds=max(0.05, end / 400)), StationSide()
    for side in (fine, coarse):
        side.charge(PlugIn(ready_after_seconds=0.5, energy_wanted_wh=300.0))
    fine.advance(end)
    now = 0.0
    for span in spans:
        now += span
        coarse.world.step(now)
    assert coarse.energy_wh() == pytest.approx(fine.energy_wh(), abs=0.001)
    assert coarse.amps() == pytest.approx(fine.amps(), abs=0.001)


def test_a_full_ev_opens_s2_having_taken_what_it_wanted() -> None:
    side = StationSide()
    side.charge(PlugIn(ready_after_seconds=0.0, energy_wanted_wh=1000.0))
    side.world.step(3600.0)
    assert side.energy_wh() == pytest.approx(1000.0, abs=0.001)
    assert side.volts().high_volts == pytest.approx(9.0, abs=0.1)
    assert side.world.truth()["evses"]["1"]["ev_ready"] is False  # type: ignore[index]


def test_next_change_leads_from_event_to_event_and_then_rests() -> None:
    side = StationSide()
    side.charge(PlugIn(ready_after_seconds=2.0, energy_wanted_wh=100.0))
    events = 0
    now = 0.0
    while (due := side.world.next_change(now)) is not None and events < 100:
        assert due >= now
        now = due + 1e-6
        side.world.step(now)
        events += 1
    assert 5 <= events < 100
    assert side.energy_wh() == pytest.approx(100.0, abs=0.001)


def test_the_monoflop_drops_the_contactor_when_the_alive_line_rests() -> None:
    side = StationSide(BenchSettings(monoflop_seconds=0.5))
    side.charge()
    side.advance(10.0)
    assert side.hardware.contactor.is_closed() is True
    side.world.step(side.now + 0.45)
    assert side.hardware.contactor.is_closed() is True
    side.world.step(side.now + 0.55)
    assert side.hardware.contactor.is_closed() is False
    assert side.world.truth()["evses"]["1"]["contactor_commanded"] is True  # type: ignore[index]


def test_without_a_monoflop_there_is_no_alive_line_and_the_contactor_stays() -> None:
    side = StationSide(BenchSettings(monoflop_seconds=None))
    side.charge()
    side.world.step(3600.0)
    assert side.board.alive_line is None
    assert side.hardware.contactor.is_closed() is True


def test_mains_off_drops_the_contactor_and_the_pilot() -> None:
    side = StationSide()
    side.charge()
    side.advance(5.0)
    before_wh = side.energy_wh()
    side.world.set_mains(on=False)
    side.advance(1.0)
    assert side.volts() == PilotSample(0.0, 0.0)
    assert side.hardware.contactor.is_closed() is False
    assert side.hardware.mains_monitor is not None
    assert side.hardware.mains_monitor.is_present() is False
    assert side.energy_wh() == before_wh
    assert side.world.truth()["mains"] == "off"


def test_the_lock_moves_for_300_milliseconds() -> None:
    side = StationSide(step_seconds=0.01)
    lock = side.hardware.connector_lock
    assert lock is not None
    lock.lock()
    side.advance(0.2)
    assert lock.position() is LockPosition.MOVING
    side.advance(0.2)
    assert lock.position() is LockPosition.LOCKED


def test_the_cables_resistor_is_seen_while_plugged() -> None:
    side = StationSide()
    pilot = side.hardware.proximity_pilot
    assert pilot is not None
    assert math.isinf(pilot.resistance_ohms())
    side.world.plug_in(1)
    assert pilot.resistance_ohms() == 220.0
    side.world.change_ev(1, EvChange(cable_amps=13))
    assert pilot.resistance_ohms() == 1500.0
    side.world.change_ev(1, EvChange(cable_amps=None))
    assert math.isinf(pilot.resistance_ohms())


def test_a_strong_ev_brings_a_strong_cable() -> None:
    assert PlugIn(max_current_amps=63.0).cable_rating_amps() == 63
    assert PlugIn(max_current_amps=16.0).cable_rating_amps() == 32
    assert PlugIn(max_current_amps=63.0, cable_amps=20).cable_rating_amps() == 20


def test_evses_are_independent() -> None:
    side = StationSide(BenchSettings(evses=(EvseSettings(), EvseSettings(phases=1)), monoflop_seconds=None))
    side.charge()
    side.world.plug_in(2, PlugIn(ready_after_seconds=0.0))
    side.board.evses[2].control_pilot.signal_pwm(16 / 0.6)
    side.board.evses[2].contactor.close(3)
    side.advance(6.0)
    assert side.amps() == pytest.approx((32.0, 32.0, 32.0))
    assert side.world.evse(2).flow().amps == pytest.approx((16.0, 0.0, 0.0))


def test_time_never_runs_back() -> None:
    side = StationSide()
    side.charge()
    side.advance(10.0)
    before_wh = side.energy_wh()
    side.world.step(3.0)
    assert side.energy_wh() == before_wh
    assert side.world.now == pytest.approx(10.0)
