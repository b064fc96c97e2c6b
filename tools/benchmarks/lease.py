"""The controller killed with -9 while it charges: with nobody to restart it, and with a restart within the lease."""

import asyncio
import time
from collections.abc import Callable

from benchmarks.laboratory import laboratory
from benchmarks.report import Row
from chargepoint_hal.bench.wires import EvseSignal, Wires
from live_session.folder import Recipe
from live_session.stage import Stage
from live_session.story import start_charging

LEASE_SECONDS, QUICK_LEASE_SECONDS = 20.0, 8.0
SOFT_STOP_SECONDS = 6.0
TOLERANCE_SECONDS = 0.25
LOOK_SECONDS = 0.002
AFTER_RESTART_SECONDS = 10.0
EVSE = 1


async def measure(is_quick: bool) -> list[Row]:
    """Two rows."""
    lease_seconds = QUICK_LEASE_SECONDS if is_quick else LEASE_SECONDS
    return [await _without_restart(lease_seconds), await _with_restart(LEASE_SECONDS)]


async def _without_restart(lease_seconds: float) -> Row:
    mark_seconds = lease_seconds + SOFT_STOP_SECONDS
    async with laboratory(_recipe(lease_seconds)) as stage:
        await _charging(stage)
        killed_at = time.monotonic()
        stage.cut("controller")
        opened_at = await asyncio.to_thread(_opens_at, stage, mark_seconds + 5.0)
    what = "controller killed with -9 while charging → contactor command off, nobody restarts it"
    mark = f"≤ {mark_seconds:g} s (lease {lease_seconds:g} s + {SOFT_STOP_SECONDS:g} s)"
    if opened_at is None:
        return Row(what, mark, "still closed", False)
    seconds = opened_at - killed_at
    return Row(what, mark, f"{seconds:.1f} s", seconds <= mark_seconds + TOLERANCE_SECONDS)


async def _with_restart(lease_seconds: float) -> Row:
    async with laboratory(_recipe(lease_seconds)) as stage:
        await _charging(stage)
        before = stage.picture.transaction.get("id")
        killed_at = time.monotonic()
        stage.cut("controller")
        stage.start_controller()
        watching = asyncio.create_task(asyncio.to_thread(_opens_at, stage, lease_seconds + AFTER_RESTART_SECONDS))
        await stage.until_station_sees("the transaction to go on", lambda seen: bool(seen.transaction), 20.0)
        after = stage.picture.transaction.get("id")
        opened_at = await watching
        anomalies = (await stage.station_record()).get("anomalies", [])
    went_on = opened_at is None and before == after
    contactor = "stayed closed" if opened_at is None else f"opened {opened_at - killed_at:.1f} s after the kill"
    measured = f"contactor {contactor}, transaction {_same(before == after)}"
    note = f"{len(anomalies)} anomalies at the CSMS" + "".join(f"; {anomaly['what']}" for anomaly in anomalies[:3])
    what = "the same with a restart within the lease → session goes on"
    return Row(what, "no gap in the transaction", measured, went_on and not anomalies, note)


def _same(is_same: bool) -> str:
    return "went on" if is_same else "is another one"


def _recipe(lease_seconds: float) -> Recipe:
    return Recipe(log_level="WARNING", safety={"lease_seconds": lease_seconds})


async def _charging(stage: Stage) -> None:
    await stage.start_world()
    await stage.open_station()
    await start_charging(stage)


def _opens_at(stage: Stage, patience_seconds: float) -> float | None:
    """When the command to the contactor fell on the bench's wires; None if it did not."""
    wires = Wires.open(stage.folder.bench_directory / "wires")
    try:
        return _when(lambda: not wires.is_set(EVSE, EvseSignal.CONTACTOR_COMMAND), patience_seconds)
    finally:
        wires.close()


def _when(is_so: Callable[[], bool], patience_seconds: float) -> float | None:
    deadline = time.monotonic() + patience_seconds
    while (now := time.monotonic()) < deadline:
        if is_so():
            return now
        time.sleep(LOOK_SECONDS)
    return None
