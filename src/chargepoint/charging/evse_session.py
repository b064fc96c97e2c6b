"""One EVSE's session: plug, authorisation, transaction, stop.

Facts are taken in by the named methods; `conclude` then derives what follows from all that is known: start, stop,
charging state, directive, status. A session never asks for the time and never waits: it arms deadlines.
"""

from collections.abc import Callable
from typing import assert_never

from transitions import Machine

from chargepoint.charging.authorization import Grant
from chargepoint.charging.availability import STOPPING_FAULTS
from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.effects import Notice
from chargepoint.charging.recovery import Recovery
from chargepoint.charging.safety_view import HAS_PLUGGED_IN, HAS_UNPLUGGED, PlugChange
from chargepoint.charging.session_knowledge import SessionKnowledge
from chargepoint.charging.session_table import SESSION_TRANSITIONS
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Cause, StopReason, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

SAMPLED = frozenset({SessionState.PLUGGED, SessionState.STARTING, SessionState.TRANSACTION, SessionState.FINISHED})
"""Where an open transaction has an EV, or is waiting for it to come back."""


class EvseSession(SessionKnowledge):
    """`state` is moved by the table alone."""

    trigger: Callable[[str], bool]

    def __init__(self, configuration: EvseConfiguration, context: CoreContext) -> None:
        super().__init__(configuration, context)
        self._machine = Machine(self, SessionState, SessionState.IDLE, SESSION_TRANSITIONS, auto_transitions=False)

    # Facts

    def observe(self, observation: EvseObservation, moment: Moment) -> PlugChange:
        """Take in what safety saw; what it says of the plug."""
        change = self.safety.observe(observation, moment)
        if change is PlugChange.DOUBTED and self.transaction is not None:
            self.stop(StopReason.POWER_LOSS, Cause.ABNORMAL_CONDITION, None, moment)
            return change
        if change in HAS_UNPLUGGED:
            self._unplugged(moment)
        if change in HAS_PLUGGED_IN:
            self._plugged(moment)
        return change

    def accept(self, grant: Grant, moment: Moment) -> None:
        """An authorisation for this EVSE; the caller has asked `can_accept`."""
        self.waiting.take(grant, self._context.settings.get(catalogue.CONNECTION_TIME_OUT), moment)
        self._open_if_connected(moment)
        self.trigger("granted")
        self.run.authorize(grant, moment)
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

    def stop(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> bool:
        """Begin the end of the running transaction; False when there is none."""
        if self.transaction is None or self.state in (SessionState.STOPPING, SessionState.RECOVERING):
            return False
        if self.state is SessionState.AUTHORIZED:
            self.run.ending.plug_was_pulled = True  # an EV that comes meanwhile is another session's
        self.waiting.release()
        self.run.decide_stop(reason, cause, token, moment)
        self.trigger("stop_decided")
        return True

    def end_authorization(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> bool:
        """Energy ends now; the transaction too, unless it lasts until the EV leaves. False: nobody is authorised."""
        if not self.is_authorized:
            return False
        if self.span.ends_with_authorization or not self.safety.ev_was_there:
            return self.stop(reason, cause, token, moment)
        self.waiting.release()
        self.run.revoke(reason, cause, token, moment)
        self.trigger("authorization_ended")
        self._show(Notice.STOPPED, "charging has ended")
        return True

    def hear_verdict(self, verdict: TokenVerdict, moment: Moment) -> None:
        """The CSMS's late word on the running transaction's token; one that is being recovered remembers it."""
        if self.transaction is None or self.state is SessionState.STOPPING:
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

    # Conclusions

    def pass_time(self, moment: Moment) -> None:
        """Act on the deadlines that have come."""
        for deadline in self.deadlines.take_due(moment.monotonic):
            self._deadline_came(deadline, moment)

    def conclude(self, moment: Moment) -> None:
        """Derive everything that follows from what is known now."""
        self._stop_on_fault(moment)
        self._open_if_connected(moment)
        self._start_if_ready(moment)
        self._finish_stop(moment)
        self._follow_supply(moment)
        if self.state is not SessionState.RECOVERING:
            may_energise = self.state is SessionState.TRANSACTION and self.run.may_energise()
            self.wish.direct(may_energise, self.safety, self.lock.is_wanted(self.state, self.run.record))
        self.show_status(moment)

    def _deadline_came(self, deadline: Deadline, moment: Moment) -> None:
        match deadline:
            case Deadline.CONNECTION | Deadline.REPLUG:
                self._drop_grant(StopReason.TIMEOUT, Cause.EV_CONNECT_TIMEOUT, moment)
                self._show(Notice.AUTHORIZATION_EXPIRED, "the authorisation was not used in time")
            case Deadline.START_READING:
                self._start_without_reading(moment)
            case Deadline.STOP_OPEN:
                self.run.ending.give_up_on_contactor(self.meter, moment)
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
                if self.state in SAMPLED:
                    self.run.sample(deadline, moment)
            case Deadline.UNLOCK:
                self.wish.unlock_failed("the lock did not open in time")
            case Deadline.METER_OUTAGE | Deadline.EV_READY | Deadline.STATUS | Deadline.EVSE_RESET:
                pass  # whoever asks looks whether they are armed
            case Deadline.PROFILES | Deadline.RESERVATIONS | Deadline.COST | Deadline.MESSAGES:
                pass  # the station's own
            case _:
                assert_never(deadline)

    def _plugged(self, moment: Moment) -> None:
        if self.state is SessionState.AUTHORIZED:
            self.waiting.plugged()
            self.waiting.await_reading(moment)
            self.run.ev_came(moment)
        if self.state in (SessionState.IDLE, SessionState.AUTHORIZED):
            self.trigger("plugged")
        elif self.state is SessionState.TRANSACTION:  # back again where the settings allow it: the EV of this session
            self.run.ev_came(moment)

    def _unplugged(self, moment: Moment) -> None:
        self.run.ending.plug_was_pulled = True
        settings = self._context.settings
        if self.state is SessionState.TRANSACTION and not self.span.ends_with_plug:
            self.run.ev_went(moment)
        elif self.state is SessionState.TRANSACTION:
            if not settings.get(catalogue.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT):
                self.lock.hold(self.run.record, self.view.configuration.has_lock)
            self.stop(StopReason.EV_DISCONNECTED, Cause.EV_COMMUNICATION_LOST, None, moment)
        elif self.state in (SessionState.PLUGGED, SessionState.STARTING, SessionState.FINISHED):
            revoked_by = None if self.run.record is None else self.run.record.revoked_by
            reason = revoked_by or StopReason.EV_DISCONNECTED
            if not self.stop(reason, Cause.EV_COMMUNICATION_LOST, None, moment):
                self.waiting.release()
                self.trigger("unplugged")

    def _open_if_connected(self, moment: Moment) -> None:
        """2.0.1 TxStartPoint EVConnected: a transaction without anybody who is authorised for it yet."""
        is_due = self.transaction is None and self.span.starts_with_plug
        is_new_ev = self.state is SessionState.PLUGGED and self.can_accept() and not self._context.is_closing
        if is_due and is_new_ev:
            self.run.connect(moment)

    def _follow_supply(self, moment: Moment) -> None:
        if self.state is SessionState.TRANSACTION:
            reason = self.run.follow_supply(moment)
            if reason is not None:
                self.stop(reason, Cause.CHARGING_STATE_CHANGED, None, moment)
        elif self.state in (SessionState.PLUGGED, SessionState.FINISHED):
            self.run.rest(moment)

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
        self._drop_grant(StopReason.OTHER, Cause.ABNORMAL_CONDITION, moment)
        if faults:
            self._show(Notice.REFUSED, "no charging: " + ", ".join(faults))
        else:
            self._show(Notice.METER_MISSING, "no charging: the energy meter gives no valid reading")

    def _start(self, reading: MeterReading | None, moment: Moment) -> None:
        grant = self.waiting.release()
        if grant is None:
            return
        self.lock.release()
        self.run.close_power_path(grant, self.waiting.start_cause, reading, moment)
        self.trigger("started")

    def _stop_on_fault(self, moment: Moment) -> None:
        if not self.view.faults:
            return
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
                self.trigger(_resumed(self.run.record))
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
        record = self.run.record
        if self.end_authorization(StopReason.DE_AUTHORIZED, Cause.DEAUTHORIZED, None, moment):
            self.lock.hold(record, self.view.configuration.has_lock and self.safety.is_plugged_in is not False)

    def _drop_grant(self, reason: StopReason, cause: Cause, moment: Moment) -> None:
        """An authorisation that came to nothing."""
        if not self.end_authorization(reason, cause, None, moment):
            self.release_grant()


def _resumed(record: Transaction | None) -> str:
    """Where a transaction goes on after a restart: its EV is there."""
    if record is None or record.is_authorized:
        return "resumed"
    return "resumed_unauthorized" if record.id_token is None else "resumed_revoked"
