"""Every message of OCPP 2.0.1, who sends it, and whether this station speaks it."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Sender(StrEnum):
    STATION = "station"
    CSMS = "csms"
    BOTH = "both"


SENT_BY_STATION = frozenset(
    {
        "Authorize",
        "BootNotification",
        "ClearedChargingLimit",
        "FirmwareStatusNotification",
        "Get15118EVCertificate",
        "GetCertificateStatus",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyDisplayMessages",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyReport",
        "PublishFirmwareStatusNotification",
        "ReportChargingProfiles",
        "ReservationStatusUpdate",
        "SecurityEventNotification",
        "SignCertificate",
        "StatusNotification",
        "TransactionEvent",
    }
)
SENT_BY_BOTH = frozenset({"DataTransfer"})
SENT_BY_CSMS = frozenset(
    {
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ClearCache",
        "ClearChargingProfile",
        "ClearDisplayMessage",
        "ClearVariableMonitoring",
        "CostUpdated",
        "CustomerInformation",
        "DeleteCertificate",
        "GetBaseReport",
        "GetChargingProfiles",
        "GetCompositeSchedule",
        "GetDisplayMessages",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "GetLog",
        "GetMonitoringReport",
        "GetReport",
        "GetTransactionStatus",
        "GetVariables",
        "InstallCertificate",
        "PublishFirmware",
        "RequestStartTransaction",
        "RequestStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SetDisplayMessage",
        "SetMonitoringBase",
        "SetMonitoringLevel",
        "SetNetworkProfile",
        "SetVariableMonitoring",
        "SetVariables",
        "TriggerMessage",
        "UnlockConnector",
        "UnpublishFirmware",
        "UpdateFirmware",
    }
)
ALL_ACTIONS = SENT_BY_STATION | SENT_BY_BOTH | SENT_BY_CSMS

SPOKEN = frozenset(
    {
        "Authorize",
        "BootNotification",
        "ClearedChargingLimit",
        "DataTransfer",
        "FirmwareStatusNotification",
        "Get15118EVCertificate",
        "GetCertificateStatus",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyDisplayMessages",
        "NotifyReport",
        "ReportChargingProfiles",
        "ReservationStatusUpdate",
        "SecurityEventNotification",
        "SignCertificate",
        "StatusNotification",
        "TransactionEvent",
    }
)
"""What this station sends of its own."""


@dataclass(frozen=True, slots=True)
class MessageSupport:
    action: str
    sender: Sender
    is_supported: bool


def message_support(served: Collection[str]) -> tuple[MessageSupport, ...]:
    """The whole table, by name; `served` are the actions that the dialect has a handler for."""
    return tuple(
        MessageSupport(action, _sender(action), action in served or action in SPOKEN) for action in sorted(ALL_ACTIONS)
    )


def _sender(action: str) -> Sender:
    if action in SENT_BY_BOTH:
        return Sender.BOTH
    return Sender.STATION if action in SENT_BY_STATION else Sender.CSMS
