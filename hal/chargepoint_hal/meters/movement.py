"""Tells whether an energy register moves while power flows. Pure: time comes with the readings."""

from dataclasses import dataclass, replace

from chargepoint_hal.contract import MeterReading

SECONDS_PER_HOUR = 3600.0
ASSUMED_VOLTS = 230.0
"""For a meter that measures currents but no power."""


@dataclass(frozen=True, slots=True)
class MovementWatch:
    """What should have been counted since the register moved last.

    It weighs energy and not time alone, because a register of 100 Wh steps rests for minutes at a low power.
    """

    energy_wh: float | None = None
    moved_at: float = 0.0
    watched_at: float = 0.0
    expected_wh: float = 0.0

    def after(self, reading: MeterReading) -> "MovementWatch":
        """One plausible reading later; a reading without energy is not counted."""
        energy, at = reading.energy_import_wh, reading.at_monotonic
        if energy is None:
            return replace(self, watched_at=at)
        if self.energy_wh is None or energy > self.energy_wh:
            return MovementWatch(energy, at, at, 0.0)
        seconds = max(0.0, at - self.watched_at)
        return replace(
            self, watched_at=at, expected_wh=self.expected_wh + imported_watts(reading) * seconds / SECONDS_PER_HOUR
        )

    def is_frozen(self, after_wh: float, after_seconds: float) -> bool:
        """So much should have been counted, and for so long nothing was."""
        return self.expected_wh >= after_wh and self.watched_at - self.moved_at >= after_seconds


def imported_watts(reading: MeterReading) -> float:
    """Watts that should move the import register; 0 where power and currents are unknown."""
    if reading.power_watts is not None:
        return max(0.0, reading.power_watts)
    return sum(max(0.0, amps or 0.0) for amps in reading.currents_amps) * ASSUMED_VOLTS
