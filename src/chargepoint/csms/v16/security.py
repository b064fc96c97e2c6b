"""The security extension (whitepaper edition 3): certificates, the extended trigger, security events."""

from collections.abc import Mapping

from chargepoint.csms.certificate_port import CertificatePort
from chargepoint.csms.dialect import DialectContext, JsonObject, OutgoingCall
from chargepoint.csms.v16.diagnostics import trigger_log_status
from chargepoint.csms.v16.firmware import trigger_signed_status
from chargepoint.csms.v16.handler import Handler
from chargepoint.csms.v16.remote_control import trigger_message
from chargepoint.csms.v16.wire_time import write_time
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.reports import SecurityReport, SigningReport
from chargepoint.security.certificate_hash import CertificateHash, HashAlgorithm
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse
from chargepoint.security.security_events import SecurityEvent, name_in_1_6

LONGEST_TECH_INFO = 255

ROOT_USE: Mapping[str, RootUse] = {
    "CentralSystemRootCertificate": RootUse.CSMS,
    "ManufacturerRootCertificate": RootUse.MANUFACTURER,
}
INSTALL_STATUS: Mapping[InstallOutcome, str] = {
    InstallOutcome.ACCEPTED: "Accepted",
    InstallOutcome.REJECTED: "Rejected",
    InstallOutcome.FAILED: "Failed",
}
DELETE_STATUS: Mapping[DeleteOutcome, str] = {
    DeleteOutcome.ACCEPTED: "Accepted",
    DeleteOutcome.FAILED: "Failed",
    DeleteOutcome.NOT_FOUND: "NotFound",
}
SIGN_REQUEST = "SignChargePointCertificate"
FIRMWARE_STATUS = "FirmwareStatusNotification"
"""The extended trigger means the message of the signed update, which it has where firmware can be installed."""
LOG_STATUS = "LogStatusNotification"


async def certificate_signed(context: DialectContext, payload: JsonObject) -> JsonObject:
    is_taken = await _certificates(context).take_signed(payload["certificateChain"])
    return {"status": "Accepted" if is_taken else "Rejected"}


async def install_certificate(context: DialectContext, payload: JsonObject) -> JsonObject:
    use = ROOT_USE[payload["certificateType"]]
    return {"status": INSTALL_STATUS[await _certificates(context).install(use, payload["certificate"])]}


async def delete_certificate(context: DialectContext, payload: JsonObject) -> JsonObject:
    wanted = payload["certificateHashData"]
    certificate = CertificateHash(
        HashAlgorithm(wanted["hashAlgorithm"]),
        wanted["issuerNameHash"],
        wanted["issuerKeyHash"],
        wanted["serialNumber"],
    )
    return {"status": DELETE_STATUS[await _certificates(context).delete(certificate)]}


async def get_installed_certificate_ids(context: DialectContext, payload: JsonObject) -> JsonObject:
    found = await _certificates(context).installed(ROOT_USE[payload["certificateType"]])
    if not found:
        return {"status": "NotFound"}
    return {"status": "Accepted", "certificateHashData": [_hash_fields(each) for each in found]}


def _hash_fields(certificate: CertificateHash) -> JsonObject:
    return {
        "hashAlgorithm": certificate.algorithm.value,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }


async def extended_trigger_message(context: DialectContext, payload: JsonObject) -> JsonObject:
    """As TriggerMessage, and a new key to be signed (A02). A request is said once, never again by itself."""
    wanted = payload["requestedMessage"]
    if wanted == FIRMWARE_STATUS:
        return trigger_signed_status(context)
    if wanted == LOG_STATUS:
        return trigger_log_status(context)
    if wanted != SIGN_REQUEST:
        return await trigger_message(context, payload)
    try:
        csr_pem = await _certificates(context).sign_request()
    except ConfigurationError:
        return {"status": "Rejected"}
    context.post(sign_certificate(SigningReport(csr_pem), context.certificates))
    return {"status": "Accepted"}


def sign_certificate(report: SigningReport, certificates: CertificatePort | None) -> OutgoingCall:
    """Whoever keeps the key hears that there was an answer; whatever it is, the request is not said again."""

    def tell(_said: JsonObject) -> None:
        if certificates is not None:
            certificates.signing_answered(report.csr_pem, is_repeated=False)

    return OutgoingCall("SignCertificate", {"csr": report.csr_pem}, tell)


def encode_security_event(report: SecurityReport) -> OutgoingCall | None:
    """None for an event that 1.6 does not know; an event of the vendor's own goes as it is."""
    try:
        name = name_in_1_6(SecurityEvent(report.event_type))
    except ValueError:
        name = report.event_type[:50]
    if name is None:
        return None
    payload: JsonObject = {"type": name, "timestamp": write_time(report.stamp.utc)}
    if report.text:
        payload["techInfo"] = report.text[:LONGEST_TECH_INFO]
    return OutgoingCall("SecurityEventNotification", payload)


def _certificates(context: DialectContext) -> CertificatePort:
    if context.certificates is None:
        raise ConfigurationError("this station keeps no certificates")
    return context.certificates


ROUTES: Mapping[str, Handler] = {
    "CertificateSigned": certificate_signed,
    "DeleteCertificate": delete_certificate,
    "ExtendedTriggerMessage": extended_trigger_message,
    "GetInstalledCertificateIds": get_installed_certificate_ids,
    "InstallCertificate": install_certificate,
}
"""Served where the station keeps certificates."""
SENDS = frozenset({"SecurityEventNotification", "SignCertificate"})
