"""Corrupt, full, foreign, locked: the station starts wherever it can, and says so where it can not."""

import os
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest

from chargepoint.charging.effects import Checkpoint, RememberFaults
from chargepoint.charging.ports import OutboxDepth
from chargepoint.model.charging_profiles import WHOLE_STATION
from chargepoint.model.errors import StorageError
from chargepoint.model.faults import Fault
from chargepoint.model.transactions import TransactionPhase
from chargepoint.storage.database import open_database
from chargepoint.storage.space import Ballast
from chargepoint.storage.store import Storage
from unit.storage.station_life import MOMENT, Charging, open_inline, take_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chargepoint.db"


def damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def bytes_of(path: Path, ending: str) -> bytes:
    return path.with_name(f"{path.name}.{ending}").read_bytes()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + bytes(range(256)) * 40])
async def test_a_corrupt_file_is_kept_aside_and_the_station_starts(path: Path, content: bytes) -> None:
    damage(path, content)
    storage = await open_inline(path)
    assert storage.recovered.set_aside == str(path) + ".corrupt-1"
    assert bytes_of(path, "corrupt-1") == content
    assert storage.recovered.kept_faults == {WHOLE_STATION: {Fault.FAULT_MEMORY_LOST}}
    await storage.commit(Charging().start(), MOMENT)
    assert await storage.depth() == OutboxDepth(1, 0)
    await storage.close()
    damage(path, content)
    storage = await open_inline(path)
    assert storage.recovered.set_aside == str(path) + ".corrupt-2"
    await storage.close()


async def test_lost_faults_are_remembered_though_the_power_is_cut_before_the_first_step(path: Path) -> None:
    damage(path, b"this is no database" * 100)
    for _ in range(2):
        storage = await open_inline(path)
        assert storage.recovered.kept_faults == {WHOLE_STATION: {Fault.FAULT_MEMORY_LOST}}
        await storage.close()
    nothing: frozenset[Fault] = frozenset()
    storage = await open_inline(path)
    await storage.commit([RememberFaults(WHOLE_STATION, nothing)], MOMENT)
    await storage.close()
    storage = await open_inline(path)
    assert not storage.recovered.kept_faults
    await storage.close()


async def test_pages_overwritten_in_the_middle_are_noticed_at_the_start(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    for _ in range(50):
        await storage.commit(charging.sample(), MOMENT)
    await storage.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(16384))
    storage = await open_inline(path)
    assert storage.recovered.set_aside is not None
    await storage.close()


async def test_a_database_without_our_tables_is_put_aside(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE other (x); PRAGMA user_version = 1;")
    connection.close()
    storage = await open_inline(path)
    assert storage.recovered.set_aside is not None
    await storage.close()


async def test_the_file_of_a_newer_release_is_refused_and_left_alone(path: Path) -> None:
    await (await open_inline(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StorageError, match=r"newer release \(schema 999.*install that release"):
        await open_inline(path)
    assert sorted(each.name for each in path.parent.iterdir()) == ["chargepoint.db", "chargepoint.db.ballast"]


async def test_two_stations_can_not_use_one_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargepoint.storage.database.BUSY_SECONDS", 0.0)
    storage = await open_inline(path)
    with pytest.raises(StorageError, match="another process uses it"):
        await open_inline(path)
    await storage.commit(Charging().start(), MOMENT)
    await storage.close()


async def test_a_place_that_is_no_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StorageError, match="state_dir"):
        await open_inline(tmp_path / "file" / "chargepoint.db")


async def test_after_closing_nothing_is_stored_and_that_is_said(path: Path) -> None:
    storage = await open_inline(path)
    await storage.close()
    await storage.close()
    with pytest.raises(StorageError, match="is closed"):
        await storage.commit(Charging().start(), MOMENT)


async def fill_up(storage: Storage, charging: Charging) -> None:
    """Make the disk as small as what is on it now."""
    await storage._disk.write(lambda c: None)
    pages = storage._disk._connection.execute("PRAGMA page_count").fetchone()[0]
    storage._disk._connection.execute(f"PRAGMA max_page_count = {pages}")


async def test_on_a_full_disk_samples_are_thinned_evenly_and_the_bill_stays_whole(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    for number in range(200):
        await storage.commit(charging.sample()[1:], MOMENT)
        if number == 100:
            await storage.commit(charging.suspend()[1:], MOMENT)
    await fill_up(storage, charging)
    for _ in range(200):
        await storage.commit(charging.sample()[1:], MOMENT)
    await storage.commit(charging.end()[1:], MOMENT)
    reports = await take_all(storage)
    assert reports[0].phase is TransactionPhase.STARTED
    assert reports[-1].phase is TransactionPhase.ENDED
    assert reports[-1].energy_wh == 5000.0 + 400 * 100.0
    assert any(report.cause == "ChargingStateChanged" for report in reports)
    sequences = [report.sequence for report in reports]
    assert sequences == sorted(sequences)
    assert 50 < len(sequences) < 350
    gaps = [later - earlier for earlier, later in pairwise(sequences)]
    assert max(gaps) <= 32
    await storage.close()


async def test_when_nothing_can_be_thinned_the_commit_fails_whole_and_works_later(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    await fill_up(storage, charging)
    big = [effect for number in range(40) for effect in Charging(f"other-{number}").start()]
    with pytest.raises(StorageError, match="the disk is full, nothing was stored"):
        await storage.commit(big, MOMENT)
    assert await storage.depth() == OutboxDepth(1, 0)
    storage._disk._connection.execute("PRAGMA max_page_count = 1000000")
    await storage.commit(big, MOMENT)
    assert await storage.depth() == OutboxDepth(41, 0)
    await storage.close()


@pytest.mark.requirement(
    "E04.FR.07", "E04.FR.08", "E11.FR.04", "E11.FR.05", "E12.FR.04", "E12.FR.05", "J02.FR.12", "J02.FR.13"
)
async def test_an_outbox_that_grows_too_long_thins_itself(path: Path) -> None:
    storage = await open_inline(path, rows_kept=100)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    row = await storage.oldest()
    assert row is not None
    for _ in range(1000):
        await storage.commit(charging.sample()[1:], MOMENT)
        assert (await storage.depth()).pending <= 107
    await storage.commit(charging.end(), MOMENT)
    reports = await take_all(storage)
    assert [reports[0].phase, reports[-1].phase] == [TransactionPhase.STARTED, TransactionPhase.ENDED]
    assert len(reports) > 40
    await storage.close()


def test_the_reserve_is_there_and_can_be_given_up(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "x.db", 10_000)
    assert ballast.take()
    assert (tmp_path / "x.db.ballast").stat().st_size == 10_000
    assert ballast.take()
    ballast.give_up()
    ballast.give_up()
    assert not (tmp_path / "x.db.ballast").exists()
    assert not Ballast(tmp_path / "nowhere" / "x.db").take()


def test_a_database_that_works_is_left_where_it_is(path: Path) -> None:
    open_database(path).connection.close()
    opened = open_database(path)
    assert opened.set_aside is None
    opened.connection.close()


async def test_a_checkpoint_alone_needs_no_start(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit([Checkpoint(charging.record)], MOMENT)
    await storage.commit(charging.start(), MOMENT)
    assert await storage.depth() == OutboxDepth(1, 0)
    await storage.close()
