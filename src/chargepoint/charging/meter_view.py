"""What a session knows of its meter. Stale is not fresh, and a silence has a beginning."""

from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.model.faults import Fault
from chargepoint_hal.contract import MeterReading

METER_OUTAGE_SECONDS = 30.0
"""With billing required, power is withheld after this long without a valid reading."""


def fresh_seconds(reading: MeterReading, polled_seconds: float) -> float:
    """How long after its energy register was read it is the last word: until the next cycle, and one that fails, should
    have come. `polled_seconds`: what that is of a meter that answers at once."""
    return max(polled_seconds, 2.0 * reading.read_seconds + 1.0)


class MeterView:
    """The last plausible reading and, while there is none, why."""

    def __init__(self, polled_seconds: float, deadlines: Deadlines) -> None:
        self._polled_seconds = polled_seconds
        self._deadlines = deadlines
        self.last: MeterReading | None = None
        self.fault: Fault | None = None

    def read(self, reading: MeterReading) -> None:
        self.last = reading
        self.recovered()
        self._deadlines.arm(Deadline.READING_STALE, reading.at_monotonic + fresh_seconds(reading, self._polled_seconds))

    def unavailable(self, fault: Fault, now: float) -> None:
        """The first of several reports begins the silence."""
        if self.fault is None:
            self._deadlines.arm(Deadline.METER_OUTAGE, now + METER_OUTAGE_SECONDS)
        self.fault = fault

    def grow_stale(self, now: float) -> None:
        """Nobody said that the meter is silent, but no reading came: the poller itself may hang."""
        if self.fault is None:
            self.unavailable(Fault.METER_SILENT, now)

    def recovered(self) -> None:
        self.fault = None
        self._deadlines.disarm(Deadline.METER_OUTAGE)

    @property
    def is_out(self) -> bool:
        """The silence has lasted METER_OUTAGE_SECONDS."""
        return self.fault is not None and not self._deadlines.is_armed(Deadline.METER_OUTAGE)

    @property
    def register_wh(self) -> float | None:
        """The energy register while the meter speaks; None while it is silent or lies."""
        return None if self.last is None or self.fault is not None else self.last.energy_import_wh

    def fresh(self, now: float) -> MeterReading | None:
        """The last reading with its energy register, unless it is stale."""
        if self.last is None or self.last.energy_import_wh is None:
            return None
        is_fresh = now - self.last.at_monotonic <= fresh_seconds(self.last, self._polled_seconds)
        return self.last if is_fresh else None

    def read_since(self, at: float) -> MeterReading | None:
        """The last reading with its energy register, if it was taken at or after that time."""
        if self.last is None or self.last.energy_import_wh is None or self.last.at_monotonic < at:
            return None
        return self.last
