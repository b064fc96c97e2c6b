"""How many phases an EV draws from, by what the meter says of each (2.0.1 E02.FR.18, E02.FR.19)."""

from chargepoint_hal.contract import MeterReading

DRAWS_FROM_AMPS = 1.0
"""An EV takes 6 A or nothing (IEC 61851-1); less is what a meter sees of filters and of the station itself."""
SETTLED_SECONDS = 10.0
"""Chargers take the phases one after the other when they begin."""


class PhasesUsed:
    """Of one EVSE. `count` is None until it is known; an EV that pauses has not changed it."""

    def __init__(self, phases: int) -> None:
        self._phases = phases
        self._seen: int | None = None
        self._seen_since = 0.0
        self.count: int | None = None

    def see(self, reading: MeterReading) -> None:
        """The next reading while energy may flow."""
        seen = self._of(reading)
        if seen != self._seen:
            self._seen, self._seen_since = seen, reading.at_monotonic
        if seen is not None and reading.at_monotonic - self._seen_since >= SETTLED_SECONDS:
            self.count = seen

    def forget(self) -> None:
        """Another EV may come."""
        self._seen = self.count = None

    def _of(self, reading: MeterReading) -> int | None:
        """None where a phase is not measured, and while nothing is drawn."""
        amps = [each for each in reading.currents_amps[: self._phases] if each is not None]
        if len(amps) < self._phases:
            return None
        return sum(abs(each) >= DRAWS_FROM_AMPS for each in amps) or None
