"""Resets of single EVSEs (2.0.1 B11, B12): what runs there is ended, and the EVSE is out of reach for a moment.

The rest of the station is not touched. Nothing latched is acknowledged by it: that takes a person.
"""

from collections.abc import Mapping

from chargepoint.charging.commands import ResetKind, Verdict, VerdictStatus
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.idleness import Idleness
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.transactions import Cause, StopReason

RESET_SECONDS = 5.0
"""How long the EVSE accepts nothing and shows Unavailable."""


class EvseResets:
    def __init__(self, sessions: Mapping[EvseId, EvseSession], idleness: Idleness) -> None:
        self._sessions = sessions
        self._idleness = idleness
        self._pending: dict[EvseId, ResetKind] = {}

    def order(self, evse_id: EvseId, kind: ResetKind, moment: Moment) -> Verdict:
        session = self._sessions.get(evse_id)
        if session is None:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {evse_id}")
        if self._pending.get(evse_id, kind) is not ResetKind.ON_IDLE and kind is ResetKind.ON_IDLE:
            return Verdict(VerdictStatus.ACCEPTED)  # the one that waits for nobody comes sooner
        self._pending[evse_id] = kind
        if kind is ResetKind.ON_IDLE and self._idleness.is_evse_busy(session):
            return Verdict(VerdictStatus.SCHEDULED, "when the EVSE is idle")
        self.follow(moment)
        return Verdict(VerdictStatus.ACCEPTED)

    def follow(self, moment: Moment) -> None:
        """End what stands in the way, and reset where nothing does any more."""
        for evse_id, kind in tuple(self._pending.items()):
            session = self._sessions[evse_id]
            if kind is not ResetKind.ON_IDLE:
                session.stop(StopReason.IMMEDIATE_RESET, Cause.RESET_COMMAND, None, moment)
            if session.is_busy or (kind is ResetKind.ON_IDLE and self._idleness.is_evse_busy(session)):
                continue
            del self._pending[evse_id]
            session.release_grant()
            session.deadlines.arm(Deadline.EVSE_RESET, moment.monotonic + RESET_SECONDS)
