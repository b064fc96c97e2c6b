"""Is the supply's voltage one that an EV may be charged with? Pure: readings carry their own times.

How long it is out of range, or back, is what readings prove (`reading_gaps`): lost cycles delay and hide nothing.
"""

from dataclasses import dataclass, replace

from chargepoint.charging.reading_gaps import proven_seconds
from chargepoint.model.faults import Fault
from chargepoint_hal.contract import MeterReading

DEAD_PHASE_VOLTS = 50.0
"""Below this a phase is not low but absent, or the meter sits behind the contactor: it says nothing of the supply."""
OUT_AFTER_SECONDS = 5.0
"""Dips of starting motors and of switching in the grid are over by then."""
HYSTERESIS_VOLTS = 5.0
"""About 2 %: the relief of the station's own load must not switch it on again at once."""


@dataclass(frozen=True, slots=True)
class SupplyLimits:
    """What the installer allows, volts from phase to neutral."""

    under_volts: float = 195.5
    """230 V - 15 %: EN 50160 lets a sound grid fall so far for minutes."""
    over_volts: float = 264.5
    """230 V + 15 %: a lost neutral or a wrong connection; a sound grid stays below + 10 %."""
    back_seconds: float = 10.0
    """It must be fine for so long."""
    back_random_seconds: float = 20.0
    """And so much longer at most, drawn anew each time: the stations of a street do not come back in one step."""


@dataclass(frozen=True, slots=True)
class VoltageWatch:
    """One EVSE's. `fault` stands from OUT_AFTER_SECONDS outside until long enough inside."""

    fault: Fault | None = None
    turning: Fault | None = None
    """What it would be next; None inside the limits."""
    turning_seconds: float | None = None
    """What the readings in a row prove that show it."""
    wait_seconds: float = 0.0
    read_at: float | None = None

    def measured(
        self, reading: MeterReading, phases: int, limits: SupplyLimits, fresh_seconds: float, share: float
    ) -> "VoltageWatch":
        """One fresh reading later. `share`, 0…1, is drawn by the caller: the part of the random wait that is waited."""
        volts = [v for v in reading.voltages_volts[:phases] if v is not None and v >= DEAD_PHASE_VOLTS]
        if not volts:
            return self
        at, found = reading.at_monotonic, self._found(volts, limits)
        if found is self.fault:
            return replace(self, turning=found, turning_seconds=None, read_at=at)
        proven = proven_seconds(self.read_at, at, fresh_seconds)
        if proven is None or found is not self.turning or self.turning_seconds is None:
            wait = OUT_AFTER_SECONDS if found is not None else limits.back_seconds + share * limits.back_random_seconds
            return replace(self, turning=found, turning_seconds=0.0, wait_seconds=wait, read_at=at)
        if self.turning_seconds + proven >= self.wait_seconds:
            return VoltageWatch(found, found, None, 0.0, at)
        return replace(self, turning_seconds=self.turning_seconds + proven, read_at=at)

    def _found(self, volts: list[float], limits: SupplyLimits) -> Fault | None:
        """A fault that stands has a narrower way back."""
        relief_under = HYSTERESIS_VOLTS if self.fault is Fault.UNDER_VOLTAGE else 0.0
        relief_over = HYSTERESIS_VOLTS if self.fault is Fault.OVER_VOLTAGE else 0.0
        if max(volts) > limits.over_volts - relief_over:
            return Fault.OVER_VOLTAGE
        if min(volts) < limits.under_volts + relief_under:
            return Fault.UNDER_VOLTAGE
        return None
