"""How time passes while a board is checked, and what goes on beside the loop: in truth, or as a test plays it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol, TypeVar

from chargepoint import system_clock

T = TypeVar("T")

BURN = """
import os, time
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
ends_at = time.monotonic() + 10
while time.monotonic() < ends_at: pass
"""
"""An ordinary process: it inherits the real-time class of the loop, which would starve the whole machine."""


class Pace(Protocol):
    """One clock, and those who act while it runs."""

    def now(self) -> float:
        """Seconds on a clock that never steps."""
        ...

    def sleep(self, seconds: float) -> None: ...

    def beside(self, work: Callable[[], T], tick: Callable[[], object]) -> T:
        """`tick` again and again until somebody's work is done; its errors are raised here."""
        ...

    def burdened(self) -> AbstractContextManager[None]:
        """Every processor has something else to do meanwhile."""
        ...


class _Carried:
    """Keeps whatever ends its block, for another thread to raise: also what a terminal means by it, as typer.Abort."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        """Nothing has happened yet."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        self.error = error
        return True


class RealPace:
    """The machine's clock, threads and processes."""

    def now(self) -> float:
        return system_clock.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def beside(self, work: Callable[[], T], tick: Callable[[], object]) -> T:
        results: list[T] = []
        carried = _Carried()

        def run() -> None:
            with carried:
                results.append(work())

        thread = threading.Thread(target=run, name="state driver", daemon=True)
        thread.start()
        while thread.is_alive():
            tick()
        if carried.error is not None:
            raise carried.error
        return results[0]

    @contextmanager
    def burdened(self) -> Iterator[None]:
        with ExitStack() as exits:
            for _ in range(os.cpu_count() or 1):
                process = exits.enter_context(subprocess.Popen([sys.executable, "-c", BURN]))
                exits.callback(process.kill)
            yield
