"""Keeps the daemon's tasks alive: one that fails is logged, counted and started again, later each time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0


class Supervisor:
    """A fault in one task never ends the process nor another task."""

    def __init__(self) -> None:
        self.restarts: dict[str, int] = {}

    async def run(self, tasks: dict[str, Callable[[], Awaitable[None]]]) -> None:
        """Run all of them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name, make in tasks.items():
                group.create_task(self._keep(name, make), name=name)

    async def _keep(self, name: str, make: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while True:
            began_at = loop.time()
            try:
                await make()
            except Exception:
                if loop.time() - began_at > LONGEST_PAUSE_SECONDS:
                    pause = FIRST_PAUSE_SECONDS  # it had worked: this is another failure
                self.restarts[name] = self.restarts.get(name, 0) + 1
                log.exception("task %s failed; it starts again in %.0f s", name, pause)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2.0, LONGEST_PAUSE_SECONDS)
