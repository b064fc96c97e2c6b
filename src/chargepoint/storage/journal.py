"""The crash-safe record of transactions: open ones, finished ones whose reports wait, and a short history."""

import logging
import sqlite3
from dataclasses import dataclass

from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import MeterValue
from chargepoint.model.reports import COMPLETING, TransactionReport, completed_start
from chargepoint.model.transactions import Transaction, TransactionPhase
from chargepoint.storage import codec
from chargepoint.storage.database import single
from chargepoint.storage.stamps import has_untrusted

log = logging.getLogger(__name__)

HISTORY_KEPT = 1000
STEP = """
    UPDATE transactions SET last_sequence = ?, has_end = ?
    WHERE transaction_id = ? AND has_end = 0 AND last_sequence < ?
"""
CHECKPOINT = """
    INSERT INTO transactions (transaction_id, version, record, is_ended, is_untrusted) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (transaction_id) DO UPDATE
    SET version = excluded.version, record = excluded.record, is_ended = excluded.is_ended,
        is_untrusted = excluded.is_untrusted
"""


@dataclass(frozen=True, slots=True)
class PastTransaction:
    """One line of the history."""

    transaction_id: TransactionId
    evse_id: int
    started_utc: str
    ended_utc: str | None
    start_energy_wh: float | None
    end_energy_wh: float | None
    stop_reason: str | None


