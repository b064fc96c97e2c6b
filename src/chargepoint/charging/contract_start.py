"""Charging with an EV that is spoken with (ISO 15118): a contract pays for it, and the EV says when it is done.

The proof is somebody else's, the session's rules are as for a card.
"""

from collections.abc import Mapping
from typing import assert_never

from chargepoint.charging.authorization import Answer, Grant
from chargepoint.charging.commands import EndByEv, StartWithContract, Verdict, VerdictStatus
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import Notice, Show
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.token_desk import TokenDesk
from chargepoint.charging.token_knowledge import may_charge_at
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, StopReason
from chargepoint.settings import catalogue


class ContractStart:
    def __init__(self, sessions: Mapping[EvseId, EvseSession], desk: TokenDesk, context: CoreContext) -> None:
        self._sessions = sessions
        self._desk = desk
        self._context = context

    def execute(self, command: StartWithContract | EndByEv, moment: Moment) -> Verdict:
        session = self._sessions.get(command.evse_id)
        if session is None:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        match command:
            case StartWithContract():
                return self._start(command, session, moment)
            case EndByEv():
                return self._end(session, moment)
            case _:
                assert_never(command)

    def _end(self, session: EvseSession, moment: Moment) -> Verdict:
        """2.0.1 E15.FR.04, E15.FR.05."""
        if session.end_authorization(StopReason.STOPPED_BY_EV, Cause.STOP_AUTHORIZED, None, moment):
            return Verdict(VerdictStatus.ACCEPTED)
        return Verdict(VerdictStatus.REJECTED, "nobody is authorised here")

    def _start(self, command: StartWithContract, session: EvseSession, moment: Moment) -> Verdict:
        """Without a verdict of the CSMS the local rules decide, as for a card (list, cache, unknown ids)."""
        group: IdToken | None = None
        if command.verdict is not None:
            self._desk.knowledge.remember(command.token, command.verdict, moment)
            if not command.verdict.is_accepted_at(moment.utc):
                return self._refuse(session, f"the CSMS says {command.verdict.status}")
            if not may_charge_at(command.verdict, session.evse_id):
                return self._refuse(session, "this token is for other outlets")
            group = command.verdict.group
        else:
            asks_nobody = self._context.settings.get(catalogue.DISABLE_REMOTE_AUTHORIZATION)
            is_online = self._context.is_online and asks_nobody
            decision = self._desk.knowledge.decide(command.token, is_online=is_online, moment=moment)
            if decision.answer is not Answer.ACCEPT:
                return self._refuse(session, decision.reason)
            group = None if decision.verdict is None else decision.verdict.group
        if self._desk.knowledge.is_master_pass(group):  # C16.FR.03
            return self._refuse(session, "a master pass starts no transaction")
        if command.plug is not None and command.plug != session.safety.plug:
            return self._refuse(session, "the EV that showed the contract has left")
        if self._desk.is_closed or self._desk.choose([session], command.token, group) is None:
            return self._refuse(session, "this outlet can not start charging now, or is reserved for somebody else")
        is_confirmed = command.verdict is not None
        grant = Grant(command.token, (session.evse_id,), Cause.AUTHORIZED, group, is_confirmed=is_confirmed)
        self._desk.grant(session, grant, moment)
        return Verdict(VerdictStatus.ACCEPTED)

    def _refuse(self, session: EvseSession, reason: str) -> Verdict:
        self._context.emit(Show(Notice.REFUSED, session.evse_id, reason))
        return Verdict(VerdictStatus.REJECTED, reason)
