"""The outbox's rows: what goes in, what comes out first, what is buried, what is thinned. Blocking, in the writer."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from chargepoint.charging.ports import DeadLetter, Envelope
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import (
    KeptEventReport,
    ReservationReport,
    SecurityReport,
    TransactionReport,
    UnpluggedReport,
    UpdateReport,
)
from chargepoint.model.transactions import Cause, TransactionPhase
from chargepoint.storage import codec
from chargepoint.storage.database import single
from chargepoint.storage.stamps import DurableReport, has_untrusted

SAMPLE_CAUSES = frozenset({Cause.METER_VALUE_PERIODIC, Cause.METER_VALUE_CLOCK})

OLDEST = """
    SELECT o.row_id, o.message_id, o.kind, o.version, o.body, o.attempts, o.transaction_id,
           COALESCE(t.csms_transaction_id, (
               SELECT h.csms_transaction_id FROM history h
               WHERE o.phase IS NULL AND h.transaction_id = o.transaction_id
           )),
           t.start_is_dead, t.start_told_in, o.is_untrusted
    FROM outbox o LEFT JOIN transactions t ON t.transaction_id = o.transaction_id
    WHERE o.row_id IS NOT ?
    ORDER BY o.row_id LIMIT 1
"""
THIN = """
    DELETE FROM outbox WHERE row_id IN (
        SELECT row_id FROM (
            SELECT row_id, ROW_NUMBER() OVER (PARTITION BY transaction_id ORDER BY row_id) AS place
            FROM outbox
            WHERE is_sample = 1 AND attempts = 0 AND row_id > (SELECT MIN(row_id) FROM outbox) AND row_id > ?
        ) WHERE place % 2 = 0
    )
