"""A vendor's own message, in words that both OCPP versions share."""

from dataclasses import dataclass
from enum import StrEnum


class DataTransferStatus(StrEnum):
    """1.6 7.23, 2.0.1 DataTransferStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


@dataclass(frozen=True, slots=True)
class DataTransfer:
    """What the station tells the CSMS outside the standard."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True)
class DataTransferAnswer:
    """The answer to a DataTransfer, ours or the CSMS's; `data` as text, JSON where it is no string."""

    status: DataTransferStatus
    data: str | None = None


def status_of(word: object) -> DataTransferStatus:
    """A word that OCPP does not know counts as Rejected."""
    return next((status for status in DataTransferStatus if status.value == word), DataTransferStatus.REJECTED)
