"""Has the meter of one EVSE sign the begin and the end of its transaction, where it can and somebody wants that.

The begin never waits; the end waits for a while, with the contactor open, and is told without a signature if none
comes. What was signed is a part of the meter values, beside the number that it is about.
"""

from dataclasses import replace
from typing import assert_never

from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.effects import SignReading
from chargepoint.charging.events import MeterSigned
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.signed_samples import SignedSamples
from chargepoint.charging.signed_values import signed_register, with_signature
from chargepoint.charging.told_key import ToldKey
from chargepoint.model.metering import Measurand, ReadingContext, SignedMeterData, SigningEdge
from chargepoint.model.moment import Moment
from chargepoint.model.transactions import Cause, Transaction
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

SIGNING_SECONDS = 35.0
"""Meters have been seen to take 30 s (OCA, Signed Meter Values in OCPP, 2.3.1)."""

WISHES = (
    (catalogue.SAMPLED_DATA_SIGN_READINGS, catalogue.STOP_TXN_SAMPLED_DATA),
    (catalogue.ALIGNED_DATA_SIGN_READINGS, catalogue.STOP_TXN_ALIGNED_DATA),
)


class Signatures:
    """Of one EVSE's present transaction."""

    def __init__(self, view: EvseView, context: CoreContext) -> None:
        self._view = view
        self._context = context
        self._end_was_asked = False
        self._orders_under_way = 0
        self._key = ToldKey(context)
        self.samples = SignedSamples(view, context, self._key)
        """Between the ends."""
        self.stop_reading: MeterReading | None = None
        """Kept while the end waits."""
        self.end: SignedMeterData | None = None

    @property
    def is_over(self) -> bool:
        """The end has its signature, or goes without."""
        return self._end_was_asked and not self._view.deadlines.is_armed(Deadline.SIGNATURE)

    def begin(self, record: Transaction) -> None:
        """Ask for the first one."""
        self.forget()
        self._ask(SigningEdge.BEGIN, record)

    def holds_end(self, record: Transaction, reading: MeterReading | None, moment: Moment) -> bool:
        """True while the end has to wait; the first call asks the meter and keeps the stop reading."""
        if not self._end_was_asked:
            if not self._ask(SigningEdge.END, record):
                return False
            self._end_was_asked = True
            self.stop_reading = reading
            self._view.deadlines.disarm(Deadline.STOP_READING)
            turns = self._orders_under_way + self.samples.orders_under_way  # a meter signs one thing after the other
            self._view.deadlines.arm(Deadline.SIGNATURE, moment.monotonic + turns * SIGNING_SECONDS)
        return not self.is_over

    def take(self, event: MeterSigned, transaction: OpenTransaction | None, moment: Moment) -> None:
        """The meter's answer; one about another transaction comes too late."""
        if event.edge is SigningEdge.BETWEEN:
            self.samples.answered()
        else:
            self._orders_under_way = max(0, self._orders_under_way - 1)
        if transaction is None or transaction.record.transaction_id != event.transaction_id:
            return
        match event.edge:
            case SigningEdge.BEGIN:
                self._take_begin(event.signed, transaction, moment)
            case SigningEdge.BETWEEN:
                self.samples.take(event.signed, transaction, moment)
            case SigningEdge.END:
                self._take_end(event.signed)
            case _:
                assert_never(event.edge)

    def forget(self) -> None:
        """The transaction has ended, or another one begins."""
        self._view.deadlines.disarm(Deadline.SIGNATURE)
        self._end_was_asked = False
        self._key.forget()
        self.samples.forget()
        self.stop_reading = self.end = None

    def _ask(self, edge: SigningEdge, record: Transaction) -> bool:
        if not self._view.configuration.meter_signs or record.id_token is None or not self._is_wished_for():
            return False
        self._context.emit(SignReading(record.evse_id, record.transaction_id, edge, record.id_token))
        self._orders_under_way += 1
        return True

    def _is_wished_for(self) -> bool:
        """Both ends are signed where either kind of values is (OCA, Signed Meter Values in OCPP, 4.1.2)."""
        settings = self._context.settings
        energy = Measurand.ENERGY_ACTIVE_IMPORT_REGISTER
        return any(settings.get(wish) and energy in settings.get(measurands) for wish, measurands in WISHES)

    def _take_end(self, signed: SignedMeterData | None) -> None:
        if self._end_was_asked:
            self._view.deadlines.disarm(Deadline.SIGNATURE)
            self.end = self._key.of(signed)

    def _take_begin(self, signed: SignedMeterData | None, transaction: OpenTransaction, moment: Moment) -> None:
        record = transaction.record
        data = self._key.of(signed)
        if data is None or record.start_energy_wh is None:
            return
        begun, energy_wh = record.started_at, record.start_energy_wh
        told = signed_register(ReadingContext.TRANSACTION_BEGIN, data, energy_wh, begun)
        settings = self._context.settings
        is_told = settings.get(catalogue.SAMPLED_DATA_SIGN_READINGS) and settings.get(
            catalogue.SAMPLED_DATA_SIGN_STARTED_READINGS
        )
        again = self._key.of(signed) if is_told else None
        kept = told if again is None else signed_register(ReadingContext.TRANSACTION_BEGIN, again, energy_wh, begun)
        transaction.replace_record(replace(record, stop_samples=with_signature(record.stop_samples, kept)))
        if is_told:
            transaction.note(Cause.SIGNED_DATA_RECEIVED, moment, (told,))
