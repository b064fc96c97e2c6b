"""UpdateFirmware and SignedUpdateFirmware, and the two messages that tell of the update (whitepaper L01)."""

from collections.abc import Mapping
from datetime import datetime

from chargepoint.csms.dialect import CallRefusedError, DialectContext, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.firmware_port import FirmwarePort
from chargepoint.csms.v16.handler import Handler
from chargepoint.csms.v16.wire_time import parse_time
from chargepoint.model.firmware import DOWNLOAD_ATTEMPTS, RETRY_SECONDS, FirmwareRequest, FirmwareStatus, UpdateAnswer
from chargepoint.model.reports import FirmwareReport, UpdateReport

LONGEST_LOCATION = 512

FIRMWARE_STATUS: Mapping[str, str | None] = {
    "Idle": "Idle",
    "Downloading": "Downloading",
    "DownloadPaused": "Downloading",
    "DownloadScheduled": None,
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "SignatureVerified": None,
    "InvalidSignature": "InstallationFailed",
    "InstallScheduled": None,
    "Installing": "Installing",
    "InstallRebooting": None,
    "Installed": "Installed",
    "InstallationFailed": "InstallationFailed",
    "InstallVerificationFailed": "InstallationFailed",
}
"""7.25 beside 2.0.1's FirmwareStatusEnumType; None: 1.6 has no word, and nothing is sent."""

TRIGGERED_STATUS: Mapping[FirmwareStatus, str] = {
    FirmwareStatus.IDLE: "Idle",
    FirmwareStatus.DOWNLOAD_SCHEDULED: "Idle",
    FirmwareStatus.DOWNLOADING: "Downloading",
    FirmwareStatus.DOWNLOAD_PAUSED: "Downloading",
    FirmwareStatus.DOWNLOADED: "Downloaded",
    FirmwareStatus.SIGNATURE_VERIFIED: "Downloaded",
    FirmwareStatus.INSTALL_SCHEDULED: "Downloaded",
    FirmwareStatus.INSTALLING: "Installing",
    FirmwareStatus.INSTALL_REBOOTING: "Installing",
    FirmwareStatus.INSTALLED: "Idle",
    FirmwareStatus.DOWNLOAD_FAILED: "Idle",
    FirmwareStatus.INVALID_SIGNATURE: "Idle",
    FirmwareStatus.INSTALL_VERIFICATION_FAILED: "Idle",
    FirmwareStatus.INSTALLATION_FAILED: "Idle",
}
"""What TriggerMessage is answered with: the nearest word while something is under way, else Idle (7.25)."""

UPDATE_STATUS: Mapping[UpdateAnswer, str] = {
    UpdateAnswer.ACCEPTED: "Accepted",
    UpdateAnswer.ACCEPTED_CANCELED: "AcceptedCanceled",
    UpdateAnswer.REJECTED: "Rejected",
    UpdateAnswer.INVALID_CERTIFICATE: "InvalidCertificate",
    UpdateAnswer.REVOKED_CERTIFICATE: "RevokedCertificate",
    UpdateAnswer.NOT_SUPPORTED: "Rejected",
}
"""Whitepaper 6.18."""

SENDS = frozenset({"FirmwareStatusNotification", "SignedFirmwareStatusNotification"})


def encode_firmware(report: FirmwareReport) -> OutgoingCall | None:
    status = FIRMWARE_STATUS.get(report.status)
    return None if status is None else OutgoingCall("FirmwareStatusNotification", {"status": status})


def encode_update(report: UpdateReport) -> OutgoingCall | None:
    """A request with an id was a signed one (whitepaper L01.FR.10)."""
    if report.request_id is None:
        return encode_firmware(FirmwareReport(report.status))
    return signed_status(report.status, report.request_id)


def signed_status(status: str, request_id: int | None) -> OutgoingCall:
    """The request's id, but for Idle (L01.FR.21)."""
    payload: JsonObject = {"status": status}
    if request_id is not None and status != FirmwareStatus.IDLE:
        payload["requestId"] = request_id
    return OutgoingCall("SignedFirmwareStatusNotification", payload)


def trigger_firmware_status(context: DialectContext) -> JsonObject:
    """TriggerMessage; NotImplemented where nothing can install firmware."""
    port = context.firmware
    if port is None:
        return {"status": "NotImplemented"}
    status, _ = port.last_told()
    word = TRIGGERED_STATUS[status] if port.is_under_way else "Idle"
    context.post(OutgoingCall("FirmwareStatusNotification", {"status": word}))
    return {"status": "Accepted"}


def trigger_signed_status(context: DialectContext) -> JsonObject:
    """ExtendedTriggerMessage (L01.FR.28, L01.FR.29), as above. Of a plain update, which has no number, nothing can be
    said here (L01.FR.21)."""
    port = context.firmware
    if port is None:
        return {"status": "NotImplemented"}
    status, request_id = port.last_told()
    context.post(signed_status(FirmwareStatus.IDLE if request_id is None else status.value, request_id))
    return {"status": "Accepted"}


async def update_firmware(context: DialectContext, payload: JsonObject) -> JsonObject:
    """The answer has no status: what can not be done is a CALLERROR (L01.FR.20)."""
    port = _port(context, "UpdateFirmware")
    request = FirmwareRequest(
        location=_location(payload["location"]),
        retrieve_at=_time(payload, "retrieveDate"),
        attempts=_attempts(payload),
        retry_seconds=_retry_seconds(payload),
    )
    answer = await port.request(request)
    if answer is UpdateAnswer.NOT_SUPPORTED:
        raise CallRefusedError(ErrorCode.NOT_SUPPORTED, "this charge point updates by SignedUpdateFirmware only")
    if answer not in (UpdateAnswer.ACCEPTED, UpdateAnswer.ACCEPTED_CANCELED):
        raise CallRefusedError(ErrorCode.GENERIC, "an installation is under way and can not be given up; ask later")
    return {}


async def signed_update_firmware(context: DialectContext, payload: JsonObject) -> JsonObject:
    port = _port(context, "SignedUpdateFirmware")
    firmware = payload["firmware"]
    request = FirmwareRequest(
        location=_location(firmware["location"]),
        retrieve_at=_time(firmware, "retrieveDateTime"),
        install_at=_time(firmware, "installDateTime") if "installDateTime" in firmware else None,
        request_id=payload["requestId"],
        signing_certificate_pem=firmware["signingCertificate"],
        signature_base64=firmware["signature"],
        attempts=_attempts(payload),
        retry_seconds=_retry_seconds(payload),
    )
    return {"status": UPDATE_STATUS[await port.request(request)]}


def _port(context: DialectContext, action: str) -> FirmwarePort:
    if context.firmware is None:
        raise CallRefusedError(ErrorCode.NOT_SUPPORTED, f"{action}: nothing is fitted that could install firmware")
    return context.firmware


def _location(text: str) -> str:
    if len(text) > LONGEST_LOCATION:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"location: at most {LONGEST_LOCATION} characters")
    return text


def _time(fields: JsonObject, name: str) -> datetime:
    try:
        return parse_time(fields[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"{name}: {error}") from error


def _attempts(payload: JsonObject) -> int:
    """`retries` are further attempts, as in errata 3.50."""
    retries = payload.get("retries")
    return DOWNLOAD_ATTEMPTS if retries is None else 1 + max(0, int(retries))


def _retry_seconds(payload: JsonObject) -> float:
    return float(max(0, payload.get("retryInterval", RETRY_SECONDS)))


ROUTES: Mapping[str, Handler] = {
    "UpdateFirmware": update_firmware,
    "SignedUpdateFirmware": signed_update_firmware,
}
