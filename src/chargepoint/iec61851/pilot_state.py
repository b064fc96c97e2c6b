"""Volts on the control pilot → state, with the windows and the hysteresis of IEC 61851-1 table A.4."""

from math import isnan

from chargepoint.model.pilot import PilotState

HIGHEST_VOLTS = 13.0
LOWEST_VOLTS = -13.0
F_CERTAIN_VOLTS = -11.0
F_KEPT_VOLTS = -10.0
E_CERTAIN_VOLTS = -1.0
E_KEPT_VOLTS = -2.0
D_LOWEST_VOLTS = 2.0

POSITIVE_LADDER: tuple[tuple[float, float, PilotState, frozenset[PilotState]], ...] = (
    (11.0, 10.0, PilotState.A, frozenset({PilotState.A})),
    (8.0, 7.0, PilotState.B, frozenset({PilotState.A, PilotState.B})),
    (5.0, 4.0, PilotState.C, frozenset({PilotState.A, PilotState.B, PilotState.C})),
    (D_LOWEST_VOLTS, D_LOWEST_VOLTS, PilotState.D, frozenset()),
)
"""Per state: certain from these volts up, kept down to those volts when the state before was one of the set."""

E_KEEPERS = frozenset({PilotState.A, PilotState.B, PilotState.C, PilotState.D, PilotState.E})


def classify(high_volts: float, low_volts: float, previous: PilotState | None) -> PilotState:
    """The state that one sample shows; total: whatever no window allows, NaN included, is `FAULT`.

    `previous` is the settled state: between two windows it decides. State F is read from the negative side,
    because a peak detector shows about 0 V on the positive one.
    """
    if isnan(high_volts + low_volts) or high_volts > HIGHEST_VOLTS or low_volts < LOWEST_VOLTS:
        return PilotState.FAULT
    if high_volts >= D_LOWEST_VOLTS:
        return _on_the_ladder(high_volts, previous)
    if _shows_f(low_volts, previous):
        return PilotState.F
    return _near_zero(high_volts, previous)


def _on_the_ladder(high_volts: float, previous: PilotState | None) -> PilotState:
    for certain_volts, kept_volts, state, keepers in POSITIVE_LADDER:
        if high_volts >= certain_volts or (high_volts >= kept_volts and previous in keepers):
            return state
        if high_volts >= kept_volts:
            return _next_below(state)
    return PilotState.FAULT


def _next_below(state: PilotState) -> PilotState:
    states = [rung[2] for rung in POSITIVE_LADDER]
    return states[states.index(state) + 1]


def _shows_f(low_volts: float, previous: PilotState | None) -> bool:
    return low_volts <= F_CERTAIN_VOLTS or (low_volts <= F_KEPT_VOLTS and previous is PilotState.F)


def _near_zero(high_volts: float, previous: PilotState | None) -> PilotState:
    if high_volts >= E_CERTAIN_VOLTS or (high_volts >= E_KEPT_VOLTS and previous in E_KEEPERS):
        return PilotState.E
    return PilotState.FAULT
