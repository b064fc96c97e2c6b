"""Block L: UpdateFirmware, signed and plain. No local controller is here that would publish firmware (L03, L04)."""

from collections.abc import Mapping
from datetime import datetime

from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.firmware_port import FirmwarePort
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.progress import firmware_notification
from chargepoint.csms.v201.wire_time import read_time
from chargepoint.model.firmware import DOWNLOAD_ATTEMPTS, RETRY_SECONDS, FirmwareRequest, UpdateAnswer

UPDATE_STATUS: Mapping[UpdateAnswer, str] = {
    UpdateAnswer.ACCEPTED: "Accepted",
    UpdateAnswer.ACCEPTED_CANCELED: "AcceptedCanceled",
    UpdateAnswer.REJECTED: "Rejected",
    UpdateAnswer.INVALID_CERTIFICATE: "InvalidCertificate",
    UpdateAnswer.REVOKED_CERTIFICATE: "RevokedCertificate",
    UpdateAnswer.NOT_SUPPORTED: "Rejected",
}
UPDATE_REASON: Mapping[UpdateAnswer, str | None] = {
    UpdateAnswer.ACCEPTED: None,
    UpdateAnswer.ACCEPTED_CANCELED: None,
    UpdateAnswer.REJECTED: "FwUpdateInProgress",
    UpdateAnswer.INVALID_CERTIFICATE: "InvalidCertificate",
    UpdateAnswer.REVOKED_CERTIFICATE: "InvalidCertificate",
    UpdateAnswer.NOT_SUPPORTED: "MissingParam",
}
UNSIGNED = "this station wants firmware.signingCertificate and firmware.signature"


class FirmwareBlock:
    """Requests of the CSMS about the firmware."""

    def __init__(self, firmware: FirmwarePort) -> None:
        self._firmware = firmware

    async def update_firmware(self, payload: JsonObject) -> JsonObject:
        """L01, L02: secure where there is a signing certificate. The file itself is not looked for (L01.FR.24)."""
        wanted = payload["firmware"]
        if ("signature" in wanted) is not ("signingCertificate" in wanted):
            return answer("InvalidCertificate", "MissingParam", UNSIGNED)
        request = FirmwareRequest(
            location=wanted["location"],
            retrieve_at=_time(wanted, "retrieveDateTime"),
            install_at=_time(wanted, "installDateTime") if "installDateTime" in wanted else None,
            request_id=payload["requestId"],
            signing_certificate_pem=wanted.get("signingCertificate"),
            signature_base64=wanted.get("signature"),
            attempts=_attempts(payload),
            retry_seconds=float(max(0, payload.get("retryInterval", RETRY_SECONDS))),
        )
        given = await self._firmware.request(request)
        text = UNSIGNED if given is UpdateAnswer.NOT_SUPPORTED else ""
        return answer(UPDATE_STATUS[given], UPDATE_REASON[given], text)

    def present(self) -> OutgoingCall:
        """For TriggerMessage (L01.FR.25, L01.FR.26)."""
        status, request_id = self._firmware.last_told()
        return firmware_notification(status.value, request_id)


def _attempts(payload: JsonObject) -> int:
    """`retries` are further attempts."""
    retries = payload.get("retries")
    return DOWNLOAD_ATTEMPTS if retries is None else 1 + max(0, int(retries))


def _time(fields: JsonObject, name: str) -> datetime:
    try:
        return read_time(fields[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"{name}: {error}") from error
