"""The open transaction of one EVSE, from its start or its recovery to its end. Knows no states of the session."""

from dataclasses import replace

from chargepoint.charging import late_verdict, recovery, same_register
from chargepoint.charging.authorization import Grant
from chargepoint.charging.availability import STATE_OF_SUPPLY, Supply, is_settling, supply_of
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.ending import Ending
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.late_verdict import LateVerdict
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.power_wish import PowerWish
from chargepoint.charging.sampling_plan import SamplingPlan
from chargepoint.charging.signatures import Signatures
from chargepoint.model.charging_profiles import ChargingProfile
from chargepoint.model.faults import PilotSignal
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.power import EvseObservation
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

EV_READY_SECONDS = 5.0
"""How long an EV may take to ask for power after it is offered, before it is `SuspendedEV`."""
OFFER_IS_NEW = frozenset({ChargingState.EV_CONNECTED, ChargingState.SUSPENDED_EVSE})
"""What an EV that does not ask was until now, when the station has only just begun to offer."""
PAUSED_UNLESS_STOPPED = frozenset({ChargingState.CHARGING, ChargingState.SUSPENDED_EV})
"""Before these energy stops by the EV's own will, unless the station has withdrawn its offer."""


class TransactionRun:
    """`open` is None between transactions; the session asks only for what its state allows."""

    def __init__(self, view: EvseView, wish: PowerWish, context: CoreContext) -> None:
        self._view = view
        self._wish = wish
        self._context = context
        self._sampling = SamplingPlan(context, view.deadlines)
        self._found_open_at: Stamp | None = None
        """Of a transaction found at start: when it was surely open for the last time."""
        self._found_at = 0.0
        self.awaits_clock = False
        """Found at start, and only a right clock can tell whether it may be resumed."""
        self._register_is_new = False
        """The meter was changed or reset while the found one was not watched."""
        self._segment_end: MeterReading | None = None
        """The last reading before the register of the running one got a new base, until the first one after."""
        self.ending = Ending(view.deadlines)
        self.signatures = Signatures(view, context)
        self.open: OpenTransaction | None = None
        self._offer_was_withdrawn = False
        """The last flow of energy was ended by the station: PWM off with the contactor still closed."""
        self._profile: ChargingProfile | None = None
        self._used_reservation_id: int | None = None

    @property
    def record(self) -> Transaction | None:
        return None if self.open is None else self.open.record

    def take_profile(self) -> ChargingProfile | None:
        """The charging profile that came with the start, once."""
        profile, self._profile = self._profile, None
        return profile

    def take_reservation(self) -> int | None:
        """The reservation that the start used up, once."""
        used, self._used_reservation_id = self._used_reservation_id, None
        return used

    # Begin

    def begin(self, grant: Grant, cause: Cause, reading: MeterReading | None, moment: Moment) -> None:
        """Start one; the reading is valid, or billing needs none."""
        view = self._view
        evse_id = view.configuration.evse_id
        seen = view.safety.observation
        self.open = OpenTransaction.begin(self._context, evse_id, grant, reading, moment, cause, seen)
        self.ending.plug_was_pulled = False
        self._wish.remote_limit_amps = grant.limit_amps
        self._profile = grant.profile
        self._used_reservation_id = grant.reservation_id
        view.deadlines.arm(Deadline.EV_READY, moment.monotonic + EV_READY_SECONDS)
        self._sampling.begin(moment)
        self.signatures.begin(self.open.record)

    def find(self, record: Transaction, moment: Moment) -> None:
        """It was in the journal at start."""
        self.open = OpenTransaction(self._context, record)
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
        decision = recovery.decide(self.open.record, circumstances, moment)
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
        rating = self._view.configuration
        outage_seconds = self._context.seconds_since(record.last_sample_at or record.started_at, moment)
        return same_register.most_wh_over(rating.max_current_amps, rating.phases, outage_seconds)

    def resume(self, moment: Moment) -> None:
        self._found_open_at = None
        self._sampling.begin(moment)

    # Meanwhile

    def register_was_rebased(self) -> None:
        """The meter was changed, reset or jumped: its register goes on where it stood."""
        if self._found_open_at is not None:
            self._register_is_new = True
        elif self.open is not None and self.open.record.stop_reason is None:
            self._segment_end = self._view.meter.last

    def see_register(self, reading: MeterReading, moment: Moment) -> None:
        """The first reading on a new base begins a new segment of the running transaction; the CSMS is told."""
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
        if self.open is None:
            return None
        late = late_verdict.judge(self.open.record, verdict, self._view.meter.register_wh, self._context.settings)
        if late.record != self.open.record:
            self.open.replace_record(late.record)
        return late

    def must_stop(self) -> bool:
        """Its token was refused while nobody could stop it."""
        return self.open is not None and late_verdict.must_stop(self.open.record, self._context.settings)

    def may_energise(self) -> bool:
        """An EV is there, nothing is wrong, and the token may still have energy."""
        if self.open is None or not self._view.safety.is_plugged_in or self._view.blocking_faults:
            return False
        return late_verdict.may_go_on(self.open.record, self._view.meter.register_wh, self._context.settings)

    def follow_supply(self, moment: Moment) -> None:
        """Report the charging state when it has changed."""
        seen = self._view.safety.observation
        if self.open is None or (seen is None and not self._view.safety.link_is_lost):
            return
        self._follow_plug(self.open)
        before = self.open.record.charging_state
        supply = Supply.HELD_BY_STATION if seen is None else self._supply(seen, before)
        if supply is Supply.HELD_BY_STATION:
            is_start = before is ChargingState.EV_CONNECTED and self._view.deadlines.is_armed(Deadline.EV_READY)
            if is_start and seen is not None and is_settling(seen, self.may_energise()):
                return
            self._view.deadlines.arm(Deadline.EV_READY, moment.monotonic + EV_READY_SECONDS)
        may_get_ready = before in OFFER_IS_NEW and self._view.deadlines.is_armed(Deadline.EV_READY)
        if supply is Supply.HELD_BY_EV and may_get_ready:
            return
        state = STATE_OF_SUPPLY.get(supply, before)
        if state is not before:
            self.open.change_state(state, moment)

    def _follow_plug(self, transaction: OpenTransaction) -> None:
        """Remember which plug-in is charged: after a restart it tells whether it is still the same EV."""
        safety = self._view.safety
        if safety.is_plugged_in and safety.plug != transaction.record.plug:
            transaction.replace_record(replace(transaction.record, plug=safety.plug))

    def _supply(self, seen: EvseObservation, before: ChargingState) -> Supply:
        if seen.contactor_commanded:
            self._offer_was_withdrawn = seen.pilot_signal is not PilotSignal.PWM
        ev_had_paused = before in PAUSED_UNLESS_STOPPED and not self._offer_was_withdrawn
        return supply_of(seen, self.may_energise(), ev_had_paused)

    # End

    def decide_stop(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> None:
        if self.open is not None:
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
        self.open.end(energy_wh, reading, state, interrupted_at or self.open.stamp_now(moment), signed)
        self.signatures.forget()
        self.open, self._found_open_at, self._wish.remote_limit_amps = None, None, None
        self._view.deadlines.disarm(Deadline.EV_READY)
        self.ending.finish()
        if was_there and not is_same_ev:
            self._view.safety.forget_plug()
        return is_same_ev
