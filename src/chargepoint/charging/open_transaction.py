"""One open transaction: its durable record and the reports about it, each with the next sequence number.

Every method that changes the record emits a `Checkpoint` in the same step as the report, so that both are
committed together (a restart can neither repeat nor skip a sequence number).
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from chargepoint.charging.authorization import Grant
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import Checkpoint, Enqueue
from chargepoint.charging.meter_sampling import meter_value, thinned
from chargepoint.charging.same_register import best_energy_wh
from chargepoint.charging.signed_values import signed_register, with_signature
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SignedMeterData
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.power import EvseObservation
from chargepoint.model.reports import TransactionReport
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction, TransactionPhase
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

SAMPLES = {
    ReadingContext.SAMPLE_PERIODIC: (
        catalogue.METER_VALUES_SAMPLED_DATA,
        catalogue.STOP_TXN_SAMPLED_DATA,
        Cause.METER_VALUE_PERIODIC,
    ),
    ReadingContext.SAMPLE_CLOCK: (
        catalogue.METER_VALUES_ALIGNED_DATA,
        catalogue.STOP_TXN_ALIGNED_DATA,
        Cause.METER_VALUE_CLOCK,
    ),
}
"""What is told of a sample, what of it the report of the end carries, and why it is told."""


@dataclass(frozen=True, slots=True)
class SampleUse:
    """What a due sample is for."""

    context: ReadingContext
    """Periodic or on the clock's grid."""
    is_told: bool
    is_kept: bool
    """For the report of the end."""


class OpenTransaction:
    """Wraps the frozen record; `record` is always what was last checkpointed."""

    def __init__(self, context: CoreContext, record: Transaction) -> None:
        self._context = context
        self.record = record

    @classmethod
    def begin(
        cls,
        context: CoreContext,
        evse_id: EvseId,
        grant: Grant,
        reading: MeterReading | None,
        moment: Moment,
        cause: Cause,
        seen: EvseObservation | None,
    ) -> "OpenTransaction":
        """Emit the start: [Checkpoint, Enqueue(Started)]. The reading is valid, or billing needs none."""
        stamp = context.stamp(moment)
        energy_wh = None if reading is None else reading.energy_import_wh
        begin_value = cls._begin_value(context, reading, stamp, catalogue.STOP_TXN_SAMPLED_DATA)
        started_value = cls._begin_value(context, reading, stamp, catalogue.TX_STARTED_MEASURANDS)
        record = Transaction(
            transaction_id=context.make_transaction_id(),
            evse_id=evse_id,
            id_token=grant.token,
            started_at=stamp,
            start_energy_wh=energy_wh,
            group_token=grant.group,
            remote_start_id=grant.remote_start_id,
            reservation_id=grant.reservation_id,
            last_energy_wh=energy_wh,
            last_sample_at=stamp,
            stop_samples=() if begin_value is None else (begin_value,),
            token_was_confirmed=grant.is_confirmed,
            remote_limit_amps=grant.limit_amps,
            plug=None if seen is None else seen.plug,
        )
        opened = cls(context, record)
        opened._report(
            TransactionPhase.STARTED,
            stamp,
            cause,
            meter_values=() if started_value is None else (started_value,),
            energy_wh=energy_wh,
            id_token=grant.token,
            cable_rating_amps=None if seen is None else seen.cable_rating_amps,
        )
        return opened

    @staticmethod
    def _begin_value(
        context: CoreContext, reading: MeterReading | None, stamp: Stamp, setting: catalogue.MeasurandsSetting
    ) -> MeterValue | None:
        if reading is None:
            return None
        return meter_value(reading, context.settings.get(setting), ReadingContext.TRANSACTION_BEGIN, stamp)

    def is_stopped_by(self, token: IdToken, group: IdToken | None) -> bool:
        """The card that started it, or one of the same group."""
        return token.is_same_as(self.record.id_token) or (
            group is not None and group.is_same_as(self.record.group_token)
        )

    def change_state(self, state: ChargingState, moment: Moment) -> None:
        self.record = replace(self.record, charging_state=state)
        self._report(TransactionPhase.UPDATED, self._stamp(moment), Cause.CHARGING_STATE_CHANGED)

    def note(self, cause: Cause, moment: Moment, values: tuple[MeterValue, ...] = ()) -> None:
        """An update without a change of state: a trigger, a remote start, a deauthorisation."""
        self._report(TransactionPhase.UPDATED, self._stamp(moment), cause, meter_values=values)

    def sample(self, reading: MeterReading, moment: Moment, offered_amps: float | None, use: SampleUse) -> None:
        """A due sample: told, kept for the report of the end, or both; and checkpointed."""
        settings = self._context.settings
        stamp = self._stamp(moment)
        told_setting, kept_setting, cause = SAMPLES[use.context]

        def value_of(setting: catalogue.MeasurandsSetting) -> MeterValue | None:
            return meter_value(reading, settings.get(setting), use.context, stamp, offered_amps)

        self._remember(reading, stamp, value_of(kept_setting) if use.is_kept else None)
        told = value_of(told_setting) if use.is_told else None
        if told is None:
            self._context.emit(Checkpoint(self.record))
        else:
            self._report(TransactionPhase.UPDATED, stamp, cause, meter_values=(told,))

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
        samples = record.stop_samples
        wanted = self._context.settings.get(catalogue.STOP_TXN_SAMPLED_DATA)
        if not wanted and not self._context.settings.get(catalogue.STOP_TXN_ALIGNED_DATA):
            samples = ()  # 1.6 errata 3.14.5: also what was kept before both were emptied
        if reading is not None:
            last = meter_value(reading, wanted, ReadingContext.TRANSACTION_END, stamp)
            samples = samples if last is None else (*samples, last)
        if signed is not None and energy_wh is not None:
            register = signed_register(ReadingContext.TRANSACTION_END, signed, energy_wh, stamp)
            samples = with_signature(samples, register)
        self.record = replace(record, is_ended=True, charging_state=state, last_energy_wh=energy_wh)
        self._report(
            TransactionPhase.ENDED,
            stamp,
            record.stop_cause,
            meter_values=samples,
            energy_wh=energy_wh,
            id_token=record.stop_token,
        )

    def stamp_now(self, moment: Moment) -> Stamp:
        """Now, never before the last stamp of this transaction."""
        return self._stamp(moment)

    def correct_clock(self, moment: Moment) -> None:
        """First sync: this boot's stamps get the right time, as the stored rows do."""
        boot_id = self._context.boot_id

        def corrected(stamp: Stamp | None) -> Stamp | None:
            if stamp is None or stamp.trusted or stamp.boot_id != boot_id:
                return stamp
            utc = moment.utc - timedelta(seconds=moment.monotonic - stamp.monotonic)
            return Stamp(stamp.boot_id, stamp.monotonic, utc, True)

        record = self.record
        started_at = corrected(record.started_at) or record.started_at
        samples = tuple(replace(v, stamp=corrected(v.stamp) or v.stamp) for v in record.stop_samples)
        self.replace_record(
            replace(
                record,
                started_at=started_at,
                last_sample_at=corrected(record.last_sample_at),
                stopping_at=corrected(record.stopping_at),
                stop_samples=samples,
            )
        )

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
    ) -> None:
        record = self.record
        self.record = replace(record.with_next_sequence(), last_sample_at=stamp)
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
                )
            )
        )
