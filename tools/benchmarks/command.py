"""The command: runs the measurements one after the other, prints the table and writes docs/benchmark.md."""

import argparse
import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import demand_end, durable_queue, footprint, lease, local_list, profile_limits, start_up, suite
from benchmarks.laboratory import FAILURES
from benchmarks.machine import Machine
from benchmarks.report import Row, as_markdown, as_table, with_rows

Measurement = Callable[[bool], Awaitable[list[Row]]]
Outcome = tuple[list[Row], bool]
"""The rows, and whether every measurement ran."""
INTERRUPTED = 130
MEASUREMENTS: dict[str, Measurement] = {
    "footprint": footprint.measure,
    "lease": lease.measure,
    "queue": durable_queue.measure,
    "start": start_up.measure,
    "profiles": profile_limits.measure,
    "list": local_list.measure,
    "demand": demand_end.measure,
}
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmark.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every measurement ran, whatever it measured; 1 when one could not be made."""
    parser = argparse.ArgumentParser(prog="tools/benchmark", description="Measures the figures of the design.")
    parser.add_argument("--quick", action="store_true", help="short runs with few repetitions")
    parser.add_argument("--suite", action="store_true", help="time the test suite as well")
    parser.add_argument("--only", action="append", choices=[*MEASUREMENTS], help="just this one; writes no document")
    parser.add_argument("--replace", action="store_true", help="with --only: put its rows into the document")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="the document to write (docs/benchmark.md)")
    given = parser.parse_args(arguments)
    chosen = {name: MEASUREMENTS[name] for name in given.only or MEASUREMENTS}
    if given.suite:
        chosen["suite"] = suite.measure
    console = Console()
    try:
        rows, all_ran = asyncio.run(_interruptibly(_measure_all(chosen, given.quick, console)))
    except asyncio.CancelledError:
        console.print("interrupted: nothing is written")
        return INTERRUPTED
    console.print(as_table(rows))
    if given.only is None:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        text = as_markdown(rows, Machine.this(), datetime.now(UTC), given.quick)
        given.output.write_text(text, encoding="utf-8")
        console.print(f"written to {given.output}")
    elif given.replace:
        text = with_rows(given.output.read_text(encoding="utf-8"), rows, given.only, Machine.this(), datetime.now(UTC))
        given.output.write_text(text, encoding="utf-8")
        console.print(f"replaced in {given.output}")
    return 0 if all_ran else 1


async def _interruptibly(measuring: Coroutine[None, None, Outcome]) -> Outcome:
    """SIGINT, SIGTERM and SIGHUP end the measurement like a failure: every child is stopped."""
    task = asyncio.create_task(measuring, name="benchmark")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task


async def _measure_all(chosen: dict[str, Measurement], is_quick: bool, console: Console) -> Outcome:
    rows: list[Row] = []
    all_ran = True
    for name, measure in chosen.items():
        console.print(f"measuring: {name}")
        try:
            rows += await measure(is_quick)
        except FAILURES as error:
            all_ran = False
            console.print(f"{name} could not be measured: {error}", markup=False, highlight=False, soft_wrap=True)
            rows.append(Row.failed(name, str(error).partition("\n")[0]))
    return rows, all_ran
