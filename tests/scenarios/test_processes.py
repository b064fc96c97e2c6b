"""What only real processes show: the service manager's view, kill -9 with the contactor closed, a reset."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargepoint.model.faults import PilotSignal
from chargepoint_hal.recording.events import BoardSeen, CardSeen, MeterSeen, read_recording
from dev_csms import DevCsms
from support.full_disk import small_disk
from support.processes import RunningStation, ServiceManager, until

pytestmark = pytest.mark.real_processes


@pytest.fixture
async def csms() -> AsyncIterator[DevCsms]:
    async with DevCsms() as running:
        yield running


async def in_thread(work: object, *arguments: object) -> object:
    """The CSMS lives in this process's event loop, so whoever waits does it in a thread."""
    assert callable(work)
    return await asyncio.to_thread(work, *arguments)


async def test_the_service_manager_hears_ready_then_watchdog_and_no_watchdog_while_a_loop_hangs(
    tmp_path: Path, csms: DevCsms
) -> None:
    service = ServiceManager(tmp_path / "notify")
    station = RunningStation(tmp_path, csms.url, service)
    try:
        await in_thread(station.start)
        await in_thread(until, lambda: service.has_heard("READY=1"), "READY=1")
        await in_thread(until, lambda: service.has_heard("WATCHDOG=1"), "WATCHDOG=1")

        os.kill(station.safety_pid(), signal.SIGSTOP)
        hangs = "STATUS=hangs: a loop is silent, the watchdog is not fed"
        await in_thread(until, lambda: service.has_heard(hangs), "the watchdog starves")
        words = service.listen()
        assert "WATCHDOG=1" not in words[words.index(hangs) :]

        os.kill(station.safety_pid(), signal.SIGCONT)
        fed_before = words.count("WATCHDOG=1")
        await in_thread(until, lambda: service.listen().count("WATCHDOG=1") > fed_before, "the watchdog is fed again")
        assert await in_thread(station.stop) == 0
        assert service.has_heard("STOPPING=1")
    finally:
        station.clean_up()
        service.close()


async def test_a_controller_killed_with_9_and_started_again_within_its_lease_cuts_nothing(
    tmp_path: Path, csms: DevCsms
) -> None:
    station = RunningStation(tmp_path, csms.url)
    try:
        await in_thread(station.start)
        await in_thread(station.bench, "/evse/1/plug-in", {})
        await in_thread(station.swipe)
        await in_thread(until, lambda: station.evse()["contactor"] == "closed", "the contactor closes")
        before = station.evse()

        await in_thread(station.kill)
        await in_thread(station.start)
        await in_thread(until, lambda: station.evse()["session"] == "transaction", "the session goes on")
        after = station.evse()
        assert after["transaction"]["id"] == before["transaction"]["id"]
        assert after["closings"] == before["closings"]
        assert after["contactor"] == "closed"

        await in_thread(station.swipe)
        await in_thread(until, lambda: station.evse()["session"] == "finished", "the session ends")
        await in_thread(station.bench, "/evse/1/plug-out", {})
        await in_thread(until, lambda: bool(csms.transactions and csms.transactions[0].has_ended), "the bill is sent")
        truth = await in_thread(station.bench, "")
        assert isinstance(truth, dict)
        assert len(csms.transactions) == 1
        assert csms.billed_wh() == pytest.approx(truth["evses"]["1"]["energy_import_wh"], abs=0.1)
        assert csms.station("CP-0001").anomalies == []
        assert await in_thread(station.stop) == 0
    finally:
        station.clean_up()


