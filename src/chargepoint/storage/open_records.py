"""Reads the transactions that had not ended, and makes the best of rows that can not be read. Blocking, in the writer.

An unreadable sample costs itself. An unreadable record is made anew from the start, which is stored by itself, and
the transaction then ends with PowerLoss: what was decided in between is not known any more.
"""

import logging
import sqlite3
from dataclasses import dataclass, replace

from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import MeterValue
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import Cause, StopReason, Transaction
from chargepoint.storage import codec

log = logging.getLogger(__name__)

OPEN = """
    SELECT transaction_id, record, version, last_sequence FROM transactions
    WHERE is_ended = 0
    AND (record IS NOT NULL OR (has_end = 0 AND transaction_id IN (SELECT transaction_id FROM starts)))
"""
STARTS = """
    SELECT body, version FROM starts WHERE transaction_id = :transaction_id
    UNION ALL SELECT body, version FROM outbox WHERE transaction_id = :transaction_id AND phase = 'Started'
"""


@dataclass(frozen=True, slots=True)
class OpenRecords:
    transactions: tuple[Transaction, ...]
    damage: tuple[str, ...]
    """What could not be read, for a person."""


def read_open_records(connection: sqlite3.Connection) -> OpenRecords:
    """Every transaction of which at least its start can be read."""
    found: list[Transaction] = []
    damage: list[str] = []
    for transaction_id, record, version, last_sequence in connection.execute(OPEN).fetchall():
        samples = _samples(connection, transaction_id, damage)
        try:
            transaction = codec.TRANSACTION.decode(record or "", version)
        except StorageError as error:
            damage.append(f"the record of transaction {transaction_id}: {error}")
            rebuilt = _rebuilt(connection, transaction_id, last_sequence, samples)
            if rebuilt is None:
                damage.append(f"the start of transaction {transaction_id}: it is lost")
            else:
                found.append(rebuilt)
        else:
            found.append(replace(transaction, stop_samples=samples))
    for what in damage:
        log.error("storage: can not be read: %s", what)
    return OpenRecords(tuple(found), tuple(damage))


def readable_samples(rows: list[tuple[int, str]], damage: list[str]) -> dict[int, MeterValue]:
    """By place; what can not be read is left out and named."""
    found: dict[int, MeterValue] = {}
    for place, body in rows:
        try:
            found[place] = codec.METER_VALUE.decode(body)
        except StorageError as error:
            damage.append(f"stop sample {place}: {error}")
    return found


def _samples(
    connection: sqlite3.Connection, transaction_id: TransactionId, damage: list[str]
) -> tuple[MeterValue, ...]:
    rows = connection.execute(
        "SELECT place, body FROM stop_samples WHERE transaction_id = ? ORDER BY place", (transaction_id,)
    )
    return tuple(readable_samples(rows.fetchall(), damage).values())


def _rebuilt(
    connection: sqlite3.Connection,
    transaction_id: TransactionId,
    last_sequence: int | None,
    samples: tuple[MeterValue, ...],
) -> Transaction | None:
    start = _start(connection, transaction_id)
    if start is None:
        return None
    registers = [energy_wh for sample in samples if (energy_wh := sample.energy_wh()) is not None]
    last_at = samples[-1].stamp if samples else start.stamp
    return Transaction(
        transaction_id=transaction_id,
        evse_id=start.evse_id,
        id_token=start.id_token,
        started_at=start.stamp,
        start_energy_wh=start.energy_wh,
        group_token=start.group_token,
        remote_start_id=start.remote_start_id,
        reservation_id=start.reservation_id,
        next_sequence=1 + max(start.sequence, start.sequence if last_sequence is None else last_sequence),
        charging_state=start.charging_state,
        last_energy_wh=max(registers, default=start.energy_wh),
        last_sample_at=last_at,
        stop_samples=samples,
        stop_reason=StopReason.POWER_LOSS,
        stop_cause=Cause.ABNORMAL_CONDITION,
        stopping_at=last_at,
    )


def _start(connection: sqlite3.Connection, transaction_id: TransactionId) -> TransactionReport | None:
    for body, version in connection.execute(STARTS, {"transaction_id": transaction_id}):
        try:
            return codec.TRANSACTION_REPORT.decode(body, version)
        except StorageError:
            continue
    return None
