"""What a board's pilot offers so that it can be calibrated: the counts of its converter, beside the volts that it makes
of them. A board whose pilot measures volts by itself offers nothing of this."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class CountedChannel:
    """One channel of a converter that the pilot is seen through."""

    option: str
    """Of the EVSE's table: the two points of its line, counts, volts, counts, volts."""
    counts: tuple[int, ...]
    full_scale: int
    """The converter's highest counts."""


@runtime_checkable
class CountingPilot(Protocol):
    """A control pilot that tells its counts."""

    def counted(self) -> tuple[CountedChannel, ...]:
        """Some counts of every channel, as they are now; HardwareError as `sample`."""
        ...