async def test_a_bench_that_starts_again_on_other_ports_has_the_same_meter(tmp_path: Path, csms: DevCsms) -> None:
    station = RunningStation(tmp_path, csms.url)
    bench = tmp_path / "bench.toml"
    bench.write_text("[[evse]]\n[evse.meter]\nenergy_import_wh = 5000.0\n", encoding="utf-8")

    def register_wh() -> float:
        meter = station.evse()["meter"]
        return float(meter["energy_import_wh"] or 0.0) if meter else 0.0

    try:
        await in_thread(station.start)
        await in_thread(until, lambda: register_wh() == 5000.0, "the register is read")
        assert await in_thread(station.stop) == 0
        bench.write_text("", encoding="utf-8")
        await in_thread(station.start)
        await in_thread(until, lambda: register_wh() > 0.0, "the register is read again")
        assert register_wh() == 5000.0, "the bench's meter begins anew at 0, the station's register does not"
        assert await in_thread(station.stop) == 0
    finally:
        station.clean_up()


async def test_a_reset_restarts_the_daemon_by_itself_and_says_why(tmp_path: Path, csms: DevCsms) -> None:
    """And the service manager is never told of an end: it would kill, half a minute later, what has begun again."""
    service = ServiceManager(tmp_path / "notify")
    station = RunningStation(tmp_path, csms.url, service)
    try:
        await in_thread(station.start)
        record = csms.station("CP-0001")
        await in_thread(until, lambda: bool(service.listen()) and record.is_boot_accepted, "the first boot")
        answer = await csms.call("CP-0001", "Reset", {"type": "Immediate"})
        assert answer.payload == {"status": "Accepted"}
        await in_thread(until, lambda: bool(service.listen()) and len(record.boots) == 2, "the second boot")
        assert record.boots[1].payload["reason"] == "RemoteReset"
        words = service.listen()
        restarting = words.index("STATUS=restarting")
        await in_thread(until, lambda: "READY=1" in service.listen()[restarting:], "ready again")
        assert "STOPPING=1" not in service.listen()
        assert await in_thread(station.stop) == 0
        assert service.has_heard("STOPPING=1")
    finally:
        station.clean_up()
        service.close()


async def test_a_first_start_on_a_full_disk_says_so_and_charges_when_there_is_room(
    tmp_path: Path, csms: DevCsms
) -> None:
    with small_disk(tmp_path / "state", 1024 * 1024) as disk:
        filling = disk / "filling"
        with filling.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 1024 * 1024)
        station = RunningStation(tmp_path, csms.url)
        try:
            await in_thread(station.start)
            await in_thread(until, lambda: "storage_full" in station.status()["station"]["faults"], "the fault")
            await in_thread(until, lambda: csms.station("CP-0001").is_boot_accepted, "the CSMS accepts it")
            assert not (disk / "chargepoint.db").exists() or (disk / "chargepoint.db").stat().st_size == 0
            filling.unlink()
            await in_thread(until, lambda: not station.status()["station"]["faults"], "the file is made")
            await in_thread(station.bench, "/evse/1/plug-in", {})
            await in_thread(station.swipe)
            await in_thread(until, lambda: station.evse()["contactor"] == "closed", "the contactor closes")
            assert await in_thread(station.stop) == 0
        finally:
            station.clean_up()


async def test_a_session_is_recorded_while_the_station_runs(tmp_path: Path, csms: DevCsms) -> None:
    station = RunningStation(tmp_path, csms.url)
    path = tmp_path / "session.jsonl"
    station.words = ("hal", "record", str(path))
    try:
        await in_thread(station.start)
        await in_thread(station.bench, "/evse/1/plug-in", {})
        await in_thread(station.swipe)
        await in_thread(until, lambda: station.evse()["contactor"] == "closed", "the contactor closes")
        assert await in_thread(station.stop) == 0
    finally:
        station.clean_up()
    recording = read_recording(path.read_text(encoding="utf-8"))
    assert recording.header.board == "mock"
    boards = [line.seen for line in recording.lines if isinstance(line.seen, BoardSeen)]
    assert any(seen.contactor_closed and seen.pilot_signal is PilotSignal.PWM for seen in boards)
    assert any(isinstance(line.seen, MeterSeen) and line.seen.reading is not None for line in recording.lines)
    (card,) = {line.seen.sighting.value for line in recording.lines if isinstance(line.seen, CardSeen)}
    assert card != "04A2B3C4"
