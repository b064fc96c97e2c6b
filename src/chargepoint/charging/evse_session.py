"""One EVSE's session: plug, authorisation, transaction, stop.

Facts are taken in by the named methods; `conclude` then derives what follows from all that is known: start, stop,
charging state, directive, status. A session never asks for the time and never waits: it arms deadlines.
"""

from collections.abc import Callable
from typing import assert_never

from transitions import Machine

from chargepoint.charging import late_verdict, recovery
from chargepoint.charging.authorization import Grant
from chargepoint.charging.availability import (
    STATE_OF_SUPPLY,
    STOPPING_FAULTS,
    Supply,
    blocking,
    status_of,
    supply_of,
)
from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import Notice, Show
from chargepoint.charging.ending import Ending
from chargepoint.charging.meter_view import MeterView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.power_wish import PowerWish
from chargepoint.charging.safety_view import PlugChange, SafetyView
from chargepoint.charging.sampling_plan import SamplingPlan
from chargepoint.charging.session_table import SESSION_TRANSITIONS
from chargepoint.charging.status_reporter import StatusReporter
from chargepoint.charging.waiting_grant import WaitingGrant
from chargepoint.model.faults import Fault
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.power import EvseObservation
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

EV_READY_SECONDS = 5.0
"""How long a fresh transaction is `EVConnected` before an EV that does not ask for power is `SuspendedEV`."""


