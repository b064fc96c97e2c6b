"""The processes of a demonstration: started with a log each, watched, and always ended."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STOP_PATIENCE_SECONDS = 8.0
LOOK_SECONDS = 0.05
TAIL_LINES = 12


class StepFailedError(Exception):
    """The demonstration cannot go on; the text says what was awaited and what the process concerned last logged."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def last_lines(self, count: int = TAIL_LINES) -> str:
        """The end of its log, indented."""
        with suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
            return "\n".join(f"    {line}" for line in lines) or "    (it logged nothing)"
        return "    (no log)"


class Children:
    """Each runs as a session of its own, so that a Ctrl-C at the terminal reaches this process alone."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, Child] = {}

    def start(self, name: str, *arguments: str) -> Child:
        """`python ARGUMENTS` with this interpreter; its output is appended to NAME.log."""
        log = self._logs / f"{name}.log"
        environment: Mapping[str, str] = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )
        child = Child(name, process, log)
        self._children[name] = child
        return child

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def cut(self, *names: str) -> None:
        """SIGKILL to all of them at once; they count as ended on purpose."""
        cut = [self._children.pop(name) for name in names]
        for child in cut:
            child.process.kill()
        for child in cut:
            child.process.wait()

    def require_all(self) -> None:
        """StepFailedError when one has ended by itself."""
        for child in self._children.values():
            if not child.is_alive:
                raise StepFailedError(
                    f"the {child.name} process has ended with exit code {child.process.returncode}; "
                    f"its last lines:\n{child.last_lines()}"
                )

    async def stop(self) -> None:
        """All of them, newest first."""
        for name in reversed(list(self._children)):
            await self.stop_one(name)

    async def stop_one(self, name: str) -> None:
        """SIGTERM, then SIGKILL if it does not listen."""
        child = self._children[name]
        if child.is_alive:
            child.process.terminate()
        try:
            await asyncio.to_thread(child.process.wait, STOP_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        del self._children[name]

    def kill(self) -> None:
        """The last resort, when there is no time for more."""
        self.cut(*self._children)

    async def until(
        self, what: str, is_so: Callable[[], Awaitable[bool]], timeout_seconds: float, concerned: str
    ) -> None:
        """Wait until it is so; StepFailedError when the time is up or a process has ended."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_seconds
        while not await is_so():
            self.require_all()
            if now() >= deadline:
                lines = self._children[concerned].last_lines() if concerned in self._children else "    (not running)"
                raise StepFailedError(
                    f"waited {timeout_seconds:g} s in vain for: {what}; the last lines of {concerned}:\n{lines}"
                )
            await asyncio.sleep(LOOK_SECONDS)
