"""What a version's handlers work with: one station's record, the common books, and the time."""

from dataclasses import dataclass, field
from datetime import datetime

from dev_csms.ledger import TransactionLedger
from dev_csms.prices import PriceBoard
from dev_csms.records import Anomaly, AnomalyKind, BootNote, Notification, StationRecord
from dev_csms.tokens import TokenTable
from dev_csms.transactions import TransactionFact
from dev_csms.wire import Json, Version, parse_timestamp, write_timestamp


@dataclass(frozen=True, slots=True)
class CsmsPolicy:
    """What this CSMS answers where the specification leaves it free."""

    heartbeat_interval_seconds: int = 300
    retry_interval_seconds: int = 2
    """The interval in the answer to a boot that is Pending or Rejected."""
    first_transaction_id: int = 1
    frames_kept: int = 100_000


@dataclass(frozen=True, slots=True)
class Desk:
    """One station's request on the table."""

    record: StationRecord
    ledger: TransactionLedger
    tokens: TokenTable
    policy: CsmsPolicy
    now: datetime
    boot_status: str
    prices: PriceBoard = field(default_factory=PriceBoard)

    def answer_boot(self, payload: Json) -> Json:
        """The same in both versions."""
        self.record.is_boot_accepted = self.boot_status == "Accepted"
        self.record.boots.append(BootNote(self.now, payload, self.boot_status))
        policy = self.policy
        interval = policy.heartbeat_interval_seconds if self.record.is_boot_accepted else policy.retry_interval_seconds
        return {"status": self.boot_status, "currentTime": write_timestamp(self.now), "interval": interval}

    def answer_heartbeat(self, _payload: Json) -> Json:
        """The same in both versions."""
        self.record.heartbeats.append(self.now)
        return {"currentTime": write_timestamp(self.now)}

    def note_notification(self, action: str, payload: Json) -> None:
        """Keep news that belongs to no other record."""
        self.record.notifications.append(Notification(action, payload, self.now))

    def note_anomaly(self, kind: AnomalyKind, what: str) -> None:
        """Keep what a correct station never does."""
        self.record.anomalies.append(Anomaly(kind, self.record.station, self.now, what))

    def read_time(self, text: object) -> datetime | None:
        """A timestamp of the station; an unreadable one is noted and None."""
        read = parse_timestamp(text)
        if read is None:
            self.note_anomaly(AnomalyKind.TIMESTAMP_UNREADABLE, f"no RFC 3339 time: {text!r}")
        return read

    def book(self, fact: TransactionFact, version: Version) -> None:
        """Write a fact about a transaction into the ledger."""
        self.ledger.take(fact, version)
