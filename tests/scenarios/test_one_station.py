"""Real processes: one station per place, the first is never disturbed, and a safety process that dies comes back."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargepoint.app.children import safety_is_alive
from dev_csms import DevCsms
from scenarios.test_processes import in_thread
from support.processes import PATIENCE_SECONDS, RunningStation, until

pytestmark = pytest.mark.real_processes


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[RunningStation]:
    async with DevCsms() as csms:
        running = RunningStation(tmp_path, csms.url)
        try:
            yield running
        finally:
            running.clean_up()


def run_another(station: RunningStation, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chargepoint", "run", "--config", str(station.config), *options]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, cwd=station.folder, check=False
    )


@pytest.mark.parametrize("options", [(), ("--attach",)])
async def test_a_second_run_ends_with_one_line_and_disturbs_nobody(
    station: RunningStation, options: tuple[str, ...]
) -> None:
    await in_thread(station.start)
    await in_thread(station.bench, "/evse/1/plug-in", {})
    await in_thread(station.swipe)
    await in_thread(until, lambda: station.evse()["contactor"] == "closed", "the contactor closes")
    before, safety_pid = station.evse(), station.safety_pid()

    ended = await in_thread(run_another, station, *options)

    assert isinstance(ended, subprocess.CompletedProcess)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert f"pid {station.pid}" in line
    assert "stop that one first" in line
    after = station.evse()
    assert (after["contactor"], after["closings"]) == ("closed", before["closings"])
    assert station.safety_pid() == safety_pid
    assert "no link to the safety process" not in station.log.read_text(encoding="utf-8")
    assert await in_thread(station.stop) == 0


async def test_asking_for_the_safety_process_leaves_the_controller_on_its_link(station: RunningStation) -> None:
    assert not safety_is_alive(station.run_dir)
    await in_thread(station.start)
    assert safety_is_alive(station.run_dir)
    assert station.status()["safety"]["connected"]
    assert "no link to the safety process" not in station.log.read_text(encoding="utf-8").partition("linked to")[2]
    assert await in_thread(station.stop) == 0
    assert not safety_is_alive(station.run_dir)


async def test_a_safety_process_that_dies_is_started_again(station: RunningStation) -> None:
    await in_thread(station.start)
    first = station.safety_pid()
    os.kill(first, signal.SIGKILL)
    await in_thread(until, lambda: _has_another_safety(station, first), "a new safety process is linked")
    assert station.evse()["contactor"] == "open"
    await in_thread(station.bench, "/evse/1/plug-in", {})
    await in_thread(station.swipe)
    await in_thread(until, lambda: station.evse()["contactor"] == "closed", "the contactor closes")
    assert await in_thread(station.stop) == 0


def _has_another_safety(station: RunningStation, first: int) -> bool:
    try:
        return station.safety_pid() != first and bool(station.status()["safety"]["connected"])
    except (StopIteration, OSError, ValueError):
        return False


async def test_a_database_that_is_in_use_is_one_line(station: RunningStation) -> None:
    state = station.folder / "state"
    state.mkdir()
    with sqlite3.connect(state / "chargepoint.db") as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("CREATE TABLE taken (x)")
        connection.execute("BEGIN EXCLUSIVE")
        ended = await in_thread(run_another, station)
    connection.close()
    assert isinstance(ended, subprocess.CompletedProcess)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "another process uses it" in ended.stderr.splitlines()[-1]
