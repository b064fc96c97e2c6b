"""Memory, processor time and bytes written to the disk: idle, and charging with samples each minute."""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from benchmarks.laboratory import laboratory
from benchmarks.machine import cpu_seconds, proportional_mib, resident_mib, written_bytes
from benchmarks.report import Row
from live_session.folder import Recipe
from live_session.stage import STATION_PROCESSES, Stage
from live_session.story import start_charging

SETTLE_SECONDS = 5.0
IDLE_SECONDS, QUICK_IDLE_SECONDS = 480.0, 60.0
CHARGING_SECONDS, QUICK_CHARGING_SECONDS = 420.0, 120.0
DAY_SECONDS = 86_400.0
MEMORY_MIB, CPU_PERCENT = 110.0, 3.0
IDLE_MB_A_DAY, CHARGING_MB_A_DAY = 1.0, 20.0
MEGABYTE = 1_000_000
PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Usage:
    """Both processes' counters at one time."""

    at: float
    cpu_seconds: float
    written_bytes: int

    @classmethod
    def of(cls, pids: list[int]) -> Self:
        """OSError when one of them is gone."""
        return cls(time.monotonic(), sum(map(cpu_seconds, pids)), sum(map(written_bytes, pids)))

    def cpu_percent_since(self, before: "Usage") -> float:
        """Of one core."""
        return 100.0 * (self.cpu_seconds - before.cpu_seconds) / (self.at - before.at)

    def megabytes_a_day_since(self, before: "Usage") -> float:
        return (self.written_bytes - before.written_bytes) / MEGABYTE * DAY_SECONDS / (self.at - before.at)


async def measure(is_quick: bool) -> list[Row]:
    """Five rows."""
    idle_seconds = QUICK_IDLE_SECONDS if is_quick else IDLE_SECONDS
    charging_seconds = QUICK_CHARGING_SECONDS if is_quick else CHARGING_SECONDS
    async with laboratory(Recipe(sample_seconds=60, log_level="WARNING")) as stage:
        await stage.start_world()
        await stage.open_station()
        await asyncio.sleep(SETTLE_SECONDS)
        pids = [stage.children[name].pid for name in STATION_PROCESSES]
        idle_before = Usage.of(pids)
        await stage.let_pass(idle_seconds)
        idle = Usage.of(pids)
        await start_charging(stage)
        await asyncio.sleep(SETTLE_SECONDS)
        before = Usage.of(pids)
        await stage.let_pass(charging_seconds)
        after = Usage.of(pids)
        return [
            _memory(stage),
            _cpu("CPU while charging, both processes", after.cpu_percent_since(before), charging_seconds),
            Row("CPU idle, both processes", "", f"{idle.cpu_percent_since(idle_before):.1f} % of one core"),
            _written("idle", idle.megabytes_a_day_since(idle_before), IDLE_MB_A_DAY, idle_seconds),
            _written(
                "charging, 60 s samples", after.megabytes_a_day_since(before), CHARGING_MB_A_DAY, charging_seconds
            ),
        ]


def _memory(stage: Stage) -> Row:
    pids = {name: stage.children[name].pid for name in STATION_PROCESSES}
    resident = {name: resident_mib(pid) for name, pid in pids.items()}
    total = sum(resident.values())
    shared = sum(map(proportional_mib, pids.values()))
    note = ", ".join(f"{name} {mib:.0f} MiB" for name, mib in resident.items()) + f"; PSS together {shared:.0f} MiB"
    return Row("memory of both processes while charging", "≤ 110 MB", f"{total:.0f} MiB RSS", total <= MEMORY_MIB, note)


def _cpu(what: str, percent: float, seconds: float) -> Row:
    return Row(what, "≤ 3 % of one core", f"{percent:.1f} %", percent <= CPU_PERCENT, f"over {seconds:.0f} s")


def _written(when: str, megabytes_a_day: float, reach: float, seconds: float) -> Row:
    grain = PAGE_BYTES / MEGABYTE * DAY_SECONDS / seconds
    note = f"extrapolated from {seconds:.0f} s, where one written page makes {grain:.2f} MB a day"
    return Row(
        f"bytes written, {when}",
        f"≤ {reach:g} MB a day",
        f"{megabytes_a_day:.2f} MB a day",
        megabytes_a_day <= reach,
        note,
    )
