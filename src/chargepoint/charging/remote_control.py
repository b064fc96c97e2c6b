"""Orders from the CSMS or a person, each with a verdict. Nothing here waits."""

from collections.abc import Mapping
from typing import assert_never

from chargepoint.charging.authorization import Grant, PendingQuestion
from chargepoint.charging.commands import (
    AcknowledgeFaults,
    ChangeAvailability,
    ClearAuthorizationCache,
    HoldForInstall,
    InstallHold,
    NoteUpkeep,
    RemoteCommand,
    ResetKind,
    ResetStation,
    SendReport,
    StartRemotely,
    StopRemotely,
    UnlockConnector,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.effects import ForgetVerdicts, RememberAvailability, Restart
from chargepoint.charging.evse_resets import EvseResets
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.fault_words import acknowledgement_words, waits_for_unplugging
from chargepoint.charging.idleness import Idleness
from chargepoint.charging.status_reporter import StatusReporter
from chargepoint.charging.token_desk import TokenDesk
from chargepoint.charging.triggered_reports import TriggeredReports
from chargepoint.model.charging_profiles import WHOLE_STATION
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken, TokenKind
from chargepoint.model.transactions import Cause, StopReason
from chargepoint.settings import catalogue

UNLOCK_SECONDS = 10.0
"""Contactor open (up to 6 s when a transaction has to end first) plus the lock's motor."""

ACCEPTED = Verdict(VerdictStatus.ACCEPTED)


UNDER_WAY = frozenset({SessionState.STOPPING, SessionState.RECOVERING})
"""Somebody was authorised here, and the end is not reached."""
UNHELD = frozenset({InstallHold.NONE, InstallHold.SHARING})
"""What is idle may be used."""
WAITING = frozenset({ResetKind.ON_IDLE, ResetKind.SCHEDULED})
"""Resets that end nothing."""


class RemoteControl:
    """Executes commands on the sessions."""

    def __init__(
        self,
        sessions: Mapping[EvseId, EvseSession],
        desk: TokenDesk,
        context: CoreContext,
        station_status: StatusReporter,
    ) -> None:
        self._sessions = sessions
        self._desk = desk
        self._context = context
        self._station_status = station_status
        self.station_availability = Availability.OPERATIVE
        self._wanted_availability: dict[EvseId, Availability] = {}
        self.station_faults: frozenset[Fault] = frozenset()
        """Of the station as a whole; no EVSE is faulted by them."""
        self.pending_reset: ResetKind | None = None
        self._idleness = Idleness(sessions, desk)
        self._evse_resets = EvseResets(sessions, self._idleness)
        self._reports = TriggeredReports(sessions, context, self._say_station)
        self._hold = InstallHold.NONE

    def execute(self, command: RemoteCommand, moment: Moment) -> Verdict:
        match command:
            case StartRemotely():
                return self._start(command, moment)
            case StopRemotely():
                return self._stop(command, moment)
            case ChangeAvailability():
                return self._change_availability(command)
            case UnlockConnector():
                return self._unlock(command, moment)
            case ClearAuthorizationCache():
                return self._clear_cache()
            case ResetStation():
                return self._reset(command, moment)
            case SendReport():
                return self._reports.send(command, moment)
            case AcknowledgeFaults():
                return self._acknowledge(command)
            case HoldForInstall(hold):
                return self._hold_for_install(hold)
            case NoteUpkeep():
                self._idleness.note(command)
                return ACCEPTED
            case _:
                assert_never(command)

    def restore_availability(self, stored: Mapping[EvseId, Availability]) -> None:
        """What was persisted before the restart."""
        self.station_availability = stored.get(WHOLE_STATION, Availability.OPERATIVE)
        self._wanted_availability = {key: value for key, value in stored.items() if key in self._sessions}

    def apply_availability(self) -> None:
        """Make scheduled changes true where no transaction stands in the way any more."""
        for evse_id, session in self._sessions.items():
            wanted = self._wanted_availability.get(evse_id, Availability.OPERATIVE)
            if self._hold in UNHELD and Availability.INOPERATIVE not in (wanted, self.station_availability):
                session.availability = Availability.OPERATIVE
            elif not session.is_busy and session.availability is Availability.OPERATIVE:
                session.availability = Availability.INOPERATIVE
                session.release_grant()

    def apply_reset(self, moment: Moment) -> None:
        """End what stands in the way of a reset that waits for nobody, also what has just been recovered."""
        self._evse_resets.follow(moment)
        if self.pending_reset is None:
            return
        if self.pending_reset in WAITING:
            self._context.is_closing = not self._idleness.is_kept_for_somebody  # whom it is kept for may still come
            return
        self._context.is_closing = True
        reason = StopReason.SOFT_RESET if self.pending_reset is ResetKind.SOFT else StopReason.IMMEDIATE_RESET
        for session in self._sessions.values():
            if not session.stop(reason, Cause.RESET_COMMAND, None, moment):
                session.release_grant()

    def due_restart(self) -> list[Restart]:
        """Once, when a reset is pending and what it waits for has ended."""
        kind = self.pending_reset
        if kind is None or any(session.is_busy for session in self._sessions.values()):
            return []
        if kind in WAITING and self._idleness.is_station_busy:
            return []
        self.pending_reset = None
        return [Restart(kind, self._context.settings.get(catalogue.RESET_RETRIES))]

    def _start(self, command: StartRemotely, moment: Moment) -> Verdict:
        if self._desk.is_closed:
            return Verdict(VerdictStatus.REJECTED, "a reset is pending")
        if command.evse_id is not None and command.evse_id not in self._sessions:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        sessions = list(self._sessions.values()) if command.evse_id is None else [self._sessions[command.evse_id]]
        able = [session for session in sessions if session.can_accept()]
        group = command.group_token or self._desk.knowledge.group_of(command.token, moment)
        if self._desk.knowledge.is_master_pass(group):
            return Verdict(VerdictStatus.REJECTED, "a master pass starts no transaction")
        chosen = self._desk.choose(able, command.token, group)
        may_be_of_group = command.group_token is None and self._desk.may_start(able, command.token, moment)
        if not able or (chosen is None and not may_be_of_group):
            return Verdict(VerdictStatus.REJECTED, self._why_no_start((able or sessions)[0]))
        grant = Grant(
            command.token,
            tuple(session.evse_id for session in ([chosen] if chosen else able)),
            Cause.REMOTE_START,
            group,
            remote_start_id=command.remote_start_id,
            limit_amps=command.limit_amps,
            profile=command.profile,
            is_confirmed=True,
        )
        open_id = None if chosen is None or chosen.run.record is None else chosen.run.record.transaction_id
        if chosen is None or self._is_judged(command.token):
            self._desk.start_remotely(PendingQuestion.about(grant), moment)
        else:
            self._desk.grant(chosen, grant, moment)
        return Verdict(VerdictStatus.ACCEPTED, transaction_id=open_id)

    def _is_judged(self, token: IdToken) -> bool:
        """One that the CSMS has made is its own word already (2.0.1 C05.FR.01)."""
        settings = self._context.settings
        if token.kind is TokenKind.CENTRAL and not settings.get(catalogue.RULES_OF_1_6):
            return False
        return settings.get(catalogue.AUTHORIZE_REMOTE_TX_REQUESTS)

    def _why_no_start(self, first: EvseSession) -> str:
        if first.can_accept():
            return "reserved for somebody else"
        if first.availability is Availability.INOPERATIVE:
            return "the EVSE is inoperative"
        if not self._context.may_begin:
            return "the CSMS has not accepted the station yet (TxBeforeAcceptedEnabled)"
        if first.view.blocking_faults:
            return "the EVSE is faulted: " + ", ".join(first.view.blocking_faults)
        return f"the EVSE is in use ({first.state})"

    def _stop(self, command: StopRemotely, moment: Moment) -> Verdict:
        for session in self._sessions.values():
            transaction = session.transaction
            if transaction is None or transaction.record.transaction_id != command.transaction_id:
                continue
            if session.state is SessionState.RECOVERING:
                return Verdict(VerdictStatus.REJECTED, "the transaction is being recovered; try again in 10 seconds")
            if session.state is SessionState.STOPPING:
                return Verdict(VerdictStatus.REJECTED, "the transaction is already ending")
            if not session.end_authorization(StopReason.REMOTE, Cause.REMOTE_STOP, None, moment):
                self._stop_unauthorized(session, moment)
            return ACCEPTED
        return Verdict(VerdictStatus.UNKNOWN_TARGET, "no such transaction is running")

    def _stop_unauthorized(self, session: EvseSession, moment: Moment) -> None:
        """Nobody is authorised, or not any more: where the EV's leaving is what ends it, that is waited for."""
        if session.span.ends_with_authorization:
            session.stop(StopReason.REMOTE, Cause.REMOTE_STOP, None, moment)
        elif session.transaction is not None:
            session.transaction.note(Cause.REMOTE_STOP, moment)

    def _change_availability(self, command: ChangeAvailability) -> Verdict:
        if command.evse_id is not None and command.evse_id not in self._sessions:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        touched = list(self._sessions.values())
        if command.evse_id is None or command.evse_id == WHOLE_STATION:
            self.station_availability = command.availability
            self._context.emit(RememberAvailability(WHOLE_STATION, command.availability))
            wished = touched if command.overrides_evses else []
        else:
            wished = touched = [self._sessions[command.evse_id]]
        for session in wished:
            self._wanted_availability[session.evse_id] = command.availability
            self._context.emit(RememberAvailability(session.evse_id, command.availability))
        waits = command.availability is Availability.INOPERATIVE and any(session.is_busy for session in touched)
        self.apply_availability()
        return Verdict(VerdictStatus.SCHEDULED, "after the transaction") if waits else ACCEPTED

    def _unlock(self, command: UnlockConnector, moment: Moment) -> Verdict:
        session = self._sessions.get(command.evse_id)
        if session is None:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        if not session.view.configuration.has_lock:
            return Verdict(VerdictStatus.NOT_SUPPORTED, "no connector lock is fitted")
        if (session.is_authorized or session.state in UNDER_WAY) and not command.stops_transaction:
            return Verdict(VerdictStatus.TRANSACTION_RUNNING, "a transaction is running")
        if command.stops_transaction:
            session.stop(StopReason.UNLOCK_COMMAND, Cause.UNLOCK_COMMAND, None, moment)
        session.lock.release()
        session.wish.unlock()
        session.deadlines.arm(Deadline.UNLOCK, moment.monotonic + UNLOCK_SECONDS)
        return Verdict(VerdictStatus.ACCEPTED, unlock_pending=True)

    def _clear_cache(self) -> Verdict:
        if not self._context.settings.get(catalogue.AUTHORIZATION_CACHE_ENABLED):
            return Verdict(VerdictStatus.REJECTED, "AuthorizationCacheEnabled is off")
        if Fault.STORAGE_FULL in self.station_faults:
            return Verdict(VerdictStatus.REJECTED, "the disk takes nothing now")
        self._context.emit(ForgetVerdicts())
        return ACCEPTED

    def _reset(self, command: ResetStation, moment: Moment) -> Verdict:
        if self._hold is InstallHold.RUNNING:
            return Verdict(VerdictStatus.REJECTED, "new firmware is being installed; the station restarts by itself")
        if command.evse_id is not None and command.evse_id != WHOLE_STATION:
            return self._evse_resets.order(command.evse_id, command.kind, moment)
        if self.pending_reset is not None and self.pending_reset not in WAITING and command.kind is ResetKind.ON_IDLE:
            return ACCEPTED  # the one that waits for nobody comes sooner
        self.pending_reset = command.kind
        waits = command.kind is ResetKind.ON_IDLE and self._idleness.is_station_busy
        if waits:
            self.pending_reset = ResetKind.SCHEDULED
        self.apply_reset(moment)
        return Verdict(VerdictStatus.SCHEDULED, "when the station is idle") if waits else ACCEPTED

    def _hold_for_install(self, hold: InstallHold) -> Verdict:
        self._hold = hold
        self.apply_availability()
        waits = hold is not InstallHold.NONE and any(session.is_busy for session in self._sessions.values())
        return Verdict(VerdictStatus.SCHEDULED, "after the running transactions") if waits else ACCEPTED

    def _acknowledge(self, command: AcknowledgeFaults) -> Verdict:
        session = self._sessions.get(command.evse_id)
        if session is None:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        waiting = waits_for_unplugging(session.safety.latched_faults)
        cleared = session.wish.acknowledge(session.safety) - waiting
        status = VerdictStatus.REJECTED if waiting and not cleared else VerdictStatus.ACCEPTED
        return Verdict(status, acknowledgement_words(cleared, waiting))

    def station_state(self) -> EvseStatus:
        return EvseStatus.UNAVAILABLE if self.station_availability is Availability.INOPERATIVE else EvseStatus.AVAILABLE

    def station_warning(self) -> Fault | None:
        """What is told of EVSE 0 beside its status (1.6 section 4.9: not Faulted, so a warning)."""
        return min(self.station_faults, default=None)

    def _say_station(self, moment: Moment) -> None:
        self._station_status.say(self.station_state(), self.station_warning(), moment)
