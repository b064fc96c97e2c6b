"""The disk is full when the station starts: it starts with all that is stored, and counts the start when it can."""

from pathlib import Path

import pytest

from chargepoint.charging.effects import CountStart
from chargepoint.charging.ports import OutboxDepth
from chargepoint.model.charging_profiles import WHOLE_STATION
from chargepoint.model.errors import StorageError
from chargepoint.model.faults import Fault
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import TransactionPhase
from chargepoint.storage.database import LOG_FRAMES, NEWEST_SCHEMA, open_database
from chargepoint.storage.disk import LOG_KEPT_BYTES
from chargepoint.storage.space import BALLAST_BYTES, LOG_BYTES, Ballast
from support.full_disk import no_room
from unit.storage.station_life import MOMENT, Charging, open_inline, take_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chargepoint.db"


def damage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


async def test_what_is_stored_is_there_and_the_first_step_counts_the_start(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    await storage.close()
    with no_room():
        storage = await open_inline(path)
        assert storage.recovered.set_aside is None
        assert [each.transaction_id for each in storage.recovered.transactions] == ["tx-1"]
        assert storage.recovered.boot_id == 2
        row = await storage.oldest()
        assert row is not None
        assert isinstance(row.report, TransactionReport)
        assert row.report.stamp == charging.record.started_at
        with pytest.raises(StorageError, match="free space"):
            await storage.commit([CountStart()], MOMENT)
        with pytest.raises(StorageError, match="free space"):
            await storage.commit(charging.sample(), MOMENT)
    await storage.commit(charging.end(), MOMENT)
    assert [report.phase for report in await take_all(storage)] == [TransactionPhase.STARTED, TransactionPhase.ENDED]
    await storage.close()
    storage = await open_inline(path)
    assert storage.recovered.boot_id == 3, "the number of the second start is not used twice"
    await storage.close()


async def test_a_start_that_stored_nothing_leaves_its_number_to_the_next(path: Path) -> None:
    await (await open_inline(path)).close()
    for _ in range(2):
        with no_room():
            storage = await open_inline(path)
            assert storage.recovered.boot_id == 2
            await storage.close()


async def test_a_machine_without_room_keeps_its_monotonic_clock(path: Path) -> None:
    await (await open_inline(path, machine_boot="m1")).close()
    with no_room():
        storage = await open_inline(path, machine_boot="m1")
    assert storage.recovered.boots_of_this_machine == {1, 2}
    await storage.close()


def test_the_reserve_is_given_up_for_a_new_file(path: Path) -> None:
    """After a corrupt one was put aside, or for an update of the schema."""
    reserve = Ballast(path)
    assert reserve.take()
    with no_room(1024), pytest.raises(StorageError, match=r"can not be written.*free space"):
        open_database(path)
    assert not path.with_name("chargepoint.db.ballast").exists()


@pytest.mark.parametrize("bytes_left", [0, 1024, 20_000])
async def test_without_room_for_a_first_file_it_starts_stores_nothing_and_makes_the_file_later(
    path: Path, bytes_left: int
) -> None:
    charging = Charging()
    for _ in range(2):
        with no_room(bytes_left):
            storage = await open_inline(path)
            assert storage.recovered.boot_id == 1
            assert storage.recovered.set_aside is None
            with pytest.raises(StorageError, match="free space"):
                await storage.commit([CountStart()], MOMENT)
            assert await storage.depth() == OutboxDepth(0, 0)
            await storage.close()
    with no_room(bytes_left):
        storage = await open_inline(path)
    await storage.commit(charging.start(), MOMENT)
    await storage.commit(charging.end(), MOMENT)
    assert [report.phase for report in await take_all(storage)] == [TransactionPhase.STARTED, TransactionPhase.ENDED]
    await storage.close()
    storage = await open_inline(path)
    assert storage.recovered.boot_id == 2
    assert path.with_name("chargepoint.db.ballast").exists()
    await storage.close()


async def test_without_room_in_the_place_of_a_corrupt_file_the_lost_faults_are_known_until_they_are_stored(
    path: Path,
) -> None:
    damage(path)
    lost = {WHOLE_STATION: {Fault.FAULT_MEMORY_LOST}}
    for _ in range(2):
        with no_room():
            storage = await open_inline(path)
            assert storage.recovered.set_aside == f"{path}.corrupt-1"
            assert storage.recovered.kept_faults == lost
            await storage.close()
    storage = await open_inline(path)
    assert storage.recovered.set_aside == f"{path}.corrupt-1"
    await storage.close()
    storage = await open_inline(path)
    assert storage.recovered.set_aside is None
    assert storage.recovered.kept_faults == lost
    await storage.close()


async def test_a_database_of_an_older_release_is_not_started_without(path: Path) -> None:
    """Its transactions and faults would be missed."""
    open_database(path, NEWEST_SCHEMA - 1).connection.close()
    with no_room(), pytest.raises(StorageError, match=r"free space|check the disk"):
        await open_inline(path)
    await (await open_inline(path)).close()


async def test_the_room_of_the_log_is_kept_for_later(path: Path) -> None:
    """Given back to the disk, others would take it."""
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    for _ in range(300):
        await storage.commit(charging.sample(), MOMENT)
    log = path.with_name("chargepoint.db-wal")
    sizes = []
    with no_room(LOG_BYTES // 2):
        for _ in range(300):
            await storage.commit(charging.sample(), MOMENT)
            sizes.append(log.stat().st_size)
        await storage.commit(charging.end(), MOMENT)
    assert len(set(sizes)) > 1, "the log was begun anew"
    assert min(sizes) >= LOG_KEPT_BYTES
    phases = [report.phase for report in await take_all(storage)]
    assert (phases[0], phases[-1]) == (TransactionPhase.STARTED, TransactionPhase.ENDED)
    await storage.close()


async def test_charging_writes_over_the_log_and_makes_it_no_longer(path: Path) -> None:
    """Each new block of a file costs others in the file system's own books."""
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    log = path.with_name("chargepoint.db-wal")
    assert log.stat().st_blocks * 512 >= LOG_BYTES, "written, not only promised"
    for _ in range(LOG_FRAMES):  # of which each is three frames or more
        await storage.commit(charging.sample(), MOMENT)
        await take_all(storage)
        assert log.stat().st_size == LOG_BYTES
    await storage.close()
    storage = await open_inline(path)
    (transaction,) = storage.recovered.transactions
    assert transaction.stop_samples == charging.record.stop_samples
    await storage.close()


async def test_a_log_of_zeros_behind_the_last_commit_is_read_as_its_end(path: Path, tmp_path: Path) -> None:
    """The power goes at once after the start."""
    storage = await open_inline(path)
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("chargepoint.db", "chargepoint.db-wal"):
        (cut / name).write_bytes(path.with_name(name).read_bytes())
    await storage.close()
    again = await open_inline(cut / "chargepoint.db")
    assert again.recovered.set_aside is None
    assert [each.transaction_id for each in again.recovered.transactions] == ["tx-1"]
    assert (cut / "chargepoint.db-wal").stat().st_size == LOG_BYTES
    await again.close()


async def test_where_there_is_little_room_the_log_stays_short(path: Path) -> None:
    room_bytes = LOG_BYTES // 2
    with no_room(room_bytes):
        storage = await open_inline(path)
        log = path.with_name("chargepoint.db-wal")
        assert log.stat().st_size < room_bytes, "it takes no room that it does not need"
        await storage.commit(Charging().start(), MOMENT)
    assert len(await take_all(storage)) == 1
    await storage.close()


def test_of_little_room_the_reserve_takes_what_there_is(path: Path) -> None:
    """Else others would take all of what a full disk gave up once."""
    kept = path.with_name("chargepoint.db.ballast")
    with no_room(BALLAST_BYTES // 2 + 1000):
        assert Ballast(path).take()
    assert kept.stat().st_size == BALLAST_BYTES // 2
    assert Ballast(path).take()
    assert kept.stat().st_size == BALLAST_BYTES, "all of it when there is room again"
