"""What a session knows of its meter. Stale is not fresh, and a silence has a beginning."""

from chargepoint.model.faults import Fault
from chargepoint_hal.contract import MeterReading

METER_OUTAGE_SECONDS = 30.0
"""With billing required, power is withheld after this long without a valid reading."""


class MeterView:
    """The last plausible reading and, while there is none, since when and why."""

    def __init__(self, fresh_seconds: float) -> None:
        self._fresh_seconds = fresh_seconds
        self.last: MeterReading | None = None
        self.fault: Fault | None = None
        self.silent_since: float | None = None

    def read(self, reading: MeterReading) -> None:
        self.last = reading
        self.recovered()

    def unavailable(self, fault: Fault, now: float) -> None:
        self.fault = fault
        if self.silent_since is None:
            self.silent_since = now

    def recovered(self) -> None:
        self.fault = None
        self.silent_since = None

    def fresh(self, now: float) -> MeterReading | None:
        """The last reading with its energy register, unless it is stale."""
        if self.last is None or self.last.energy_import_wh is None:
            return None
        return self.last if now - self.last.at_monotonic <= self._fresh_seconds else None

    def read_since(self, at: float) -> MeterReading | None:
        """The last reading with its energy register, if it was taken at or after that time."""
        if self.last is None or self.last.energy_import_wh is None or self.last.at_monotonic < at:
            return None
        return self.last

    def is_out(self, now: float) -> bool:
        return self.silent_since is not None and now - self.silent_since >= METER_OUTAGE_SECONDS
