"""What a token means to those who are here already: it frees its plug, stops its transaction, waits on for its EV."""

from collections.abc import Callable, Iterable, Mapping

from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import Notice
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, StopReason
from chargepoint.settings import catalogue

START_DEAD_SECONDS = 5.0
"""A card presented again this soon after it started a transaction is the same gesture, not a stop."""

ShowNotice = Callable[[Notice, tuple[EvseId, ...], str], None]


class TokenStops:
    """One for the station. Each method says whether that was what the token meant."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, show: ShowNotice) -> None:
        self._sessions = sessions
        self._context = context
        self._show = show

    def release_plug(self, token: IdToken, sessions: Iterable[EvseSession]) -> bool:
        for session in sessions:
            if session.lock.is_held_for(token):
                session.lock.release()
                self._show(Notice.STOPPED, (session.evse_id,), "the plug is free")
                return True
        return False

    def stop(
        self, token: IdToken, group: IdToken | None, sessions: list[EvseSession], moment: Moment, presented_at: float
    ) -> bool:
        """An EV that waits here is what a card of the same group means; the same card means its own transaction."""
        if any(session.state is SessionState.PLUGGED and session.can_accept() for session in sessions):
            group = None
        for session in sorted(sessions, key=lambda each: not _is_of(each, token)):
            transaction = session.transaction
            if transaction is None or not session.is_authorized:
                continue
            if not transaction.is_stopped_by(token, group):
                continue
            started = transaction.record.authorized_at or transaction.record.started_at
            age_seconds = presented_at - started.monotonic
            is_same_card = token.is_same_as(transaction.record.id_token)
            is_too_early = age_seconds < 0.0 or (is_same_card and age_seconds < START_DEAD_SECONDS)
            if started.boot_id == self._context.boot_id and is_too_early:
                self._show(Notice.AUTHORIZED, (session.evse_id,), "already started: present the card again to stop")
                return True
            session.end_authorization(StopReason.LOCAL, Cause.STOP_AUTHORIZED, token, moment)
            return True
        return False

    def stop_all(self, token: IdToken, evse_ids: tuple[EvseId, ...], moment: Moment) -> None:
        """A master pass: there is nothing at the station to choose one transaction with (2.0.1 C16.FR.02)."""
        stopped = [
            session.end_authorization(StopReason.MASTER_PASS, Cause.STOP_AUTHORIZED, token, moment)
            for session in self._sessions.values()
        ]
        if not any(stopped):
            self._show(Notice.STOP_REFUSED, evse_ids, "a master pass only stops, and nothing runs")

    def wait_on(self, token: IdToken, sessions: Iterable[EvseSession], moment: Moment) -> bool:
        for session in sessions:
            if session.grant is not None and token.is_same_as(session.grant.token):
                session.waiting.renew(self._context.settings.get(catalogue.CONNECTION_TIME_OUT), moment)
                self._show(Notice.PLUG_IN, (session.evse_id,), "already authorised: plug in")
                return True
        return False

    def may_ask_about(self, sessions: Iterable[EvseSession], has_master_pass: bool) -> bool:
        """Some transaction might be stopped by a token whose group only the CSMS knows."""
        if has_master_pass and any(session.is_authorized for session in self._sessions.values()):
            return True
        return any(
            session.is_authorized and session.transaction is not None and session.transaction.record.group_token
            for session in sessions
        )


def _is_of(session: EvseSession, token: IdToken) -> bool:
    """A card stops its own transaction before one of its group."""
    return session.transaction is not None and token.is_same_as(session.transaction.record.id_token)
