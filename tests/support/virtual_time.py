"""An asyncio event loop on virtual time: when nothing is ready, the clock jumps to the next timer.

A night passes in milliseconds and the same way each time. Sockets are not for this loop (their other end lives in real
time). Threads are, as long as their work goes through `run_in_executor`/`asyncio.to_thread`: while such work is
under way the clock stands still.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

A_WEEK_SECONDS = 7 * 24 * 3600.0
REAL_PATIENCE_SECONDS = 180.0
ONLY_ITSELF = 1
"""A loop's only file without sockets and pipes of others: threads wake it through that one."""


class StalledError(RuntimeError):
    """Every task waits for something that no timer and no thread will bring."""


class _JumpingSelector(selectors.BaseSelector):
    """Looks at real file descriptors without waiting, and turns the loop's wish to wait into a jump of its clock."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0
        self.outside_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self.outside_work and timeout is not None and len(self.get_map()) == ONLY_ITSELF:
            self.now += max(timeout, 0.0)
            return []
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.outside_work:
            ready = self._real.select(REAL_PATIENCE_SECONDS)
            if not ready:
                raise StalledError(f"work in a thread is not finished after {REAL_PATIENCE_SECONDS:g} real seconds")
            return ready
        if timeout is None:
            raise StalledError("nothing is scheduled any more and the test still waits: a deadlock")
        self.now += timeout
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0 (or `start_seconds`) and moves only when nothing is ready to run."""

    def __init__(self, start_seconds: float = 0.0) -> None:
        self._jumping = _JumpingSelector()
        self._jumping.now = start_seconds
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(  # type: ignore[override]  # typeshed spells the arguments with TypeVarTuple
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        work: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._jumping.outside_work += 1
        work.add_done_callback(self._came_back)
        return work

    async def shutdown_default_executor(self, *args: Any) -> None:
        self._jumping.outside_work += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._jumping.outside_work -= 1

    def _came_back(self, _: "asyncio.Future[Any]") -> None:
        self._jumping.outside_work -= 1


def run_virtual(
    story: Coroutine[Any, Any, T], *, start_seconds: float = 0.0, give_up_after_seconds: float = A_WEEK_SECONDS
) -> T:
    """Run a story to its end on virtual time; TimeoutError when it takes longer than the given virtual time."""

    async def bounded() -> T:
        async with asyncio.timeout(give_up_after_seconds):
            return await story

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start_seconds)) as runner:
        return runner.run(bounded())
