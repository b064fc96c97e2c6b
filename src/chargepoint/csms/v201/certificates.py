"""Blocks A and M: the station's certificate renewed, and the roots that it trusts.

Nothing of ISO 15118 is here: V2G and mobility operator certificates are refused (M01, M02, M06).
"""

from collections.abc import Callable, Mapping

from chargepoint.csms.certificate_port import CertificatePort
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.reports import SigningReport
from chargepoint.security.certificate_hash import CertificateHash, HashAlgorithm
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse

STATION_CERTIFICATE = "ChargingStationCertificate"
USE_WORD: Mapping[RootUse, str] = {
    RootUse.CSMS: "CSMSRootCertificate",
    RootUse.MANUFACTURER: "ManufacturerRootCertificate",
}
ROOT_USE: Mapping[str, RootUse] = {word: use for use, word in USE_WORD.items()}
INSTALL_STATUS: Mapping[InstallOutcome, str] = {
    InstallOutcome.ACCEPTED: "Accepted",
    InstallOutcome.REJECTED: "Rejected",
    InstallOutcome.FAILED: "Failed",
}
INSTALL_REASON: Mapping[InstallOutcome, str | None] = {
    InstallOutcome.ACCEPTED: None,
    InstallOutcome.REJECTED: "InvalidCertificate",
    InstallOutcome.FAILED: "OutOfStorage",
}
DELETE_STATUS: Mapping[DeleteOutcome, str] = {
    DeleteOutcome.ACCEPTED: "Accepted",
    DeleteOutcome.FAILED: "Failed",
    DeleteOutcome.NOT_FOUND: "NotFound",
}
DELETE_REASON: Mapping[DeleteOutcome, str | None] = {
    DeleteOutcome.ACCEPTED: None,
    DeleteOutcome.FAILED: "Unspecified",
    DeleteOutcome.NOT_FOUND: "NotFound",
}
NO_ISO_15118 = "this station has no ISO 15118"


class CertificatesBlock:
    """Requests of the CSMS about keys and certificates."""

    def __init__(self, certificates: CertificatePort, post: Callable[[OutgoingCall], None]) -> None:
        self._certificates = certificates
        self._post = post

    async def certificate_signed(self, payload: JsonObject) -> JsonObject:
        """A02. One whose period has not begun is refused (errata, A02.FR.06)."""
        if payload.get("certificateType", STATION_CERTIFICATE) != STATION_CERTIFICATE:
            return answer("Rejected", "UnsupportedParam", NO_ISO_15118)
        is_taken = await self._certificates.take_signed(payload["certificateChain"], may_begin_later=False)
        return answer("Accepted") if is_taken else answer("Rejected", "InvalidCertificate")

    async def install_certificate(self, payload: JsonObject) -> JsonObject:
        """M05."""
        use = ROOT_USE.get(payload["certificateType"])
        if use is None:
            return answer("Rejected", "UnsupportedParam", NO_ISO_15118)
        outcome = await self._certificates.install(use, payload["certificate"])
        return answer(INSTALL_STATUS[outcome], INSTALL_REASON[outcome])

    async def delete_certificate(self, payload: JsonObject) -> JsonObject:
        """M04. The station's own certificate and the root in use stay."""
        wanted = payload["certificateHashData"]
        certificate = CertificateHash(
            HashAlgorithm(wanted["hashAlgorithm"]),
            wanted["issuerNameHash"],
            wanted["issuerKeyHash"],
            wanted["serialNumber"],
        )
        outcome = await self._certificates.delete(certificate)
        return answer(DELETE_STATUS[outcome], DELETE_REASON[outcome])

    async def get_installed_certificate_ids(self, payload: JsonObject) -> JsonObject:
        """M03. Without types it is about all that there are."""
        wanted = payload.get("certificateType") or list(USE_WORD.values())
        found = [
            {"certificateType": word, "certificateHashData": _hash_fields(each)}
            for word in dict.fromkeys(wanted)
            if word in ROOT_USE
            for each in await self._certificates.installed(ROOT_USE[word])
        ]
        if not found:
            return answer("NotFound", "NotFound")
        return {"status": "Accepted", "certificateHashDataChain": found}

    async def trigger_signing(self) -> JsonObject:
        """A new key to be signed follows the answer (A02.FR.02); Rejected while the operator's name is missing."""
        try:
            csr_pem = await self._certificates.sign_request()
        except ConfigurationError:
            return answer("Rejected", "MissingDevModelInfo", "SecurityCtrlr.OrganizationName is not set")
        self._post(sign_certificate(SigningReport(csr_pem), self._certificates))
        return answer("Accepted")


def sign_certificate(report: SigningReport, certificates: CertificatePort | None) -> OutgoingCall:
    """A02.FR.03, A02.FR.13; whoever keeps the key hears what the CSMS says to it (A02.FR.17)."""

    def tell(said: JsonObject) -> None:
        if certificates is not None:
            certificates.signing_answered(report.csr_pem, is_accepted=said.get("status") == "Accepted")

    payload = {"csr": report.csr_pem, "certificateType": STATION_CERTIFICATE}
    return OutgoingCall("SignCertificate", payload, tell)


def _hash_fields(certificate: CertificateHash) -> JsonObject:
    return {
        "hashAlgorithm": certificate.algorithm.value,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }
