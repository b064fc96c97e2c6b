"""Is it the same EV? By the count of plug-ins where somebody watched the plug, else by how long nobody did. Pure."""

from enum import StrEnum

from chargepoint.model.power import PlugMark

LONGEST_OUTAGE_SECONDS = 600.0
"""Past this the EV at the plug may be another one."""
CLOCK_TOLERANCE_SECONDS = 60.0
"""A wall clock that seems to have gone further back than this does not know how long the outage was."""


class SameEv(StrEnum):
    YES = "yes"
    """Nobody unplugged, or the outage was too short for an exchange to be likely."""
    NO = "no"
    """Somebody has unplugged in between."""
    TOO_LONG_AGO = "too_long_ago"
    CANNOT_TELL = "cannot_tell"
    """Nobody watched the plug, and nobody knows for how long."""


def is_same_ev(before: PlugMark | None, now: PlugMark | None, unwatched_seconds: float | None) -> SameEv:
    """`before` when it was surely there, `now` when it is there again; None where nobody counted or measured."""
    if before is not None and now is not None:
        if before.watch == now.watch:
            return SameEv.YES if before == now else SameEv.NO
        if now.generation > 0:  # the watch is a later one, and has seen the plug empty
            return SameEv.NO
    if unwatched_seconds is None or unwatched_seconds < -CLOCK_TOLERANCE_SECONDS:
        return SameEv.CANNOT_TELL
    return SameEv.YES if unwatched_seconds <= LONGEST_OUTAGE_SECONDS else SameEv.TOO_LONG_AGO
