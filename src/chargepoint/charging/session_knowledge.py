"""What one EVSE's session is made of, and what it can be asked. Moves nothing."""

from chargepoint.charging.authorization import Grant
from chargepoint.charging.availability import status_of
from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.deadlines import Deadline
from chargepoint.charging.effects import Notice, Show
from chargepoint.charging.evse_view import EvseView
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.plug_lock import PlugLock
from chargepoint.charging.power_wish import PowerWish
from chargepoint.charging.status_reporter import StatusReporter
from chargepoint.charging.transaction_run import TransactionRun
from chargepoint.charging.transaction_span import TransactionSpan, span_of
from chargepoint.charging.waiting_grant import WaitingGrant
from chargepoint.model.moment import Moment
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import ChargingState


class SessionKnowledge:
    """The parts are public: whoever decides on a session asks them."""

    state: SessionState

    def __init__(self, configuration: EvseConfiguration, context: CoreContext) -> None:
        self.evse_id = configuration.evse_id
        self._context = context
        self.view = EvseView.of(configuration, context)
        self.deadlines = self.view.deadlines
        self.meter = self.view.meter
        self.safety = self.view.safety
        self.waiting = WaitingGrant(self.deadlines)
        self.status = StatusReporter(context, configuration.evse_id, self.deadlines)
        self.wish = PowerWish(configuration, context, self.view.watch)
        self.run = TransactionRun(self.view, self.wish, context)
        self.availability = Availability.OPERATIVE
        self.is_kept = False
        """A reservation keeps this outlet from a stranger; kept true by the reservation desk."""
        self.lock = PlugLock()

    def can_accept(self) -> bool:
        """An authorisation would lead to charging here."""
        return (
            self.state in (SessionState.IDLE, SessionState.PLUGGED, SessionState.FINISHED)
            and self.availability is Availability.OPERATIVE
            and not self.deadlines.is_armed(Deadline.EVSE_RESET)
            and not self.view.blocking_faults
            and self._context.may_begin
            and not (self.state is SessionState.FINISHED and not self.safety.is_plugged_in)
        )

    def is_open_to(self, token: IdToken, group: IdToken | None) -> bool:
        """It would charge here. A transaction that somebody was authorised for goes on for the same people only."""
        transaction = self.transaction
        is_taken = transaction is not None and transaction.record.id_token is not None
        return self.can_accept() and (transaction is None or not is_taken or transaction.is_stopped_by(token, group))

    @property
    def transaction(self) -> OpenTransaction | None:
        """The open one."""
        return self.run.open

    @property
    def grant(self) -> Grant | None:
        """Who is authorised here and has not started yet."""
        return self.waiting.grant

    @property
    def present_status(self) -> EvseStatus | None:
        """None while an open transaction is being recovered: nothing true can be said yet."""
        is_away = self.deadlines.is_armed(Deadline.EVSE_RESET)
        availability = Availability.INOPERATIVE if is_away else self.availability
        return status_of(
            self.state, self.charging_state, frozenset(self.view.blocking_faults), availability, self.is_kept
        )

    @property
    def charging_state(self) -> ChargingState:
        if self.transaction is not None:
            return self.transaction.record.charging_state
        return ChargingState.EV_CONNECTED if self.safety.is_plugged_in else ChargingState.IDLE

    @property
    def is_authorized(self) -> bool:
        """A transaction is open, and somebody is authorised for it."""
        is_open = self.state not in (SessionState.STOPPING, SessionState.RECOVERING)
        return is_open and self.run.record is not None and self.run.record.is_authorized

    @property
    def is_busy(self) -> bool:
        """A transaction is open: a restart or a change of availability has to wait."""
        return self.transaction is not None

    @property
    def span(self) -> TransactionSpan:
        """What begins and ends a transaction now."""
        return span_of(self._context.settings)

    def show_status(self, moment: Moment) -> None:
        if self.safety.is_plugged_in is not None or self.view.blocking_faults:
            self.status.show(self.present_status, self.view.named_fault, moment)

    def _show(self, notice: Notice, text: str) -> None:
        self._context.emit(Show(notice, self.evse_id, text))
