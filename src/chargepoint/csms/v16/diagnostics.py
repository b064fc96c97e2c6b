"""GetDiagnostics, and GetLog of the security extension (N01): what is wanted, and how its upload goes.

The two have a status message each; which one is meant is known by the request's number, which GetDiagnostics lacks.
"""

from collections.abc import Mapping
from datetime import datetime

from chargepoint.csms.dialect import CallRefusedError, DialectContext, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.log_port import LogPort
from chargepoint.csms.v16.handler import Handler, without_none
from chargepoint.csms.v16.wire_time import parse_time
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.log_uploads import LogKind, LogOutcome, LogPeriod, LogRequest, LogUploadStatus
from chargepoint.model.reports import LogUploadReport

LONGEST_FILE_NAME = 255
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
LOG_STATUS: Mapping[str, str] = {
    LogUploadStatus.IDLE: "Idle",
    LogUploadStatus.UPLOADING: "Uploading",
    LogUploadStatus.UPLOADED: "Uploaded",
    LogUploadStatus.UPLOAD_FAILURE: "UploadFailure",
    LogUploadStatus.BAD_MESSAGE: "BadMessage",
    LogUploadStatus.NOT_SUPPORTED_OPERATION: "NotSupportedOperation",
    LogUploadStatus.PERMISSION_DENIED: "PermissionDenied",
    LogUploadStatus.ACCEPTED_CANCELED: "UploadFailure",
}
"""Whitepaper 6.19, which has no word for an upload that was given up."""
GET_LOG_STATUS: Mapping[LogOutcome, str] = {
    LogOutcome.ACCEPTED: "Accepted",
    LogOutcome.ACCEPTED_CANCELED: "AcceptedCanceled",
    LogOutcome.REJECTED: "Rejected",
}
LOG_KIND: Mapping[str, LogKind] = {"DiagnosticsLog": LogKind.DIAGNOSTICS, "SecurityLog": LogKind.SECURITY}


async def get_diagnostics(context: DialectContext, payload: JsonObject) -> JsonObject:
    """5.9. Without a file name there is nothing of that period."""
    answer = await _logs(context).request(
        LogRequest(
            kind=LogKind.DIAGNOSTICS,
            location=payload["location"],
            retries=payload.get("retries"),
            retry_interval_seconds=payload.get("retryInterval"),
            period=_period(payload, "startTime", "stopTime"),
        )
    )
    return without_none({"fileName": _file_name(answer.file_name)})


async def get_log(context: DialectContext, payload: JsonObject) -> JsonObject:
    """N01."""
    wanted = payload["log"]
    answer = await _logs(context).request(
        LogRequest(
            kind=LOG_KIND[payload["logType"]],
            location=wanted["remoteLocation"],
            request_id=payload["requestId"],
            retries=payload.get("retries"),
            retry_interval_seconds=payload.get("retryInterval"),
            period=_period(wanted, "oldestTimestamp", "latestTimestamp"),
        )
    )
    return without_none({"status": GET_LOG_STATUS[answer.outcome], "filename": _file_name(answer.file_name)})


def trigger_diagnostics_status(context: DialectContext) -> JsonObject:
    """NotImplemented where no logs are uploaded."""
    if context.logs is None:
        return {"status": "NotImplemented"}
    context.post(_diagnostics_status(context.logs.present(is_numbered=False)))
    return {"status": "Accepted"}


def trigger_log_status(context: DialectContext) -> JsonObject:
    """The extended trigger; NotImplemented where no logs are uploaded."""
    if context.logs is None:
        return {"status": "NotImplemented"}
    context.post(_log_status(context.logs.present(is_numbered=True)))
    return {"status": "Accepted"}


def encode_log_upload(report: LogUploadReport) -> OutgoingCall | None:
    """None for a status that 1.6 has no word for."""
    words = DIAGNOSTICS_STATUS if report.request_id is None else LOG_STATUS
    if report.status not in words:
        return None
    return _diagnostics_status(report) if report.request_id is None else _log_status(report)


def _diagnostics_status(report: LogUploadReport) -> OutgoingCall:
    return OutgoingCall("DiagnosticsStatusNotification", {"status": DIAGNOSTICS_STATUS[report.status]})


def _log_status(report: LogUploadReport) -> OutgoingCall:
    """N01.FR.12: without a number only where nothing is being uploaded."""
    fields = {"status": LOG_STATUS[report.status], "requestId": report.request_id}
    return OutgoingCall("LogStatusNotification", without_none(fields))


def _file_name(name: str | None) -> str | None:
    return None if name is None else name[:LONGEST_FILE_NAME]


def _period(wire: JsonObject, oldest: str, latest: str) -> LogPeriod:
    return LogPeriod(_time(wire, oldest), _time(wire, latest))


def _time(wire: JsonObject, name: str) -> datetime | None:
    if name not in wire:
        return None
    try:
        return parse_time(wire[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"{name}: {error}") from error


def _logs(context: DialectContext) -> LogPort:
    if context.logs is None:
        raise ConfigurationError("this station uploads no logs")
    return context.logs


ROUTES: Mapping[str, Handler] = {"GetDiagnostics": get_diagnostics, "GetLog": get_log}
"""Served where the station uploads logs."""
SENDS = frozenset({"DiagnosticsStatusNotification", "LogStatusNotification"})
