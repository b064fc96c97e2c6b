"""From the decision to stop until the stop reading: the contactor opens first, then the meter is read."""

from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.meter_view import MeterView, fresh_seconds
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation
from chargepoint_hal.contract import MeterReading

STOP_OPEN_SECONDS = 15.0
"""How long a stop waits for the open contactor (6 s for the EV, opening, feedback) before it reads anyway."""
STOP_READING_SECONDS = 5.0
"""How long a stop waits for a reading taken after the contactor opened, or for two cycles of a slower meter."""


class Ending:
    """One session's stop under way."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._opened_at: float | None = None
        self.plug_was_pulled = False
        """The EV left while the transaction was open: whatever is plugged in afterwards is another session."""

    def begin(self, moment: Moment) -> None:
        self._opened_at = None
        self._deadlines.arm(Deadline.STOP_OPEN, moment.monotonic + STOP_OPEN_SECONDS)

    def stop_reading(self, seen: EvseObservation | None, meter: MeterView, moment: Moment) -> MeterReading | None:
        """The first reading taken after the contactor was seen open; None until there is one."""
        if self._opened_at is None and seen is not None and not seen.contactor.may_be_live:
            self._await_reading(seen.at_monotonic, meter, moment)
        return None if self._opened_at is None else meter.read_since(self._opened_at)

    def give_up_on_contactor(self, meter: MeterView, moment: Moment) -> None:
        """It did not open, or nobody can tell: the bill does not wait for that for ever."""
        self._await_reading(moment.monotonic, meter, moment)

    def finish(self) -> None:
        self.plug_was_pulled = False
        self._deadlines.disarm(Deadline.STOP_OPEN, Deadline.STOP_READING)

    def _await_reading(self, opened_at: float, meter: MeterView, moment: Moment) -> None:
        self._opened_at = opened_at
        self._deadlines.disarm(Deadline.STOP_OPEN)
        seconds = STOP_READING_SECONDS if meter.last is None else fresh_seconds(meter.last, STOP_READING_SECONDS)
        self._deadlines.arm(Deadline.STOP_READING, moment.monotonic + seconds)
