"""The charging state of an open transaction, from what safety sees: who holds the energy, and what ends with it."""

from dataclasses import replace

from chargepoint.charging.availability import STATE_OF_SUPPLY, Supply, is_settling, supply_of
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.transaction_span import TransactionSpan, span_of
from chargepoint.model.faults import PilotSignal
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation
from chargepoint.model.transactions import Cause, ChargingState, StopReason, Transaction
from chargepoint.settings import catalogue

EV_READY_SECONDS = 5.0
"""How long an EV may take to ask for power after it is offered, before it is `SuspendedEV`."""
OFFER_IS_NEW = frozenset({ChargingState.EV_CONNECTED, ChargingState.SUSPENDED_EVSE})
"""What an EV that does not ask was until now, when the station has only just begun to offer."""
PAUSED_UNLESS_STOPPED = frozenset({ChargingState.CHARGING, ChargingState.SUSPENDED_EV})
"""Before these energy stops by the EV's own will, unless the station has withdrawn its offer."""


class SupplyCourse:
    """Of one EVSE. Tells the changes; that the session has to end the transaction is its answer."""

    def __init__(self, view: EvseView, context: CoreContext) -> None:
        self._view = view
        self._context = context
        self._offer_was_withdrawn = False
        """The last flow of energy was ended by the station: PWM off with the contactor still closed."""

    def begin(self, moment: Moment) -> None:
        """Energy may flow from now on: the EV is given its time."""
        self._view.deadlines.arm(Deadline.EV_READY, moment.monotonic + EV_READY_SECONDS)

    def end(self) -> None:
        self._view.deadlines.disarm(Deadline.EV_READY, Deadline.REPLUG)

    def ev_went(self, transaction: OpenTransaction, moment: Moment) -> None:
        """The plug was pulled, and the transaction waits for it to come back (2.0.1 E10)."""
        transaction.change_state(ChargingState.IDLE, moment, Cause.EV_COMMUNICATION_LOST)
        if self._span.awaits_plug_again and self._view.configuration.is_tethered:
            seconds = self._context.settings.get(catalogue.CONNECTION_TIME_OUT)
            if seconds > 0:
                self._view.deadlines.arm(Deadline.REPLUG, moment.monotonic + seconds)

    def ev_came(self, transaction: OpenTransaction, moment: Moment) -> None:
        """The EV of a transaction that is open already."""
        self._view.deadlines.disarm(Deadline.REPLUG)
        self.begin(moment)
        reading = self._view.meter.fresh(moment.monotonic)
        transaction.change_state(ChargingState.EV_CONNECTED, moment, Cause.CABLE_PLUGGED_IN, reading)

    def follow(self, transaction: OpenTransaction, may_energise: bool, moment: Moment) -> StopReason | None:
        """Report the charging state when it has changed; a reason where its change ends the transaction."""
        seen = self._view.safety.observation
        if seen is None and not self._view.safety.link_is_lost:
            return None
        if self._view.safety.is_plugged_in is False:
            return None  # told already, when it was pulled
        self._follow_plug(transaction)
        before = transaction.record.charging_state
        supply = Supply.HELD_BY_STATION if seen is None else self._supply(seen, may_energise, before)
        if supply is Supply.HELD_BY_STATION:
            is_start = before is ChargingState.EV_CONNECTED and self._view.deadlines.is_armed(Deadline.EV_READY)
            if is_start and seen is not None and is_settling(seen, may_energise):
                return None
            self._view.deadlines.arm(Deadline.EV_READY, moment.monotonic + EV_READY_SECONDS)
        may_get_ready = before in OFFER_IS_NEW and self._view.deadlines.is_armed(Deadline.EV_READY)
        if supply is Supply.HELD_BY_EV and may_get_ready:
            return None
        state = STATE_OF_SUPPLY.get(supply, before)
        if state is before:
            return None
        if before is ChargingState.CHARGING and self._span.ends_with_energy:
            return _why_energy_stopped(transaction.record, state)
        self._change_state(transaction, state, moment)
        return None

    def rest(self, transaction: OpenTransaction, moment: Moment) -> None:
        """Nobody is authorised, or not any more: once the contactor is open, the EV is only connected."""
        if not self.is_at_rest():
            return
        self._follow_plug(transaction)
        if transaction.record.charging_state is not ChargingState.EV_CONNECTED:
            transaction.change_state(ChargingState.EV_CONNECTED, moment)

    def is_at_rest(self) -> bool:
        """An EV is there, and it gets no energy."""
        seen = self._view.safety.observation
        return seen is not None and not seen.contactor.may_be_live and bool(self._view.safety.is_plugged_in)

    def _change_state(self, transaction: OpenTransaction, state: ChargingState, moment: Moment) -> None:
        """Where the start waits for energy, the energy is the start; what was counted since then is in it."""
        reading = self._view.meter.fresh(moment.monotonic)
        if transaction.record.is_told or state is not ChargingState.CHARGING:
            transaction.change_state(state, moment, reading=reading)
            return
        is_remote = transaction.record.remote_start_id is not None
        cause = Cause.REMOTE_START if is_remote else Cause.CHARGING_STATE_CHANGED
        transaction.record = replace(transaction.record, charging_state=state)
        transaction.tell_start(cause, reading, self._view.safety.observation, transaction.stamp_now(moment))

    def _follow_plug(self, transaction: OpenTransaction) -> None:
        """Remember which plug-in is charged: after a restart it tells whether it is still the same EV."""
        safety = self._view.safety
        if safety.is_plugged_in and safety.plug != transaction.record.plug:
            transaction.replace_record(replace(transaction.record, plug=safety.plug))

    def _supply(self, seen: EvseObservation, may_energise: bool, before: ChargingState) -> Supply:
        if seen.contactor_commanded:
            self._offer_was_withdrawn = seen.pilot_signal is not PilotSignal.PWM
        ev_had_paused = before in PAUSED_UNLESS_STOPPED and not self._offer_was_withdrawn
        return supply_of(seen, may_energise, ev_had_paused)

    @property
    def _span(self) -> TransactionSpan:
        return span_of(self._context.settings)


def _why_energy_stopped(record: Transaction, state: ChargingState) -> StopReason:
    if record.is_deauthorized:
        return StopReason.DE_AUTHORIZED
    return StopReason.STOPPED_BY_EV if state is ChargingState.SUSPENDED_EV else StopReason.OTHER
