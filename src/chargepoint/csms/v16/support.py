"""Every message of OCPP 1.6 and of its security extension, and whether this dialect has it. For the documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chargepoint.csms.v16.dialect import SENT_ACTIONS, routes


class Direction(StrEnum):
    FROM_STATION = "station → CSMS"
    FROM_CSMS = "CSMS → station"


@dataclass(frozen=True, slots=True)
class MessageSupport:
    """One message in one direction."""

    action: str
    profile: str
    direction: Direction
    is_supported: bool


FROM_STATION: Mapping[str, tuple[str, ...]] = {
    "Core": (
        "Authorize",
        "BootNotification",
        "DataTransfer",
        "Heartbeat",
        "MeterValues",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
    ),
    "FirmwareManagement": ("DiagnosticsStatusNotification", "FirmwareStatusNotification"),
    "Security": (
        "LogStatusNotification",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
    ),
}

FROM_CSMS: Mapping[str, tuple[str, ...]] = {
    "Core": (
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "DataTransfer",
        "GetConfiguration",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "Reset",
        "UnlockConnector",
    ),
    "FirmwareManagement": ("GetDiagnostics", "UpdateFirmware"),
    "LocalAuthListManagement": ("GetLocalListVersion", "SendLocalList"),
    "RemoteTrigger": ("TriggerMessage",),
    "Reservation": ("CancelReservation", "ReserveNow"),
    "SmartCharging": ("ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile"),
    "Security": (
        "CertificateSigned",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetInstalledCertificateIds",
        "GetLog",
        "InstallCertificate",
        "SignedUpdateFirmware",
    ),
}


def support_table() -> tuple[MessageSupport, ...]:
    """One row per message and direction, by profile; `is_supported` is what the routes say."""
    served = routes({}).keys()
    sent = [
        MessageSupport(action, profile, Direction.FROM_STATION, action in SENT_ACTIONS)
        for profile, actions in FROM_STATION.items()
        for action in actions
    ]
    taken = [
        MessageSupport(action, profile, Direction.FROM_CSMS, action in served)
        for profile, actions in FROM_CSMS.items()
        for action in actions
    ]
    return tuple(sent + taken)