class EvseSession:
    """`state` is moved by the table alone."""

    state: SessionState
    trigger: Callable[[str], bool]

    def __init__(self, configuration: EvseConfiguration, context: CoreContext) -> None:
        self.configuration = configuration
        self.evse_id = configuration.evse_id
        self._context = context
        self.deadlines = Deadlines()
        self.meter = MeterView(configuration.reading_fresh_seconds, self.deadlines)
        self.safety = SafetyView(self.deadlines)
        self.waiting = WaitingGrant(self.deadlines)
        self.status = StatusReporter(context, configuration.evse_id, self.deadlines)
        self.sampling = SamplingPlan(context, self.deadlines)
        self.wish = PowerWish(configuration, context)
        self.availability = Availability.OPERATIVE
        self.transaction: OpenTransaction | None = None
        self.held_token: IdToken | None = None
        """Who may take the plug out after the EV's end was pulled (UnlockConnectorOnEVSideDisconnect off)."""
        self._ending = Ending(self.deadlines)
        self._found_open_at: Stamp | None = None
        """Of a transaction found at start: when it was surely open for the last time."""
        self._machine = Machine(
            model=self,
            states=SessionState,
            initial=SessionState.IDLE,
            transitions=SESSION_TRANSITIONS,
            auto_transitions=False,
        )

    # Facts

    def observe(self, observation: EvseObservation, moment: Moment) -> bool:
        """Take in what safety saw; True when this is a new plug-in."""
        match self.safety.observe(observation):
            case PlugChange.PLUGGED_IN:
                return self._plugged(moment)
            case PlugChange.PULLED:
                self._unplugged(moment)
            case PlugChange.NONE:
                pass
        return False

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
            and not blocking(self.faults)
            and not (self.state is SessionState.FINISHED and not self.is_plugged_in)
        )

    def stop(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> bool:
        """Begin the end of the running transaction; False when there is none."""
        if self.state is not SessionState.TRANSACTION or self.transaction is None:
            return False
        self.transaction.decide_stop(reason, cause, token, moment)
        self.trigger("stop_decided")
        self.sampling.end()
        self._ending.begin(moment)
        return True

    def hear_verdict(self, verdict: TokenVerdict, moment: Moment) -> None:
        """The CSMS's late word on the running transaction's token."""
        transaction = self.transaction
        if transaction is None or self.state not in (SessionState.TRANSACTION, SessionState.RECOVERING):
            return
        late = late_verdict.judge(transaction.record, verdict, self.meter.register_wh, self._context.settings)
        if late.record != transaction.record:
            transaction.replace_record(late.record)
        if late.text is not None:
            self._show(Notice.REFUSED, late.text)
        if late.stops and self.state is SessionState.TRANSACTION:
            self._hold_plug()
            self.stop(StopReason.DE_AUTHORIZED, Cause.DEAUTHORIZED, None, moment)

    def find_open(self, record: Transaction, moment: Moment) -> None:
        """An open transaction was in the journal at start."""
        self.transaction = OpenTransaction(self._context, record)
        self._found_open_at = record.stopping_at or record.last_sample_at or record.started_at
        self.wish.remote_limit_amps = record.remote_limit_amps
        self.trigger("found_open")
        self.deadlines.arm(Deadline.RECOVERY, moment.monotonic + recovery.RECOVERY_WAIT_SECONDS)

    # What is known

    @property
    def observation(self) -> EvseObservation | None:
        return self.safety.observation

    @property
    def is_plugged_in(self) -> bool | None:
        return self.safety.is_plugged_in

    @property
    def grant(self) -> Grant | None:
        """Who is authorised here and has not started yet."""
        return self.waiting.grant

    @property
    def faults(self) -> frozenset[Fault]:
        """What is wrong here now; a silent meter only where billing needs it, and only after a while."""
        if self.configuration.meter_required and self.meter.is_out and self.meter.fault is not None:
            return self.safety.faults | {self.meter.fault}
        return self.safety.faults

    @property
    def charging_state(self) -> ChargingState:
        if self.transaction is not None:
            return self.transaction.record.charging_state
        return ChargingState.EV_CONNECTED if self.is_plugged_in else ChargingState.IDLE

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
        self._follow_supply(moment)
        if self.state is not SessionState.RECOVERING:
            self.wish.direct(self._may_energise(), self.observation, self._wants_lock())
        self.show_status(moment)

    def show_status(self, moment: Moment) -> None:
        if self.is_plugged_in is None and not blocking(self.faults):
            return
        faults = sorted(blocking(self.faults))
        status = status_of(self.state, self.charging_state, self.faults, self.availability)
        self.status.show(status, faults[0] if faults else None, moment)

    def present_status(self) -> EvseStatus:
        """What the local interface shows; while recovering, nothing better than Preparing is true."""
        status = status_of(self.state, self.charging_state, self.faults, self.availability)
        return EvseStatus.PREPARING if status is None else status

    def _deadline_came(self, deadline: Deadline, moment: Moment) -> None:
        match deadline:
            case Deadline.CONNECTION:
                self.release_grant()
                self._show(Notice.AUTHORIZATION_EXPIRED, "the authorisation was not used in time")
            case Deadline.START_READING:
                self._start_without_reading(moment)
            case Deadline.STOP_OPEN:
                self._ending.give_up_on_contactor(moment)
            case Deadline.STOP_READING:
                self._end(None, moment)
            case Deadline.RECOVERY:
                self.recover(moment, time_is_up=True)
            case Deadline.SAFETY_LINK:
                self.safety.give_up_link()
            case Deadline.READING_STALE:
                self.meter.grow_stale(moment.monotonic)
            case Deadline.SAMPLE | Deadline.ALIGNED_SAMPLE | Deadline.CHECKPOINT:
                self._sample(deadline, moment)
            case Deadline.UNLOCK:
                self.wish.unlock_failed("the lock did not open in time")
            case Deadline.METER_OUTAGE | Deadline.EV_READY | Deadline.STATUS:
                pass  # `conclude` looks whether they are armed
            case _:
                assert_never(deadline)

    def _plugged(self, moment: Moment) -> bool:
        if self.state is SessionState.AUTHORIZED:
            self.waiting.plugged()
            self.waiting.await_reading(moment)
        if self.state in (SessionState.IDLE, SessionState.AUTHORIZED):
            self.trigger("plugged")
            return True
        return False

    def _unplugged(self, moment: Moment) -> None:
        self._ending.plug_was_pulled = True
        if self.state is SessionState.TRANSACTION:
            if self._context.settings.get(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT):
                if not self._context.settings.get(catalogue.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT):
                    self._hold_plug()
                self.stop(StopReason.EV_DISCONNECTED, Cause.EV_COMMUNICATION_LOST, None, moment)
        elif self.state in (SessionState.PLUGGED, SessionState.STARTING, SessionState.FINISHED):
            self.waiting.release()
            self.trigger("unplugged")

    def _hold_plug(self) -> None:
        """The plug stays locked until the token that started is presented (2.0.1 E05.FR.11, E09.FR.03)."""
        if self.configuration.has_lock and self.transaction is not None:
            self.held_token = self.transaction.record.id_token

    def _start_if_ready(self, moment: Moment) -> None:
        if self.state is not SessionState.STARTING or blocking(self.faults):
            return
        reading = self.meter.fresh(moment.monotonic)
        if reading is not None:
            self._start(reading, moment)

    def _start_without_reading(self, moment: Moment) -> None:
        if self.state is not SessionState.STARTING:
            return
        if not self.configuration.meter_required and not blocking(self.faults):
            self._start(None, moment)
            return
        self.release_grant()
        if blocking(self.faults):
            self._show(Notice.REFUSED, "no charging: " + ", ".join(sorted(blocking(self.faults))))
        else:
            self._show(Notice.METER_MISSING, "no charging: the energy meter gives no valid reading")

    def _start(self, reading: MeterReading | None, moment: Moment) -> None:
        grant = self.waiting.release()
        if grant is None:
            return
        cable = None if self.observation is None else self.observation.cable_rating_amps
        self.held_token = None
        self.transaction = OpenTransaction.begin(
            self._context, self.evse_id, grant, reading, moment, self.waiting.start_cause, cable
        )
        self._ending.plug_was_pulled = False
        self.wish.remote_limit_amps = grant.limit_amps
        self.trigger("started")
        self.deadlines.arm(Deadline.EV_READY, moment.monotonic + EV_READY_SECONDS)
        self.sampling.begin(moment)

    def _sample(self, deadline: Deadline, moment: Moment) -> None:
        reading = self.meter.fresh(moment.monotonic)
        if self.state is SessionState.TRANSACTION and self.transaction is not None:
            offered = self.wish.offered_amps(self.observation)
            self.sampling.sample(deadline, self.transaction, reading, offered, moment)

    def _stop_on_fault(self, moment: Moment) -> None:
        for fault, reason in STOPPING_FAULTS.items():
            if fault in self.faults:
                self.stop(reason, Cause.ABNORMAL_CONDITION, None, moment)

    def _finish_stop(self, moment: Moment) -> None:
        if self.state is not SessionState.STOPPING:
            return
        reading = self._ending.stop_reading(self.observation, self.meter, moment)
        if reading is not None:
            self._end(reading, moment)

    def _end(self, reading: MeterReading | None, moment: Moment) -> None:
        transaction = self.transaction
        if self.state is not SessionState.STOPPING or transaction is None:
            return
        energy_wh = recovery.best_energy_wh(transaction.record, reading or self.meter.last)
        if reading is not None and reading.energy_import_wh != energy_wh:
            reading = None  # a register below the stored one is not the same meter's: no stop reading
        is_same_ev = bool(self.is_plugged_in) and not self._ending.plug_was_pulled
        state = ChargingState.EV_CONNECTED if is_same_ev else ChargingState.IDLE
        last_known = self._found_open_at if reading is None else None
        transaction.end(energy_wh, reading, state, last_known or transaction.stamp_now(moment))
        self.transaction = None
        self._found_open_at = None
        self.wish.remote_limit_amps = None
        self.deadlines.disarm(Deadline.EV_READY)
        self.trigger("ended_plugged" if is_same_ev else "ended_unplugged")
        if self.is_plugged_in and not is_same_ev:
            self.safety.forget_plug()
        self._ending.finish()
        self._show(Notice.STOPPED, "charging has ended")

    def _follow_supply(self, moment: Moment) -> None:
        transaction, seen = self.transaction, self.observation
        if self.state is not SessionState.TRANSACTION or transaction is None or seen is None:
            return
        supply = supply_of(seen, self._may_energise())
        state = STATE_OF_SUPPLY.get(supply, transaction.record.charging_state)
        is_new = transaction.record.charging_state is ChargingState.EV_CONNECTED
        if supply is Supply.HELD_BY_EV and is_new and self.deadlines.is_armed(Deadline.EV_READY):
            return
        if state is not transaction.record.charging_state:
            transaction.change_state(state, moment)

    def recover(self, moment: Moment, time_is_up: bool = False) -> None:
        """Decide on a transaction that was found open, once the pilot and the meter are known."""
        if self.state is not SessionState.RECOVERING or self.transaction is None:
            return
        circumstances = recovery.Circumstances(
            observation=self.safety.settled,
            reading=self.meter.fresh(moment.monotonic),
            is_plugged_in=False if self._ending.plug_was_pulled else self.is_plugged_in,
            resume_allowed=self._context.settings.get(catalogue.RESUME_TRANSACTIONS_ON_BOOT),
            time_is_up=time_is_up,
            meter_required=self.configuration.meter_required,
        )
        match recovery.decide(self.transaction.record, circumstances, moment):
            case recovery.Recovery.WAIT:
                return
            case recovery.Recovery.RESUME:
                self._resume(moment)
            case recovery.Recovery.FINISH:
                self._resume_stop(moment)
            case recovery.Recovery.END:
                cause = Cause.ABNORMAL_CONDITION
                self.transaction.decide_stop(StopReason.POWER_LOSS, cause, None, moment)
                self._resume_stop(moment)
        self.deadlines.disarm(Deadline.RECOVERY)

    def _resume(self, moment: Moment) -> None:
        self._found_open_at = None
        self.trigger("resumed")
        self.sampling.begin(moment)
        if self.transaction is not None and late_verdict.must_stop(self.transaction.record, self._context.settings):
            self._hold_plug()
            self.stop(StopReason.DE_AUTHORIZED, Cause.DEAUTHORIZED, None, moment)

    def _resume_stop(self, moment: Moment) -> None:
        self.trigger("not_resumed")
        self._ending.begin(moment)

    def _may_energise(self) -> bool:
        transaction = self.transaction
        if self.state is not SessionState.TRANSACTION or transaction is None or not self.is_plugged_in:
            return False
        if blocking(self.faults):
            return False
        return late_verdict.may_go_on(transaction.record, self.meter.register_wh, self._context.settings)

    def _wants_lock(self) -> bool:
        """A stop by UnlockConnector does not lock the plug again while it waits for the stop reading."""
        in_use = self.state in (SessionState.STARTING, SessionState.TRANSACTION, SessionState.STOPPING)
        record = None if self.transaction is None else self.transaction.record
        is_given_back = record is not None and record.stop_reason is StopReason.UNLOCK_COMMAND
        return (in_use and not is_given_back) or self.held_token is not None

    def _show(self, notice: Notice, text: str) -> None:
        self._context.emit(Show(notice, self.evse_id, text))
