"""May we talk: the outcome of BootNotification."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RegistrationStatus(StrEnum):
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class BootReason(StrEnum):
    """2.0.1 BootReasonEnumType; 1.6 does not send it."""

    POWER_UP = "PowerUp"
    LOCAL_RESET = "LocalReset"
    REMOTE_RESET = "RemoteReset"
    SCHEDULED_RESET = "ScheduledReset"
    FIRMWARE_UPDATE = "FirmwareUpdate"
    TRIGGERED = "Triggered"
    UNKNOWN = "Unknown"
    WATCHDOG = "Watchdog"
    APPLICATION_RESET = "ApplicationReset"


@dataclass(frozen=True, slots=True)
class StationIdentity:
    """Who the station says it is; lengths are checked when the configuration is read (1.6: 20/20/25/50)."""

    identity: str
    vendor: str
    model: str
    serial_number: str
    firmware_version: str
    meter_type: str | None = None
    meter_serial_number: str | None = None
    iccid: str | None = None
    imsi: str | None = None


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """What BootNotification was answered with."""

    status: RegistrationStatus
    interval_seconds: float
    csms_utc: datetime | None
