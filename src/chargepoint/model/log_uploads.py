"""Logs that the CSMS asks for: 1.6 GetDiagnostics, GetLog of its security extension, 2.0.1 GetLog."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LogKind(StrEnum):
    DIAGNOSTICS = "diagnostics"
    SECURITY = "security"


class LogUploadStatus(StrEnum):
    """2.0.1's UploadLogStatusEnumType; 1.6 says the same in fewer words."""

    IDLE = "Idle"
    UPLOADING = "Uploading"
    UPLOADED = "Uploaded"
    UPLOAD_FAILURE = "UploadFailure"
    BAD_MESSAGE = "BadMessage"
    NOT_SUPPORTED_OPERATION = "NotSupportedOperation"
    PERMISSION_DENIED = "PermissionDenied"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    """Given up for a newer request."""


@dataclass(frozen=True, slots=True)
class LogPeriod:
    """What is wanted of a log; None: no end on that side."""

    oldest: datetime | None = None
    latest: datetime | None = None

    def holds(self, utc: datetime) -> bool:
        return (self.oldest is None or utc >= self.oldest) and (self.latest is None or utc <= self.latest)


@dataclass(frozen=True, slots=True)
class LogRequest:
    kind: LogKind
    location: str = field(repr=False)
    """As the CSMS wrote it; may hold credentials."""
    request_id: int | None = None
    """None: 1.6's GetDiagnostics, which numbers nothing."""
    retries: int | None = None
    """None: the station decides."""
    retry_interval_seconds: int | None = None
    period: LogPeriod = LogPeriod()


class LogOutcome(StrEnum):
    ACCEPTED = "Accepted"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    """Accepted, and another upload was given up for it."""
    REJECTED = "Rejected"
    """There is nothing of the kind."""


@dataclass(frozen=True, slots=True)
class LogAnswer:
    outcome: LogOutcome
    file_name: str | None = None
