"""The curve from warmth to current: linear between its points, down at once, up in steps, and never blind."""

from dataclasses import replace

import pytest

from chargepoint.charging.temperature_limit import TemperatureLimit, TemperatureRules, allowed_amps
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState

CURVE = ((60.0, 32.0), (70.0, 16.0), (75.0, 6.0))
RULES = TemperatureRules(curve=CURVE, stale_limit_amps=8.0)
SEEN = EvseObservation(
    evse_id=EvseId(1),
    at_monotonic=100.0,
    pilot_state=PilotState.C,
    pilot_signal=PilotSignal.PWM,
    duty_percent=50.0,
    contactor=ContactorState.CLOSED,
    contactor_commanded=True,
    lock=LockState.LOCKED,
    faults=frozenset(),
    why_open=(),
)


def at(seconds: float, celsius: float | None, *faults: Fault) -> EvseObservation:
    return replace(SEEN, at_monotonic=seconds, temperature_celsius=celsius, faults=frozenset(faults))


@pytest.mark.parametrize(
    ("celsius", "amps"),
    [(-20.0, 32.0), (60.0, 32.0), (65.0, 24.0), (70.0, 16.0), (72.5, 11.0), (75.0, 6.0), (99.0, 6.0)],
)
def test_the_curve_is_linear_between_its_points_and_constant_outside(celsius: float, amps: float) -> None:
    assert allowed_amps(CURVE, celsius) == pytest.approx(amps)


def test_without_a_curve_there_is_no_limit_however_hot_or_blind() -> None:
    limit = TemperatureLimit().seen(at(0, 99.0), TemperatureRules())
    assert limit.seen(at(60, None, Fault.TEMPERATURE_SENSOR), TemperatureRules()).amps is None


def test_a_station_without_a_reading_gets_the_limit_for_that_and_the_first_reading_counts_at_once() -> None:
    limit = TemperatureLimit().seen(at(0, None), RULES)
    assert limit.amps == 8.0
    assert limit.seen(at(1, 20.0), RULES).amps == 32.0


def test_a_sensor_that_is_lost_while_hot_never_raises_the_limit() -> None:
    limit = TemperatureLimit().seen(at(0, 75.0), RULES)
    assert limit.seen(at(60, None), RULES).amps == 6.0


def test_a_value_that_no_sensor_can_mean_is_no_reading() -> None:
    limit = TemperatureLimit().seen(at(0, 20.0), RULES)
    wrong = at(10.5, -60.0, Fault.TEMPERATURE_SENSOR)
    assert limit.seen(at(10.0, -60.0, Fault.TEMPERATURE_SENSOR), RULES).amps == 32.0
    assert limit.seen(wrong, RULES).amps == 8.0


def test_down_at_once_and_up_by_one_ampere_each_fifteen_seconds_beyond_the_hysteresis() -> None:
    limit = TemperatureLimit().seen(at(0, 60.0), RULES).seen(at(0.5, 70.0), RULES)
    assert limit.amps == 16.0
    assert limit.seen(at(100, 67.1), RULES).amps == 16.0, "2.9 K cooler"
    limit = limit.seen(at(10, 50.0), RULES)
    assert limit.amps == 16.0, "too early"
    limit = limit.seen(at(15.5, 50.0), RULES)
    assert limit.amps == 17.0
    assert limit.seen(at(15.5, 50.0), RULES) == limit, "the same observation again"
    assert limit.seen(at(30.6, 50.0), RULES).amps == 18.0
