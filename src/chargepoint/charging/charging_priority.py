"""Which transaction is served first where there is not enough for all (2.0.1 K03.FR.04 to K03.FR.06)."""

from collections.abc import Iterable
from dataclasses import replace

from chargepoint.charging.events import TransactionAnswered
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.transactions import Transaction


def hear_priority(sessions: Iterable[EvseSession], event: TransactionAnswered) -> None:
    """The CSMS gives this one transaction a priority of its own, whatever its token has."""
    for session in sessions:
        transaction = session.transaction
        if transaction is None or transaction.record.transaction_id != event.transaction_id:
            continue
        if event.charging_priority not in (None, transaction.record.charging_priority):
            transaction.replace_record(replace(transaction.record, charging_priority=event.charging_priority))


def precedence(record: Transaction) -> tuple[int, int, float, int]:
    """Sorts by priority, the highest first; equals in the order of their starts. An unknown priority is 0."""
    started = record.started_at
    return -(record.charging_priority or 0), started.boot_id, started.monotonic, record.evse_id
