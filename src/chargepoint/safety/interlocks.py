"""Which faults stand, and when each is over. One table for every name, so that documents can print it."""

from enum import StrEnum

from chargepoint.model.faults import Fault
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import METER_FAULTS, PowerDirective


class ClearsWhen(StrEnum):
    """What ends a fault once its cause is gone."""

    CAUSE_GONE = "cause gone"
    UNPLUGGED = "cause gone and the EV unplugged"
    ACKNOWLEDGED = "cause gone and acknowledged by a person or a reset"
    UNPLUGGED_OR_ACKNOWLEDGED = "cause gone, and unplugged or acknowledged"


CLEARS: dict[Fault, ClearsWhen] = dict.fromkeys(Fault, ClearsWhen.CAUSE_GONE) | {
    Fault.RESIDUAL_CURRENT: ClearsWhen.UNPLUGGED,  # several countries forbid closing again by itself
    Fault.RESIDUAL_CURRENT_SELF_TEST: ClearsWhen.ACKNOWLEDGED,  # and a test has been good since, where it can be made
    Fault.CONTACTOR_WELDED: ClearsWhen.ACKNOWLEDGED,
    Fault.CONTACTOR_STUCK_OPEN: ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED,  # else it would be tried again for ever
    Fault.EMERGENCY_STOP: ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED,
    Fault.DIODE: ClearsWhen.UNPLUGGED,
    Fault.OVER_CURRENT: ClearsWhen.UNPLUGGED,  # an EV that overdraws does it again
    Fault.PROXIMITY_LOST: ClearsWhen.UNPLUGGED,
}
"""Total over the vocabulary; what is not CAUSE_GONE latches."""

PILOT_FAULTS: dict[PilotState, Fault] = {
    PilotState.E: Fault.PILOT_SHORT,
    PilotState.F: Fault.PILOT_FAULT,
    PilotState.FAULT: Fault.PILOT_FAULT,
}
"""F counts only while it is not our own."""

TOLERABLE = frozenset({Fault.TEMPERATURE_SENSOR})
"""What needs not open where the plan says so."""

TEMPERATURE_HYSTERESIS_KELVIN = 10.0
LOWEST_CREDIBLE_CELSIUS = -50.0
HIGHEST_CREDIBLE_CELSIUS = 200.0


def faults_told(directive: PowerDirective | None) -> frozenset[Fault]:
    """What the controller's meter shows; it can name nothing else, and it can clear nothing that was seen here."""
    return frozenset() if directive is None else directive.faults_seen & METER_FAULTS


def latched_after(
    before: frozenset[Fault], present: frozenset[Fault], is_unplugged: bool, acknowledged: frozenset[Fault]
) -> frozenset[Fault]:
    """The faults that stay although their cause may be gone. An acknowledgement is ignored while it persists."""
    kept = {fault for fault in before - present if not _is_over(fault, is_unplugged, fault in acknowledged)}
    return frozenset(kept | {fault for fault in present if CLEARS[fault] is not ClearsWhen.CAUSE_GONE})


def _is_over(fault: Fault, is_unplugged: bool, is_acknowledged: bool) -> bool:
    return {
        ClearsWhen.CAUSE_GONE: True,
        ClearsWhen.UNPLUGGED: is_unplugged,
        ClearsWhen.ACKNOWLEDGED: is_acknowledged,
        ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED: is_unplugged or is_acknowledged,
    }[CLEARS[fault]]


def temperature_fault(celsius: float | None, maximum_celsius: float, was_too_hot: bool) -> frozenset[Fault]:
    """OVER_TEMPERATURE from the maximum up until 10 K below it; a value no sensor can mean is the sensor's fault.

    Nothing read is not cool: what was too hot stays so until a reading says otherwise.
    """
    standing = frozenset({Fault.OVER_TEMPERATURE} if was_too_hot else ())
    if celsius is None:
        return standing
    if not LOWEST_CREDIBLE_CELSIUS <= celsius <= HIGHEST_CREDIBLE_CELSIUS:
        return standing | {Fault.TEMPERATURE_SENSOR}
    threshold_celsius = maximum_celsius - TEMPERATURE_HYSTERESIS_KELVIN if was_too_hot else maximum_celsius
    is_hot = celsius > threshold_celsius if was_too_hot else celsius >= threshold_celsius
    return frozenset({Fault.OVER_TEMPERATURE} if is_hot else ())
