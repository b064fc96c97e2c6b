"""Neutral values as JSON text and back. Enums by value, times as UTC, numbers finite; unknown fields are ignored.

A row has a kind and a version: what an older release wrote is read for ever. What has its default is left out, to
write little; so a default in the dataclasses never changes. A new field gets a default; a changed meaning gets a new
version here.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.cost import EndedTransaction
from chargepoint.model.display import DisplayMessage
from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.model.firmware import UpdateRecord
from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Stamp
from chargepoint.model.monitoring import Monitor, StoredMonitoring
from chargepoint.model.reports import (
    KeptEventReport,
    Report,
    ReservationReport,
    SecurityReport,
    TransactionReport,
    UnpluggedReport,
    UpdateReport,
)
from chargepoint.model.reservations import Reservation
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import Transaction
from chargepoint.storage.stamps import DurableReport

VERSION = 1
DAMAGE = "\ufffd"
ESCAPED_DAMAGE = "\\ufffd"
"""Bytes that are no text are read as U+FFFD. Written ones are escaped, so that it always means damage."""
V = TypeVar("V")


class Codec(Generic[V]):
    """One type's way to text and back."""

    def __init__(self, adapter: TypeAdapter[V], kind: str) -> None:
        self._adapter = adapter
        self.kind = kind

    def encode(self, value: V) -> str:
        """JSON without blanks, half characters as `?`; UnstorableError for a number that is not finite."""
        try:
            fields = self._adapter.dump_python(value, mode="json", exclude_defaults=True)
            text = json.dumps(fields, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
        except (ValueError, TypeError) as error:
            raise UnstorableError(f"a {self.kind} can not be stored: {error}") from error
        return text.replace(DAMAGE, ESCAPED_DAMAGE).encode("utf-8", "replace").decode("utf-8")

    def decode(self, text: object, version: object = VERSION) -> V:
        """StorageError says what is wrong with the stored text. A damaged row may hold anything."""
        if not isinstance(version, int) or not isinstance(text, str) or DAMAGE in text:
            raise StorageError(f"a stored {self.kind} can not be read: it is damaged")
        if version > VERSION:
            raise StorageError(f"a {self.kind} of version {version} is newer than this release: install the newer one")
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            raise StorageError(
                f"a stored {self.kind} can not be read: {error.errors(include_url=False)[:3]}"
            ) from error


TRANSACTION: Codec[Transaction] = Codec(TypeAdapter(Transaction), "transaction")
TRANSACTION_REPORT: Codec[TransactionReport] = Codec(TypeAdapter(TransactionReport), "transaction_report")
SECURITY_REPORT: Codec[SecurityReport] = Codec(TypeAdapter(SecurityReport), "security_report")
METER_VALUE: Codec[MeterValue] = Codec(TypeAdapter(MeterValue), "meter_value")
INSTALLED_PROFILE: Codec[InstalledProfile] = Codec(TypeAdapter(InstalledProfile), "charging_profile")
RESERVATION: Codec[Reservation] = Codec(TypeAdapter(Reservation), "reservation")
UPDATE_REPORT: Codec[UpdateReport] = Codec(TypeAdapter(UpdateReport), "update_report")
RESERVATION_REPORT: Codec[ReservationReport] = Codec(TypeAdapter(ReservationReport), "reservation_report")
KEPT_EVENTS: Codec[KeptEventReport] = Codec(TypeAdapter(KeptEventReport), "event_report")
MONITOR: Codec[Monitor] = Codec(TypeAdapter(Monitor), "monitor")
SELF_TEST: Codec[SelfTestRecord] = Codec(TypeAdapter(SelfTestRecord), "self_test")
MONITORING: Codec[StoredMonitoring] = Codec(TypeAdapter(StoredMonitoring), "monitoring")
UPDATE_RECORD: Codec[UpdateRecord] = Codec(TypeAdapter(UpdateRecord), "firmware_update")
STAMP: Codec[Stamp] = Codec(TypeAdapter(Stamp), "stamp")
UNPLUGGED_REPORT: Codec[UnpluggedReport] = Codec(TypeAdapter(UnpluggedReport), "unplugged_report")
ENDED: Codec[EndedTransaction] = Codec(TypeAdapter(EndedTransaction), "ended_transaction")
DISPLAY_MESSAGE: Codec[DisplayMessage] = Codec(TypeAdapter(DisplayMessage), "display_message")
TOKEN: Codec[IdToken] = Codec(TypeAdapter(IdToken), "id_token")
VERDICT: Codec[TokenVerdict] = Codec(TypeAdapter(TokenVerdict), "token_verdict")


def encode_report(report: Report) -> tuple[str, str]:
    """Kind and text of a report that may be stored."""
    match report:
        case TransactionReport():
            return TRANSACTION_REPORT.kind, TRANSACTION_REPORT.encode(_finite(report))
        case SecurityReport():
            return SECURITY_REPORT.kind, SECURITY_REPORT.encode(report)
        case UpdateReport():
            return UPDATE_REPORT.kind, UPDATE_REPORT.encode(report)
        case UnpluggedReport():
            return UNPLUGGED_REPORT.kind, UNPLUGGED_REPORT.encode(report)
        case ReservationReport():
            return RESERVATION_REPORT.kind, RESERVATION_REPORT.encode(report)
        case KeptEventReport():
            return KEPT_EVENTS.kind, KEPT_EVENTS.encode(report)
        case _:
            raise StorageError(f"a {type(report).__name__} is not stored: only billing reports are")


def _finite(report: TransactionReport) -> TransactionReport:
    """A number that is none is left out: it must not keep the rest of the report from being stored."""
    values = tuple(kept for each in report.meter_values if (kept := finite_value(each)).values)
    energy_wh = report.energy_wh if report.energy_wh is not None and isfinite(report.energy_wh) else None
    return replace(report, meter_values=values, energy_wh=energy_wh)


def finite_record(record: Transaction) -> Transaction:
    """The same for the record of a transaction; its stop samples are stored by themselves."""

    def finite(number: float | None) -> float | None:
        return number if number is not None and isfinite(number) else None

    return replace(
        record,
        start_energy_wh=finite(record.start_energy_wh),
        last_energy_wh=finite(record.last_energy_wh),
        deauthorized_energy_wh=finite(record.deauthorized_energy_wh),
        remote_limit_amps=finite(record.remote_limit_amps),
        stop_samples=(),
    )


def finite_value(value: MeterValue) -> MeterValue:
    """Without the numbers that are none."""
    return replace(value, values=tuple(each for each in value.values if isfinite(each.value)))


def decode_report(kind: str, text: object, version: object = VERSION) -> DurableReport:
    if kind == TRANSACTION_REPORT.kind:
        return TRANSACTION_REPORT.decode(text, version)
    if kind == SECURITY_REPORT.kind:
        return SECURITY_REPORT.decode(text, version)
    if kind == UPDATE_REPORT.kind:
        return UPDATE_REPORT.decode(text, version)
    if kind == UNPLUGGED_REPORT.kind:
        return UNPLUGGED_REPORT.decode(text, version)
    if kind == RESERVATION_REPORT.kind:
        return RESERVATION_REPORT.decode(text, version)
    if kind == KEPT_EVENTS.kind:
        return KEPT_EVENTS.decode(text, version)
    raise StorageError(f"a stored report of kind {kind!r} is unknown to this release")


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
