"""From the start of the processes to safe outputs on the wires, and to the BootNotification at the CSMS."""

import asyncio
import statistics
import time
from datetime import UTC, datetime

from benchmarks.laboratory import laboratory
from benchmarks.report import Row
from chargepoint_hal.bench.wires import PILOT_MODES, EvseSignal, Wires
from chargepoint_hal.contract import PilotSignal
from live_session.folder import Recipe, station_toml
from live_session.http import Json
from live_session.stage import Stage

RUNS, QUICK_RUNS = 7, 3
SAFE_SECONDS, BOOT_SECONDS = 0.5, 2.5
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.0005
EVSE = 1


async def measure(is_quick: bool) -> list[Row]:
    """Two rows."""
    runs = QUICK_RUNS if is_quick else RUNS
    safe, boot = [], []
    async with laboratory(Recipe(log_level="WARNING")) as stage:
        await stage.start_world()
        text = station_toml(stage.folder, stage.recipe, stage.watch.addresses.csms or "")
        stage.folder.station_config.write_text(text, encoding="utf-8")
        for number in range(1, runs + 1):
            safe.append(await asyncio.to_thread(_seconds_to_safe, stage))
            boot.append(await _seconds_to_boot(stage, number))
            await stage.children.stop_one("controller")
            await stage.children.stop_one("safety")
    return [
        _row("start → safe outputs on the wires", safe, SAFE_SECONDS),
        _row("start → BootNotification sent", boot, BOOT_SECONDS),
    ]


def _row(what: str, seconds: list[float], reach_seconds: float) -> Row:
    worst, middle = max(seconds), statistics.median(seconds)
    note = f"{len(seconds)} starts, median {middle:.2f} s"
    return Row(what, f"≤ {reach_seconds:g} s", f"worst {worst:.2f} s", worst <= reach_seconds, note)


def _seconds_to_safe(stage: Stage) -> float:
    """The wires start unsafe (closed, PWM); the safety process is started and must find and change that."""
    wires = Wires.open(stage.folder.bench_directory / "wires")
    try:
        wires.write(EVSE, EvseSignal.CONTACTOR_COMMAND, 1.0)
        wires.write(EVSE, EvseSignal.PILOT_MODE, PILOT_MODES[PilotSignal.PWM])
        began = time.monotonic()
        stage.start_safety()
        while time.monotonic() - began < PATIENCE_SECONDS:
            is_steady = wires.pilot_mode(EVSE) is PilotSignal.STEADY
            if is_steady and not wires.is_set(EVSE, EvseSignal.CONTACTOR_COMMAND):
                return time.monotonic() - began
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"the outputs were not safe within {PATIENCE_SECONDS:g} s")
    finally:
        wires.close()


async def _seconds_to_boot(stage: Stage, number: int) -> float:
    """The controller's start until the CSMS has its nth BootNotification."""
    began = datetime.now(UTC)
    stage.start_controller()

    async def has_booted() -> bool:
        return len(await _boots(stage)) >= number

    await stage.children.until("a BootNotification", has_booted, PATIENCE_SECONDS, concerned="controller")
    return (datetime.fromisoformat((await _boots(stage))[-1]["at"]) - began).total_seconds()


async def _boots(stage: Stage) -> list[Json]:
    found: list[Json] = (await stage.station_record()).get("boots", [])
    return found
