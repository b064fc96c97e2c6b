"""The book of transactions: tells repeats from news and notes what a correct station never does. Pure."""

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import assert_never

from dev_csms.records import AnomalyKind
from dev_csms.transactions import (
    ENERGY_TOLERANCE_WH,
    CsmsTransaction,
    FactKind,
    Reading,
    TransactionFact,
    TransactionKey,
)
from dev_csms.wire import Json, Version

PLACEHOLDER_IDS: frozenset[TransactionKey] = frozenset({0, -1, "0", "-1", ""})
EARLIEST_CREDIBLE = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Seen:
    """What tells a repeat from news without walking through a transaction's facts."""

    fingerprints: set[str] = field(default_factory=set)
    sequences: set[int] = field(default_factory=set)
    highest_sequence: int | None = None
    latest_at: datetime | None = None


NoteAnomaly = Callable[[AnomalyKind, TransactionFact, str], None]


class TransactionLedger:
    """All transactions of all stations, in the order of their first message."""

    def __init__(self, note_anomaly: NoteAnomaly, first_transaction_id: int = 1) -> None:
        self._note = note_anomaly
        self._next_id = first_transaction_id
        self._by_key: dict[tuple[str, TransactionKey], CsmsTransaction] = {}
        self._seen: dict[tuple[str, TransactionKey], _Seen] = {}
        self._id_by_start: dict[tuple[str, str], int] = {}

    @property
    def transactions(self) -> list[CsmsTransaction]:
        """All, oldest first."""
        return list(self._by_key.values())

    def get(self, station: str, transaction_id: TransactionKey) -> CsmsTransaction | None:
        """The transaction, or None if this station never told of it."""
        return self._by_key.get((station, transaction_id))

    def knows_start(self, station: str, payload: Json) -> bool:
        """1.6: an identical StartTransaction of this station came before."""
        return (station, _fingerprint(FactKind.STARTED, payload)) in self._id_by_start

    def id_for_start(self, station: str, payload: Json) -> int:
        """1.6: the id already given to an identical StartTransaction of this station, else a new one."""
        key = (station, _fingerprint(FactKind.STARTED, payload))
        if key not in self._id_by_start:
            self._id_by_start[key] = self._next_id
            self._next_id += 1
        return self._id_by_start[key]

    def take(self, fact: TransactionFact, version: Version) -> CsmsTransaction | None:
        """Write `fact` down; None when its transaction id is a placeholder and nothing can be booked."""
        if fact.transaction_id in PLACEHOLDER_IDS:
            self._note(
                AnomalyKind.PLACEHOLDER_TRANSACTION_ID, fact, f"transaction id {fact.transaction_id!r} on the wire"
            )
            return None
        key = (fact.station, fact.transaction_id)
        transaction = self._by_key.setdefault(key, CsmsTransaction(fact.station, fact.transaction_id, version))
        seen = self._seen.setdefault(key, _Seen())
        fingerprint = _fingerprint(fact.kind, fact.payload)
        if fingerprint in seen.fingerprints:
            transaction.duplicates += 1
            return transaction
        seen.fingerprints.add(fingerprint)
        self._check_times(seen, fact)
        self._check_sequence(seen, fact)
        match fact.kind:
            case FactKind.STARTED:
                self._start(transaction, fact)
            case FactKind.UPDATED:
                self._update(transaction, fact)
            case FactKind.ENDED:
                self._end(transaction, fact)
            case _:
                assert_never(fact.kind)
        self._book_readings(transaction, fact)
        transaction.facts.append(fact)
        return transaction

    def _start(self, transaction: CsmsTransaction, fact: TransactionFact) -> None:
        if transaction.has_started:
            self._note(AnomalyKind.SECOND_START, fact, "a second, different start of one transaction")
            return
        transaction.has_started = True
        transaction.start_at, transaction.start_wh = fact.at, fact.energy_wh
        _learn_identity(transaction, fact)
        self._check_against_neighbours(transaction, fact)

    def _update(self, transaction: CsmsTransaction, fact: TransactionFact) -> None:
        if not transaction.has_started:
            self._note(AnomalyKind.UPDATE_WITHOUT_START, fact, "an update before the start")
        if transaction.has_ended:
            self._note(AnomalyKind.UPDATE_AFTER_STOP, fact, "an update after the stop")
        _learn_identity(transaction, fact)

    def _end(self, transaction: CsmsTransaction, fact: TransactionFact) -> None:
        if transaction.has_ended:
            self._note(AnomalyKind.SECOND_STOP, fact, "a second, different stop of one transaction")
            return
        if not transaction.has_started:
            self._note(AnomalyKind.STOP_WITHOUT_START, fact, "a stop without a start")
        if fact.energy_wh is None:
            self._note(AnomalyKind.STOP_WITHOUT_ENERGY, fact, "the stop carries no energy register")
        transaction.has_ended = True
        transaction.stop_at, transaction.stop_wh, transaction.stop_reason = fact.at, fact.energy_wh, fact.stop_reason
        _learn_identity(transaction, fact)

    def _check_against_neighbours(self, transaction: CsmsTransaction, fact: TransactionFact) -> None:
        for other in self._by_key.values():
            is_neighbour = other is not transaction and (other.station, other.evse_id) == (fact.station, fact.evse_id)
            if not is_neighbour or fact.evse_id is None:
                continue
            if other.is_running:
                what = f"starts while {other.transaction_id!r} runs on EVSE {fact.evse_id}"
                self._note(AnomalyKind.OVERLAPPING_TRANSACTION, fact, what)
            if _falls(other.stop_wh, fact.energy_wh):
                what = f"starts at {fact.energy_wh} Wh, {other.transaction_id!r} had ended at {other.stop_wh} Wh"
                self._note(AnomalyKind.ENERGY_BACKWARDS, fact, what)

    def _check_times(self, seen: _Seen, fact: TransactionFact) -> None:
        if fact.at is None:
            self._note(AnomalyKind.TIMESTAMP_UNREADABLE, fact, "the timestamp cannot be read")
            return
        if fact.at < EARLIEST_CREDIBLE:
            self._note(AnomalyKind.TIMESTAMP_BEFORE_2020, fact, f"dated {fact.at.isoformat()}")
        if seen.latest_at is not None and fact.at < seen.latest_at:
            what = f"dated {fact.at.isoformat()}, after a message dated {seen.latest_at.isoformat()}"
            self._note(AnomalyKind.TIME_BACKWARDS, fact, what)
        seen.latest_at = fact.at

    def _check_sequence(self, seen: _Seen, fact: TransactionFact) -> None:
        if fact.sequence is None:
            return
        highest = seen.highest_sequence
        if fact.sequence in seen.sequences:
            self._note(AnomalyKind.SEQUENCE_REPEAT, fact, f"seqNo {fact.sequence} again, with another payload")
        elif highest is not None and fact.sequence < highest:
            self._note(AnomalyKind.SEQUENCE_OUT_OF_ORDER, fact, f"seqNo {fact.sequence} after {highest}")
        elif highest is not None and fact.sequence > highest + 1:
            self._note(AnomalyKind.SEQUENCE_GAP, fact, f"seqNo {fact.sequence} after {highest}")
        seen.sequences.add(fact.sequence)
        seen.highest_sequence = fact.sequence if highest is None else max(highest, fact.sequence)

    def _book_readings(self, transaction: CsmsTransaction, fact: TransactionFact) -> None:
        booked = list(fact.readings)
        if fact.energy_wh is not None:
            context = "Transaction.End" if fact.kind is FactKind.ENDED else "Transaction.Begin"
            booked.append(Reading(fact.at, fact.energy_wh, context))
        for reading in booked:
            if reading.context == "Transaction.Begin" and transaction.start_wh is None and transaction.has_started:
                transaction.start_wh = reading.energy_wh
            self._book_reading(transaction, fact, reading)

    def _book_reading(self, transaction: CsmsTransaction, fact: TransactionFact, reading: Reading) -> None:
        if reading.at is None:
            return
        position = bisect_right(transaction.readings, reading.at, key=_time_of)
        transaction.readings.insert(position, reading)
        before = transaction.readings[position - 1].energy_wh if position else None
        after = transaction.readings[position + 1].energy_wh if position + 1 < len(transaction.readings) else None
        if _falls(before, reading.energy_wh) or _falls(reading.energy_wh, after):
            what = f"the register reads {before} Wh, then {reading.energy_wh} Wh, then {after} Wh"
            self._note(AnomalyKind.ENERGY_BACKWARDS, fact, what)


def _fingerprint(kind: FactKind, payload: Json) -> str:
    return f"{kind} {json.dumps(payload, sort_keys=True)}"


def _learn_identity(transaction: CsmsTransaction, fact: TransactionFact) -> None:
    """The first EVSE and token told stay: a stop by another card of the group does not change who is billed."""
    if transaction.evse_id is None:
        transaction.evse_id = fact.evse_id
    if transaction.id_token is None and fact.kind is not FactKind.ENDED:
        transaction.id_token = fact.id_token


def _falls(earlier_wh: float | None, later_wh: float | None) -> bool:
    return earlier_wh is not None and later_wh is not None and later_wh < earlier_wh - ENERGY_TOLERANCE_WH


def _time_of(reading: Reading) -> datetime:
    return reading.at or EARLIEST_CREDIBLE
