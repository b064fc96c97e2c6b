"""Where cards are presented: which session a token stops, starts or waits for, and who is asked about it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chargepoint.charging.authorization import Answer, Grant, PendingQuestion, Purpose
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import AskAuthorization, Notice, Show
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.pin_pad import PinAttempts
from chargepoint.charging.reservations import ReservationDesk
from chargepoint.charging.token_knowledge import TokenKnowledge, may_charge_at
from chargepoint.charging.token_stops import TokenStops
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue


class TokenDesk:
    """One for the station: readers may serve several EVSEs."""

    def __init__(
        self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, reservations: ReservationDesk
    ) -> None:
        self._sessions = sessions
        self._context = context
        self._reservations = reservations
        self.knowledge = TokenKnowledge(context)
        self.pins = PinAttempts()
        self._stops = TokenStops(sessions, context, self._show)
        self._pending: dict[int, PendingQuestion] = {}
        self._revoked: dict[int, IdToken] = {}
        """Asked about, but the EV has left meanwhile: the answer is only remembered."""
        self._next_request_id = 1

    @property
    def is_closed(self) -> bool:
        """True while a reset is pending: nothing new starts."""
        return self._context.is_closing

    @property
    def is_any_reserved(self) -> bool:
        """Something is kept for somebody, or the one it was kept for has come and not begun yet."""
        return bool(self._reservations.reservations) or any(map(self.is_reserved, self._sessions.values()))

    def is_reserved(self, session: EvseSession) -> bool:
        """This EVSE is: as `is_any_reserved`."""
        has_come = session.grant is not None and session.grant.reservation_id is not None
        named = {each.evse_id for each in self._reservations.reservations}
        return session.is_kept or has_come or session.evse_id in named

    # A card at a reader

    def present(self, token: IdToken, evse_ids: Iterable[EvseId], moment: Moment) -> None:
        """Stop what this card may stop, else try to start with it."""
        sessions = [self._sessions[evse_id] for evse_id in evse_ids if evse_id in self._sessions]
        if self._stops.release_plug(token, sessions):
            return
        group = self.knowledge.group_of(token, moment)
        if self.knowledge.is_master_pass(group):
            self._stops.stop_all(token, tuple(evse_ids), moment)
            return
        if self._stops.stop(token, group, sessions, moment, moment.monotonic):
            return
        if self._stops.wait_on(token, sessions, moment):
            return
        if any(token.is_same_as(question.token) for question in self._pending.values()):
            return
        self._ask_or_decide(token, sessions, moment)

    @property
    def is_asking_about_a_pin(self) -> bool:
        return any(question.token.kind is TokenKind.KEY_CODE for question in self._pending.values())

    def judged(self, request_id: int, verdict: TokenVerdict, moment: Moment) -> None:
        """The CSMS's answer."""
        question = self._pending.pop(request_id, None)
        if question is None:
            token = self._revoked.pop(request_id, None)
            if token is not None:
                self.knowledge.remember(token, verdict, moment)
            return
        self.knowledge.remember(question.token, verdict, moment)
        self.pins.judged(question.token, verdict.status is AuthorizationStatus.ACCEPTED, moment)
        if verdict.status is AuthorizationStatus.ACCEPTED:
            self._accept(question, verdict, moment, is_confirmed=True)
        else:
            text = verdict.personal_message or f"the CSMS says {verdict.status}"
            self._show(Notice.REFUSED, question.evse_ids, text)

    def not_judged(self, request_id: int, moment: Moment) -> None:
        """No answer in time: the offline branch decides."""
        self._revoked.pop(request_id, None)
        question = self._pending.pop(request_id, None)
        if question is not None:
            self._decide(question, is_online=False, moment=moment)

    # Starts without a card

    def start_remotely(self, question: PendingQuestion, moment: Moment) -> None:
        """AuthorizeRemoteTxRequests: the remote token is judged like a card's."""
        asked = self._placed(replace(question, request_id=self._request_id()), moment)
        self._decide(asked, self._context.is_online, moment)

    def grant(self, session: EvseSession, grant: Grant, moment: Moment) -> None:
        """Give an accepted token to a session that `choose` gave, unless it can not use it any more."""
        if self.is_closed or not session.can_accept():
            self._show(Notice.NO_FREE_EVSE, (session.evse_id,), "this outlet can not start charging now")
            return
        self._show(Notice.AUTHORIZED, (session.evse_id,), "authorised")
        session.accept(self._reservations.claim(session, grant), moment)

    def plugged(self, session: EvseSession, moment: Moment) -> None:
        """A new EV: free vend, or an authorisation that waits at another EVSE of the same reader."""
        if session.state is not SessionState.PLUGGED or self.is_closed:
            return
        for other in self._sessions.values():
            waiting = other.grant
            if other.state is SessionState.AUTHORIZED and waiting and session.evse_id in waiting.evse_ids:
                if session.can_accept():
                    self._move(waiting, other, session, moment)
                return
        self._follow_ev(session.evse_id)
        self.free_vend(session, moment)

    def unplugged(self, session: EvseSession) -> None:
        """An EV has left, or nobody watched for a while: a token that was meant for it is not waited for any more."""
        for request_id, question in tuple(self._pending.items()):
            left = question.without(session.evse_id)
            if left is None:
                del self._pending[request_id]
                self._revoked[request_id] = question.token
                self._show(Notice.REFUSED, (session.evse_id,), "the EV has left, or may have: present the card again")
            else:
                self._pending[request_id] = left

    def _follow_ev(self, evse_id: EvseId) -> None:
        """What came before an EV is meant for the first that comes, the oldest first where a reader has several."""
        for request_id, question in self._pending.items():
            self._pending[request_id] = followed = question.with_ev(evse_id)
            if followed is not question and len(question.evse_ids) > 1:
                return

    def free_vend(self, session: EvseSession, moment: Moment) -> None:
        """Whoever plugs in may charge (FreeVendActive)."""
        settings = self._context.settings
        token = IdToken(settings.get(catalogue.FREE_VEND_TOKEN), TokenKind.NO_AUTHORIZATION)
        is_possible = session.can_accept() and self._reservations.allows(session, token, None)
        if settings.get(catalogue.FREE_VEND_ACTIVE) and is_possible:
            session.accept(Grant(token, (session.evse_id,), Cause.CABLE_PLUGGED_IN), moment)

    def offer_free_vend(self, moment: Moment) -> None:
        """What kept an EV from free charging is over: a fault, an unavailability, a meter without a reading."""
        for session in self._sessions.values():
            is_bare = session.view.configuration.meter_required and session.meter.fresh(moment.monotonic) is None
            if session.state is SessionState.PLUGGED and not is_bare and not self.is_closed:
                self.free_vend(session, moment)

    def _move(self, waiting: Grant, left: EvseSession, session: EvseSession, moment: Moment) -> None:
        """The plug went into another EVSE of the same reader than the one that waited for it."""
        if not self._reservations.allows(session, waiting.token, waiting.group, leaving=left):
            self._show_reserved((session.evse_id,))
            return
        left.release_grant()
        left.run.hand_over(session.run, moment)
        session.accept(self._reservations.claim(session, replace(waiting, cause=Cause.CABLE_PLUGGED_IN)), moment)

    # Decisions

    def _ask_or_decide(self, token: IdToken, sessions: list[EvseSession], moment: Moment) -> None:
        evse_ids = tuple(session.evse_id for session in sessions)
        able = [] if self.is_closed else [session for session in sessions if session.can_accept()]
        can_start = self.may_start(able, token, moment)
        may_be_group = self._stops.may_ask_about(sessions, self.knowledge.has_master_pass)
        if not can_start and not may_be_group:
            self.pins.judged(token, False, moment)
            if able:
                self._show_reserved(evse_ids)
                return
            self._show(Notice.NO_FREE_EVSE, evse_ids, "no outlet here can start charging now")
            return
        purpose = Purpose.START if can_start else Purpose.STOP
        question = self._placed(PendingQuestion(self._request_id(), token, evse_ids, purpose), moment)
        self._decide(question, self._context.is_online, moment)

    def _decide(self, question: PendingQuestion, is_online: bool, moment: Moment) -> None:
        decision = self.knowledge.decide(question.token, is_online, moment)
        match decision.answer:
            case Answer.ACCEPT:
                self._accept(question, decision.verdict, moment)
            case Answer.REFUSE:
                self.pins.judged(question.token, False, moment)
                self._show(Notice.REFUSED, question.evse_ids, decision.reason)
            case Answer.ASK_CSMS:
                self._pending[question.request_id] = question
                timeout = float(self._context.settings.get(catalogue.AUTHORIZATION_TIMEOUT))
                self._context.emit(AskAuthorization(question.request_id, question.token, timeout))
                self._show(Notice.WAITING_FOR_ANSWER, question.evse_ids, "asking the CSMS")

    def _accept(
        self,
        question: PendingQuestion,
        verdict: TokenVerdict | None,
        moment: Moment,
        *,
        is_confirmed: bool = False,
    ) -> None:
        sessions = [self._sessions[evse_id] for evse_id in question.evse_ids]
        group = (None if verdict is None else verdict.group) or question.group
        if self.knowledge.is_master_pass(group):
            self._stops.stop_all(question.token, question.evse_ids, moment)
            return
        if not question.is_remote and self._stops.stop(question.token, group, sessions, moment, question.asked_at):
            return
        starts = question.purpose is not Purpose.STOP
        allowed = self._allowed(question, verdict, group)
        chosen = self.choose(allowed, question.token, group) if starts else None
        if chosen is None:
            if starts and any(session.can_accept() for session in allowed):
                self._show_reserved(question.evse_ids)
                return
            self._show(Notice.STOP_REFUSED, question.evse_ids, "accepted, but there is nothing to start or stop")
            return
        cause = Cause.REMOTE_START if question.is_remote else Cause.AUTHORIZED
        grant = Grant(
            question.token,
            tuple(session.evse_id for session in allowed),
            cause,
            group,
            remote_start_id=question.remote_start_id,
            limit_amps=question.limit_amps,
            profile=question.profile,
            is_confirmed=is_confirmed,
        )
        self.grant(chosen, grant, moment)

    def _allowed(
        self, question: PendingQuestion, verdict: TokenVerdict | None, group: IdToken | None
    ) -> list[EvseSession]:
        """Where it may charge: the EV alone that it was meant for, else any."""
        allowed = [self._sessions[each] for each in question.evse_ids if may_charge_at(verdict, each)]
        meant = [each for each in allowed if question.is_for_ev_at(each.evse_id)]
        return [each for each in meant if self._reservations.allows(each, question.token, group)] or allowed

    def choose(self, sessions: Iterable[EvseSession], token: IdToken, group: IdToken | None) -> EvseSession | None:
        """Plugged in and waiting first, then plugged in after a session, then free; what is reserved for it first."""
        order = (SessionState.PLUGGED, SessionState.FINISHED, SessionState.IDLE)
        open_to = [
            each for each in sessions if each.is_open_to(token, group) and self._reservations.allows(each, token, group)
        ]
        return min(
            open_to,
            key=lambda each: (order.index(each.state), self._reservations.used_by(each, token, group) is None),
            default=None,
        )

    def may_start(self, able: Iterable[EvseSession], token: IdToken, moment: Moment) -> bool:
        """Nothing is reserved against this token, or the CSMS can be asked for the group that may have reserved it."""
        group = self.knowledge.group_of(token, moment)
        if self._context.is_online:
            return any(self._reservations.may_allow(session, token, group) for session in able)
        return any(self._reservations.allows(session, token, group) for session in able)

    def _placed(self, question: PendingQuestion, moment: Moment) -> PendingQuestion:
        """With when it came, and which EVs wait where it may start; those that have been charged come after them."""
        there = [self._sessions[each] for each in question.evse_ids if self._sessions[each].safety.is_plugged_in]
        able = [each for each in there if each.can_accept() and self.may_start([each], question.token, moment)]
        waiting = frozenset(each.evse_id for each in able if each.state is SessionState.PLUGGED)
        plugged = waiting or frozenset(each.evse_id for each in able)
        return replace(question, plugged=plugged, is_for_these_alone=bool(waiting), asked_at=moment.monotonic)

    def _request_id(self) -> int:
        request_id, self._next_request_id = self._next_request_id, self._next_request_id + 1
        return request_id

    def _show_reserved(self, evse_ids: tuple[EvseId, ...]) -> None:
        self._show(Notice.RESERVED, evse_ids, "reserved for somebody else")

    def _show(self, notice: Notice, evse_ids: tuple[EvseId, ...], text: str) -> None:
        evse_id = evse_ids[0] if len(evse_ids) == 1 else None
        self._context.emit(Show(notice, evse_id, text))
