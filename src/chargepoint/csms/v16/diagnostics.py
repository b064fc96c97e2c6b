"""DiagnosticsStatusNotification: the status that a trigger asks for, in 1.6's fewer words."""

from collections.abc import Mapping

from chargepoint.csms.dialect import OutgoingCall
from chargepoint.model.reports import LogUploadReport

DIAGNOSTICS_STATUS: Mapping[str, str] = {
    "Idle": "Idle",
    "Uploading": "Uploading",
    "Uploaded": "Uploaded",
    "UploadFailure": "UploadFailed",
    "UploadFailed": "UploadFailed",
    "BadMessage": "UploadFailed",
    "NotSupportedOperation": "UploadFailed",
    "PermissionDenied": "UploadFailed",
    "AcceptedCanceled": "UploadFailed",
}
"""7.24 beside 2.0.1's UploadLogStatusEnumType."""

SENDS = frozenset({"DiagnosticsStatusNotification"})


def encode_log_upload(report: LogUploadReport) -> OutgoingCall | None:
    """None for a status that 1.6 has no word for."""
    status = DIAGNOSTICS_STATUS.get(report.status)
    return None if status is None else OutgoingCall("DiagnosticsStatusNotification", {"status": status})