class Journal:
    """Blocking, in the writer. Keeps in memory which stop samples are stored, so that only new ones are written."""

    def __init__(self) -> None:
        self._stored_samples: dict[TransactionId, tuple[MeterValue, ...]] = {}

    def forget_what_is_stored(self) -> None:
        """After a step that was rolled back: the next checkpoint writes everything anew."""
        self._stored_samples.clear()

    def checkpoint(self, connection: sqlite3.Connection, transaction: Transaction) -> None:
        """Store the record; the stop samples of an ended one are in its last report."""
        body = codec.TRANSACTION.encode(codec.finite_record(transaction))
        samples = () if transaction.is_ended else transaction.stop_samples
        untrusted = has_untrusted(transaction)
        values = (transaction.transaction_id, codec.VERSION, body, transaction.is_ended, untrusted)
        connection.execute(CHECKPOINT, values)
        self._store_samples(connection, transaction.transaction_id, samples)

    def _store_samples(
        self, connection: sqlite3.Connection, transaction_id: TransactionId, samples: tuple[MeterValue, ...]
    ) -> None:
        stored = self._stored_samples.get(transaction_id)
        if stored is None or samples[: len(stored)] != stored:
            connection.execute("DELETE FROM stop_samples WHERE transaction_id = ?", (transaction_id,))
            stored = ()
        rows = [
            (transaction_id, codec.METER_VALUE.encode(codec.finite_value(sample))) for sample in samples[len(stored) :]
        ]
        connection.executemany("INSERT INTO stop_samples (transaction_id, body) VALUES (?, ?)", rows)
        self._stored_samples[transaction_id] = samples

    def note_report(self, connection: sqlite3.Connection, report: TransactionReport) -> bool:
        """Remember the step. False for a second start or end, for anything outside these two, for a used sequence."""
        if report.phase is TransactionPhase.STARTED and not self._note_start(connection, report):
            return False
        if report.phase is TransactionPhase.UPDATED and report.cause in COMPLETING:
            self._complete_start(connection, report)
        step = (report.sequence, report.phase is TransactionPhase.ENDED, report.transaction_id, report.sequence)
        return connection.execute(STEP, step).rowcount == 1

    def _note_start(self, connection: sqlite3.Connection, report: TransactionReport) -> bool:
        """Sequences begin with this one; False when it has started already."""
        key = (report.transaction_id, codec.VERSION)
        connection.execute("INSERT OR IGNORE INTO transactions (transaction_id, version) VALUES (?, ?)", key)
        start = (*key, codec.encode_report(report)[1])
        if connection.execute("INSERT OR IGNORE INTO starts VALUES (?, ?, ?)", start).rowcount == 0:
            return False
        before = (report.sequence - 1, report.transaction_id)
        connection.execute("UPDATE transactions SET last_sequence = ? WHERE transaction_id = ?", before)
        return True

    def _complete_start(self, connection: sqlite3.Connection, report: TransactionReport) -> None:
        """For a CSMS that is told of the start later, in a version that has none before somebody is authorised."""
        start = self.started_report(connection, report.transaction_id)
        completed = None if start is None else completed_start(start, report)
        if completed is not None and completed != start:
            body = codec.encode_report(completed)[1]
            connection.execute("UPDATE starts SET body = ? WHERE transaction_id = ?", (body, report.transaction_id))

    def number(self, connection: sqlite3.Connection, transaction_id: TransactionId, csms_id: int) -> None:
        connection.execute(
            "UPDATE transactions SET csms_transaction_id = ? WHERE transaction_id = ? AND csms_transaction_id IS NOT ?",
            (csms_id, transaction_id, csms_id),
        )

    def start_told(self, connection: sqlite3.Connection, transaction_id: TransactionId, subprotocol: str) -> None:
        """A CSMS has taken the start in this version."""
        connection.execute(
            "UPDATE transactions SET start_told_in = TRIM(start_told_in || ' ' || ?)"
            " WHERE transaction_id = ? AND INSTR(' ' || start_told_in || ' ', ' ' || ? || ' ') = 0",
            (subprotocol, transaction_id, subprotocol),
        )

    def start_died(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> None:
        connection.execute("UPDATE transactions SET start_is_dead = 1 WHERE transaction_id = ?", (transaction_id,))

    def by_csms_id(self, connection: sqlite3.Connection, csms_id: int) -> TransactionId | None:
        """The youngest where a CSMS used a number twice; also one that has ended, for what is still said of it."""
        found = single(
            connection,
            "SELECT t.transaction_id FROM transactions t LEFT JOIN outbox o ON o.transaction_id = t.transaction_id"
            " WHERE t.csms_transaction_id = ? ORDER BY t.is_ended, o.row_id DESC LIMIT 1",
            csms_id,
        )
        if not isinstance(found, str):
            query = "SELECT transaction_id FROM history WHERE csms_transaction_id = ? ORDER BY place DESC LIMIT 1"
            found = single(connection, query, csms_id)
        return TransactionId(found) if isinstance(found, str) else None

    def csms_id(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> int | None:
        query = "SELECT csms_transaction_id FROM transactions WHERE transaction_id = ?"
        found = single(connection, query, transaction_id)
        return found if isinstance(found, int) else None

    def started_report(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> TransactionReport | None:
        """None as well where it can not be read: what follows it goes on without."""
        row = connection.execute(
            "SELECT body, version FROM starts WHERE transaction_id = ?", (transaction_id,)
        ).fetchone()
        try:
            return None if row is None else codec.TRANSACTION_REPORT.decode(*row)
        except StorageError as error:
            log.warning("storage: the start of transaction %s can not be told again: %s", transaction_id, error)
            return None

    def start_lives(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> None:
        """It is sent once more: what follows waits for its answer again."""
        connection.execute("UPDATE transactions SET start_is_dead = 0 WHERE transaction_id = ?", (transaction_id,))

    def knows(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> bool:
        """Its book is open: its end has not been delivered."""
        return single(connection, "SELECT 1 FROM transactions WHERE transaction_id = ?", transaction_id) is not None

    def note_past(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> None:
        """Its end was given up: one line of history, and the book stays open for who sends the end again."""
        self._tell_history(connection, transaction_id)

    def close_book(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> None:
        """Its end has been delivered: one line of history stays."""
        self._tell_history(connection, transaction_id)
        self.forget(connection, transaction_id)

    def _tell_history(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> None:
        if single(connection, "SELECT 1 FROM history WHERE transaction_id = ?", transaction_id) is not None:
            return
        row = connection.execute(
            "SELECT record, version FROM transactions WHERE transaction_id = ?", (transaction_id,)
        ).fetchone()
        if row is not None and row[0] is not None:
            try:
                self._write_history(connection, codec.TRANSACTION.decode(*row))
            except StorageError as error:
                log.warning("storage: transaction %s leaves no history: %s", transaction_id, error)

    def forget(self, connection: sqlite3.Connection, transaction_id: TransactionId) -> None:
        for table in ("transactions", "starts", "stop_samples"):
            connection.execute(f"DELETE FROM {table} WHERE transaction_id = ?", (transaction_id,))
        self._stored_samples.pop(transaction_id, None)

    def _write_history(self, connection: sqlite3.Connection, transaction: Transaction) -> None:
        ended_at = transaction.stopping_at or transaction.last_sample_at
        values = (
            transaction.transaction_id,
            transaction.evse_id,
            codec.utc_text(transaction.started_at.utc),
            None if ended_at is None else codec.utc_text(ended_at.utc),
            transaction.start_energy_wh,
            transaction.last_energy_wh,
            transaction.stop_reason,
            transaction.transaction_id,
        )
        connection.execute(
            "INSERT INTO history (transaction_id, evse_id, started_utc, ended_utc, start_energy_wh, end_energy_wh,"
            " stop_reason, csms_transaction_id) VALUES (?, ?, ?, ?, ?, ?, ?,"
            " (SELECT csms_transaction_id FROM transactions WHERE transaction_id = ?))",
            values,
        )
        connection.execute("DELETE FROM history WHERE place <= (SELECT MAX(place) FROM history) - ?", (HISTORY_KEPT,))

    def history(self, connection: sqlite3.Connection, limit: int) -> list[PastTransaction]:
        rows = connection.execute(
            "SELECT transaction_id, evse_id, started_utc, ended_utc, start_energy_wh, end_energy_wh, stop_reason"
            " FROM history ORDER BY place DESC LIMIT ?",
            (limit,),
        )
        return [PastTransaction(*row) for row in rows]

    def tidy(self, connection: sqlite3.Connection) -> None:
        """Ended records whose book is closed are of no use to anybody."""
        connection.execute(
            "DELETE FROM transactions WHERE is_ended = 1 AND transaction_id NOT IN (SELECT transaction_id FROM starts)"
        )
