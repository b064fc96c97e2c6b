"""Which faults stand, and which stay latched; when each is over stands in the model, for the controller too."""

from chargepoint.model.fault_clearing import LATCHING, is_over
from chargepoint.model.faults import Fault
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import METER_FAULTS, PowerDirective

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
    kept = {fault for fault in before - present if not is_over(fault, is_unplugged, fault in acknowledged)}
    return frozenset(kept | (present & LATCHING))


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