"""
INSERT = """
    INSERT OR IGNORE INTO outbox (row_id, message_id, kind, version, body, transaction_id, sequence, phase,
    is_sample, is_untrusted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
DEAD = "SELECT message_id, kind, version, body FROM dead_letters WHERE row_id = ?"
BURY = """
    INSERT OR REPLACE INTO dead_letters
    SELECT row_id, message_id, kind, version, body, transaction_id, attempts, ? FROM outbox WHERE row_id = ?
"""


class OutboxTable:
    """Row ids are counted here, so that one is never used twice while anybody may hold it."""

    def __init__(self, connection: sqlite3.Connection, make_message_id: Callable[[], str]) -> None:
        self._make_message_id = make_message_id
        largest = [single(connection, f"SELECT MAX(row_id) FROM {table}") for table in ("outbox", "dead_letters")]
        self._last_row_id = max(value if isinstance(value, int) else 0 for value in largest)
        self.largest_given_out = 0
        """Rows up to this one may have been sent: their bytes stay."""
        self.undated_row: int | None = None
        """Given out last with a time that a later start would still put right."""
        self.answered_row: int | None = None
        """A sample that the CSMS has, deleted with the next commit; after a power cut it is sent once more."""

    def add(self, connection: sqlite3.Connection, report: DurableReport) -> bool:
        """False: this step of the transaction, its start or its end is there already."""
        kind, body = codec.encode_report(report)
        self._last_row_id += 1
        step = _step(report)
        values = (self._last_row_id, self._make_message_id(), kind, codec.VERSION, body, *step, has_untrusted(report))
        cursor = connection.execute(
            INSERT,
            values,
        )
        return cursor.rowcount == 1

    def oldest(self, connection: sqlite3.Connection) -> Envelope | None:
        """The row with the smallest id; StorageError (with `UnreadableRowError`) for one that can not be read."""
        row = connection.execute(OLDEST, (self.answered_row,)).fetchone()
        if row is None:
            return None
        row_id, message_id, kind, version, body, attempts, transaction_id, *start = row
        csms_transaction_id, start_is_dead, start_told_in, is_untrusted = start
        try:
            report = codec.decode_report(kind, body, version)
        except StorageError as error:
            raise UnreadableRowError(row_id, str(error)) from error
        self.largest_given_out = max(self.largest_given_out, row_id)
        self.undated_row = row_id if is_untrusted else None
        return Envelope(
            row_id=row_id,
            report=report,
            message_id=message_id,
            attempts=attempts,
            transaction_id=None if transaction_id is None else TransactionId(transaction_id),
            csms_transaction_id=csms_transaction_id,
            start_is_dead=bool(start_is_dead),
            start_told_in=frozenset((start_told_in or "").split()),
        )

    def step_of(self, connection: sqlite3.Connection, row_id: int) -> tuple[TransactionId | None, str | None] | None:
        """Transaction and phase of a row; None when it is gone."""
        row = connection.execute("SELECT transaction_id, phase FROM outbox WHERE row_id = ?", (row_id,)).fetchone()
        if row is None:
            return None
        return (None if row[0] is None else TransactionId(row[0])), row[1]

    def is_sample(self, connection: sqlite3.Connection, row_id: int) -> bool:
        """True for a periodic sample, which no bill depends on."""
        return single(connection, "SELECT is_sample FROM outbox WHERE row_id = ?", row_id) == 1

    def remove(self, connection: sqlite3.Connection, row_id: int) -> None:
        connection.execute("DELETE FROM outbox WHERE row_id = ?", (row_id,))

    def bury(self, connection: sqlite3.Connection, row_id: int, reason: str) -> None:
        connection.execute(BURY, (reason, row_id))
        self.remove(connection, row_id)

    def mark_offline(self, connection: sqlite3.Connection, row_id: int) -> None:
        row = connection.execute("SELECT kind, version, body FROM outbox WHERE row_id = ?", (row_id,)).fetchone()
        report = None if row is None else codec.decode_report(row[0], row[2], row[1])
        if isinstance(report, TransactionReport):
            _, body = codec.encode_report(replace(report, offline=True))
            values = (body, codec.VERSION, row_id)
            connection.execute("UPDATE outbox SET body = ?, version = ? WHERE row_id = ?", values)

    def keep_times(self, connection: sqlite3.Connection) -> None:
        """Of `undated_row`, right or wrong: what may have been said is said again in the same words."""
        connection.execute("UPDATE outbox SET is_untrusted = 0 WHERE row_id = ?", (self.undated_row,))

    def count_attempt(self, connection: sqlite3.Connection, row_id: int) -> int:
        """The new number; 0 when the row is gone."""
        connection.execute("UPDATE outbox SET attempts = attempts + 1 WHERE row_id = ?", (row_id,))
        attempts = single(connection, "SELECT attempts FROM outbox WHERE row_id = ?", row_id)
        return attempts if isinstance(attempts, int) else 0

    def thin(self, connection: sqlite3.Connection) -> int:
        """Drop every second sample of each transaction that nobody has been shown (2.0.1 E11.FR.05); how many."""
        return connection.execute(THIN, (self.largest_given_out,)).rowcount

    def has_reports_of(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> bool:
        query = "SELECT 1 FROM outbox WHERE transaction_id = ? AND row_id IS NOT ?"
        return single(connection, query, transaction_id, self.answered_row) is not None

    def has_reports_of_any_transaction(self, connection: sqlite3.Connection) -> bool:
        query = "SELECT 1 FROM outbox WHERE transaction_id IS NOT NULL AND row_id IS NOT ? LIMIT 1"
        return single(connection, query, self.answered_row) is not None

    def waiting(self, connection: sqlite3.Connection) -> int:
        """How many rows are still to be sent."""
        found = single(connection, "SELECT COUNT(*) FROM outbox WHERE row_id IS NOT ?", self.answered_row)
        return found if isinstance(found, int) else 0

    def put_back(self, connection: sqlite3.Connection, row_id: int) -> DurableReport | None:
        """A dead letter takes its old place, with its old message id and no attempts; StorageError when unreadable."""
        row = connection.execute(DEAD, (row_id,)).fetchone()
        if row is None:
            return None
        message_id, kind, version, body = row
        report = codec.decode_report(kind, body, version)
        values = (row_id, message_id, kind, version, body, *_step(report), has_untrusted(report))
        connection.execute(INSERT, values)
        connection.execute("DELETE FROM dead_letters WHERE row_id = ?", (row_id,))
        self.largest_given_out = max(self.largest_given_out, row_id)  # it has been sent: its bytes stay
        return report

    def dead_letters(self, connection: sqlite3.Connection, limit: int) -> list[DeadLetter]:
        rows = connection.execute(
            "SELECT row_id, kind, transaction_id, attempts, reason, body FROM dead_letters"
            " ORDER BY row_id DESC LIMIT ?",
            (limit,),
        )
        return [DeadLetter(*row) for row in rows]


class UnreadableRowError(StorageError):
    """The oldest row can not be read: it has to be buried, or nothing after it would ever leave."""

    def __init__(self, row_id: int, reason: str) -> None:
        super().__init__(reason)
        self.row_id = row_id


def count(connection: sqlite3.Connection, table: str) -> int:
    found = single(connection, f"SELECT COUNT(*) FROM {table}")
    return found if isinstance(found, int) else 0


def _step(report: DurableReport) -> tuple[str | None, int | None, str | None, bool]:
    """Transaction, sequence, phase, and whether it is a sample that may be thinned."""
    match report:
        case SecurityReport() | UpdateReport() | ReservationReport() | KeptEventReport():
            return None, None, None, False
        case UnpluggedReport():
            return report.transaction_id, None, None, False
        case TransactionReport():
            is_sample = report.phase is TransactionPhase.UPDATED and report.cause in SAMPLE_CAUSES
            return report.transaction_id, report.sequence, report.phase.value, is_sample and report.id_token is None
