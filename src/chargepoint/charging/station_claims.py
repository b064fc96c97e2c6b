"""Who claims a part of what the whole station may take, on which phases, and since when. Decides no limit itself."""

from collections.abc import Mapping
from datetime import timedelta

from chargepoint.charging.charging_priority import precedence
from chargepoint.charging.context import CoreContext
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.charging_profiles import RateUnit
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.transactions import Transaction
from chargepoint.settings import catalogue
from chargepoint.smart_charging.composite_schedule import Circumstances
from chargepoint.smart_charging.rates import Rate, Wiring


class StationClaims:
    """What the limits of charging profiles depend on beside the profiles."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext) -> None:
        self._sessions = sessions
        self._context = context

    def least_phases(self) -> dict[EvseId, int]:
        """The fewest that each EVSE can be held to."""
        return {
            key: 1 if configuration.switches_phases else configuration.phases
            for key, session in self._sessions.items()
            for configuration in (session.view.configuration,)
        }

    def wiring(self, evse_id: EvseId) -> Wiring:
        volts = self._context.settings.get(catalogue.NOMINAL_VOLTS)
        widest = max(session.view.configuration.phases for session in self._sessions.values())
        if evse_id not in self._sessions:
            return Wiring(widest, widest, volts)
        own = self._sessions[evse_id].view.configuration
        return Wiring(own.phases, widest, volts, own.switches_phases, own.least_amps)

    def ceiling(self, evse_id: EvseId) -> Rate:
        """What the hardware of one EVSE and its cable allow."""
        session, wiring = self._sessions[evse_id], self.wiring(evse_id)
        amps = session.wish.own_limit(session.safety.observation).amps
        return Rate(amps, RateUnit.AMPS, wiring.phases, wiring.volts)

    def phases_possible(self) -> tuple[int | None, ...]:
        """By which each EVSE that switches phases may be supplied now; None while nobody says."""
        switching = (session for session in self._sessions.values() if session.view.configuration.switches_phases)
        seen = (session.safety.observation for session in switching)
        return tuple(None if each is None else each.most_phases for each in seen)

    def circumstances(self, evse_id: EvseId, moment: Moment) -> Circumstances:
        """Whoever may draw claims a part, in their precedence; `WHOLE_STATION` shares nothing."""
        drawing = (session.run.record for session in self._sessions.values() if session.run.may_draw)
        records = [record for record in drawing if record is not None]
        records.sort(key=precedence)
        claimants = [record.evse_id for record in records]
        session = self._sessions.get(evse_id)
        own = None if session is None else session.run.record
        if evse_id not in claimants:
            claimants.append(evse_id)
        return Circumstances(
            evse_id,
            None if own is None else own.transaction_id,
            None if own is None else moment.utc - timedelta(seconds=self._lasted_seconds(own, moment)),
            moment.utc_trusted,
            len(claimants),
            claimants.index(evse_id),
            self.wiring(evse_id),
            own is None or self._is_by_monotonic(own) or own.started_at.trusted,
        )

    def _is_by_monotonic(self, transaction: Transaction) -> bool:
        return transaction.started_at.boot_id == self._context.boot_id

    def _lasted_seconds(self, transaction: Transaction, moment: Moment) -> float:
        """By the monotonic clock; over a restart by the wall clock, never less than nothing."""
        started = transaction.started_at
        if self._is_by_monotonic(transaction):
            return moment.monotonic - started.monotonic
        return max(0.0, (moment.utc - started.utc).total_seconds())
