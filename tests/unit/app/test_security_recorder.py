"""What was seen is kept, also where whoever saw it is stopped while the disk is slow."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from chargepoint import system_clock
from chargepoint.app.security_recorder import SecurityRecorder
from chargepoint.daemon.station_clock import StationClock
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.security_log import SecurityLog
from chargepoint.storage.store import open_storage
from chargepoint.storage.writer import InlineWriter

R = TypeVar("R")


class SlowDisk(InlineWriter):
    """Takes a write when told to."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def run(self, work: Callable[[], R]) -> R:
        self.is_asked.set()
        await self.goes_on.wait()
        return work()


async def test_an_event_is_queued_though_the_station_stops_while_it_is_written(tmp_path: Path) -> None:
    storage, recovered = await open_storage(tmp_path / "chargepoint.db")
    clock = StationClock(system_clock.utc_now, system_is_trusted=True)
    recorder = SecurityRecorder(SecurityLog(tmp_path / "log"), storage, clock, recovered.boot_id)
    disk = SlowDisk()
    recording = asyncio.create_task(recorder.record(SecurityEvent.STARTUP_OF_THE_DEVICE, disk))
    await disk.is_asked.wait()
    recording.cancel()
    disk.goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await recording
    queued = await storage.depth()
    await storage.close()
    assert queued.pending == 1
    assert "StartupOfTheDevice" in (tmp_path / "log" / "security.log").read_text()
