"""Where the database is touched: one thread, so that the event loop never waits for the disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

R = TypeVar("R")


class Writer(Protocol):
    """Runs one piece of work after the other."""

    async def run(self, work: Callable[[], R]) -> R: ...

    def later(self, work: Callable[[], None]) -> None:
        """Return at once; what was asked for before is done before. The work raises nothing."""
        ...

    async def close(self) -> None:
        """Return when all work is done."""
        ...


class ThreadWriter:
    """One thread of its own. A cancelled caller does not stop work that has begun."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storage")

    async def run(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def later(self, work: Callable[[], None]) -> None:
        self._executor.submit(work)

    async def close(self) -> None:
        self._executor.shutdown(wait=True)


class InlineWriter:
    """No thread: for tests on virtual time."""

    async def run(self, work: Callable[[], R]) -> R:
        return work()

    def later(self, work: Callable[[], None]) -> None:
        work()

    async def close(self) -> None:
        return None
