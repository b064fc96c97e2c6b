"""Has the meter of one EVSE sign samples between the begin and the end of its transaction, where it can.

What the report of the end will carry is kept at once, and its signature is put beside it when it comes. What is told
meanwhile waits for the signature; nothing that is told is lost by a meter that does not sign. One order at a time: a
mark that comes while the meter still signs the last one goes without, and is told after it (1.6 section 3.3.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chargepoint.charging.clock_correction import Correction, corrected_value
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import SignReading
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.sample_use import SAMPLES, SampleUse, told_of
from chargepoint.charging.signed_values import signed_sample, signed_samples_thinned
from chargepoint.charging.told_key import ToldKey
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SignedMeterData, SigningEdge
from chargepoint.model.moment import Moment, Stamp
from chargepoint.settings import catalogue
from chargepoint.settings.setting import Setting
from chargepoint_hal.contract import MeterReading

TOLD_SIGNED: dict[ReadingContext, tuple[Setting[bool], Setting[bool]]] = {
    ReadingContext.SAMPLE_PERIODIC: (
        catalogue.SAMPLED_DATA_SIGN_READINGS,
        catalogue.SAMPLED_DATA_SIGN_UPDATED_READINGS,
    ),
    ReadingContext.SAMPLE_CLOCK: (catalogue.ALIGNED_DATA_SIGN_READINGS, catalogue.ALIGNED_DATA_SIGN_UPDATED_READINGS),
}
"""Both have to be wished for."""


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A sample whose signature is under way."""

    use: SampleUse
    kept_at: Stamp | None
    """Of the kept sample that is to be signed."""
    told: MeterValue | None
    """Waits to be told."""


@dataclass(frozen=True, slots=True)
class _Behind:
    """A sample without a signature that is told after the awaited one."""

    use: SampleUse
    told: MeterValue


class SignedSamples:
    """Of one EVSE's present transaction."""

    def __init__(self, view: EvseView, context: CoreContext, key: ToldKey) -> None:
        self._view = view
        self._context = context
        self._key = key
        self._awaited: _Awaited | None = None
        self._behind: tuple[_Behind, ...] = ()
        self.orders_under_way = 0
        """With the meter, whatever became of the transaction that they are about."""

    def sample(
        self,
        transaction: OpenTransaction,
        reading: MeterReading,
        offered_amps: float | None,
        use: SampleUse,
        moment: Moment,
    ) -> None:
        """Take a due sample, and have it signed where that is wished for."""
        token = transaction.record.id_token
        is_kept_signed, is_told_signed = self._wishes(use)
        stamp = transaction.stamp_now(moment)
        if self._awaited is not None and self._awaited.told is not None:
            told = told_of(self._context.settings, use, reading, stamp, offered_amps)
            transaction.sample(reading, moment, offered_amps, replace(use, is_told=False))
            self._behind += () if told is None else (_Behind(use, told),)
            return
        is_held = self._awaited is not None or token is None or not transaction.record.may_have_energy
        if is_held or token is None or not (is_kept_signed or is_told_signed):
            transaction.sample(reading, moment, offered_amps, use)
            return
        told = told_of(self._context.settings, use, reading, stamp, offered_amps) if is_told_signed else None
        transaction.sample(reading, moment, offered_amps, replace(use, is_told=use.is_told and not is_told_signed))
        self._awaited = _Awaited(use, stamp if is_kept_signed else None, told)
        record = transaction.record
        self._context.emit(SignReading(record.evse_id, record.transaction_id, SigningEdge.BETWEEN, token))
        self.orders_under_way += 1

    def answered(self) -> None:
        """The meter has answered an order, or will not."""
        self.orders_under_way = max(0, self.orders_under_way - 1)

    def take(self, signed: SignedMeterData | None, transaction: OpenTransaction, moment: Moment) -> None:
        """The meter's answer; None where it did not sign."""
        awaited, self._awaited = self._awaited, None
        if awaited is None:
            return
        data = self._key.of(signed)
        if awaited.told is not None:
            cause = SAMPLES[awaited.use.context].cause
            told = awaited.told if data is None else signed_sample(awaited.told, data)
            transaction.note(cause, moment, (told,))
            data = self._key.of(signed)
        self._tell_behind(transaction, moment)
        if data is not None and awaited.kept_at is not None:
            record = transaction.record
            samples = tuple(
                signed_sample(each, data)
                if each.context is awaited.use.context and each.stamp == awaited.kept_at
                else each
                for each in record.stop_samples
            )
            transaction.replace_record(replace(record, stop_samples=signed_samples_thinned(samples)))

    def tell_waiting(self, transaction: OpenTransaction, moment: Moment) -> None:
        """The transaction ends now: what waits to be told is told without a signature."""
        if self._awaited is not None and self._awaited.told is not None:
            transaction.note(SAMPLES[self._awaited.use.context].cause, moment, (self._awaited.told,))
            self._awaited = replace(self._awaited, told=None)
        self._tell_behind(transaction, moment)

    def stamps(self) -> Iterator[Stamp]:
        """Those in hand."""
        if self._awaited is not None:
            told = self._awaited.told
            yield from filter(None, (self._awaited.kept_at, None if told is None else told.stamp))
        yield from (each.told.stamp for each in self._behind)

    def correct_clock(self, correct: Correction) -> None:
        """First sync: what waits for its signature is told with the right time."""
        if self._awaited is not None:
            kept_at, told = self._awaited.kept_at, self._awaited.told
            self._awaited = replace(
                self._awaited,
                kept_at=None if kept_at is None else correct(kept_at),
                told=None if told is None else corrected_value(told, correct),
            )
        self._behind = tuple(replace(each, told=corrected_value(each.told, correct)) for each in self._behind)

    def forget(self) -> None:
        """The transaction has ended, or another one begins."""
        self._awaited, self._behind = None, ()

    def _tell_behind(self, transaction: OpenTransaction, moment: Moment) -> None:
        behind, self._behind = self._behind, ()
        for each in behind:
            transaction.note(SAMPLES[each.use.context].cause, moment, (each.told,))

    def _wishes(self, use: SampleUse) -> tuple[bool, bool]:
        """Whether what is kept, and whether what is told, is to be signed."""
        if not self._view.configuration.meter_signs_between:
            return False, False
        settings = self._context.settings
        sample = SAMPLES[use.context]
        energy = Measurand.ENERGY_ACTIVE_IMPORT_REGISTER
        is_on, is_told_too = (settings.get(setting) for setting in TOLD_SIGNED[use.context])
        is_clock = use.context is ReadingContext.SAMPLE_CLOCK
        is_kept_signed = is_on and is_clock and use.is_kept and energy in settings.get(sample.kept)
        return is_kept_signed, is_on and is_told_too and use.is_told and energy in settings.get(sample.told)
