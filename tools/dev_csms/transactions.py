"""Transactions as the CSMS knows them, the same under both versions: facts in, energy billed out. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dev_csms.records import as_json
from dev_csms.wire import Json, Version

TransactionKey = int | str
ENERGY_TOLERANCE_WH = 1.0  # 1.6's meterStart and meterStop are whole Wh, its samples are not


class FactKind(StrEnum):
    """What a message says of a transaction."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Reading:
    """The total energy import register at a time; `context` as on the wire."""

    at: datetime | None
    energy_wh: float
    context: str


@dataclass(frozen=True, slots=True)
class TransactionFact:
    """One message about a transaction, projected to neutral fields; None is unknown."""

    kind: FactKind
    station: str
    transaction_id: TransactionKey
    received_at: datetime
    payload: Json
    at: datetime | None = None
    evse_id: int | None = None
    id_token: str | None = None
    energy_wh: float | None = None
    """The register at the start (STARTED) or at the end (ENDED)."""
    readings: tuple[Reading, ...] = ()
    sequence: int | None = None
    stop_reason: str | None = None


@dataclass(slots=True)
class CsmsTransaction:
    """One billed span. Energies are register values in Wh; what was never told is None, never 0."""

    station: str
    transaction_id: TransactionKey
    version: Version
    evse_id: int | None = None
    id_token: str | None = None
    start_at: datetime | None = None
    start_wh: float | None = None
    stop_at: datetime | None = None
    stop_wh: float | None = None
    stop_reason: str | None = None
    has_started: bool = False
    has_ended: bool = False
    readings: list[Reading] = field(default_factory=list)
    """In the order of their timestamps."""
    facts: list[TransactionFact] = field(default_factory=list)
    """In the order received, duplicates left out."""
    duplicates: int = 0
    """Messages that came again with an identical payload."""

    @property
    def energy_wh(self) -> float | None:
        """What is billed: end register minus start register; None until both are known."""
        if self.start_wh is None or self.stop_wh is None:
            return None
        return self.stop_wh - self.start_wh

    @property
    def energy_so_far_wh(self) -> float | None:
        """Energy up to the newest reading of a running transaction; None if unknown."""
        if self.energy_wh is not None:
            return self.energy_wh
        if self.start_wh is None or not self.readings:
            return None
        return self.readings[-1].energy_wh - self.start_wh

    @property
    def sequences(self) -> list[int]:
        """2.0.1 sequence numbers in the order received, duplicates left out."""
        return [fact.sequence for fact in self.facts if fact.sequence is not None]

    @property
    def is_running(self) -> bool:
        """Started and not ended, as far as was told."""
        return self.has_started and not self.has_ended

    def to_json(self) -> Json:
        """All fields and the derived figures."""
        derived = {
            "energy_wh": self.energy_wh,
            "energy_so_far_wh": self.energy_so_far_wh,
            "is_running": self.is_running,
            "sequences": self.sequences,
        }
        stored: Json = as_json(self)
        return stored | derived


@dataclass(slots=True)
class Bill:
    """Sum over ended transactions; those that ended without known energy are named instead of counted as 0."""

    energy_wh: float = 0.0
    unknown: list[TransactionKey] = field(default_factory=list)


def bill(transactions: list[CsmsTransaction]) -> Bill:
    """The bill over `transactions`; running ones are left out."""
    total = Bill()
    for transaction in transactions:
        if not transaction.has_ended:
            continue
        if transaction.energy_wh is None:
            total.unknown.append(transaction.transaction_id)
        else:
            total.energy_wh += transaction.energy_wh
    return total
