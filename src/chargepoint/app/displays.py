"""What a person at the station is shown, sent to every display there is."""

import logging

from chargepoint.charging.effects import Notice
from chargepoint.daemon.ports import DisplayPort
from chargepoint.model.display import DisplayMessage, printable
from chargepoint.model.identifiers import EvseId

log = logging.getLogger(__name__)


class LogDisplay:
    """The log's INFO line of each notice; a count that goes on is for who looks closer."""

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        level = logging.DEBUG if notice is Notice.RUNNING_COST else logging.INFO
        log.log(level, "%s: %s", "station" if evse_id is None else f"EVSE {evse_id}", printable(text))

    def present(self, message: DisplayMessage | None) -> None:
        """Turns come every few seconds: for who looks closer."""
        text = "no message" if message is None else f"message {message.message_id}: {printable(message.content)}"
        log.debug("display: %s", text)


class Displays:
    """Implements `DisplayPort` by several."""

    def __init__(self, *displays: DisplayPort) -> None:
        self._displays = displays

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        for display in self._displays:
            display.show(notice, evse_id, text)

    def present(self, message: DisplayMessage | None) -> None:
        for display in self._displays:
            display.present(message)
