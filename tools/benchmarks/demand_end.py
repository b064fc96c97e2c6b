"""End of demand on the wires → contactor command off, while the CSMS floods the controller."""

import asyncio
from pathlib import Path

from benchmarks.laboratory import laboratory
from benchmarks.own_world import OwnWorld
from benchmarks.report import Row, Spread, milliseconds
from live_session.folder import Recipe
from live_session.stage import Stage

WHAT = "end of demand → contactor command off, controller flooded with 1 MB frames"
MARK = "p99.9 ≤ 35 ms, worst < 60 ms"
P999_SECONDS, WORST_SECONDS = 0.035, 0.060
REPETITIONS, QUICK_REPETITIONS = 300, 20
PER_LIFE = 90
"""Fewer than the closings that the chatter limit can be set to allow; then the safety process is started anew."""
SLOWEST_REPETITION_SECONDS = 8.0
FLOODING_CSMS = Path(__file__).resolve().parent / "flooding_csms.py"
SAFETY = {"max_closings": 100, "minimum_off_seconds": 0.0, "outlet": "tethered"}


async def measure(is_quick: bool) -> list[Row]:
    """One row; StepFailedError when the station does not get that far."""
    repetitions = QUICK_REPETITIONS if is_quick else REPETITIONS
    async with laboratory(Recipe(sample_seconds=60, log_level="WARNING", safety=SAFETY)) as stage:
        wires = stage.folder.root / "wires"
        stage.recipe = Recipe(sample_seconds=60, log_level="WARNING", wires=wires, safety=SAFETY)
        world = OwnWorld(wires)
        world.start()
        try:
            await _start_transaction(stage, world)
            await _repeat(stage, world, repetitions)
        finally:
            world.stop()
        spread = Spread.of(world.latencies_seconds)
        reached = spread.p999 <= P999_SECONDS and spread.worst < WORST_SECONDS
        measured = f"p99.9 {milliseconds(spread.p999)}, worst {milliseconds(spread.worst)}"
        note = f"{spread.count} times, median {milliseconds(spread.median)}, p99 {milliseconds(spread.p99)}"
        return [Row(WHAT, MARK, measured, reached, note)]


async def _start_transaction(stage: Stage, world: OwnWorld) -> None:
    await stage.start_world(FLOODING_CSMS)
    await stage.open_station()
    world.plug()
    await stage.until_station_sees("the station to see the EV", lambda seen: seen.evse["session"] == "plugged")
    await stage.swipe()
    await stage.until_station_sees("a transaction", lambda seen: bool(seen.transaction))


async def _repeat(stage: Stage, world: OwnWorld, repetitions: int) -> None:
    while (left := repetitions - len(world.latencies_seconds)) > 0:
        count = min(left, PER_LIFE)
        world.repeat(count)

        async def all_done() -> bool:
            await asyncio.sleep(0.2)
            return world.remaining == 0

        patience_seconds = 30.0 + count * SLOWEST_REPETITION_SECONDS
        await stage.children.until("the repetitions", all_done, patience_seconds, concerned="safety")
        if left > count:
            await _restart_safety(stage)


async def _restart_safety(stage: Stage) -> None:
    """A new safety process has no closings behind it; the transaction goes on."""
    stage.cut("safety")
    stage.start_safety()
