"""What samples of the control pilot mean: windows, hysteresis, debounce and diode."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.iec61851 import timing
from chargepoint.iec61851.diode_check import DiodeCheck, check_diode
from chargepoint.iec61851.pilot_debounce import PilotDebounce, debounce
from chargepoint.iec61851.pilot_state import classify
from chargepoint.model.faults import PilotSignal
from chargepoint.model.pilot import DEMAND_STATES, PilotState

A, B, C, D, E, F, FAULT = PilotState
TICK_SECONDS = 0.01

CERTAIN = {A: (11.0, 13.0), B: (8.0, 9.99), C: (5.0, 6.99), D: (2.0, 3.99), E: (-1.0, 1.99)}
previous_states = st.sampled_from([None, *PilotState])
volts = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-15.0, 15.0)


@pytest.mark.parametrize(
    ("high", "low", "previous", "state"),
    [
        (12.0, -12.0, None, A),
        (9.0, 9.0, None, B),
        (6.0, -12.0, None, C),
        (3.0, -12.0, None, D),
        (0.0, 0.0, None, E),
        (0.0, -12.0, None, F),
        (-12.0, -12.0, None, F),
        (10.5, 10.5, A, A),
        (10.5, 10.5, B, B),
        (7.5, -12.0, A, B),
        (7.5, -12.0, B, B),
        (7.5, -12.0, C, C),
        (4.5, -12.0, C, C),
        (4.5, -12.0, D, D),
        (-1.5, -1.5, E, E),
        (-1.5, -1.5, F, FAULT),
        (-10.5, -10.5, F, F),
        (-10.5, -10.5, B, FAULT),
        (-5.0, -5.0, B, FAULT),
        (13.1, -12.0, A, FAULT),
        (12.0, -13.1, A, FAULT),
        (math.nan, -12.0, C, FAULT),
        (6.0, math.nan, C, FAULT),
    ],
)
def test_windows_and_hysteresis(high: float, low: float, previous: PilotState | None, state: PilotState) -> None:
    assert classify(high, low, previous) is state


@given(volts, volts, previous_states)
def test_classification_is_total(high: float, low: float, previous: PilotState | None) -> None:
    assert classify(high, low, previous) in PilotState


@given(st.sampled_from(sorted(CERTAIN)), st.data(), previous_states)
def test_inside_a_certain_window_the_past_has_no_say(
    state: PilotState, data: st.DataObject, previous: PilotState | None
) -> None:
    high = data.draw(st.floats(*CERTAIN[state]))
    assert classify(high, -9.0, previous) is state


@given(st.floats(2.0, 13.0), previous_states, previous_states)
def test_the_past_decides_only_between_neighbours(
    high: float, one: PilotState | None, other: PilotState | None
) -> None:
    ladder = [A, B, C, D]
    seen = {classify(high, -12.0, one), classify(high, -12.0, other)}
    places = sorted(ladder.index(state) for state in seen)
    assert places[-1] - places[0] <= 1


def settled(state: PilotState) -> PilotDebounce:
    return PilotDebounce(state=state)


def fed(before: PilotDebounce, states: list[PilotState], now: float = 0.0) -> PilotDebounce:
    for state in states:
        before = debounce(before, state, now)
        now += TICK_SECONDS
    return before


def test_two_samples_outside_c_end_the_demand_whichever_they_are() -> None:
    assert fed(settled(C), [B]).state is C
    ended = fed(settled(C), [B, B])
    assert ended.state is B
    assert ended.demand_ended_at == 0.0
    assert fed(settled(C), [E, A]).state is A
    assert fed(settled(C), [FAULT, FAULT]).state is FAULT
    assert fed(settled(C), [B, C] * 50).state is C


def test_a_wish_for_power_must_stand_half_a_second() -> None:
    samples = round(timing.DEMAND_SETTLE_SECONDS / TICK_SECONDS)
    assert fed(settled(B), [C] * samples).state is B
    assert fed(settled(B), [C] * (samples + 2)).state is C
    assert fed(settled(B), [C] * 25 + [B] * 5 + [C] * 30).state is B


def test_one_stray_sample_does_not_start_the_half_second_again() -> None:
    assert fed(settled(B), [C] * 25 + [B] + [C] * 27).state is C


def test_half_good_samples_never_close() -> None:
    assert fed(settled(B), [C, B] * 500).state is B
    assert fed(settled(B), [C, C, B] * 500).state is B


def test_plugging_in_counts_quickly_and_c_becomes_d_at_two_samples() -> None:
    assert fed(settled(A), [B] * 7).state is B
    assert fed(settled(C), [D]).state is C
    assert fed(settled(C), [D, D]).state is D


def test_coarse_samples_settle_with_the_second() -> None:
    assert debounce(debounce(settled(B), C, 0.0), C, 1.0).state is C
    stray = debounce(debounce(debounce(settled(B), C, 0.0), B, 1.0), C, 2.0)
    assert stray.state is B


@given(st.lists(st.sampled_from(list(PilotState)), max_size=200), st.floats(0.001, 2.0))
def test_the_demand_follows_the_samples(states: list[PilotState], step_seconds: float) -> None:
    before, now = PilotDebounce(), 0.0
    off_demand = 0
    for state in states:
        after = debounce(before, state, now)
        off_demand = 0 if state in DEMAND_STATES else off_demand + 1
        if off_demand >= 2:
            assert after.state not in DEMAND_STATES
        if before.state not in DEMAND_STATES and after.state in DEMAND_STATES:
            assert state is after.state
        if before.state in DEMAND_STATES and off_demand < 2:
            assert after.state in DEMAND_STATES
        before, now = after, now + step_seconds


GOOD, MIRRORED = (9.0, -12.0), (9.0, -9.0)


def checked(samples: int, volts_seen: tuple[float, float], before: DiodeCheck | None = None) -> DiodeCheck:
    check = before or DiodeCheck()
    for index in range(samples):
        check = check_diode(check, volts_seen, PilotSignal.PWM, B, index * TICK_SECONDS)
    return check


def test_a_diode_is_proven_under_pwm_only() -> None:
    assert checked(10, GOOD).is_proven
    assert not checked(2, GOOD).is_proven
    check = DiodeCheck()
    for index in range(20):
        check = check_diode(check, GOOD, PilotSignal.STEADY, B, index * TICK_SECONDS)
    assert not check.is_proven
    assert not check_diode(checked(10, GOOD), (9.0, 9.0), PilotSignal.STEADY, B, 1.0).is_proven


def test_a_mirrored_wave_is_a_fault_until_state_a() -> None:
    faulted = checked(15, MIRRORED)
    assert faulted.is_faulted
    assert not checked(5, MIRRORED).is_faulted
    assert checked(100, GOOD, before=faulted).is_faulted
    assert check_diode(faulted, (0.0, 0.0), PilotSignal.PWM, E, 1.0).is_faulted
    assert check_diode(faulted, (12.0, -12.0), PilotSignal.PWM, A, 1.0) == DiodeCheck()


def test_a_glitch_of_the_negative_peak_takes_no_proof_away() -> None:
    assert checked(2, MIRRORED, before=checked(10, GOOD)).is_proven
    assert checked(20, (9.0, -5.0)).is_proven is False
    assert checked(20, (9.0, -5.0), before=checked(10, GOOD)).is_proven
