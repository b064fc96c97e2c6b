"""Clock-aligned meter values of EVSEs on which no transaction is running (1.6 ClockAlignedDataInterval, 2.0.1 J01)."""

from collections.abc import Mapping

from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import Enqueue
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.meter_sampling import meter_value, next_aligned
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import ReadingContext
from chargepoint.model.moment import Moment
from chargepoint.model.reports import MeterReport
from chargepoint.settings import catalogue


class IdleSampling:
    """Arms one aligned deadline for the station; a running transaction samples itself."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, deadlines: Deadlines) -> None:
        self._sessions = sessions
        self._context = context
        self._deadlines = deadlines

    def rearm(self, moment: Moment) -> None:
        """The interval was changed, or the clock is right at last: the grid needs a trusted clock."""
        interval = self._context.settings.get(catalogue.CLOCK_ALIGNED_DATA_INTERVAL)
        self._deadlines.disarm(Deadline.ALIGNED_SAMPLE)
        if interval > 0 and moment.utc_trusted:
            self._deadlines.arm(Deadline.ALIGNED_SAMPLE, next_aligned(moment, interval))

    def sample(self, moment: Moment) -> None:
        """Report every idle EVSE with a fresh reading, and wait for the next mark."""
        self.rearm(moment)
        is_idle = not any(session.is_busy for session in self._sessions.values())
        if not is_idle and self._context.settings.get(catalogue.ALIGNED_DATA_SEND_DURING_IDLE):
            return
        measurands = self._context.settings.get(catalogue.METER_VALUES_ALIGNED_DATA)
        for session in self._sessions.values():
            reading = session.meter.fresh(moment.monotonic)
            if session.is_busy or reading is None:
                continue
            offered = session.wish.offered_amps(session.safety.observation)
            stamp = self._context.stamp(moment)
            value = meter_value(reading, measurands, ReadingContext.SAMPLE_CLOCK, stamp, offered)
            if value is not None:
                self._context.emit(Enqueue(MeterReport(session.evse_id, (value,))))
