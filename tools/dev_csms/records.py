"""What the CSMS was told, per station: plain records, filled by the desks, read by tests and the control interface."""

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from dev_csms.wire import Json, Version, write_timestamp


class Direction(StrEnum):
    """Who sent a frame."""

    FROM_STATION = "from_station"
    TO_STATION = "to_station"


class AnomalyKind(StrEnum):
    """Things a correct station never does, seen from the CSMS."""

    SECOND_START = "second_start"
    SECOND_STOP = "second_stop"
    STOP_WITHOUT_START = "stop_without_start"
    UPDATE_WITHOUT_START = "update_without_start"
    UPDATE_AFTER_STOP = "update_after_stop"
    STOP_WITHOUT_ENERGY = "stop_without_energy"
    OVERLAPPING_TRANSACTION = "overlapping_transaction"
    SEQUENCE_GAP = "sequence_gap"
    SEQUENCE_REPEAT = "sequence_repeat"
    SEQUENCE_OUT_OF_ORDER = "sequence_out_of_order"
    ENERGY_BACKWARDS = "energy_backwards"
    TIME_BACKWARDS = "time_backwards"
    PLACEHOLDER_TRANSACTION_ID = "placeholder_transaction_id"
    TIMESTAMP_BEFORE_2020 = "timestamp_before_2020"
    TIMESTAMP_UNREADABLE = "timestamp_unreadable"
    BEFORE_BOOT_ACCEPTED = "before_boot_accepted"
    SECOND_CONNECTION = "second_connection"
    UNEXPECTED_ANSWER = "unexpected_answer"
    UNKNOWN_RESERVATION = "unknown_reservation"


@dataclass(frozen=True, slots=True)
class Frame:
    """One OCPP-J text, numbered over all stations in the order seen here."""

    number: int
    station: str
    direction: Direction
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing that a correct station never does."""

    kind: AnomalyKind
    station: str
    at: datetime
    what: str
    transaction_id: int | str | None = None


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One place where a station's message left its schema; `action` is empty when the frame itself was unreadable."""

    station: str
    at: datetime
    action: str
    code: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class BootNote:
    """A BootNotification and what it was answered."""

    at: datetime
    payload: Json
    status: str


@dataclass(frozen=True, slots=True)
class StatusNote:
    """A StatusNotification; 1.6's connector number is the EVSE, its connector is then 1 (0 for the whole station)."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    timestamp: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """Any other request of the station that carried news."""

    action: str
    payload: Json
    at: datetime


@dataclass(slots=True)
class ConnectionNote:
    """One WebSocket of a station, or one that was refused (`refused_status`)."""

    opened_at: datetime
    path: str
    version: Version | None
    closed_at: datetime | None = None
    close_code: int | None = None
    refused_status: int | None = None


@dataclass(slots=True)
class StationRecord:
    """Everything one station told."""

    station: str
    version: Version | None = None
    connections: list[ConnectionNote] = field(default_factory=list)
    is_boot_accepted: bool = False
    boots: list[BootNote] = field(default_factory=list)
    heartbeats: list[datetime] = field(default_factory=list)
    statuses: list[StatusNote] = field(default_factory=list)
    authorizations: list[Notification] = field(default_factory=list)
    loose_meter_values: list[Notification] = field(default_factory=list)
    """MeterValues that belong to no transaction."""
    notifications: list[Notification] = field(default_factory=list)
    reports: dict[int, list[Json]] = field(default_factory=dict)
    """NotifyReport parts by request id, in the order received."""
    configuration: dict[str, str | None] = field(default_factory=dict)
    """Last known value by 1.6 key, or by `Component[.instance].Variable[.instance]` with the EVSE as `Component#1`."""
    local_list_version: int | None = None
    """As the station last said or accepted it; None: never asked."""
    reservations: dict[int, Json] = field(default_factory=dict)
    """ReserveNow requests that were accepted, and neither cancelled nor used since; an expired one stays here."""
    schema_errors: list[SchemaViolation] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)

    @property
    def is_connected(self) -> bool:
        """Whether a WebSocket is open now."""
        return any(note.closed_at is None and note.refused_status is None for note in self.connections)

    def status(self, evse_id: int, connector_id: int = 1) -> str | None:
        """The newest status of a connector; None if none was told."""
        told = [note.status for note in self.statuses if (note.evse_id, note.connector_id) == (evse_id, connector_id)]
        return told[-1] if told else None

    def anomaly_kinds(self) -> list[AnomalyKind]:
        """The kinds of all anomalies, in order."""
        return [anomaly.kind for anomaly in self.anomalies]


def as_json(value: object) -> Any:  # the JSON edge
    """`value` made of what `json.dumps` takes: records become objects, times become RFC 3339."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return write_timestamp(value)
    if isinstance(value, Enum):
        return value.value
    return value
