"""A whole session is cut at every commit and every message, and each time the station starts again and is billed.

Each test prints how many cut points it tried: none is left out.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dev_csms.records import Direction
from dev_csms.transactions import CsmsTransaction, FactKind
from scenarios.power_cuts import (
    DATABASE_FILES,
    SAMPLE_SECONDS,
    Cut,
    CutStation,
    Line,
    live_through,
    record_session,
    started_on_disk,
)
from support.rig import START_WH

Record = Callable[[str, object], None]

MOST_WATTS = 3 * 230.0 * 32.0
SAMPLE_WH = MOST_WATTS * SAMPLE_SECONDS / 3600.0
ROUNDING_WH = 1.0
"""1.6 bills whole Wh."""
TRANSACTION_ACTIONS = ("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")
EMPTY_AT_THE_END = ("outbox", "dead_letters", "transactions", "starts", "stop_samples")
EV_LEAVES_AT_EVERY = 4


@pytest.mark.parametrize("line", Line, ids=lambda line: line.name.lower())
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_session_cut_anywhere_is_billed_once_and_whole(
    version: str, line: Line, tmp_path: Path, record_property: Record
) -> None:
    uncut = record_session(_emptied(tmp_path / "uncut"), version, line)
    assert_billed(uncut, transactions=1)
    lost_wh = 0.0
    for number, cut in enumerate(uncut.cuts):
        with _named(cut, number):
            assert_start_was_committed(cut, _emptied(tmp_path / "look"))
            station = live_through(cut, _emptied(tmp_path / "cut"), version)
            assert_billed(station, transactions=1)
            assert_boot_came_first(station, cut)
        lost_wh = max(lost_wh, moved_wh(station) - station.bill_wh())
    assert len(uncut.cuts) > 40
    record_property(
        "shown", f"power cuts, OCPP {version}, CSMS {line}: {len(uncut.cuts)} points, at most {lost_wh:.2f} Wh unbilled"
    )


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_an_ev_that_leaves_while_the_power_is_off_is_billed_up_to_the_cut(
    version: str, tmp_path: Path, record_property: Record
) -> None:
    uncut = record_session(_emptied(tmp_path / "uncut"), version, Line.ONLINE)
    chosen = uncut.cuts[::EV_LEAVES_AT_EVERY]
    for number, cut in enumerate(chosen):
        with _named(cut, number):
            started = started_on_disk(cut, _emptied(tmp_path / "look"))
            station = live_through(cut, _emptied(tmp_path / "cut"), version, ev_leaves=True)
            assert_billed(station, transactions=started)
            reasons = {transaction.stop_reason for transaction in station.csms.core.transactions}
            assert reasons <= {"PowerLoss", "Local"}, reasons
    told = f"{len(chosen)} points (every {EV_LEAVES_AT_EVERY}th of those online)"
    record_property("shown", f"power cuts, OCPP {version}, EV gone meanwhile: {told}")


def assert_start_was_committed(cut: Cut, directory: Path) -> None:
    """Before the contactor may close, the transaction is on the disk."""
    if cut.power_was_allowed:
        assert started_on_disk(cut, directory) == 1


def assert_billed(station: CutStation, transactions: int) -> None:
    """What the CSMS has is what happened: once, in order, complete."""
    record = station.csms.record
    assert record.anomalies == []
    assert record.schema_errors == []
    booked = station.csms.core.transactions
    assert len(booked) == transactions
    for transaction in booked:
        assert_in_order(transaction)
    assert_retries_identical(station)
    assert_energy(station, booked)
    assert_nothing_waits(station.directory)


def assert_in_order(transaction: CsmsTransaction) -> None:
    kinds = [fact.kind for fact in transaction.facts]
    assert kinds[0] is FactKind.STARTED
    assert kinds[-1] is FactKind.ENDED
    assert set(kinds[1:-1]) <= {FactKind.UPDATED}
    sequences = transaction.sequences
    assert sequences == list(range(len(sequences)))


def assert_retries_identical(station: CutStation) -> None:
    """What is said again is the same text, message id and all."""
    texts: dict[str, str] = {}
    for frame in station.csms.core.frames:
        message_type, _, *rest = json.loads(frame.text)
        if frame.direction is Direction.FROM_STATION and message_type == 2 and rest[0] in TRANSACTION_ACTIONS:
            assert texts.setdefault(json.dumps(rest), frame.text) == frame.text


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
    assert moved - billed_wh <= SAMPLE_WH + ROUNDING_WH


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


def _emptied(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return directory


@contextmanager
def _named(cut: Cut, number: int) -> Iterator[None]:
    """A failure says where the power went."""
    try:
        yield
    except (AssertionError, Exception) as error:
        error.add_note(f"cut point {number}, at {cut.at_seconds:.2f} s, {cut.place}; errand: {cut.errand}")
        raise
