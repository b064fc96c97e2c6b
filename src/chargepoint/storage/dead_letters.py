"""Puts dead letters back into the outbox by a person's order. Blocking, in the writer."""

import sqlite3

from chargepoint.charging.ports import SentAgain
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import TransactionPhase
from chargepoint.storage import codec
from chargepoint.storage.journal import Journal
from chargepoint.storage.outbox_table import OutboxTable

LETTER = "SELECT kind, version, body, transaction_id FROM dead_letters WHERE row_id = ?"
OF_TRANSACTION = "SELECT row_id, kind, version, body FROM dead_letters WHERE transaction_id = ? ORDER BY row_id"
LATE_START = (
    "the end of this transaction has been delivered without it: its start alone would open one at the CSMS that never "
    "ends; hand the figures of GET /api/dead-letters to whoever bills"
)


def put_back(connection: sqlite3.Connection, row_id: int, table: OutboxTable, journal: Journal) -> SentAgain:
    """The letter, and before it the dead start of its transaction: without that nothing after it makes sense."""
    row = connection.execute(LETTER, (row_id,)).fetchone()
    if row is None:
        return SentAgain((), f"there is no dead letter {row_id}", is_unknown=True)
    kind, version, body, transaction_id = row
    try:
        report = codec.decode_report(kind, body, version)
    except StorageError as error:
        return SentAgain((), str(error))
    rows = {row_id}
    if isinstance(report, TransactionReport) and transaction_id is not None:
        if report.phase is TransactionPhase.STARTED and not journal.knows(connection, transaction_id):
            return SentAgain((), LATE_START)
        rows |= _dead_starts(connection, transaction_id) if journal.knows(connection, transaction_id) else set()
    for each in sorted(rows):
        put = table.put_back(connection, each)
        if isinstance(put, TransactionReport) and put.phase is TransactionPhase.STARTED:
            journal.start_lives(connection, put.transaction_id)
    return SentAgain(tuple(sorted(rows)))


def _dead_starts(connection: sqlite3.Connection, transaction_id: TransactionId) -> set[int]:
    found = set()
    for row_id, kind, version, body in connection.execute(OF_TRANSACTION, (transaction_id,)):
        try:
            report = codec.decode_report(kind, body, version)
        except StorageError:
            continue
        if isinstance(report, TransactionReport) and report.phase is TransactionPhase.STARTED:
            found.add(row_id)
    return found
