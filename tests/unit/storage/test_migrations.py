"""A database that any release has written opens in this one, with everything that was in it."""

import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest

from chargepoint.charging.ports import OutboxDepth
from chargepoint.model.status import Availability
from chargepoint.storage.database import NEWEST_SCHEMA
from unit.storage.station_life import NOON, TOKEN, open_inline, take_all

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
    assert list(recovered.cached_verdicts) == [TOKEN.key]
    assert storage.recall("main") == (12.5, "7000001")
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


def test_there_is_one_file_for_every_schema_version_and_one_old_database() -> None:
    scripts = {each.name for each in files("chargepoint.storage.migrations").iterdir() if each.name.endswith(".sql")}
    assert scripts == {f"v{version}.sql" for version in range(1, NEWEST_SCHEMA + 1)}
    assert {each.name for each in OLD_DATABASES.glob("*.sql")} == scripts
