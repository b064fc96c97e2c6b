"""A database that any release has written opens in this one, with everything that was in it."""

import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from chargepoint.charging.effects import RememberFaults, RememberSelfTest
from chargepoint.charging.ports import OutboxDepth
from chargepoint.model.errors import StorageError
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterMemo
from chargepoint.model.moment import Moment
from chargepoint.model.power import SelfTest, SelfTestCause
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.status import Availability
from chargepoint.model.tokens import (
    TYPED_KINDS,
    AuthorizationStatus,
    IdToken,
    TokenKind,
    TokenVerdict,
    look_up,
)
from chargepoint.storage.database import NEWEST_SCHEMA, open_database
from chargepoint.storage.store import Storage
from unit.storage.station_life import NOON, TOKEN, at, open_inline, take_all

KNOWN_METER = MeterMemo(12.5, "7000001", 5100.0, at(60.0))
METER_OF = {f"v{version}.sql": KNOWN_METER for version in (5, 6, 7, 8, 9, 10, 11)}
"""What each release knew of the meter; earlier ones did not know where its register stood."""
KEYS_OF = {f"v{version}.sql": [TOKEN.key] for version in (10, 11)}
"""Earlier releases did not keep the type of a token."""
BLOCKED = TokenVerdict(AuthorizationStatus.BLOCKED)
OLD_DATABASES = Path(__file__).parent / "databases"


@pytest.mark.parametrize("name", sorted(each.name for each in OLD_DATABASES.glob("v*.sql")))
async def test_an_old_database_keeps_everything(tmp_path: Path, name: str) -> None:
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / name).read_text(encoding="utf-8"))
    connection.close()
    storage = await open_inline(path)
    recovered = storage.recovered
    assert recovered.set_aside is None
    assert recovered.boot_id == 2
    (transaction,) = recovered.transactions
    assert transaction.transaction_id == "open"
    assert transaction.id_token == TOKEN
    assert transaction.last_energy_wh == 5100.0
    assert [value.energy_wh() for value in transaction.stop_samples] == [5000.0, 5100.0]
    assert recovered.setting_texts == {"heartbeat_interval_seconds": "60"}
    assert recovered.availability == {1: Availability.INOPERATIVE}
    assert list(recovered.cached_verdicts) == KEYS_OF.get(name, [IdToken(TOKEN.value, TokenKind.UNTYPED).key])
    assert storage.recall("main") == METER_OF.get(name, MeterMemo(12.5, "7000001"))
    assert await storage.depth() == OutboxDepth(4, 1)
    assert await storage.transaction_by_csms_id(42) == "waiting"
    (past,) = await storage.history()
    assert past.transaction_id == "past"
    row = await storage.oldest()
    assert row is not None
    assert (row.attempts, row.csms_transaction_id) == (1, 42)
    reports = await take_all(storage)
    assert [(report.transaction_id, report.phase) for report in reports] == [
        ("waiting", "Updated"),
        ("waiting", "Ended"),
        ("open", "Started"),
        ("open", "Updated"),
    ]
    assert reports[0].stamp.utc > NOON
    await storage.close()


async def test_what_is_said_of_a_past_transaction_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / "v7.sql").read_text(encoding="utf-8"))
    connection.close()
    storage = await open_inline(path)
    (ended,) = storage.recovered.ended
    assert (ended.transaction_id, ended.evse_id, ended.awaits_unplug) == ("past", 1, False)
    assert await storage.transaction_by_csms_id(41) == "past"
    await storage.close()


async def test_a_message_for_the_display_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / "v9.sql").read_text(encoding="utf-8"))
    connection.close()
    storage = await open_inline(path)
    (message,) = storage.recovered.messages
    assert (message.message_id, message.priority, message.content) == (7, "InFront", "Closed on Sunday")
    assert message.ends_at == datetime(2035, 6, 1, 12, tzinfo=UTC)
    await storage.close()


async def stored(tmp_path: Path, name: str) -> Storage:
    """As that release left it, opened by this one."""
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / name).read_text(encoding="utf-8"))
    connection.close()
    return await open_inline(path)


@pytest.mark.parametrize("kind", sorted(TYPED_KINDS))
async def test_what_was_kept_without_a_type_is_known_of_a_token_of_any(tmp_path: Path, kind: TokenKind) -> None:
    storage = await stored(tmp_path, "v9.sql")
    card = IdToken(TOKEN.value.lower(), kind)
    known = storage.recovered.local_list.entries
    listed = look_up(card, known)
    assert listed is not None
    assert listed.group == IdToken("FLEET", TokenKind.UNTYPED)
    assert storage.tokens.cached(card, Moment(1000.0, NOON, True)) == TokenVerdict(AuthorizationStatus.ACCEPTED)
    (reservation,) = storage.recovered.reservations
    assert reservation.is_for(card, None)
    assert reservation.is_for(None, IdToken("fleet", TokenKind.LOCAL))
    await storage.close()


