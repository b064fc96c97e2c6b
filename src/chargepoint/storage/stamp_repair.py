"""Applies the corrections of `stamps` to what is stored. Rows that may have been sent keep their bytes."""

import sqlite3
from dataclasses import dataclass, field

from chargepoint.charging.clock_correction import (
    Correction,
    Sync,
    corrected_transaction,
    corrected_value,
    corrections,
)
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import Transaction, TransactionPhase
from chargepoint.storage import codec
from chargepoint.storage.open_records import readable_samples
from chargepoint.storage.stamps import DurableReport, Stamped, corrected_report, has_untrusted, stamps_of

AFFECTED = """
    SELECT transaction_id FROM outbox WHERE is_untrusted = 1
    UNION SELECT transaction_id FROM transactions WHERE is_untrusted = 1
"""
ROWS = """
    SELECT row_id, kind, version, body, is_untrusted = 0 OR attempts > 0 OR row_id <= ? FROM outbox
    WHERE transaction_id IS ? ORDER BY row_id
"""
RECORD = "SELECT record, version FROM transactions WHERE transaction_id = ? AND record IS NOT NULL"
SAMPLES = "SELECT place, body FROM stop_samples WHERE transaction_id = ?"


@dataclass(slots=True)
class Repaired:
    """What a repair has done."""

    rows: int = 0
    """Of the outbox, rewritten."""
    stamps: dict[TransactionId, dict[Stamp, Stamp]] = field(default_factory=dict)
    """What became of the stamps of each transaction: the core has the open ones in hand."""


def repair_stamps(connection: sqlite3.Connection, sync: Sync, largest_given_out: int) -> Repaired:
    """Every stamp that was taken with an unset clock and has not been sent is right afterwards."""
    repaired = Repaired()
    for (transaction_id,) in connection.execute(AFFECTED).fetchall():
        rows, stamps = _Repair(connection, transaction_id, largest_given_out).apply(sync)
        repaired.rows += rows
        if transaction_id is not None:
            repaired.stamps[TransactionId(transaction_id)] = stamps
    return repaired


class _Repair:
    """All that is stored of one transaction; the transaction None is what belongs to none."""

    def __init__(self, connection: sqlite3.Connection, transaction_id: str | None, largest_given_out: int) -> None:
        self._connection = connection
        self._id = transaction_id
        self._rows: dict[int, DurableReport] = {}
        self._sent: list[DurableReport] = []
        rows = connection.execute(ROWS, (largest_given_out, transaction_id)).fetchall()
        for row_id, kind, version, body, stays in rows:
            try:
                report = codec.decode_report(kind, body, version)
            except StorageError:
                continue  # buried when its turn comes
            if stays:
                self._sent.append(report)
            else:
                self._rows[row_id] = report
        self._record = self._read_record()
        self._samples = self._read_samples()

    def apply(self, sync: Sync) -> tuple[int, dict[Stamp, Stamp]]:
        """How many rows were rewritten, and what became of each stamp."""
        everything: list[Stamped] = [*self._rows.values(), *self._sent, *self._samples.values()]
        everything += [] if self._record is None else [self._record]
        found = corrections((stamp for value in everything for stamp in stamps_of(value)), sync)
        correct = found.__getitem__
        self._write_record(correct)
        self._write_samples(correct)
        return self._write_rows(correct), found

    def _read_record(self) -> Transaction | None:
        row = self._connection.execute(RECORD, (self._id,)).fetchone()
        try:
            return None if row is None else codec.TRANSACTION.decode(*row)
        except StorageError:
            return None  # named in the log when the file was opened

    def _read_samples(self) -> dict[int, MeterValue]:
        rows = self._connection.execute(SAMPLES, (self._id,)).fetchall()
        return readable_samples(rows, [])  # named in the log when the file was opened

    def _write_rows(self, correct: Correction) -> int:
        rows = {row_id: (row, corrected_report(row, correct)) for row_id, row in self._rows.items()}
        changed = {row_id: corrected for row_id, (row, corrected) in rows.items() if corrected != row}
        for row_id, corrected in changed.items():
            _, body = codec.encode_report(corrected)
            values = (body, has_untrusted(corrected), row_id)
            self._connection.execute("UPDATE outbox SET body = ?, is_untrusted = ? WHERE row_id = ?", values)
            if isinstance(corrected, TransactionReport) and corrected.phase is TransactionPhase.STARTED:
                self._connection.execute("UPDATE starts SET body = ? WHERE transaction_id = ?", (body, self._id))
        return len(changed)

    def _write_record(self, correct: Correction) -> None:
        if self._record is not None:
            corrected = corrected_transaction(self._record, correct)
            values = (codec.TRANSACTION.encode(corrected), has_untrusted(corrected), self._id)
            self._connection.execute(
                "UPDATE transactions SET record = ?, is_untrusted = ? WHERE transaction_id = ?", values
            )

    def _write_samples(self, correct: Correction) -> None:
        rows = [
            (codec.METER_VALUE.encode(corrected_value(sample, correct)), place)
            for place, sample in self._samples.items()
        ]
        self._connection.executemany("UPDATE stop_samples SET body = ? WHERE place = ?", rows)
