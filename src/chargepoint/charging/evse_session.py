"""One EVSE's session: plug, authorisation, transaction, stop.

Facts are taken in by the named methods; `conclude` then derives what follows from all that is known: start, stop,
charging state, directive, status. A session never asks for the time and never waits: it arms deadlines.
"""

from collections.abc import Callable
from typing import assert_never

from transitions import Machine

from chargepoint.charging.authorization import Grant
from chargepoint.charging.availability import STOPPING_FAULTS, status_of
from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.effects import Notice, Show
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.plug_lock import PlugLock
from chargepoint.charging.power_wish import PowerWish
from chargepoint.charging.recovery import Recovery
from chargepoint.charging.safety_view import HAS_PLUGGED_IN, HAS_UNPLUGGED, PlugChange
from chargepoint.charging.session_table import SESSION_TRANSITIONS
from chargepoint.charging.status_reporter import StatusReporter
from chargepoint.charging.transaction_run import TransactionRun
from chargepoint.charging.waiting_grant import WaitingGrant
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading


class EvseSession:
    """`state` is moved by the table alone."""

    state: SessionState
    trigger: Callable[[str], bool]

    def __init__(self, configuration: EvseConfiguration, context: CoreContext) -> None:
        self.evse_id = configuration.evse_id
        self._context = context
        self.view = EvseView.of(configuration, context)
        self.deadlines = self.view.deadlines
        self.meter = self.view.meter
        self.safety = self.view.safety
        self.waiting = WaitingGrant(self.deadlines)
        self.status = StatusReporter(context, configuration.evse_id, self.deadlines)
        self.wish = PowerWish(configuration, context, self.view.watch)
        self.run = TransactionRun(self.view, self.wish, context)
        self.availability = Availability.OPERATIVE
        self.is_kept = False
        """A reservation keeps this outlet from a stranger; kept true by the reservation desk."""
        self.lock = PlugLock()
        self._machine = Machine(self, SessionState, SessionState.IDLE, SESSION_TRANSITIONS, auto_transitions=False)

    # Facts

    def observe(self, observation: EvseObservation, moment: Moment) -> bool:
        """Take in what safety saw; True when this is a new plug-in."""
        change = self.safety.observe(observation, moment)
        if change is PlugChange.DOUBTED and self.transaction is not None:
            self.stop(StopReason.POWER_LOSS, Cause.ABNORMAL_CONDITION, None, moment)
            return False
        if change in HAS_UNPLUGGED:
            self._unplugged(moment)
        return change in HAS_PLUGGED_IN and self._plugged(moment)

    def accept(self, grant: Grant, moment: Moment) -> None:
        """An authorisation for this EVSE; the caller has asked `can_accept`."""
        self.waiting.take(grant, self._context.settings.get(catalogue.CONNECTION_TIME_OUT), moment)
        self.trigger("granted")
        if self.state is SessionState.STARTING:
            self.waiting.await_reading(moment)
        else:
            self._show(Notice.PLUG_IN, "authorised: plug in")

    def release_grant(self) -> Grant | None:
        """Take an unused authorisation away."""
        grant = self.waiting.release()
        if self.state in (SessionState.AUTHORIZED, SessionState.STARTING):
            self.trigger("grant_ended")
        return grant

    def can_accept(self) -> bool:
        """An authorisation would lead to charging here."""
        return (
            self.state in (SessionState.IDLE, SessionState.PLUGGED, SessionState.FINISHED)
            and self.availability is Availability.OPERATIVE
            and not self.deadlines.is_armed(Deadline.EVSE_RESET)
            and not self.view.blocking_faults
            and not (self.state is SessionState.FINISHED and not self.safety.is_plugged_in)
        )

    def stop(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> bool:
        """Begin the end of the running transaction; False when there is none."""
        if self.state is not SessionState.TRANSACTION:
            return False
        self.run.decide_stop(reason, cause, token, moment)
        self.trigger("stop_decided")
        return True

    def hear_verdict(self, verdict: TokenVerdict, moment: Moment) -> None:
        """The CSMS's late word on the running transaction's token; one that is being recovered remembers it."""
        if self.state not in (SessionState.TRANSACTION, SessionState.RECOVERING):
            return
        late = self.run.judge(verdict)
        if late is not None and late.text is not None:
            self._show(Notice.REFUSED, late.text)
        if late is not None and late.stops:
            self._stop_refused(moment)

    def find_open(self, record: Transaction, moment: Moment) -> None:
        """An open transaction was in the journal at start."""
        self.run.find(record, moment)
        self.trigger("found_open")

    # What is known

    @property
    def transaction(self) -> OpenTransaction | None:
        """The open one."""
        return self.run.open

    @property
    def grant(self) -> Grant | None:
        """Who is authorised here and has not started yet."""
        return self.waiting.grant

    @property
    def present_status(self) -> EvseStatus | None:
        """None while an open transaction is being recovered: nothing true can be said yet."""
        is_away = self.deadlines.is_armed(Deadline.EVSE_RESET)
        availability = Availability.INOPERATIVE if is_away else self.availability
        return status_of(self.state, self.charging_state, self.view.faults, availability, self.is_kept)

    @property
    def charging_state(self) -> ChargingState:
        if self.transaction is not None:
            return self.transaction.record.charging_state
        return ChargingState.EV_CONNECTED if self.safety.is_plugged_in else ChargingState.IDLE

    @property
    def is_busy(self) -> bool:
        """A transaction is open: a restart or a change of availability has to wait."""
        return self.transaction is not None

    # Conclusions

    def pass_time(self, moment: Moment) -> None:
        """Act on the deadlines that have come."""
        for deadline in self.deadlines.take_due(moment.monotonic):
            self._deadline_came(deadline, moment)

    def conclude(self, moment: Moment) -> None:
        """Derive everything that follows from what is known now."""
        self._stop_on_fault(moment)
        self._start_if_ready(moment)
        self._finish_stop(moment)
        if self.state is SessionState.TRANSACTION:
            self.run.follow_supply(moment)
        if self.state is not SessionState.RECOVERING:
            may_energise = self.state is SessionState.TRANSACTION and self.run.may_energise()
            self.wish.direct(may_energise, self.safety, self.lock.is_wanted(self.state, self.run.record))
        self.show_status(moment)

    def show_status(self, moment: Moment) -> None:
        if self.safety.is_plugged_in is not None or self.view.blocking_faults:
            self.status.show(self.present_status, self.view.named_fault, moment)

    def _deadline_came(self, deadline: Deadline, moment: Moment) -> None:
        match deadline:
            case Deadline.CONNECTION:
                self.release_grant()
                self._show(Notice.AUTHORIZATION_EXPIRED, "the authorisation was not used in time")
            case Deadline.START_READING:
                self._start_without_reading(moment)
            case Deadline.STOP_OPEN:
                self.run.ending.give_up_on_contactor(moment)
            case Deadline.STOP_READING | Deadline.SIGNATURE:
                self._end(None, moment)
            case Deadline.RECOVERY:
                self.recover(moment, time_is_up=True)
            case Deadline.SAFETY_LINK:
                self.safety.grace_is_over(moment)
            case Deadline.READING_STALE:
                self.meter.grow_stale(moment.monotonic)
            case (
                Deadline.SAMPLE | Deadline.ALIGNED_SAMPLE | Deadline.KEPT_SAMPLE | Deadline.KEPT_ALIGNED_SAMPLE
            ) | Deadline.CHECKPOINT:
                if self.state is SessionState.TRANSACTION:
                    self.run.sample(deadline, moment)
            case Deadline.UNLOCK:
                self.wish.unlock_failed("the lock did not open in time")
            case Deadline.METER_OUTAGE | Deadline.EV_READY | Deadline.STATUS | Deadline.EVSE_RESET:
                pass  # whoever asks looks whether they are armed
            case Deadline.PROFILES | Deadline.RESERVATIONS | Deadline.COST:
                pass  # the station's own
            case _:
                assert_never(deadline)

    def _plugged(self, moment: Moment) -> bool:
        if self.state is SessionState.AUTHORIZED:
            self.waiting.plugged()
            self.waiting.await_reading(moment)
        if self.state in (SessionState.IDLE, SessionState.AUTHORIZED):
            self.trigger("plugged")
            return True
        if self.state is SessionState.TRANSACTION:  # back again where the settings allow it: the EV of this session
            self.run.ending.plug_was_pulled = False
        return False

    def _unplugged(self, moment: Moment) -> None:
        self.run.ending.plug_was_pulled = True
        if self.state is SessionState.TRANSACTION:
            if self._context.settings.get(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT):
                if not self._context.settings.get(catalogue.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT):
                    self.lock.hold(self.run.record, self.view.configuration.has_lock)
                self.stop(StopReason.EV_DISCONNECTED, Cause.EV_COMMUNICATION_LOST, None, moment)
        elif self.state in (SessionState.PLUGGED, SessionState.STARTING, SessionState.FINISHED):
            self.waiting.release()
            self.trigger("unplugged")

    def _start_if_ready(self, moment: Moment) -> None:
        if self.state is not SessionState.STARTING or self.view.blocking_faults:
            return
        reading = self.meter.fresh(moment.monotonic)
        if reading is not None:
            self._start(reading, moment)

    def _start_without_reading(self, moment: Moment) -> None:
        if self.state is not SessionState.STARTING:
            return
        faults = self.view.blocking_faults
        if not self.view.configuration.meter_required and not faults:
            self._start(None, moment)
            return
        self.release_grant()
        if faults:
            self._show(Notice.REFUSED, "no charging: " + ", ".join(faults))
        else:
            self._show(Notice.METER_MISSING, "no charging: the energy meter gives no valid reading")

    def _start(self, reading: MeterReading | None, moment: Moment) -> None:
        grant = self.waiting.release()
        if grant is None:
            return
        self.lock.release()
        self.run.begin(grant, self.waiting.start_cause, reading, moment)
        self.trigger("started")

    def _stop_on_fault(self, moment: Moment) -> None:
        for fault, reason in STOPPING_FAULTS.items():
            if fault in self.view.faults:
                self.stop(reason, Cause.ABNORMAL_CONDITION, None, moment)

    def _finish_stop(self, moment: Moment) -> None:
        if self.state is not SessionState.STOPPING:
            return
        reading = self.run.stop_reading(moment)
        if reading is not None or self.run.signatures.is_over:
            self._end(reading, moment)

    def _end(self, reading: MeterReading | None, moment: Moment) -> None:
        if self.state is not SessionState.STOPPING or self.run.awaits_signature(reading, moment):
            return
        is_same_ev = self.run.end(reading, moment)
        self.trigger("ended_plugged" if is_same_ev else "ended_unplugged")
        self._show(Notice.STOPPED, "charging has ended")

    def recover(self, moment: Moment, time_is_up: bool = False) -> None:
        """Decide on a transaction that was found open, once the pilot and the meter are known."""
        if self.state is not SessionState.RECOVERING:
            return
        match self.run.decide_recovery(moment, time_is_up):
            case Recovery.WAIT | Recovery.WAIT_FOR_CLOCK:
                pass
            case Recovery.RESUME:
                self.trigger("resumed")
                self.run.resume(moment)
                if self.run.must_stop():
                    self._stop_refused(moment)
            case Recovery.FINISH:
                self.trigger("not_resumed")
                self.run.begin_ending(moment)
            case Recovery.END:
                self.trigger("not_resumed")
                self.run.decide_stop(StopReason.POWER_LOSS, Cause.ABNORMAL_CONDITION, None, moment)

    def _stop_refused(self, moment: Moment) -> None:
        if self.state is SessionState.TRANSACTION:
            self.lock.hold(self.run.record, self.view.configuration.has_lock)
            self.stop(StopReason.DE_AUTHORIZED, Cause.DEAUTHORIZED, None, moment)

    def _show(self, notice: Notice, text: str) -> None:
        self._context.emit(Show(notice, self.evse_id, text))