async def test_a_pin_of_an_earlier_release_is_a_pin(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / "v9.sql").read_text(encoding="utf-8"))
    connection.execute("INSERT INTO verdicts (token_key, body) VALUES ('KeyCode 1234', '{\"status\":\"Blocked\"}')")
    connection.commit()
    connection.close()
    storage = await open_inline(path)
    assert look_up(IdToken("1234", TokenKind.KEY_CODE), storage.recovered.cached_verdicts) == BLOCKED
    assert look_up(IdToken("1234"), storage.recovered.cached_verdicts) is None
    await storage.close()


async def test_two_types_of_a_value_are_two_tokens_on_the_disk(tmp_path: Path) -> None:
    storage = await stored(tmp_path, "v10.sql")
    known = storage.recovered.local_list.entries
    assert look_up(replace(TOKEN, kind=TokenKind.ISO15693), known) == BLOCKED
    listed = look_up(TOKEN, known)
    assert listed is not None
    assert listed.status is AuthorizationStatus.ACCEPTED
    assert look_up(replace(TOKEN, kind=TokenKind.LOCAL), known) is None
    assert look_up(IdToken("04bad000"), known) == BLOCKED, "kept since it had no type"
    await storage.close()


async def test_the_last_self_test_is_found_again_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / "v11.sql").read_text(encoding="utf-8"))
    connection.execute('INSERT INTO self_tests VALUES (2, 1, \'{"verdict":"exploded"}\')')
    connection.commit()
    connection.close()
    storage = await open_inline(path)
    failed = SelfTestRecord(SelfTest.FAILED, at(30.0), SelfTestCause.NO_TRIP)
    assert storage.recovered.self_tests == {1: failed}, "what can not be read was never tested"
    passed = SelfTestRecord(SelfTest.PASSED, at(90.0))
    await storage.commit([RememberSelfTest(EvseId(1), passed)], Moment(1000.0, NOON, True))
    await storage.close()
    storage = await open_inline(path)
    assert storage.recovered.self_tests == {1: passed}
    await storage.close()


def test_there_is_one_file_for_every_schema_version_and_one_old_database() -> None:
    scripts = {each.name for each in files("chargepoint.storage.migrations").iterdir() if each.name.endswith(".sql")}
    assert scripts == {f"v{version}.sql" for version in range(1, NEWEST_SCHEMA + 1)}
    assert {each.name for each in OLD_DATABASES.glob("*.sql")} == scripts


async def test_a_release_that_is_taken_back_goes_on_with_what_was_before_the_update(tmp_path: Path) -> None:
    """New firmware migrates the database, is not healthy, and the old release starts again (H6)."""
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / f"v{NEWEST_SCHEMA - 1}.sql").read_text(encoding="utf-8"))
    connection.close()
    await (await open_inline(path)).close()
    old = open_database(path, NEWEST_SCHEMA - 1)
    assert old.set_aside == tmp_path / "chargepoint.db.newer-1"
    assert old.set_aside.exists()
    assert old.connection.execute("PRAGMA user_version").fetchone() == (NEWEST_SCHEMA - 1,)
    assert old.connection.execute("SELECT COUNT(*) FROM outbox").fetchone() == (4,)
    old.connection.close()
    storage = await open_inline(path)
    assert (await storage.depth()).pending == 4, "and can be updated again"
    await storage.close()


@pytest.mark.parametrize("has_old_copy", [False, True])
async def test_a_newer_database_without_a_fresh_copy_is_not_touched(tmp_path: Path, has_old_copy: bool) -> None:
    path = tmp_path / "chargepoint.db"
    await (await open_inline(path)).close()
    if has_old_copy:
        copy = tmp_path / f"chargepoint.db.schema-{NEWEST_SCHEMA - 1}"
        copy.touch()
        os.utime(copy, (0, 0))
    with pytest.raises(StorageError, match="newer release"):
        open_database(path, NEWEST_SCHEMA - 1)
    assert not (tmp_path / "chargepoint.db.newer-1").exists()


async def test_kept_faults_are_read_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD_DATABASES / "v6.sql").read_text(encoding="utf-8"))
    connection.execute("INSERT INTO kept_faults VALUES (2, 'a_fault_of_the_future')")
    connection.commit()
    connection.close()
    storage = await open_inline(path)
    assert storage.recovered.kept_faults == {2: {Fault.CONTACTOR_WELDED, Fault.FAULT_MEMORY_LOST}}
    now = Moment(1000.0, NOON, True)
    welded = frozenset({Fault.CONTACTOR_WELDED})
    await storage.commit([RememberFaults(EvseId(1), welded), RememberFaults(EvseId(2), frozenset())], now)
    await storage.close()
    storage = await open_inline(path)
    assert storage.recovered.kept_faults == {1: {Fault.CONTACTOR_WELDED}}
    await storage.close()
