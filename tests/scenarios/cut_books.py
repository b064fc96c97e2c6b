"""What must be in the CSMS's books and on the disk after a session whose power was cut."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dev_csms.records import AnomalyKind, Direction
from dev_csms.transactions import CsmsTransaction, FactKind
from scenarios.power_cuts import DATABASE_FILES, Cut, CutStation, started_on_disk
from support.rig import START_WH, Rig

ROUNDING_WH = 1.0
"""1.6 bills whole Wh."""
TRANSACTION_ACTIONS = ("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")
EMPTY_AT_THE_END = ("outbox", "dead_letters", "transactions", "starts", "stop_samples")


def assert_start_was_committed(cut: Cut, directory: Path) -> None:
    """Before the contactor may close, the transaction is on the disk."""
    if cut.power_was_allowed:
        assert started_on_disk(cut, directory) == 1


def assert_billed(
    station: CutStation, transactions: int, *, repeats: int = 0, forgiven: frozenset[AnomalyKind] = frozenset()
) -> None:
    """What the CSMS has is what happened: once, in order, complete. A cut may repeat the one message in flight."""
    record = station.csms.record
    assert [anomaly for anomaly in record.anomalies if anomaly.kind not in forgiven] == []
    assert record.schema_errors == []
    booked = station.csms.core.transactions
    assert len(booked) == transactions
    for transaction in booked:
        assert_in_order(transaction)
        if AnomalyKind.SEQUENCE_GAP not in forgiven:
            assert transaction.sequences == list(range(len(transaction.sequences)))
    assert sum(transaction.duplicates for transaction in booked) <= repeats
    assert_retries_identical(station)
    assert_energy(station, booked)
    assert_nothing_waits(station.directory)


def assert_in_order(transaction: CsmsTransaction) -> None:
    kinds = [fact.kind for fact in transaction.facts]
    assert kinds[0] is FactKind.STARTED
    assert kinds[-1] is FactKind.ENDED
    assert set(kinds[1:-1]) <= {FactKind.UPDATED}
    sequences = transaction.sequences
    assert sequences == sorted(set(sequences))
    assert sequences[:1] in ([], [0])


def assert_retries_identical(station: Rig) -> None:
    """A message id stands for one text, however often it is said; and a text has no second message id."""
    texts: dict[str, str] = {}
    ids: dict[str, str] = {}
    for frame in station.csms.core.frames:
        message_type, message_id, *rest = json.loads(frame.text)
        if frame.direction is Direction.FROM_STATION and message_type == 2 and rest[0] in TRANSACTION_ACTIONS:
            assert texts.setdefault(message_id, frame.text) == frame.text
            assert ids.setdefault(json.dumps(rest), message_id) == message_id


def assert_energy(station: CutStation, booked: list[CsmsTransaction]) -> None:
    """Never billed twice, never more than the meter moved, never less by more than one sample interval."""
    reached_wh = START_WH - ROUNDING_WH
    for transaction in booked:
        assert transaction.start_wh is not None
        assert transaction.stop_wh is not None
        assert reached_wh <= transaction.start_wh <= transaction.stop_wh
        reached_wh = transaction.stop_wh
    billed_wh, moved = station.bill_wh(), moved_wh(station)
    assert billed_wh <= moved + ROUNDING_WH
    assert moved - billed_wh <= station.terms.sample_wh + ROUNDING_WH


def assert_nothing_waits(directory: Path) -> None:
    with closing(sqlite3.connect(directory / DATABASE_FILES[0])) as database:
        for table in EMPTY_AT_THE_END:
            (rows,) = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
            assert rows == 0, f"{rows} rows are left in {table}"


def assert_boot_came_first(station: CutStation, cut: Cut) -> None:
    frames = [frame for frame in station.csms.core.frames if frame.at > station.utc_at(cut.at_seconds)]
    first = next(frame for frame in frames if frame.direction is Direction.FROM_STATION)
    assert "BootNotification" in first.text


def moved_wh(station: CutStation) -> float:
    """What really went through the meter."""
    return station.world.evse(1).meter.energy_import_wh - START_WH


def emptied(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return directory


@contextmanager
def named(cut: Cut, number: int) -> Iterator[None]:
    """A failure says where the power went."""
    try:
        yield
    except (AssertionError, Exception) as error:
        error.add_note(f"cut point {number}, at {cut.at_seconds:.2f} s, {cut.place}; errand: {cut.errand}")
        raise
