"""When each fault is over. One table for every name: the safety process latches by it, the controller remembers by it
over restarts, and documents print it.
"""

from enum import StrEnum

from chargepoint.model.faults import Fault


class ClearsWhen(StrEnum):
    """What ends a fault once its cause is gone."""

    CAUSE_GONE = "cause gone"
    UNPLUGGED = "cause gone and the EV unplugged"
    ACKNOWLEDGED = "cause gone and acknowledged by a person"
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
    Fault.FAULT_MEMORY_LOST: ClearsWhen.UNPLUGGED,  # what is forgotten may have been a residual current
}
"""Total over the vocabulary; what is not CAUSE_GONE latches."""

LATCHING = frozenset(fault for fault, rule in CLEARS.items() if rule is not ClearsWhen.CAUSE_GONE)
"""They stay although their cause may be gone; no restart and no power cut ends them."""


def is_over(fault: Fault, is_unplugged: bool, is_acknowledged: bool) -> bool:
    """Of a fault whose cause is gone."""
    return {
        ClearsWhen.CAUSE_GONE: True,
        ClearsWhen.UNPLUGGED: is_unplugged,
        ClearsWhen.ACKNOWLEDGED: is_acknowledged,
        ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED: is_unplugged or is_acknowledged,
    }[CLEARS[fault]]
