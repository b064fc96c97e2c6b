"""One wake-up per offer for an EV that sleeps in B2 (IEC 61851-1 clause A.5.3)."""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.model.pilot import DEMAND_STATES, PilotState


@dataclass(frozen=True, slots=True)
class WakeUp:
    """An offer lasts from the controller's permission to its end; the EV's own pauses do not begin a new one."""

    in_b2_since: float | None = None
    is_spent: bool = False
    """The pulse was given, or the EV has shown in this offer that it is awake."""

    def is_due(self, pilot: PilotState | None, now: float) -> bool:
        """Ask only while the PWM runs."""
        if self.is_spent or pilot is not PilotState.B or self.in_b2_since is None:
            return False
        return now - self.in_b2_since >= timing.WAKE_UP_AFTER_SECONDS


def note_offer(
    before: WakeUp, pilots: tuple[PilotState | None, PilotState | None], is_withheld: bool, pwm_is_on: bool, now: float
) -> WakeUp:
    """The next value; `pilots` are the settled states of the last step and of this one."""
    previous, pilot = pilots
    if pilot is PilotState.A or is_withheld:
        return before if before == _FRESH else _FRESH
    if pwm_is_on and pilot in DEMAND_STATES and not before.is_spent:
        return replace(before, is_spent=True)
    if pilot is PilotState.B and previous is not PilotState.B:
        return replace(before, in_b2_since=now)
    return before


_FRESH = WakeUp()
