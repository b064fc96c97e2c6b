"""Tells the CSMS of limits that it has not set, and of the rates that they change (2.0.1 K11 to K13).

What the CSMS itself changes is no news to it. What is not significant is kept quiet, and small steps add up: each
is measured against what was told last.
"""

from collections.abc import Mapping

from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import Enqueue
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.charging_profiles import ChargingSchedule, InstalledProfile, LimitSource
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.limits import SITE, Limit
from chargepoint.model.moment import Moment
from chargepoint.model.reports import SiteLimitReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue


class LimitNews:
    """Remembers what was told."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext) -> None:
        self._sessions = sessions
        self._context = context
        self._told: dict[LimitSource, ChargingSchedule] = {}
        self._rates: dict[EvseId, tuple[TransactionId, Limit]] = {}
        """Of each running transaction the last one that the CSMS knows of."""

    def restored(self, imposed: tuple[InstalledProfile, ...]) -> None:
        """What held before the restart holds on; whether that was ever told is not known, so it is told."""
        for one in imposed:
            self.imposed(one.source, one.profile.schedule, None)

    def imposed(self, source: LimitSource, schedule: ChargingSchedule, is_grid_critical: bool | None) -> None:
        told = self._told.get(source)
        if told is not None and not self._is_news(told, schedule):
            return
        self._told[source] = schedule
        shown = schedule if self._context.settings.get(catalogue.NOTIFY_CHARGING_LIMIT_WITH_SCHEDULES) else None
        self._context.emit(Enqueue(SiteLimitReport(source, False, is_grid_critical, shown)))

    def released(self, source: LimitSource) -> None:
        self._told.pop(source, None)
        self._context.emit(Enqueue(SiteLimitReport(source, is_released=True)))

    def follow(self, moment: Moment) -> None:
        """Tell of every running transaction whose rate the site has changed (K11.FR.04, K13.FR.03)."""
        for evse_id, session in self._sessions.items():
            transaction = session.transaction
            if transaction is None or session.state is not SessionState.TRANSACTION:
                continue
            limit, known = session.wish.limit, self._rates.get(evse_id)
            if known is None or known[0] != transaction.record.transaction_id:
                self._rates[evse_id] = (transaction.record.transaction_id, limit)
            elif limit.amps == known[1].amps:
                continue  # a rate that another only holds back for a while is still the site's
            elif not is_changed_by_site(known[1], limit):
                self._rates[evse_id] = (known[0], limit)
            elif self._is_significant(known[1].amps, limit.amps):
                self._rates[evse_id] = (known[0], limit)
                transaction.note(Cause.CHARGING_RATE_CHANGED, moment)

    def _is_news(self, told: ChargingSchedule, schedule: ChargingSchedule) -> bool:
        """Of two single limits in one unit and on as many phases the difference decides; else any difference."""
        before, after = told.periods[0], schedule.periods[0]
        if is_single(told) and is_single(schedule) and (told.unit, before.phases) == (schedule.unit, after.phases):
            return self._is_significant(before.limit, after.limit)
        return told != schedule

    def _is_significant(self, before: float, after: float) -> bool:
        if before == 0:
            return after != 0
        percent = abs(after - before) / before * 100.0
        return percent > self._context.settings.get(catalogue.LIMIT_CHANGE_SIGNIFICANCE)


def is_changed_by_site(before: Limit, after: Limit) -> bool:
    """The site lowers a rate to its own limit, and raises it from its own."""
    return (before if after.amps > before.amps else after).set_by == SITE


def is_single(schedule: ChargingSchedule) -> bool:
    """One limit without an end."""
    return len(schedule.periods) == 1 and schedule.start is None and schedule.duration_seconds is None
