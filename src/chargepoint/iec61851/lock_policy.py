"""Where the plug lock belongs. It never opens on a contactor that may be live."""

from dataclasses import dataclass, replace

from chargepoint.iec61851.supply_words import SupplyInputs
from chargepoint.model.pilot import PilotState


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """`wanted` is None until something is known: the lock is then left as it was found."""

    wanted: bool | None = None
    """True: locked."""
    is_forced_open: bool = False
    """A remote unlock was done; holds until the plug is out or the lock is no longer wanted."""


def steer_lock(before: LockPolicy, inputs: SupplyInputs, contactor_commanded: bool) -> LockPolicy:
    """The next value. E, F and pilot faults say nothing about the plug: the lock stays."""
    if contactor_commanded or (inputs.contactor_may_be_live and inputs.is_plugged_in):
        return replace(before, wanted=True, is_forced_open=False)
    if inputs.contactor_may_be_live:
        return before
    directive = inputs.directive
    if inputs.pilot is PilotState.A:  # a cable whose EV end was pulled may have to wait for its owner (E09.FR.03)
        cable_is_kept = directive is not None and directive.lock_wanted and inputs.cable_rating_amps is not None
        return before if cable_is_kept and before.wanted else LockPolicy(wanted=False)
    if directive is None or not (inputs.is_plugged_in or directive.unlock_forced):
        return before
    if not directive.lock_wanted:
        return LockPolicy(wanted=False)
    forced = before.is_forced_open or directive.unlock_forced
    return LockPolicy(wanted=not forced, is_forced_open=forced)
