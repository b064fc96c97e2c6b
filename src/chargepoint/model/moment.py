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
