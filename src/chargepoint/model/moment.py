"""Time as a value: rooms are told what time it is, they never ask."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as the shell saw it. Durations use `monotonic` alone; `utc` is for people and reports."""

    monotonic: float
    """Seconds since boot of the machine; never steps."""
    utc: datetime
    """Aware, UTC. A guess while `utc_trusted` is False."""
    utc_trusted: bool


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something happened, in a form that survives a wrong clock: `utc` is corrected at the first sync."""

    boot_id: int
    monotonic: float
    utc: datetime
    trusted: bool


CLOCK_TOLERANCE_SECONDS = 60.0
"""A wall clock that seems to have gone further back than this does not know how long ago anything was."""


def seconds_since(stamp: Stamp, moment: Moment, boots: frozenset[int]) -> float | None:
    """How long ago a stamp was taken; None where no clock can tell.

    `boots` are the runs that share this moment's monotonic clock; else both wall clocks must be trusted.
    """
    if stamp.boot_id in boots:
        return max(0.0, moment.monotonic - stamp.monotonic)
    if stamp.trusted and moment.utc_trusted:
        seconds = (moment.utc - stamp.utc).total_seconds()
        return None if seconds < -CLOCK_TOLERANCE_SECONDS else max(0.0, seconds)
    return None
