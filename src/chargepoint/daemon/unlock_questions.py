"""Who waits for what a connector lock has done. The lock waits for no disk."""

import asyncio

from chargepoint.charging.commands import Command, UnlockConnector
from chargepoint.charging.effects import UnlockFinished
from chargepoint.model.identifiers import EvseId


class UnlockQuestions:
    """Of all EVSEs; one unlocking answers everybody who asked for it."""

    def __init__(self) -> None:
        self._waiting: dict[EvseId, list[asyncio.Future[UnlockFinished]]] = {}

    def expect(self, command: Command) -> asyncio.Future[UnlockFinished] | None:
        """None for any other order. Cancel it where nothing is coming."""
        if not isinstance(command, UnlockConnector):
            return None
        waiter: asyncio.Future[UnlockFinished] = asyncio.get_running_loop().create_future()
        waiting = [other for other in self._waiting.get(command.evse_id, []) if not other.done()]
        self._waiting[command.evse_id] = [*waiting, waiter]
        return waiter

    def answer(self, finished: UnlockFinished) -> None:
        for waiter in self._waiting.pop(finished.evse_id, []):
            if not waiter.done():
                waiter.set_result(finished)
