"""Whether a station may change between one phase and three while an EV is plugged in."""

from enum import StrEnum


class PhaseSwitching(StrEnum):
    """What an installer allows of it; some EVs are damaged by the way back to three."""

    NEVER = "never"
    TO_ONE_PHASE = "to_one_phase"
    """An EV that was supplied by one phase stays there until it is unplugged."""
    BOTH_WAYS = "both_ways"
