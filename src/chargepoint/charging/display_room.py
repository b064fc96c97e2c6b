"""Everything that the CSMS has shown at the station, in one place: prices, costs and messages."""

from collections.abc import Mapping

from chargepoint.charging.commands import ClearMessage, DisplayCommand, SetMessage, Verdict
from chargepoint.charging.context import CoreContext
from chargepoint.charging.cost_desk import CostDesk
from chargepoint.charging.deadlines import Deadlines
from chargepoint.charging.events import TransactionAnswered
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.message_desk import MessageDesk
from chargepoint.charging.ports import Recovered
from chargepoint.charging.remote_control import RemoteControl
from chargepoint.model.cost import CostShown
from chargepoint.model.display import MessageBoard
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment


class DisplayRoom:
    """One for the station."""

    def __init__(
        self,
        sessions: Mapping[EvseId, EvseSession],
        context: CoreContext,
        deadlines: Deadlines,
        remote: RemoteControl,
    ) -> None:
        self._costs = CostDesk(sessions, context, deadlines)
        self._messages = MessageDesk(sessions, context, deadlines, lambda: remote.station_availability)

    def restore(self, recovered: Recovered) -> None:
        """What was stored before the restart."""
        self._costs.restore(recovered.ended)
        self._messages.restore(recovered.messages)

    def execute(self, command: DisplayCommand, moment: Moment) -> Verdict:
        match command:
            case SetMessage() | ClearMessage():
                return self._messages.execute(command, moment)
            case _:
                return self._costs.execute(command, moment)

    def hear(self, event: TransactionAnswered, moment: Moment) -> None:
        """The CSMS's answer to a report of a transaction may tell of its cost."""
        if event.cost is not None:
            self._costs.hear(event.transaction_id, event.cost, moment)

    def follow(self, moment: Moment) -> None:
        """Last of all in a step: what is shown follows from what has become of the sessions."""
        self._costs.follow(moment)
        self._messages.follow(moment)

    def costs_shown(self, evse_id: EvseId, moment: Moment) -> CostShown | None:
        return self._costs.shown(evse_id, moment)

    @property
    def board(self) -> MessageBoard:
        return self._messages.board
