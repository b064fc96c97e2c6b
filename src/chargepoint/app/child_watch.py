"""Looks after the safety process where this station has started it itself: one that dies is started again.

The new one begins with every contactor open. On a board the service manager does this, and nothing here runs.
"""

import asyncio
import logging
from collections.abc import Callable

from chargepoint.app.children import SAFETY, Children

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
WORKED_SECONDS = 60.0
"""One that lived so long had worked: the next pause is the first again."""


class ChildWatch:
    def __init__(self, children: Children, start_safety: Callable[[], None]) -> None:
        self._children = children
        self._start_safety = start_safety

    async def run(self) -> None:
        """Until cancelled."""
        now = asyncio.get_running_loop().time
        pause, began_at = FIRST_PAUSE_SECONDS, now()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._children.has_died(SAFETY):
                continue
            pause = FIRST_PAUSE_SECONDS if now() - began_at >= WORKED_SECONDS else pause
            log.error("the safety process has died: every contactor is open; it starts again in %g s", pause)
            await asyncio.sleep(pause)
            pause, began_at = min(pause * 2, LONGEST_PAUSE_SECONDS), now()
            self._start_safety()
