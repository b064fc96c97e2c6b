"""Joins the safety process's client to the controller: messages become events, directives go down at once."""

import asyncio
import logging
from collections.abc import Callable

from chargepoint.charging.events import EvseObserved, SafetyLinkClosed, SafetyLinkOpened
from chargepoint.daemon.controller import Controller
from chargepoint.model.power import EvseObservation, PowerDirective, SafetyHello
from chargepoint.safety.client import SafetyLinkClient, SafetyLinkLost
from chargepoint.safety.link_messages import LoopStatistics, Refusal

log = logging.getLogger(__name__)


class SafetyLink:
    """Implements `DirectivePort`; `heard_at` is the loop time of the last observation."""

    def __init__(self, client: SafetyLinkClient, tap: Callable[[EvseObservation], None] | None = None) -> None:
        """`tap` is shown each observation before the controller is."""
        self._client = client
        self._tap = tap
        self.heard_at: float | None = None
        self.statistics: LoopStatistics | None = None
        self.board: str | None = None
        self.why_lost: str | None = "not connected yet"

    @property
    def is_connected(self) -> bool:
        return self._client.is_connected

    def send(self, directive: PowerDirective) -> None:
        self._client.send_now(directive)

    async def listen(self, controller: Controller) -> None:
        """Until cancelled."""
        now = asyncio.get_running_loop().time
        async for message in self._client.messages():
            match message:
                case EvseObservation():
                    self.heard_at = now()
                    if self._tap is not None:
                        self._tap(message)
                    controller.note(EvseObserved(message))
                case SafetyHello():
                    self.board, self.why_lost = message.board, None
                    log.info("linked to the safety process on board %s", message.board)
                    controller.safety_link_opened()
                    controller.note(SafetyLinkOpened(message))
                case LoopStatistics():
                    self.statistics = message
                case Refusal(why):
                    log.error("the safety process refused a message: %s", why)
                case SafetyLinkLost(why):
                    self.why_lost = why
                    log.warning("no link to the safety process: %s", why)
                    controller.note(SafetyLinkClosed(why))
