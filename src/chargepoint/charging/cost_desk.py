"""Where the CSMS's prices and costs come in, and what becomes of them: on the display, never in a bill.

A running cost may be forgotten by a restart; which transaction ended last at an EVSE may not: its final cost is still
shown, and the CSMS is still told when its EV leaves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from chargepoint.charging import cost_texts
from chargepoint.charging.commands import CostCommand, ShowFinalCost, ShowPrice, UpdateCost, Verdict, VerdictStatus
from chargepoint.charging.context import CoreContext
from chargepoint.charging.cost_place import CostPlace
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import Enqueue, Notice, RememberEnded, Show
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.cost import CostShown, DriverText, EndedTransaction
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.reports import UnpluggedReport
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.settings import catalogue

DISPLAY_SECONDS = 60.0
"""How often a display without eyes of its own (the log, the notices) is told how the count stands."""
PRICES_KEPT = 20
"""Of drivers who have not begun to charge yet."""

ACCEPTED = Verdict(VerdictStatus.ACCEPTED)


class CostDesk:
    """One for the station; does nothing where CustomDisplayCostAndPrice is false."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, deadlines: Deadlines) -> None:
        self._context = context
        self._deadlines = deadlines
        self._places = {evse_id: CostPlace(session, context) for evse_id, session in sessions.items()}
        self._prices: dict[str, DriverText] = {}
        """By token, the oldest first."""
        self._told_at: dict[EvseId, float] = {}

    @property
    def is_active(self) -> bool:
        return self._context.settings.get(catalogue.CUSTOM_DISPLAY_COST_AND_PRICE)

    def restore(self, ended: Iterable[EndedTransaction]) -> None:
        """What was stored before the restart."""
        for each in ended:
            if each.evse_id in self._places:
                self._places[each.evse_id].ended = each

    def execute(self, command: CostCommand, moment: Moment) -> Verdict:
        if not self.is_active:
            return Verdict(VerdictStatus.NOT_SUPPORTED, "costs are not shown here")
        match command:
            case ShowPrice(token, text):
                return self._show_price(token, text)
            case UpdateCost(transaction_id, cost):
                place = self._place_of(transaction_id)
                if place is None:
                    return Verdict(VerdictStatus.UNKNOWN_TARGET, "no such transaction runs or has just ended here")
                place.tell(cost, moment)
                self._show_amount(place, Notice.RUNNING_COST, moment)
            case ShowFinalCost(transaction_id, cost):
                place = self._place_of(transaction_id)
                if place is None or place.transaction_id == transaction_id:
                    return Verdict(VerdictStatus.UNKNOWN_TARGET, "no such transaction has just ended here")
                place.settle(cost)
                self._show_amount(place, Notice.FINAL_COST, moment)
            case _:
                assert_never(command)
        return ACCEPTED

    def follow(self, moment: Moment) -> None:
        """Transactions that have started or ended, EVs that have come or gone, times that are due."""
        self._deadlines.disarm(Deadline.COST)
        if not self.is_active:
            return
        times: list[float] = []
        for evse_id, place in self._places.items():
            self._follow_transaction(place, moment)
            self._follow_plug(place, moment)
            place.follow(moment)
            times += place.due_times()
            if place.is_counting and place.transaction_id is not None:
                due = self._told_at.get(evse_id, moment.monotonic) + DISPLAY_SECONDS
                if moment.monotonic >= due:
                    self._show_amount(place, Notice.RUNNING_COST, moment)
                    due = moment.monotonic + DISPLAY_SECONDS
                times.append(due)
        if times:
            self._deadlines.arm(Deadline.COST, min(times))

    def shown(self, evse_id: EvseId, moment: Moment) -> CostShown | None:
        """What the display of this EVSE says."""
        return self._places[evse_id].shown(moment) if self.is_active else None

    def _place_of(self, transaction_id: TransactionId) -> CostPlace | None:
        """Where it runs, or was the last that ran."""
        for place in self._places.values():
            if transaction_id in (place.transaction_id, None if place.ended is None else place.ended.transaction_id):
                return place
        return None

    def _show_price(self, token: IdToken, text: DriverText) -> Verdict:
        """At once where this driver is known, and again when he starts: the message may come before he has chosen."""
        places = [place for place in self._places.values() if _is_at(place.session, token)]
        for place in places:
            place.price = text
        if not places:
            self._prices.pop(token.key, None)
            self._prices[token.key] = text
            for key in list(self._prices)[:-PRICES_KEPT]:
                del self._prices[key]
        sentence = cost_texts.written(text, self._context.settings)
        if not places:
            self._context.emit(Show(Notice.PRICE, None, sentence))
        for place in places:
            self._context.emit(Show(Notice.PRICE, place.session.evse_id, sentence))
        return ACCEPTED

    def _show_amount(self, place: CostPlace, notice: Notice, moment: Moment) -> None:
        evse_id = place.session.evse_id
        self._told_at[evse_id] = moment.monotonic
        shown = place.shown(moment)
        if shown is None or shown.amount is None:
            return
        words = "final cost" if shown.is_final else "cost so far, estimated" if shown.is_estimate else "cost so far"
        text = f"{words}: {shown.amount}"
        if shown.is_final and shown.price is not None:
            text += f" - {shown.price}"
        self._context.emit(Show(notice, evse_id, text))

    def _follow_transaction(self, place: CostPlace, moment: Moment) -> None:
        transaction = place.session.transaction
        now_id = None if transaction is None else transaction.record.transaction_id
        token = None if transaction is None else transaction.record.id_token
        price = None if token is None else self._prices.pop(token.key, None)
        place.price = price or place.price
        if now_id == place.transaction_id:
            return
        if place.transaction_id is not None:
            self._end(place, place.transaction_id, moment)
        if transaction is not None:
            place.ended = None
            place.begin(transaction.record.transaction_id, transaction.record.start_energy_wh, moment)
            self._told_at[place.session.evse_id] = moment.monotonic

    def _end(self, place: CostPlace, transaction_id: TransactionId, moment: Moment) -> None:
        place.transaction_id = None
        is_there = place.session.state is SessionState.FINISHED
        wants_to_know = self._context.settings.get(catalogue.CUSTOM_IDLE_FEE_AFTER_STOP)
        stamp = self._context.stamp(moment)
        place.ended = EndedTransaction(transaction_id, place.session.evse_id, stamp, wants_to_know and is_there)
        self._context.emit(RememberEnded(place.ended))
        if wants_to_know and not is_there:
            self._context.emit(Enqueue(UnpluggedReport(transaction_id, place.session.evse_id, stamp)))

    def _follow_plug(self, place: CostPlace, moment: Moment) -> None:
        is_plugged, was_plugged = place.session.safety.is_plugged_in, place.was_plugged
        if is_plugged is None:
            return
        place.was_plugged = is_plugged
        if is_plugged and was_plugged is False and place.transaction_id is None:
            self._welcome(place)
        ended = place.ended
        if not is_plugged and ended is not None and ended.awaits_unplug:
            report = UnpluggedReport(ended.transaction_id, ended.evse_id, self._context.stamp(moment))
            place.ended = replace(ended, awaits_unplug=False)
            self._context.emit(RememberEnded(place.ended))
            self._context.emit(Enqueue(report))

    def _welcome(self, place: CostPlace) -> None:
        """Another EV: what the one before has cost is nobody's business any more."""
        price = place.price if place.session.grant is not None and place.final is None else None
        place.clear()
        place.price, place.ended = price, None
        text = cost_texts.default_text(self._context.settings, self._context.is_online)
        if price is None and text is not None:
            self._context.emit(Show(Notice.PRICE, place.session.evse_id, text))


def _is_at(session: EvseSession, token: IdToken) -> bool:
    if session.transaction is not None:
        return token.is_same_as(session.transaction.record.id_token)
    return session.grant is not None and token.is_same_as(session.grant.token)
