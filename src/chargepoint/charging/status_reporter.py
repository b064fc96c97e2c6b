"""Says a status once, when it has lasted MinimumStatusDuration (1.6) and only if it is news."""

from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import Enqueue
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.reports import StatusReport
from chargepoint.model.status import EvseStatus
from chargepoint.settings import catalogue

Said = tuple[EvseStatus, Fault | None]


class StatusReporter:
    """One per EVSE, and one (EVSE 0) for the station as a whole."""

    def __init__(self, context: CoreContext, evse_id: EvseId, deadlines: Deadlines) -> None:
        self._context = context
        self._evse_id = evse_id
        self._deadlines = deadlines
        self._said: Said | None = None
        self._wanted: Said | None = None
        self._wanted_since = 0.0

    def forget(self) -> None:
        """The CSMS may have lost its view (a new link): the next status is news."""
        self._said = None

    def show(self, status: EvseStatus | None, fault: Fault | None, moment: Moment) -> None:
        """Report the status when it is due; None says nothing and keeps waiting."""
        if status is None:
            return
        wanted = (status, fault)
        if wanted != self._wanted:
            self._wanted, self._wanted_since = wanted, moment.monotonic
        if wanted == self._said:
            self._deadlines.disarm(Deadline.STATUS)
            return
        due = self._wanted_since + self._patience(status)
        if moment.monotonic < due and self._said is not None:
            self._deadlines.arm(Deadline.STATUS, due)
            return
        self._deadlines.disarm(Deadline.STATUS)
        self.say(status, fault, moment)

    def say(self, status: EvseStatus, fault: Fault | None, moment: Moment) -> None:
        """Report at once, news or not (a trigger)."""
        self._said = (status, fault)
        report = StatusReport(self._evse_id, status, self._context.stamp(moment), fault)
        self._context.emit(Enqueue(report))

    def warn_of_list(self, status: EvseStatus, moment: Moment) -> None:
        """The CSMS contradicts its own local list (1.6 section 3.5.2): no news about the status."""
        text = "the local list says otherwise"
        report = StatusReport(self._evse_id, status, self._context.stamp(moment), text=text, is_list_conflict=True)
        self._context.emit(Enqueue(report))

    def _patience(self, status: EvseStatus) -> float:
        """A fault is never held back."""
        if status is EvseStatus.FAULTED:
            return 0.0
        return float(self._context.settings.get(catalogue.MINIMUM_STATUS_DURATION))
