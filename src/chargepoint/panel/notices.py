"""What a person at the station was shown, kept for the page and the event stream. Implements `DisplayPort`."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from chargepoint.charging.effects import Notice
from chargepoint.model.display import DisplayMessage
from chargepoint.model.identifiers import EvseId

KEPT_NOTICES = 50
WAITING_NOTICES = 50
"""What a slow watcher may be behind before the oldest are skipped for it."""


@dataclass(frozen=True, slots=True)
class ShownNotice:
    number: int
    utc: datetime
    notice: Notice
    evse_id: EvseId | None
    text: str


class NoticeBoard:
    """A ring of notices and the watchers of it."""

    def __init__(self, utc_now: Callable[[], datetime]) -> None:
        self._utc_now = utc_now
        self._shown: deque[ShownNotice] = deque(maxlen=KEPT_NOTICES)
        self._watchers: list[asyncio.Queue[ShownNotice]] = []
        self._number = 0

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        self._number += 1
        shown = ShownNotice(self._number, self._utc_now(), notice, evse_id, text)
        self._shown.append(shown)
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(shown)

    def present(self, message: DisplayMessage | None) -> None:
        """Turns come every few seconds and would drive the notices out: the status says what is on the display."""

    def last(self) -> tuple[ShownNotice, ...]:
        """Oldest first."""
        return tuple(self._shown)

    async def watch(self) -> AsyncIterator[ShownNotice]:
        """Every notice from now on."""
        queue: asyncio.Queue[ShownNotice] = asyncio.Queue(WAITING_NOTICES)
        self._watchers.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.remove(queue)
