"""How long the whole unit and scenario suite takes on two cores."""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.report import Row

ROOT = Path(__file__).resolve().parents[2]
SUITE_SECONDS = 60.0
WHAT, MARK = "whole unit and scenario suite, two workers", "≤ 60 s"


async def measure(is_quick: bool) -> list[Row]:
    """One row; quick or not makes no difference to a suite."""
    began = time.monotonic()
    arguments = ("-m", "pytest", "-n", "2", "--dist", "worksteal", "-q", "-p", "no:cacheprovider")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    seconds = time.monotonic() - began
    last_line = output.decode(errors="replace").strip().rpartition("\n")[2]
    if process.returncode != 0:
        return [Row(WHAT, MARK, f"{seconds:.0f} s", None, f"the suite itself fails: {last_line}")]
    return [Row(WHAT, MARK, f"{seconds:.0f} s", seconds <= SUITE_SECONDS, last_line)]
