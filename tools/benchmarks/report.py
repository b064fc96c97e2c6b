"""Rows of figures and how they are shown. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from rich.table import Table

from benchmarks.machine import Machine


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its mark; `reached` None: nothing to compare, the row only informs."""

    what: str
    mark: str
    measured: str
    reached: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """A word for the last column."""
        return "" if self.reached is None else ("reached" if self.reached else "missed")

    @classmethod
    def failed(cls, what: str, why: str) -> Self:
        """The measurement itself did not run."""
        return cls(what, "", "not measured", None, why)


@dataclass(frozen=True, slots=True)
class Spread:
    """What many repetitions took, in seconds."""

    count: int
    median: float
    p99: float
    p999: float
    worst: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        """ValueError for no repetition at all."""
        ordered = sorted(seconds)
        if not ordered:
            raise ValueError("no repetition was measured")
        return cls(
            len(ordered), percentile(ordered, 0.5), percentile(ordered, 0.99), percentile(ordered, 0.999), ordered[-1]
        )


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """The smallest value that `fraction` of all do not exceed (nearest rank); `ordered` rises and is not empty."""
    rank = -(-fraction * len(ordered) // 1)
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def as_table(rows: Sequence[Row]) -> Table:
    """For the terminal."""
    table = Table(title="benchmark", show_lines=True)
    for name in ("what", "reach", "measured", "", "note"):
        table.add_column(name, overflow="fold")
    styles = {True: "green", False: "bold red", None: ""}
    for row in rows:
        table.add_row(row.what, row.mark, row.measured, row.verdict, row.note, style=styles[row.reached])
    return table


def as_markdown(rows: Sequence[Row], machine: Machine, measured_at: datetime, is_quick: bool) -> str:
    """For docs/benchmark.md."""
    length = "a short run (`tools/benchmark --quick`)" if is_quick else "a full run (`tools/benchmark`)"
    head = [
        "# Benchmark",
        "",
        "Written by `tools/benchmark`, which measures from the wires outside the processes. No test asserts these.",
        "",
        f"- date: {measured_at:%Y-%m-%d}, {length}",
        f"- processor: {machine.processor}, {machine.cores} cores, {machine.memory_mib} MiB",
        f"- system: {machine.kernel}, Python {machine.python}",
        f"- load average of the last 15 minutes: {machine.load_average:.1f} on {machine.cores} cores",
        "",
        "| what | reach | measured | | note |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(_line, rows), ""])


def with_rows(document: str, rows: Sequence[Row], names: Sequence[str], machine: Machine, measured_at: datetime) -> str:
    """The document with these rows in place of its own of the same name, and a line that says so."""
    fresh = {row.what: _line(row) for row in rows}
    lines = [
        fresh.pop(line.split("|")[1].strip(), line) if line.startswith("| ") else line for line in _lines(document)
    ]
    note = (
        f"- measured again on {measured_at:%Y-%m-%d} at a load average of {machine.load_average:.1f}: "
        f"{', '.join(names)} (`tools/benchmark --only … --replace`)"
    )
    lines.insert(lines.index("| what | reach | measured | | note |") - 1, note)
    return "\n".join([*lines, *fresh.values(), ""])


def _lines(document: str) -> list[str]:
    return document.rstrip("\n").split("\n")


def _line(row: Row) -> str:
    cells = (row.what, row.mark, row.measured, row.verdict, row.note)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
