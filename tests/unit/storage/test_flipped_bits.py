"""One bit of the file flips on the flash: the station starts, and what is not hit by it leaves."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chargepoint.charging.ports import OutboxDepth
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import SecurityReport
from chargepoint.model.transactions import Cause, TransactionPhase
from chargepoint.storage import codec
from chargepoint.storage.store import Storage
from unit.storage.station_life import MOMENT, Charging, at, open_inline, take_all

SWEPT = 40
"""So many places of the file are tried, evenly spread."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chargepoint.db"


async def two_sessions(path: Path) -> None:
    """An open transaction of each of two EVs, with a sample, and a setting."""
    storage = await open_inline(path)
    for name in ("tx-1", "tx-2"):
        charging = Charging(name)
        await storage.commit(charging.start(), MOMENT)
        await storage.commit(charging.sample(), MOMENT)
    await storage.save_setting("HeartbeatInterval", "77")
    await storage.close()


def flip_text(path: Path, table: str, column: str, where: str) -> None:
    """The high bit of one character in the middle of one stored text: no UTF-8 any more."""
    with closing(sqlite3.connect(path)) as connection:
        query = f"SELECT CAST({column} AS BLOB) FROM {table} WHERE {where}"
        (text,) = connection.execute(query).fetchone()
        middle = len(text) // 2
        broken = text[:middle] + bytes([text[middle] ^ 0x80]) + text[middle + 1 :]
        connection.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {where}", (broken,))
        connection.commit()


def rename_in_schema(path: Path, table: str, column: str, wrong: str) -> None:
    """A bit of the text that made the table."""
    assert len(column) == len(wrong)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        changed = connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ?", (column, wrong, table)
        )
        assert changed.rowcount == 1
        connection.commit()


def places_in(path: Path) -> list[int]:
    """Of bytes that mean something."""
    meaning = [place for place, byte in enumerate(path.read_bytes()) if byte]
    return meaning[:: len(meaning) // SWEPT]


def write_flipped(here: Path, path: Path, place: int, bit: int) -> None:
    """A copy that differs in one bit."""
    content = bytearray(path.read_bytes())
    content[place] ^= bit
    here.write_bytes(content)


def place_in_index(path: Path, name: str, text: bytes) -> int:
    """Of the first such key in the index's own page."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    return path.read_bytes().index(text, (page - 1) * size, page * size)


async def assert_it_works(storage: Storage) -> None:
    """What is there leaves, and a whole transaction can be stored and leaves too."""
    while (row := await storage.oldest()) is not None:
        await storage.delivered(row.row_id, 7, "ocpp1.6")
    await storage.correct_stamps(MOMENT)
    await storage.history()
    await storage.dead_letters()
    charging = Charging("new", boot_id=storage.recovered.boot_id)
    for step in (charging.start(), charging.sample(), charging.end()):
        await storage.commit(step, MOMENT)
    await storage.save_setting("HeartbeatInterval", "78")
    phases = [report.phase for report in await take_all(storage)]
    assert phases == [TransactionPhase.STARTED, TransactionPhase.UPDATED, TransactionPhase.ENDED]


async def test_wherever_a_bit_flips_the_station_starts_and_bills(path: Path) -> None:
    await two_sessions(path)
    for turn, place in enumerate(places_in(path)):
        here = path.with_name(f"{turn}.db")
        write_flipped(here, path, place, 0x80 if turn % 2 else 0x01)
        try:
            storage = await open_inline(here)
            await assert_it_works(storage)
        except StorageError as error:
            raise AssertionError(f"byte {place} of the file") from error
        await storage.close()


@pytest.mark.parametrize("column", ["body", "kind"])
async def test_a_row_with_a_flipped_bit_is_a_dead_letter_and_the_rest_leaves(path: Path, column: str) -> None:
    await two_sessions(path)
    flip_text(path, "outbox", column, "row_id = 1")
    storage = await open_inline(path)
    assert storage.recovered.set_aside is None
    assert [report.transaction_id for report in await take_all(storage)] == ["tx-1", "tx-2", "tx-2"]
    (letter,) = await storage.dead_letters()
    assert letter.row_id == 1
    await storage.close()


async def test_a_record_with_a_flipped_bit_is_made_anew_and_the_others_go_on(path: Path) -> None:
    await two_sessions(path)
    flip_text(path, "transactions", "record", "transaction_id = 'tx-1'")
    storage = await open_inline(path)
    assert {each.transaction_id: each.stop_reason for each in storage.recovered.transactions} == {
        "tx-1": "PowerLoss",
        "tx-2": None,
    }
    assert len(storage.recovered.damage) == 1
    await storage.close()


async def test_a_stop_sample_with_a_flipped_bit_costs_itself(path: Path) -> None:
    await two_sessions(path)
    flip_text(path, "stop_samples", "body", "place = 2")
    storage = await open_inline(path)
    assert [len(each.stop_samples) for each in storage.recovered.transactions] == [1, 2]
    await storage.close()


async def test_a_setting_with_a_flipped_bit_does_not_stop_the_start(path: Path) -> None:
    await two_sessions(path)
    flip_text(path, "settings", "text", "name = 'HeartbeatInterval'")
    storage = await open_inline(path)
    assert storage.recovered.setting_texts == {"HeartbeatInterval": "7\ufffd"}, "which is no number"
    await storage.close()


async def test_a_start_with_a_flipped_bit_blocks_no_later_report(path: Path) -> None:
    """It is looked up for a CSMS of another version, and when somebody is authorised after it."""
    await two_sessions(path)
    flip_text(path, "starts", "body", "transaction_id = 'tx-1'")
    storage = await open_inline(path)
    assert await storage.started_report(TransactionId("tx-1")) is None
    later = Charging("tx-1")
    later.record = storage.recovered.transactions[0]
    step = later._step(TransactionPhase.UPDATED, Cause.AUTHORIZED)
    await storage.commit(step, MOMENT)
    assert await storage.depth() == OutboxDepth(5, 0)
    await storage.close()


@pytest.mark.parametrize(
    ("table", "column", "wrong"),
    [("outbox", "is_sample", "is_sampme"), ("history", "stop_reason", "stop_reasoo"), ("boots", "boot_id", "boot_ie")],
)
async def test_a_flipped_bit_in_the_schema_puts_the_file_aside_at_once(
    path: Path, table: str, column: str, wrong: str
) -> None:
    """And not when the column is first asked for, with a driver waiting."""
    await two_sessions(path)
    rename_in_schema(path, table, column, wrong)
    storage = await open_inline(path)
    assert storage.recovered.set_aside == str(path) + ".corrupt-1"
    await assert_it_works(storage)
    await storage.close()


async def test_an_index_with_a_flipped_bit_is_made_anew_and_nothing_is_lost(path: Path) -> None:
    await two_sessions(path)
    write_flipped(path, path, place_in_index(path, "outbox_one_start_one_end", b"tx-1Started"), 0x01)
    storage = await open_inline(path)
    assert storage.recovered.set_aside is None
    assert await storage.depth() == OutboxDepth(4, 0)
    await assert_it_works(storage)
    await storage.close()


def test_the_sign_of_damage_may_be_in_what_is_stored() -> None:
    """A CSMS or a card may have it in its texts; it is written as an escape."""
    report = SecurityReport("SettingSystemTime", at(0.0), "from \ufffd")
    kind, text = codec.encode_report(report)
    assert codec.decode_report(kind, text) == report
    with pytest.raises(StorageError, match="it is damaged"):
        codec.decode_report(kind, text.replace("Time", "T\ufffdme"))
