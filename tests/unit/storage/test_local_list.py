"""The local list on the disk: an update is there whole or not at all, whatever happens in the middle of it."""

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.effects import RememberLocalList, RememberVerdict
from chargepoint.model.local_list import ListEntry, ListUpdate, StoredList
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from chargepoint.storage.store import Storage
from unit.storage.station_life import MOMENT, NOON, TOKEN, open_inline

TESTS = Path(__file__).parents[2]
OLD_DATABASE = Path(__file__).parent / "databases" / "v3.sql"
ACCEPTED = TokenVerdict(AuthorizationStatus.ACCEPTED)
BLOCKED = TokenVerdict(AuthorizationStatus.BLOCKED)
FLEET = IdToken("FLEET", TokenKind.UNTYPED)
GROUPED = TokenVerdict(AuthorizationStatus.ACCEPTED, FLEET, NOON + timedelta(days=365))
OTHER = IdToken("04BAD000")


def full(version: int, *entries: tuple[IdToken, TokenVerdict]) -> ListUpdate:
    return ListUpdate(version, True, tuple(ListEntry(token, verdict) for token, verdict in entries))


def changes(version: int, *entries: tuple[IdToken, TokenVerdict | None]) -> ListUpdate:
    return ListUpdate(version, False, tuple(ListEntry(token, verdict) for token, verdict in entries))


async def stored_after(path: Path, *updates: ListUpdate) -> StoredList:
    storage = await open_inline(path)
    for update in updates:
        await storage.commit([RememberLocalList(update)], MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.close()
    return again.recovered.local_list


async def test_a_list_comes_back_with_its_version_groups_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert await stored_after(path) == StoredList(0, {})
    assert await stored_after(path, full(3, (TOKEN, GROUPED), (OTHER, BLOCKED))) == StoredList(
        3, {TOKEN.key: GROUPED, OTHER.key: BLOCKED}
    )
    assert await stored_after(path, changes(4, (TOKEN, None), (OTHER, ACCEPTED))) == StoredList(
        4, {OTHER.key: ACCEPTED}
    )
    assert await stored_after(path, changes(5)) == StoredList(5, {OTHER.key: ACCEPTED})
    assert await stored_after(path, full(2, (TOKEN, ACCEPTED))) == StoredList(2, {TOKEN.key: ACCEPTED})
    assert await stored_after(path, full(9)) == StoredList(9, {})


async def test_the_cache_forgets_what_is_listed_on_the_disk_and_in_memory(tmp_path: Path) -> None:
    storage = await open_inline(tmp_path / "a.db")
    await storage.commit([RememberVerdict(TOKEN, ACCEPTED), RememberVerdict(OTHER, ACCEPTED)], MOMENT)
    await storage.commit([RememberLocalList(changes(1, (TOKEN, BLOCKED), (OTHER, None)))], MOMENT)
    assert storage.tokens.cached(TOKEN, MOMENT) is None
    assert storage.tokens.cached(OTHER, MOMENT) == ACCEPTED
    await storage.close()
    again = await open_inline(tmp_path / "a.db")
    assert set(again.recovered.cached_verdicts) == {OTHER.key}
    await again.close()


async def test_the_same_list_again_writes_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    long = full(1, *((IdToken(f"T{number}"), GROUPED) for number in range(2000)))
    storage = await open_inline(path)
    await storage.commit([RememberLocalList(long)], MOMENT)
    wal = path.with_name(path.name + "-wal")
    before = wal.stat().st_size
    await storage.commit([RememberLocalList(full(2, *((e.token, GROUPED) for e in long.entries)))], MOMENT)
    assert wal.stat().st_size - before < 20_000
    await storage.close()


async def test_an_entry_that_can_not_be_read_asks_for_the_list_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.db"
    await stored_after(path, full(3, (TOKEN, GROUPED), (OTHER, BLOCKED)))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE local_list SET body = 'nonsense' WHERE token_key = ?", (OTHER.key,))
    connection.commit()
    connection.close()
    assert await stored_after(path) == StoredList(0, {TOKEN.key: GROUPED})
    assert "an entry of the local list is left out" in caplog.text


async def test_an_old_databases_list_and_reservation_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.executescript(OLD_DATABASE.read_text(encoding="utf-8"))
    connection.close()
    storage = await open_inline(path)
    of_any_type = [IdToken(each.value, TokenKind.UNTYPED) for each in (TOKEN, OTHER)]
    assert storage.recovered.local_list == StoredList(
        17, dict(zip((each.key for each in of_any_type), (GROUPED, BLOCKED), strict=True))
    )
    (reservation,) = storage.recovered.reservations
    assert (reservation.reservation_id, reservation.evse_id) == (0, 1)
    assert reservation.is_for(IdToken("anybody"), FLEET)
    assert reservation.expires_at == NOON + timedelta(hours=1)
    assert reservation.made_at == NOON
    await storage.close()


LIFE = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from chargepoint.storage.store import open_storage
from unit.storage.test_local_list import swing

async def live():
    storage, recovered = await open_storage(Path(sys.argv[1]))
    version = recovered.local_list.version
    print("up", flush=True)
    while True:
        version += 1
        await swing(storage, version)
        print(version, flush=True)

asyncio.run(live())
"""
SWUNG = 3000


async def swing(storage: Storage, version: int) -> None:
    """A full list in which everybody has the same verdict, another one each time."""
    verdict = (ACCEPTED, BLOCKED)[version % 2]
    await storage.commit(
        [RememberLocalList(full(version, *((IdToken(f"T{number}"), verdict) for number in range(SWUNG))))], MOMENT
    )


def live_and_die(path: Path, updates: int) -> int:
    """The last version that a process said to be stored before it was killed amid the next one."""
    command = [sys.executable, "-c", LIFE, str(path), str(TESTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        for _ in range(updates):
            process.stdout.readline()
        process.kill()
        process.stdout.read()
    return updates


async def test_killed_in_the_middle_of_a_full_update_the_list_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    version = 0
    for updates in (1, 2, 3):
        version += live_and_die(path, updates)
        storage = await open_inline(path)
        stored = storage.recovered.local_list
        await storage.close()
        assert storage.recovered.set_aside is None
        assert stored.version >= version
        assert len(stored.entries) == SWUNG
        assert set(stored.entries.values()) == {(ACCEPTED, BLOCKED)[stored.version % 2]}
        version = stored.version
