"""Prices and costs of one EVSE: what the CSMS has said, counted on, and what its display says of it."""

from decimal import Decimal

from chargepoint.charging import cost_texts
from chargepoint.charging.context import CoreContext
from chargepoint.charging.cost_tally import Tally
from chargepoint.charging.cost_triggers import Seen, TriggerWatch
from chargepoint.charging.effects import Enqueue
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.meter_sampling import meter_value
from chargepoint.model.cost import CostShown, DriverText, EndedTransaction, FinalCost, NextPrices, RunningCost
from chargepoint.model.display import printable
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import ReadingContext
from chargepoint.model.moment import Moment
from chargepoint.model.reports import MeterReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue


class CostPlace:
    """One per EVSE. `transaction_id` is the open transaction that was seen last, `ended` the one before."""

    def __init__(self, session: EvseSession, context: CoreContext) -> None:
        self.session = session
        self._context = context
        self.transaction_id: TransactionId | None = None
        self.ended: EndedTransaction | None = None
        self.price: DriverText | None = None
        """What the CSMS has named to this driver."""
        self.final: FinalCost | None = None
        self.instead: str | None = None
        """Said in place of a cost that is not known."""
        self.is_told = False
        """Whoever is here now was told a tariff."""
        self.awaits_total = False
        """The end was reported, and the CSMS's answer may tell what it comes to."""
        self.was_plugged: bool | None = None
        self.next_due_at: float | None = None
        self._start_wh: float | None = None
        self._tally: Tally | None = None
        self._last_told: Decimal | None = None
        self._next: NextPrices | None = None
        self._watch: TriggerWatch | None = None
        self._owes_meter_value = False

    def clear(self) -> None:
        """For the next driver."""
        self.price = self.final = self.instead = None
        self._tally = self._last_told = self._next = self._watch = self.next_due_at = None
        self.is_told = self.awaits_total = self._owes_meter_value = False

    def begin(self, transaction_id: TransactionId, start_wh: float | None, moment: Moment) -> None:
        """A transaction has started here, or was found after a restart."""
        price, is_told = self.price, self.is_told
        self.clear()
        self.price, self.is_told = price, is_told
        self.transaction_id, self._start_wh = transaction_id, start_wh
        default = cost_texts.default_price(self._context.settings)
        if not self._context.is_online and default is not None and default.charging is not None:
            self._tally = Tally.offline(default.charging, start_wh, moment)

    def tell(self, cost: RunningCost, moment: Moment) -> None:
        """The CSMS's own number, and everything that holds until the next one."""
        self._tally = Tally.told(cost, self._tally, self._register_wh(), moment)
        self._last_told = cost.amount
        self._next, self.next_due_at = cost.next_prices, None
        if cost.next_prices is not None:
            self.next_due_at = moment.monotonic + (cost.next_prices.at - moment.utc).total_seconds()
        self._watch = TriggerWatch(cost.triggers, self._seen(moment), moment)
        self._owes_meter_value = False

    def settle(self, cost: FinalCost) -> None:
        self.final, self.instead, self.awaits_total = cost, None, False
        self._watch, self._next, self.next_due_at = None, None, None

    def give_up_total(self, text: str) -> None:
        """Nobody will tell what it came to: this is said instead (I05)."""
        self.instead, self.awaits_total = text, False

    def follow(self, moment: Moment) -> None:
        """What has come since the last look: the next prices, or a reason for a meter value."""
        if self._next is not None and self.next_due_at is not None and moment.monotonic >= self.next_due_at:
            if self._tally is not None:
                self._tally = self._tally.turned(self._next, self._register_wh(), self.next_due_at)
            self._next, self.next_due_at = None, None
        if self._watch is not None and self._watch.has_come(self._seen(moment), moment.monotonic):
            self._owes_meter_value = True
        if self._owes_meter_value:
            self._owes_meter_value = not self._send_meter_value(moment)

    @property
    def is_counting(self) -> bool:
        """The amount on the display moves."""
        return self._tally is not None and self._tally.has_prices and self.final is None

    def due_times(self) -> list[float]:
        """Monotonic times at which `follow` has something to do."""
        trigger_at = None if self._watch is None else self._watch.due_at
        return [at for at in (self.next_due_at, trigger_at) if at is not None]

    def shown(self, moment: Moment) -> CostShown | None:
        """None while there is nothing to say."""
        settings = self._context.settings
        price = self._price_text() if cost_texts.shows_tariffs(settings) else None
        if not cost_texts.shows_costs(settings):
            return None if price is None else CostShown(price)
        currency = cost_texts.currency(settings)
        if self.final is not None:
            amount = cost_texts.amount_text(self.final.amount, settings)
            qr_text = None if self.final.qr_text is None else printable(self.final.qr_text)
            return CostShown(price, amount, is_final=True, qr_text=qr_text, currency=currency)
        if self.instead is not None:
            return CostShown(price, instead=self.instead)
        if self._tally is None:
            return None if price is None else CostShown(price)
        reached = self._tally.amount_at(self._register_wh(), moment.monotonic)
        return CostShown(
            price=price,
            amount=cost_texts.amount_text(reached, settings),
            is_estimate=reached != self._last_told,
            state=self._tally.state,
            next_price=None if self._next is None else cost_texts.next_price_text(self._next, settings),
            currency=currency,
        )

    def _price_text(self) -> str | None:
        """What was said last to this driver, else what is said to all."""
        settings = self._context.settings
        if self.final is not None and self.final.text is not None:
            return cost_texts.written(self.final.text, settings)
        if self.price is not None:
            return cost_texts.written(self.price, settings)
        return cost_texts.default_text(settings, self._context.is_online)

    def _register_wh(self) -> float | None:
        last = self.session.meter.last
        return None if last is None else last.energy_import_wh

    def _seen(self, moment: Moment) -> Seen:
        reading = self.session.meter.fresh(moment.monotonic)
        consumed_wh = None
        if reading is not None and reading.energy_import_wh is not None and self._start_wh is not None:
            consumed_wh = reading.energy_import_wh - self._start_wh
        return Seen(consumed_wh, None if reading is None else reading.power_watts, self.session.present_status)

    def _send_meter_value(self, moment: Moment) -> bool:
        """With the transaction's number while it runs; False: there is no fresh reading yet."""
        reading = self.session.meter.fresh(moment.monotonic)
        if reading is None:
            return False
        transaction = self.session.transaction
        if transaction is not None and self.session.state is not SessionState.TRANSACTION:
            return True  # it is ending: the stop carries a value of its own
        measurands = self._context.settings.get(catalogue.METER_VALUES_SAMPLED_DATA)
        stamp = self._context.stamp(moment) if transaction is None else transaction.stamp_now(moment)
        offered = self.session.wish.offered_amps(self.session.safety.observation)
        value = meter_value(reading, measurands, ReadingContext.TRIGGER, stamp, offered)
        if value is not None and transaction is not None:
            transaction.note(Cause.TRIGGER, moment, (value,))
        elif value is not None:
            self._context.emit(Enqueue(MeterReport(self.session.evse_id, (value,))))
        return True
