"""One open transaction: its durable record and the reports about it, each with the next sequence number.

Every method that changes the record emits a `Checkpoint` in the same step as the report, so that both are
committed together (a restart can neither repeat nor skip a sequence number).
"""

from dataclasses import replace
from datetime import timedelta

from chargepoint.charging.authorization import Grant
from chargepoint.charging.beginning import Beginning, authorized, new_record, told_begin, with_register
from chargepoint.charging.clock_correction import Correction, corrected_transaction
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import Checkpoint, Enqueue, TransactionForgotten
from chargepoint.charging.end_values import end_values, signed_end
from chargepoint.charging.meter_sampling import meter_value, thinned
from chargepoint.charging.same_register import best_energy_wh
from chargepoint.charging.sample_use import SAMPLES, SampleUse, kept_of, told_of
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SignedMeterData
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.power import EvseObservation
from chargepoint.model.reports import TransactionReport
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction, TransactionPhase
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

BEGINNINGS = frozenset({ChargingState.EV_CONNECTED, ChargingState.CHARGING})
"""With these the EVSE of a transaction is known."""


class OpenTransaction:
    """Wraps the frozen record; `record` is always what was last checkpointed."""

    def __init__(self, context: CoreContext, record: Transaction) -> None:
        self._context = context
        self.record = record
        self.phases_used: int | None = None
        """By how many phases the EV charges, once that is known: told with the next report (2.0.1 E02.FR.18)."""
        self._told_phases: int | None = None

    @classmethod
    def begin(cls, context: CoreContext, beginning: Beginning, moment: Moment) -> "OpenTransaction":
        """Store it, and tell its start unless that waits for energy: [Checkpoint, Enqueue(Started)]."""
        stamp = context.stamp(moment)
        opened = cls(context, new_record(context, beginning, stamp))
        if beginning.is_told:
            reading = beginning.reading if beginning.is_place_known else None
            opened.tell_start(beginning.cause, reading, beginning.seen, stamp, is_place_known=beginning.is_place_known)
        else:
            context.emit(Checkpoint(opened.record))
        return opened

    def tell_start(
        self,
        cause: Cause,
        reading: MeterReading | None,
        seen: EvseObservation | None,
        stamp: Stamp,
        *,
        is_place_known: bool = True,
    ) -> None:
        """The first report. What was counted before it is in it: its register is that of the begin."""
        record = self.record
        self._report(
            TransactionPhase.STARTED,
            stamp,
            cause,
            meter_values=told_begin(self._context, record, reading, stamp),
            energy_wh=record.start_energy_wh,
            id_token=record.id_token,
            cable_rating_amps=None if seen is None else seen.cable_rating_amps,
            is_place_known=is_place_known,
        )

    def authorize(self, grant: Grant, moment: Moment) -> None:
        """Somebody is authorised, for the first time or anew; the CSMS is asked by this what it thinks of the token."""
        stamp = self._stamp(moment)
        self.record = authorized(self.record, grant, stamp)
        cause = Cause.REMOTE_START if grant.cause is Cause.REMOTE_START else Cause.AUTHORIZED
        self._report(
            TransactionPhase.UPDATED, stamp, cause, energy_wh=self.record.start_energy_wh, id_token=grant.token
        )

    def revoke(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> None:
        """The authorisation is over, and the transaction goes on without energy."""
        self.record = replace(self.record, revoked_by=reason)
        self._report(TransactionPhase.UPDATED, self._stamp(moment), cause, id_token=token)

    def let_energy_flow(self, reading: MeterReading | None, moment: Moment) -> None:
        """EV and authorisation have met."""
        record = with_register(self._context, self.record, reading, self._stamp(moment))
        self.replace_record(replace(record, may_have_energy=True))

    def move_to(self, evse_id: EvseId) -> None:
        """The EV has come to another EVSE than the one that waited for it."""
        self.replace_record(replace(self.record, evse_id=evse_id))

    def is_stopped_by(self, token: IdToken, group: IdToken | None) -> bool:
        """The card that started it, or one of the same group."""
        return token.is_same_as(self.record.id_token) or (
            group is not None and group.is_same_as(self.record.group_token)
        )

    def change_state(
        self,
        state: ChargingState,
        moment: Moment,
        cause: Cause = Cause.CHARGING_STATE_CHANGED,
        reading: MeterReading | None = None,
    ) -> None:
        """Tell it, with the values of the begin where they are still due: the EVSE is known now (E01.FR.17)."""
        stamp = self._stamp(moment)
        self.record = replace(self.record, charging_state=state)
        is_begin = state in BEGINNINGS and not self.record.is_begin_told
        if is_begin and (reading is not None or state is ChargingState.CHARGING):
            self.record = with_register(self._context, self.record, reading, stamp)
            self._tell_begin(cause, reading, stamp)
        else:
            self._report(TransactionPhase.UPDATED, stamp, cause)

    def _tell_begin(self, cause: Cause, reading: MeterReading | None, stamp: Stamp) -> None:
        """Of what only the reading could tell, nothing is said without it."""
        self.record = record = replace(self.record, is_begin_told=True)
        told = told_begin(self._context, record, reading or MeterReading(stamp.monotonic), stamp)
        self._report(TransactionPhase.UPDATED, stamp, cause, meter_values=told, energy_wh=record.start_energy_wh)

    def _tell_late_begin(self, energy_wh: float | None, reading: MeterReading | None, stamp: Stamp) -> None:
        """Energy has flowed, and nobody has seen it flow: without the begin, the end says nothing."""
        begin_wh = self.record.start_energy_wh
        is_due = not self.record.is_begin_told and begin_wh is not None and energy_wh is not None
        if is_due and energy_wh != begin_wh:
            self._tell_begin(Cause.CHARGING_STATE_CHANGED, reading, stamp)

    def note(self, cause: Cause, moment: Moment, values: tuple[MeterValue, ...] = ()) -> None:
        """An update without a change of state: a trigger, a remote start, a deauthorisation."""
        self._report(TransactionPhase.UPDATED, self._stamp(moment), cause, meter_values=values)

    def sample(self, reading: MeterReading, moment: Moment, offered_amps: float | None, use: SampleUse) -> None:
        """A due sample: told, kept for the report of the end, or both; and checkpointed."""
        stamp, settings = self._stamp(moment), self._context.settings
        told = told_of(settings, use, reading, stamp, offered_amps)
        self._remember(reading, stamp, kept_of(settings, use, reading, stamp, offered_amps))
        if told is None:
            self._context.emit(Checkpoint(self.record))
        else:
            self._report(TransactionPhase.UPDATED, stamp, SAMPLES[use.context].cause, meter_values=(told,))

    def begin_segment(self, before: MeterReading, after: MeterReading, moment: Moment) -> None:
        """The register goes on where it stood, on a new base: close what was counted until then, and say so.

        Both readings are told as the ends of an interruption; what flowed in between is unknown and not billed.
        """
        ended = self._stamp_of(before, moment)
        begun = self._stamp(moment)
        energy = (Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,)
        values = (
            meter_value(before, energy, ReadingContext.INTERRUPTION_BEGIN, ended),
            meter_value(after, energy, ReadingContext.INTERRUPTION_END, begun),
        )
        told = tuple(value for value in values if value is not None)
        samples = self.record.stop_samples
        if Measurand.ENERGY_ACTIVE_IMPORT_REGISTER in self._context.settings.get(catalogue.STOP_TXN_SAMPLED_DATA):
            samples = thinned((*samples, *told))
        energy_wh = best_energy_wh(self.record, after)
        self.record = replace(self.record, last_energy_wh=energy_wh, stop_samples=samples)
        self._report(TransactionPhase.UPDATED, begun, Cause.ABNORMAL_CONDITION, meter_values=told)

    def _stamp_of(self, reading: MeterReading, moment: Moment) -> Stamp:
        """When a reading was taken, never before the last stamp of this transaction."""
        now = self._context.stamp(moment)
        age = timedelta(seconds=moment.monotonic - reading.at_monotonic)
        taken = replace(now, monotonic=reading.at_monotonic, utc=now.utc - age)
        last = self.record.last_sample_at or self.record.started_at
        return taken if taken.utc >= last.utc else last

    def checkpoint(self, reading: MeterReading, moment: Moment) -> None:
        """Store the register without telling anybody."""
        self._remember(reading, self._stamp(moment), None)
        self._context.emit(Checkpoint(self.record))

    def replace_record(self, record: Transaction) -> None:
        """Store a change that the CSMS is not told of."""
        self.record = record
        self._context.emit(Checkpoint(record))

    def decide_stop(self, reason: StopReason, cause: Cause, token: IdToken | None, moment: Moment) -> None:
        """Remember why it ends, before the contactor is open and the stop reading is taken."""
        self.replace_record(
            replace(
                self.record,
                stop_reason=reason,
                stop_cause=cause,
                stop_token=token,
                stopping_at=self._stamp(moment),
            )
        )

    def end(
        self,
        energy_wh: float | None,
        reading: MeterReading | None,
        state: ChargingState,
        stamp: Stamp,
        signed: SignedMeterData | None = None,
    ) -> None:
        """Emit the end. `energy_wh` is the best register known; the stop must have been decided."""
        record = self.record
        if record.stop_reason is None or record.stop_cause is None:
            raise ValueError("a transaction ends only after its stop was decided")
        if not record.is_told:
            if energy_wh is None or record.start_energy_wh is None or energy_wh <= record.start_energy_wh:
                self.replace_record(replace(record, is_ended=True))
                self._context.emit(TransactionForgotten(record.transaction_id))
                return
            self.tell_start(Cause.CHARGING_STATE_CHANGED, reading, None, stamp)
        self._tell_late_begin(energy_wh, reading, stamp)
        values = end_values(self._context, record.stop_samples, reading, stamp)
        self.record = replace(self.record, is_ended=True, charging_state=state, last_energy_wh=energy_wh)
        self._report(
            TransactionPhase.ENDED,
            stamp,
            record.stop_cause,
            meter_values=signed_end(values, signed, energy_wh, stamp),
            energy_wh=energy_wh,
            id_token=record.stop_token,
        )

    def stamp_now(self, moment: Moment) -> Stamp:
        """Now, never before the last stamp of this transaction."""
        return self._stamp(moment)

    def correct_clock(self, correct: Correction) -> None:
        """First sync: every stamp gets the right time, as the stored rows do."""
        self.replace_record(corrected_transaction(self.record, correct))

    def _remember(self, reading: MeterReading, stamp: Stamp, kept: MeterValue | None) -> None:
        samples = self.record.stop_samples if kept is None else thinned((*self.record.stop_samples, kept))
        energy_wh = best_energy_wh(self.record, reading)
        self.record = replace(self.record, last_energy_wh=energy_wh, last_sample_at=stamp, stop_samples=samples)

    def _stamp(self, moment: Moment) -> Stamp:
        """A wall clock that steps back goes on from the last stamp by the monotonic clock: durations stay true."""
        stamp = self._context.stamp(moment)
        last = self.record.last_sample_at or self.record.started_at
        if stamp.utc >= last.utc or stamp.trusted != last.trusted:
            return stamp
        passed_seconds = stamp.monotonic - last.monotonic if stamp.boot_id == last.boot_id else 0.0
        return replace(stamp, utc=last.utc + timedelta(seconds=max(0.0, passed_seconds)))

    def _report(
        self,
        phase: TransactionPhase,
        stamp: Stamp,
        cause: Cause,
        *,
        meter_values: tuple[MeterValue, ...] = (),
        energy_wh: float | None = None,
        id_token: IdToken | None = None,
        cable_rating_amps: float | None = None,
        is_place_known: bool = True,
    ) -> None:
        """Store and tell; before the start is told, only store."""
        record = self.record
        if phase is TransactionPhase.UPDATED and not record.is_told:
            self.replace_record(replace(record, last_sample_at=stamp))
            return
        self.record = replace(record.with_next_sequence(), last_sample_at=stamp)
        phases_used = None if self.phases_used == self._told_phases else self.phases_used
        self._told_phases = self.phases_used
        self._context.emit(Checkpoint(self.record))
        self._context.emit(
            Enqueue(
                TransactionReport(
                    phase=phase,
                    transaction_id=record.transaction_id,
                    sequence=record.next_sequence,
                    evse_id=record.evse_id,
                    stamp=stamp,
                    cause=cause,
                    charging_state=record.charging_state,
                    offline=not self._context.is_online,
                    meter_values=meter_values,
                    energy_wh=energy_wh,
                    id_token=id_token,
                    group_token=record.group_token if id_token is not None else None,
                    remote_start_id=record.remote_start_id,
                    reservation_id=record.reservation_id,
                    stop_reason=record.stop_reason if phase is TransactionPhase.ENDED else None,
                    cable_rating_amps=cable_rating_amps,
                    phases_used=phases_used,
                    is_place_known=is_place_known,
                    is_anybodys=record.id_token is None,
                    is_begin_told=record.is_begin_told,
                )
            )
        )
