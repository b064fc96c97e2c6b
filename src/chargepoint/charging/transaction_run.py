"""The open transaction of one EVSE, from its start or its recovery to its end. Knows no states of the session."""

from dataclasses import replace

from chargepoint.charging import late_verdict, recovery, same_register
from chargepoint.charging.authorization import Grant
from chargepoint.charging.beginning import Beginning
from chargepoint.charging.clock_correction import CorrectedStamps, Sync, corrections, stamps_of_transaction
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.ending import Ending
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.late_verdict import LateVerdict
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.phases_used import PhasesUsed
from chargepoint.charging.power_wish import PowerWish
from chargepoint.charging.sampling_plan import SamplingPlan
from chargepoint.charging.signatures import Signatures
from chargepoint.charging.supply_course import SupplyCourse
from chargepoint.charging.transaction_span import span_of
from chargepoint.model.charging_profiles import ChargingProfile
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading


class TransactionRun:
    """`open` is None between transactions; the session asks only for what its state allows."""

    def __init__(self, view: EvseView, wish: PowerWish, context: CoreContext) -> None:
        self._view = view
        self._wish = wish
        self._context = context
        self.signatures = Signatures(view, context)
        self._sampling = SamplingPlan(context, view.deadlines, self.signatures.samples)
        self._supply = SupplyCourse(view, context)
        self._found_open_at: Stamp | None = None
        """Of a transaction found at start: when it was surely open for the last time."""
        self._found: Transaction | None = None
        """As it was found: what a correction guesses of an earlier boot proves nothing about the outage."""
        self._found_at = 0.0
        self.awaits_clock = False
        """Found at start, and only a right clock can tell whether it may be resumed."""
        self._register_is_new = False
        """The meter was changed or reset while the found one was not watched."""
        self._segment_end: MeterReading | None = None
        """The last reading before the register of the running one got a new base, until the first one after."""
        self.ending = Ending(view.deadlines)
        self.open: OpenTransaction | None = None
        self._phases = PhasesUsed(view.configuration.phases)
        self._profile: ChargingProfile | None = None
        self._used_reservation_id: int | None = None

    @property
    def record(self) -> Transaction | None:
        return None if self.open is None else self.open.record

    def is_of(self, transaction_id: TransactionId) -> bool:
        return self.open is not None and self.open.record.transaction_id == transaction_id

    @property
    def may_draw(self) -> bool:
        """A transaction is open that somebody is authorised for, with an EV that has come."""
        return self.open is not None and self.open.record.is_authorized and self.open.record.may_have_energy

    def take_profile(self) -> ChargingProfile | None:
        """The charging profile that came with the start, once."""
        profile, self._profile = self._profile, None
        return profile

    def take_reservation(self) -> int | None:
        """The reservation that the start used up, once."""
        used, self._used_reservation_id = self._used_reservation_id, None
        return used

    # Begin

    def connect(self, moment: Moment) -> None:
        """An EV has come, and that begins a transaction here (2.0.1 TxStartPoint EVConnected)."""
        self._open(Beginning(self._view.configuration.evse_id, Cause.CABLE_PLUGGED_IN, closes_power_path=False), moment)

    def authorize(self, grant: Grant, moment: Moment) -> None:
        """Somebody is authorised: told in the open transaction, or the begin of one where the span says so."""
        if self.open is not None:
            is_told = self.open.record.is_authorized  # before the EV came here from another EVSE
            if not is_told:
                self.open.authorize(grant, moment)
                self._take_along(grant)
        elif span_of(self._context.settings).starts_with_authorization:
            is_plugged_in = self._view.safety.is_plugged_in is True
            self._open(
                Beginning(
                    self._view.configuration.evse_id,
                    grant.cause,
                    grant,
                    is_plugged_in=is_plugged_in,
                    is_place_known=is_plugged_in or len(grant.evse_ids) == 1,
                    closes_power_path=False,
                ),
                moment,
            )

    def close_power_path(self, grant: Grant, cause: Cause, reading: MeterReading | None, moment: Moment) -> None:
        """EV and authorisation are there, and the reading is valid, or billing needs none: energy may flow."""
        is_first = self.open is None or not self.open.record.may_have_energy
        if self.open is not None:
            self.open.let_energy_flow(reading, moment)
        else:
            is_told = not span_of(self._context.settings).awaits_energy
            self._open(Beginning(self._view.configuration.evse_id, cause, grant, reading, is_told=is_told), moment)
        self._supply.begin(moment)
        if is_first and self.open is not None:
            self.signatures.begin(self.open.record)

    def _open(self, beginning: Beginning, moment: Moment) -> None:
        reading = beginning.reading or self._view.meter.fresh(moment.monotonic)
        known = replace(beginning, reading=reading, seen=self._view.safety.observation)
        self.open = OpenTransaction.begin(self._context, known, moment)
        self.ending.plug_was_pulled = False
        if beginning.grant is not None:
            self._take_along(beginning.grant)
        self._sampling.begin(moment)

    def _take_along(self, grant: Grant) -> None:
        self._wish.remote_limit_amps = grant.limit_amps
        self._profile = grant.profile
        self._used_reservation_id = grant.reservation_id

    def hand_over(self, other: "TransactionRun", moment: Moment) -> None:
        """The EV has come to the other EVSE: what was begun with its authorisation goes on there."""
        if self.open is None:
            return
        other.open, self.open = self.open, None
        other.open.move_to(other._view.configuration.evse_id)
        other._wish.remote_limit_amps, self._wish.remote_limit_amps = self._wish.remote_limit_amps, None
        self._sampling.end()
        other._sampling.begin(moment)
        other.ev_came(moment)

    def find(self, record: Transaction, moment: Moment) -> None:
        """It was in the journal at start."""
        self.open = OpenTransaction(self._context, record)
        self.ending.plug_was_pulled = (
            record.charging_state is ChargingState.IDLE
        )  # an EV that is there now is a new one
        self._found = record
        self._found_open_at = record.stopping_at or record.last_sample_at or record.started_at
        self._found_at = moment.monotonic
        self._register_is_new = False
        self._wish.remote_limit_amps = record.remote_limit_amps
        self._view.deadlines.arm(Deadline.RECOVERY, moment.monotonic + recovery.RECOVERY_WAIT_SECONDS)

    def decide_recovery(self, moment: Moment, time_is_up: bool) -> recovery.Recovery:
        """What becomes of the one that was found, by what is known now."""
        if self.open is None:
            return recovery.Recovery.WAIT
        view = self._view
        circumstances = recovery.Circumstances(
            observation=view.safety.settled,
            reading=view.meter.fresh(moment.monotonic),
            is_plugged_in=False if self.ending.plug_was_pulled else view.safety.is_plugged_in,
            resume_allowed=self._context.settings.get(catalogue.RESUME_TRANSACTIONS_ON_BOOT),
            time_is_up=time_is_up,
            meter_required=view.configuration.meter_required,
            boots_of_this_machine=self._context.boots_of_this_machine,
            register_is_new=self._register_is_new,
            most_wh=self._most_wh_over_outage(self.open.record, moment),
        )
        decision = recovery.decide(self._with_found_times(self.open.record), circumstances, moment)
        self._wait_on(decision)
        return decision

    def _wait_on(self, decision: recovery.Recovery) -> None:
        """The clock is waited for longer than pilot and meter, once."""
        deadlines = self._view.deadlines
        if decision is recovery.Recovery.WAIT_FOR_CLOCK and not self.awaits_clock:
            self.awaits_clock = True
            deadlines.arm(Deadline.RECOVERY, self._found_at + recovery.CLOCK_WAIT_SECONDS)
        elif decision not in (recovery.Recovery.WAIT, recovery.Recovery.WAIT_FOR_CLOCK):
            self.awaits_clock = False
            deadlines.disarm(Deadline.RECOVERY)

    def _most_wh_over_outage(self, record: Transaction, moment: Moment) -> float:
        """What can have been counted since the register was stored."""
        rating, known = self._view.configuration, self._with_found_times(record)
        outage_seconds = self._context.seconds_since(known.last_sample_at or known.started_at, moment)
        lease_seconds = self._context.lease_seconds
        return same_register.most_wh_over(rating.max_current_amps, rating.phases, outage_seconds, lease_seconds)

    def _with_found_times(self, record: Transaction) -> Transaction:
        found = self._found or record
        return replace(record, started_at=found.started_at, last_sample_at=found.last_sample_at)

    def resume(self, moment: Moment) -> None:
        self._found = self._found_open_at = None
        if self.open is not None and self.open.record.is_authorized:
            self.open.let_energy_flow(self._view.meter.fresh(moment.monotonic), moment)
        self._sampling.begin(moment)

    # Meanwhile

    def correct_clock(self, corrected: CorrectedStamps, moment: Moment) -> None:
        """First sync: what is told from now on has the same times as what was stored before."""
        if self.open is None:
            return
        record = self.open.record
        in_hand = (*self.signatures.samples.stamps(), *filter(None, [self._found_open_at]))
        stamps = {*stamps_of_transaction(record), *in_hand}
        right = corrections(stamps, Sync(moment, self._context.boots_of_this_machine))
        right.update(corrected.get(record.transaction_id, {}))
        self.open.correct_clock(right.__getitem__)
        self.signatures.samples.correct_clock(right.__getitem__)
        self._found_open_at = right.get(self._found_open_at) if self._found_open_at is not None else None

    def register_was_rebased(self) -> None:
        """The meter was changed, reset or jumped: its register goes on where it stood."""
        if self._found_open_at is not None:
            self._register_is_new = True
        elif self.open is not None and self.open.record.stop_reason is None:
            self._segment_end = self._view.meter.last

    def see_register(self, reading: MeterReading, moment: Moment) -> None:
        """The first reading on a new base begins a new segment of the running transaction; the CSMS is told."""
        if self.open is not None and self.open.record.charging_state is ChargingState.CHARGING:
            self._phases.see(reading)
            self.open.phases_used = self._phases.count
        before, self._segment_end = self._segment_end, None
        if before is not None and self.open is not None and self.open.record.stop_reason is None:
            self.open.begin_segment(before, reading, moment)

    def rearm_sampling(self, moment: Moment) -> None:
        """An interval was changed, or the clock is right at last."""
        if self.open is not None and self.open.record.stop_reason is None:
            self._sampling.rearm(moment)

    def sample(self, deadline: Deadline, moment: Moment) -> None:
        if self.open is not None:
            offered = self._wish.offered_amps(self._view.safety.observation)
            self._sampling.sample(deadline, self.open, self._view.meter.fresh(moment.monotonic), offered, moment)

    def judge(self, verdict: TokenVerdict) -> LateVerdict | None:
        """The CSMS's late word on its token; the record is changed at once."""
        if self.open is None or not self.open.record.is_authorized:
            return None
        late = late_verdict.judge(self.open.record, verdict, self._view.meter.register_wh, self._context.settings)
        if late.record != self.open.record:
            self.open.replace_record(late.record)
        return late

    def must_stop(self) -> bool:
        """Its token was refused while nobody could stop it."""
        if self.open is None or not self.open.record.is_authorized:
            return False
        return late_verdict.must_stop(self.open.record, self._context.settings)

    def revoke(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> None:
        """The authorisation is over, and the transaction goes on (2.0.1 TxStopPoint). An EV that says itself that it
        is done has opened the contactor before: it is only connected (E15, TC_E_46)."""
        if self.open is not None:
            if reason is StopReason.STOPPED_BY_EV and self._supply.is_at_rest():
                self.open.record = replace(self.open.record, charging_state=ChargingState.EV_CONNECTED)
            self.open.revoke(reason, cause, token, moment)
            self._wish.remote_limit_amps = None

    def ev_went(self, moment: Moment) -> None:
        if self.open is not None:
            self._supply.ev_went(self.open, moment)

    def ev_came(self, moment: Moment) -> None:
        """The EV of a transaction that is open already."""
        self.ending.plug_was_pulled = False
        if self.open is not None:
            self._supply.ev_came(self.open, moment)

    def follow_supply(self, moment: Moment) -> StopReason | None:
        """Report the charging state when it has changed; a reason where its change ends the transaction."""
        return None if self.open is None else self._supply.follow(self.open, self.may_energise(), moment)

    def rest(self, moment: Moment) -> None:
        """Nobody is authorised, or not any more."""
        if self.open is not None:
            self._supply.rest(self.open, moment)

    def may_energise(self) -> bool:
        """An EV is there, nothing is wrong, and the token may still have energy."""
        if self.open is None or not self.may_draw:
            return False
        if not self._view.safety.is_plugged_in or self._view.blocking_faults:
            return False
        return late_verdict.may_go_on(self.open.record, self._view.meter.register_wh, self._context.settings)

    # End

    def decide_stop(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> None:
        if self.open is not None:
            self.signatures.samples.tell_waiting(self.open, moment)
            self.open.decide_stop(reason, cause, token, moment)
            self.begin_ending(moment)

    def begin_ending(self, moment: Moment) -> None:
        """Go on with a stop that was decided, also before a restart."""
        self._sampling.end()
        self.ending.begin(moment)

    def stop_reading(self, moment: Moment) -> MeterReading | None:
        return self.ending.stop_reading(self._view.safety.observation, self._view.meter, moment)

    def awaits_signature(self, reading: MeterReading | None, moment: Moment) -> bool:
        """The meter signs the end first."""
        return self.open is not None and self.signatures.holds_end(self.open.record, reading, moment)

    def end(self, reading: MeterReading | None, moment: Moment) -> bool:
        """Report the end with the best register known; True when the same EV is still plugged in.

        One that a restart interrupted, and that was not resumed, ended when it was surely open for the last time.
        """
        if self.open is None:
            return False
        interrupted_at, record = self._found_open_at, self.open.record
        reading, signed = self.signatures.stop_reading or reading, self.signatures.end
        candidate = reading or self._view.meter.last
        if interrupted_at is not None and not same_register.is_same_register(
            record, candidate, self._most_wh_over_outage(record, moment)
        ):
            candidate = None
        energy_wh = same_register.best_energy_wh(record, candidate)
        if reading is not None and (interrupted_at is not None or reading.energy_import_wh != energy_wh):
            reading = None  # taken long after the end, or below the stored register: no stop reading
        was_there = self._view.safety.ev_was_there
        is_same_ev = was_there and not self.ending.plug_was_pulled
        state = ChargingState.EV_CONNECTED if is_same_ev else ChargingState.IDLE
        if not record.may_have_energy and not record.is_begin_told:
            energy_wh = reading = None  # no EV ever came: nobody knows at which EVSE it was
        self.open.end(energy_wh, reading, state, interrupted_at or self.open.stamp_now(moment), signed)
        self.signatures.forget()
        self.open = self._found = self._found_open_at = self._wish.remote_limit_amps = None
        self._supply.end()
        self._phases.forget()
        self.ending.finish()
        if was_there and not is_same_ev:
            self._view.safety.forget_plug()
        return is_same_ev
