"""Blocks L and N: how far a firmware update or a log upload has come."""

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.model.reports import FirmwareReport, LogUploadReport, UpdateReport

FIRMWARE_STATUSES = frozenset(
    {
        "Downloaded",
        "DownloadFailed",
        "Downloading",
        "DownloadScheduled",
        "DownloadPaused",
        "Idle",
        "InstallationFailed",
        "Installing",
        "Installed",
        "InstallRebooting",
        "InstallScheduled",
        "InstallVerificationFailed",
        "InvalidSignature",
        "SignatureVerified",
    }
)
LOG_STATUSES = frozenset(
    {
        "BadMessage",
        "Idle",
        "NotSupportedOperation",
        "PermissionDenied",
        "Uploaded",
        "UploadFailure",
        "Uploading",
        "AcceptedCanceled",
    }
)


def firmware_status(report: FirmwareReport | UpdateReport) -> OutgoingCall | None:
    """FirmwareStatusNotification; None for a status that is no word of 2.0.1."""
    if report.status not in FIRMWARE_STATUSES:
        return None
    return firmware_notification(report.status, report.request_id)


def firmware_notification(status: str, request_id: int | None) -> OutgoingCall:
    return OutgoingCall("FirmwareStatusNotification", _stated(status, request_id))


def log_status(report: LogUploadReport) -> OutgoingCall | None:
    """LogStatusNotification; None for a status that is no word of 2.0.1."""
    if report.status not in LOG_STATUSES:
        return None
    return log_notification(report.status, report.request_id)


def log_notification(status: str, request_id: int | None) -> OutgoingCall:
    return OutgoingCall("LogStatusNotification", _stated(status, request_id))


def _stated(status: str, request_id: int | None) -> JsonObject:
    # Idle is nobody's request (F06.FR.15, F06.FR.16).
    return {"status": status} if request_id is None or status == "Idle" else {"status": status, "requestId": request_id}
