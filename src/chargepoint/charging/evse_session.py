"""One EVSE's session: plug, authorisation, transaction, stop.

Facts are taken in by the named methods; `conclude` then derives what follows from all that is known: start, stop,
charging state, directive, status. A session never asks for the time and never waits: it arms deadlines.
"""

from collections.abc import Callable
from dataclasses import replace

from transitions import Machine

from chargepoint.charging import recovery
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
from chargepoint.charging.meter_view import METER_OUTAGE_SECONDS, MeterView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.power_wish import PowerWish
from chargepoint.charging.sampling_plan import SamplingPlan
from chargepoint.charging.session_table import SESSION_TRANSITIONS
from chargepoint.charging.status_reporter import StatusReporter
from chargepoint.model.faults import Fault
from chargepoint.model.moment import Moment
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import EvseObservation
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

START_READING_SECONDS = 5.0
"""How long a start waits for a valid meter reading."""
STOP_OPEN_SECONDS = 15.0
"""How long a stop waits for the open contactor (6 s for the EV, opening, feedback) before it reads anyway."""
STOP_READING_SECONDS = 5.0
"""How long a stop waits for a reading taken after the contactor opened."""
EV_READY_SECONDS = 5.0
"""How long a fresh transaction is `EVConnected` before an EV that does not ask for power is `SuspendedEV`."""
SAFETY_LINK_GRACE_SECONDS = 5.0
"""A safety process that restarts within this is no fault."""


