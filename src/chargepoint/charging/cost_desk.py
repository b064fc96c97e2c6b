"""Where the CSMS's prices and costs come in, and what becomes of them: on the display, never in a bill.

1.6 names them in messages of a vendor, 2.0.1 in its answers and in CostUpdated (block I).

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
from chargepoint.model.cost import CostAnswer, CostShown, DriverText, EndedTransaction, FinalCost, RunningCost
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
    """One for the station; does nothing where neither prices nor costs are shown."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, deadlines: Deadlines) -> None:
        self._context = context
        self._deadlines = deadlines
        self._places = {evse_id: CostPlace(session, context) for evse_id, session in sessions.items()}
        self._prices: dict[str, DriverText] = {}
        """By token, the oldest first."""
        self._told_at: dict[EvseId, float] = {}

    @property
    def is_active(self) -> bool:
        return self._shows_tariffs or self._shows_costs

    @property
    def _shows_tariffs(self) -> bool:
        return cost_texts.shows_tariffs(self._context.settings)

    @property
    def _shows_costs(self) -> bool:
        return cost_texts.shows_costs(self._context.settings)

    def restore(self, ended: Iterable[EndedTransaction]) -> None:
        """What was stored before the restart."""
        for each in ended:
            if each.evse_id in self._places:
                self._places[each.evse_id].ended = each

    def execute(self, command: CostCommand, moment: Moment) -> Verdict:
        is_shown = self._shows_tariffs if isinstance(command, ShowPrice) else self._shows_costs
        if not is_shown:
            return Verdict(VerdictStatus.NOT_SUPPORTED, "prices and costs are not shown here")
        match command:
            case ShowPrice(token, text):
                self._show_price(token, text, is_kept=True)
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

    def hear(self, transaction_id: TransactionId, told: CostAnswer, moment: Moment) -> None:
        """What the answer to a report of this transaction says of its cost (I02.FR.04, I03.FR.03, I06.FR.03)."""
        place = self._place_of(transaction_id)
        if place is None:
            return
        is_running = place.transaction_id == transaction_id
        if told.text is not None and is_running and self._shows_tariffs:
            place.price, place.is_told = told.text, True
            self._say(Notice.PRICE, place, cost_texts.written(told.text, self._context.settings))
        if not self._shows_costs:
            return
        if not told.is_final and told.amount is not None and is_running:
            place.tell(RunningCost(told.amount), moment)
            self._show_amount(place, Notice.RUNNING_COST, moment)
        elif told.is_final and told.amount is not None and place.transaction_id is None and not told.is_late:
            place.settle(FinalCost(told.amount))
            self._show_amount(place, Notice.FINAL_COST, moment)
        elif told.is_final and told.amount is None:
            self._give_up_total(place)

    def follow(self, moment: Moment) -> None:
        """Transactions that have started or ended, EVs that have come or gone, times that are due."""
        self._deadlines.disarm(Deadline.COST)
        heard = self._context.heard_texts.take()
        if not self.is_active:
            return
        for place in self._places.values():
            self._follow_transaction(place, moment)
        for token, text in heard if self._shows_tariffs else ():
            self._show_price(token, DriverText(text), is_kept=False)
        times: list[float] = []
        for evse_id, place in self._places.items():
            self._follow_plug(place, moment)
            self._greet(place)
            if not self._context.is_online:
                self._give_up_total(place)
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

    def _show_price(self, token: IdToken, text: DriverText, *, is_kept: bool) -> None:
        """At once where this driver is known; `is_kept`: else to all, and again when he starts."""
        places = [place for place in self._places.values() if _is_at(place.session, token)]
        for place in places:
            self._make_room(place)
            place.price, place.is_told = text, True
        if not places and is_kept:
            self._take_price(token)
            self._prices[token.key] = text
            for key in list(self._prices)[:-PRICES_KEPT]:
                del self._prices[key]
        sentence = cost_texts.written(text, self._context.settings)
        if not places and is_kept:
            self._context.emit(Show(Notice.PRICE, None, sentence))
        for place in places:
            self._say(Notice.PRICE, place, sentence)

    def _take_price(self, token: IdToken | None) -> DriverText | None:
        """The price that this driver was named before, once."""
        keys = () if token is None else token.keys
        found = [self._prices.pop(key) for key in keys if key in self._prices]
        return found[0] if found else None

    def _show_amount(self, place: CostPlace, notice: Notice, moment: Moment) -> None:
        evse_id = place.session.evse_id
        self._told_at[evse_id] = moment.monotonic
        shown = place.shown(moment)
        if shown is None or shown.amount is None:
            return
        words = "final cost" if shown.is_final else "cost so far, estimated" if shown.is_estimate else "cost so far"
        text = f"{words}: {shown.amount}" + ("" if shown.currency is None else f" {shown.currency}")
        if shown.is_final and shown.price is not None:
            text += f" - {shown.price}"
        self._say(notice, place, text)

    def _say(self, notice: Notice, place: CostPlace, text: str) -> None:
        self._context.emit(Show(notice, place.session.evse_id, text))

    def _give_up_total(self, place: CostPlace) -> None:
        """The station is offline, or the CSMS has not said what it came to (I05.FR.02)."""
        text = cost_texts.fallback_cost_text(self._context.settings)
        if place.awaits_total and text is not None and self._shows_costs:
            place.give_up_total(text)
            self._say(Notice.FINAL_COST, place, text)

    def _greet(self, place: CostPlace) -> None:
        """Who is authorised or charges here, and was named no tariff of his own, is told what is said to all (I04)."""
        session = place.session
        if session.transaction is None and session.grant is None:
            return
        self._make_room(place)
        if place.is_told or not self._shows_tariffs:
            return
        text = cost_texts.default_text(self._context.settings, self._context.is_online)
        if text is None:
            return
        place.is_told = True
        self._say(Notice.PRICE, place, text)

    @staticmethod
    def _make_room(place: CostPlace) -> None:
        """The next driver is here: what the one before has paid is nobody's business any more."""
        is_left_over = place.final is not None or place.instead is not None or place.awaits_total
        if place.session.grant is not None and place.transaction_id is None and is_left_over:
            place.clear()

    def _follow_transaction(self, place: CostPlace, moment: Moment) -> None:
        transaction = place.session.transaction
        now_id = None if transaction is None else transaction.record.transaction_id
        token = None if transaction is None else transaction.record.id_token
        place.price = self._take_price(token) or place.price
        if now_id == place.transaction_id:
            return
        if place.transaction_id is not None:
            self._end(place, place.transaction_id, moment)
        if transaction is not None:
            place.ended = None
            place.begin(transaction.record.transaction_id, transaction.record.start_energy_wh, moment)
            self._told_at[place.session.evse_id] = moment.monotonic

    def _end(self, place: CostPlace, transaction_id: TransactionId, moment: Moment) -> None:
        place.transaction_id, place.awaits_total = None, True
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
        is_expected = place.session.grant is not None
        self._make_room(place)
        price, is_told = (place.price, place.is_told) if is_expected else (None, False)
        place.clear()
        place.price, place.is_told, place.ended = price, is_told, None
        text = cost_texts.default_text(self._context.settings, self._context.is_online)
        if price is None and text is not None and self._shows_tariffs and not is_told:
            place.is_told = True
            self._say(Notice.PRICE, place, text)


def _is_at(session: EvseSession, token: IdToken) -> bool:
    if session.transaction is not None:
        return token.is_same_as(session.transaction.record.id_token)
    return session.grant is not None and token.is_same_as(session.grant.token)
