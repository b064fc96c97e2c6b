"""A whole station with its world for one measurement: as in the demonstration, but silent."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chargepoint.model.errors import ChargePointError
from live_session.children import Children, StepFailedError
from live_session.folder import Recipe, RunFolder
from live_session.frame_lines import FrameLine
from live_session.http import NO_ANSWER, Http, RefusedError
from live_session.picture import Addresses, Picture
from live_session.stage import Stage

MEMORY = Path("/dev/shm")
FAILURES = (StepFailedError, RefusedError, ChargePointError, *NO_ANSWER)
"""What ends one measurement and not the others."""


class SilentScreen:
    def open(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Nothing to give back."""

    def say(self, text: str) -> None:
        """Nobody listens."""

    def show_frame(self, line: FrameLine) -> None:
        """Nobody looks."""

    def show(self, picture: Picture, addresses: Addresses) -> None:
        """Nobody looks."""


@asynccontextmanager
async def laboratory(recipe: Recipe | None = None) -> AsyncIterator[Stage]:
    """A stage in a folder of its own, nothing started yet; everything is gone afterwards."""
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="chargepoint-benchmark-")))
    copper = _in_memory(folder.bench_directory)
    folder.prepare()
    children = Children(folder.logs)
    try:
        async with Http() as http:
            yield Stage(folder, recipe or Recipe(), children, http, SilentScreen())
    finally:
        try:
            await children.stop()
        finally:
            children.kill()
            shutil.rmtree(folder.root, ignore_errors=True)
            shutil.rmtree(copper, ignore_errors=True)


def _in_memory(bench: Path) -> Path:
    """The wires are copper: what a board writes there is not written to a disk."""
    memory = Path(tempfile.mkdtemp(prefix="chargepoint-bench-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    bench.symlink_to(memory)
    return memory