class EvseSession:
    """`state` is moved by the table alone."""

    state: SessionState
    trigger: Callable[[str], bool]

    def __init__(self, configuration: EvseConfiguration, context: CoreContext) -> None:
        self.configuration = configuration
        self.evse_id = configuration.evse_id
        self._context = context
        self.deadlines = Deadlines()
        self.meter = MeterView(configuration.reading_fresh_seconds)
        self.status = StatusReporter(context, configuration.evse_id, self.deadlines)
        self.sampling = SamplingPlan(context, self.deadlines)
        self.wish = PowerWish(configuration, context)
        self.availability = Availability.OPERATIVE
        self.observation: EvseObservation | None = None
        self.is_plugged_in: bool | None = None
        self.grant: Grant | None = None
        self.transaction: OpenTransaction | None = None
        self.held_token: IdToken | None = None
        """Who may take the plug out after the EV's end was pulled (UnlockConnectorOnEVSideDisconnect off)."""
        self._start_cause = Cause.AUTHORIZED
        self._opened_at: float | None = None
        self._link_is_lost = False
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
        self.observation = observation
        self._link_is_lost = False
        self.deadlines.disarm(Deadline.SAFETY_LINK)
        if not observation.is_settled:
            return False
        if observation.is_plugged_in and self.is_plugged_in is not True:
            self.is_plugged_in = True
            return self._plugged(moment)
        if observation.pilot_state is PilotState.A and self.is_plugged_in is not False:
            was_plugged_in, self.is_plugged_in = self.is_plugged_in, False
            if was_plugged_in:
                self._unplugged(moment)
        return False

    def lose_link(self, moment: Moment) -> None:
        self.deadlines.arm(Deadline.SAFETY_LINK, moment.monotonic + SAFETY_LINK_GRACE_SECONDS)

    def read_meter(self, reading: MeterReading) -> None:
        self.meter.read(reading)
        self.deadlines.disarm(Deadline.METER_OUTAGE)

    def miss_meter(self, fault: Fault, moment: Moment) -> None:
        if self.meter.silent_since is None:
            self.deadlines.arm(Deadline.METER_OUTAGE, moment.monotonic + METER_OUTAGE_SECONDS)
        self.meter.unavailable(fault, moment.monotonic)

    def accept(self, grant: Grant, moment: Moment) -> None:
        """An authorisation for this EVSE; the caller has asked `can_accept`."""
        self.grant = grant
        self._start_cause = grant.cause
        self.trigger("granted")
        seconds = self._context.settings.get(catalogue.CONNECTION_TIME_OUT)
        if seconds > 0:
            self.deadlines.arm(Deadline.CONNECTION, moment.monotonic + seconds)
        if self.state is SessionState.STARTING:
            self.deadlines.arm(Deadline.START_READING, moment.monotonic + START_READING_SECONDS)
        else:
            self._show(Notice.PLUG_IN, "authorised: plug in")

    def release_grant(self) -> Grant | None:
        """Take an unused authorisation away."""
        grant, self.grant = self.grant, None
        if self.state in (SessionState.AUTHORIZED, SessionState.STARTING):
            self.deadlines.disarm(Deadline.CONNECTION, Deadline.START_READING)
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
        self._opened_at = None
        self.deadlines.arm(Deadline.STOP_OPEN, moment.monotonic + STOP_OPEN_SECONDS)
        return True

    def hear_verdict(self, verdict: TokenVerdict, moment: Moment) -> None:
        """The CSMS's late word on the running transaction's token."""
        transaction = self.transaction
        if transaction is None:
            return
        record = transaction.record
        if verdict.status is AuthorizationStatus.ACCEPTED:
            if verdict.group != record.group_token or not record.token_was_confirmed or record.is_deauthorized:
                group = verdict.group or record.group_token
                changed = replace(record, group_token=group, token_was_confirmed=True, is_deauthorized=False)
                transaction.replace_record(changed)
            return
        if self.state is not SessionState.TRANSACTION or record.is_deauthorized:
            return
        text = f"the CSMS says {verdict.status}"
        self._show(Notice.REFUSED, verdict.personal_message or text)
        energy_wh = record.last_energy_wh if self.meter.last is None else self.meter.last.energy_import_wh
        refused = replace(record, is_deauthorized=True, deauthorized_energy_wh=energy_wh)
        transaction.replace_record(refused)
        may_go_on = self._context.settings.get(catalogue.MAX_ENERGY_ON_INVALID_ID) > 0
        if self._context.settings.get(catalogue.STOP_TRANSACTION_ON_INVALID_ID) and not may_go_on:
            self.stop(StopReason.DE_AUTHORIZED, Cause.DEAUTHORIZED, None, moment)

    def find_open(self, record: Transaction, moment: Moment) -> None:
        """An open transaction was in the journal at start."""
        self.transaction = OpenTransaction(self._context, record)
        self.trigger("found_open")
        self.deadlines.arm(Deadline.RECOVERY, moment.monotonic + recovery.RECOVERY_WAIT_SECONDS)

    # What is known

    @property
    def faults(self) -> frozenset[Fault]:
        found = frozenset() if self.observation is None else self.observation.faults
        if self._link_is_lost:
            found |= {Fault.SAFETY_LINK_LOST}
        if self.meter.fault is not None and self._meter_is_out:
            found |= {self.meter.fault}
        return found

    @property
    def _meter_is_out(self) -> bool:
        return self.configuration.meter_required and not self.deadlines.is_armed(Deadline.METER_OUTAGE)

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
        self._recover(moment)
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
            case Deadline.CONNECTION if self.state in (SessionState.AUTHORIZED, SessionState.STARTING):
                self.release_grant()
                self._show(Notice.AUTHORIZATION_EXPIRED, "the authorisation was not used in time")
            case Deadline.START_READING:
                self._start_without_reading(moment)
            case Deadline.STOP_OPEN:
                self._opened_at = moment.monotonic
                self.deadlines.arm(Deadline.STOP_READING, moment.monotonic + STOP_READING_SECONDS)
            case Deadline.STOP_READING:
                self._end(None, moment)
            case Deadline.RECOVERY:
                self._recover(moment, time_is_up=True)
            case Deadline.SAFETY_LINK:
                self._link_is_lost = True
                self.observation = None
            case Deadline.SAMPLE | Deadline.ALIGNED_SAMPLE | Deadline.CHECKPOINT:
                self._sample(deadline, moment)
            case Deadline.UNLOCK:
                self.wish.unlock_failed("the lock did not open in time")
            case _:
                pass

    def _plugged(self, moment: Moment) -> bool:
        if self.state is SessionState.AUTHORIZED:
            self._start_cause = Cause.CABLE_PLUGGED_IN
            self.deadlines.arm(Deadline.START_READING, moment.monotonic + START_READING_SECONDS)
        if self.state in (SessionState.IDLE, SessionState.AUTHORIZED):
            self.trigger("plugged")
            return True
        return False

    def _unplugged(self, moment: Moment) -> None:
        if self.state is SessionState.TRANSACTION:
            if self._context.settings.get(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT):
                self._hold_plug()
                self.stop(StopReason.EV_DISCONNECTED, Cause.EV_COMMUNICATION_LOST, None, moment)
        elif self.state in (SessionState.PLUGGED, SessionState.STARTING, SessionState.FINISHED):
            self.grant = None
            self.deadlines.disarm(Deadline.CONNECTION, Deadline.START_READING)
            self.trigger("unplugged")

    def _hold_plug(self) -> None:
        keeps = not self._context.settings.get(catalogue.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT)
        if keeps and self.configuration.has_lock and self.transaction is not None:
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
        self._show(Notice.METER_MISSING, "no charging: the energy meter gives no valid reading")

    def _start(self, reading: MeterReading | None, moment: Moment) -> None:
        grant = self.grant
        if grant is None:
            return
        cable = None if self.observation is None else self.observation.cable_rating_amps
        self.deadlines.disarm(Deadline.CONNECTION, Deadline.START_READING)
        self.held_token = None
        self.transaction = OpenTransaction.begin(
            self._context, self.evse_id, grant, reading, moment, self._start_cause, cable
        )
        self.grant = None
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
        seen = self.observation
        if self._opened_at is None and seen is not None and not seen.contactor.may_be_live:
            self._opened_at = max(seen.at_monotonic, 0.0)
            self.deadlines.disarm(Deadline.STOP_OPEN)
            self.deadlines.arm(Deadline.STOP_READING, moment.monotonic + STOP_READING_SECONDS)
        if self._opened_at is None:
            return
        reading = self.meter.read_since(self._opened_at)
        if reading is not None:
            self._end(reading, moment)

    def _end(self, reading: MeterReading | None, moment: Moment) -> None:
        transaction = self.transaction
        if self.state is not SessionState.STOPPING or transaction is None:
            return
        energy_wh = recovery.best_energy_wh(transaction.record, reading or self.meter.last)
        state = ChargingState.EV_CONNECTED if self.is_plugged_in else ChargingState.IDLE
        was_cut = transaction.record.stop_reason is StopReason.POWER_LOSS and reading is None
        last_known = transaction.record.last_sample_at if was_cut else None
        transaction.end(energy_wh, reading, state, last_known or transaction.stamp_now(moment))
        self.transaction = None
        self.wish.remote_limit_amps = None
        self.deadlines.disarm(Deadline.STOP_OPEN, Deadline.STOP_READING, Deadline.EV_READY)
        self.trigger("ended_plugged" if self.is_plugged_in else "ended_unplugged")
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

    def _recover(self, moment: Moment, time_is_up: bool = False) -> None:
        if self.state is not SessionState.RECOVERING or self.transaction is None:
            return
        seen = self.observation if self.observation is not None and self.observation.is_settled else None
        circumstances = recovery.Circumstances(
            observation=seen,
            reading=self.meter.fresh(moment.monotonic),
            is_plugged_in=self.is_plugged_in,
            resume_allowed=self._context.settings.get(catalogue.RESUME_TRANSACTIONS_ON_BOOT),
            time_is_up=time_is_up,
            meter_required=self.configuration.meter_required,
        )
        match recovery.decide(self.transaction.record, circumstances, moment):
            case recovery.Recovery.WAIT:
                return
            case recovery.Recovery.RESUME:
                self.trigger("resumed")
                self.sampling.begin(moment)
            case recovery.Recovery.FINISH:
                self._resume_stop(moment)
            case recovery.Recovery.END:
                cause = Cause.ABNORMAL_CONDITION
                self.transaction.decide_stop(StopReason.POWER_LOSS, cause, None, moment)
                self._resume_stop(moment)
        self.deadlines.disarm(Deadline.RECOVERY)

    def _resume_stop(self, moment: Moment) -> None:
        self.trigger("not_resumed")
        self._opened_at = None
        self.deadlines.arm(Deadline.STOP_OPEN, moment.monotonic + STOP_OPEN_SECONDS)

    def _may_energise(self) -> bool:
        transaction = self.transaction
        if self.state is not SessionState.TRANSACTION or transaction is None or not self.is_plugged_in:
            return False
        if blocking(self.faults):
            return False
        record = transaction.record
        if not record.is_deauthorized:
            return True
        allowance_wh = float(self._context.settings.get(catalogue.MAX_ENERGY_ON_INVALID_ID))
        now_wh = None if self.meter.last is None else self.meter.last.energy_import_wh
        if now_wh is None or record.deauthorized_energy_wh is None:
            return False
        return now_wh - record.deauthorized_energy_wh < allowance_wh

    def _wants_lock(self) -> bool:
        in_use = self.state in (SessionState.STARTING, SessionState.TRANSACTION, SessionState.STOPPING)
        return in_use or self.held_token is not None

    def _show(self, notice: Notice, text: str) -> None:
        self._context.emit(Show(notice, self.evse_id, text))
