"""Blocks A and M: the station's certificate renewed, and the roots that it trusts.

What belongs to ISO 15118 is handed on to `contract_certificates`, and refused where there is no stack.
"""

from collections.abc import Callable, Mapping

from chargepoint.csms.certificate_port import CertificatePort
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.contract_certificates import CONTRACT_USE, LISTED, ContractCertificates, hash_fields
from chargepoint.csms.v201.plug_and_charge import V2G_CERTIFICATE
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
NO_ISO_15118 = "no ISO 15118 stack is fitted"


class CertificatesBlock:
    """Requests of the CSMS about keys and certificates."""

    def __init__(
        self,
        certificates: CertificatePort,
        post: Callable[[OutgoingCall], None],
        contracts: ContractCertificates | None = None,
    ) -> None:
        """`contracts` None: there is no ISO 15118 stack."""
        self._certificates = certificates
        self._post = post
        self._contracts = contracts

    async def certificate_signed(self, payload: JsonObject) -> JsonObject:
        """A02. One whose period has not begun is refused (errata, A02.FR.06)."""
        kind, chain_pem = payload.get("certificateType"), payload["certificateChain"]
        if self._contracts is None:
            if kind == V2G_CERTIFICATE:
                return answer("Rejected", "UnsupportedParam", NO_ISO_15118)
        elif kind == V2G_CERTIFICATE or (kind is None and await self._contracts.has_asked_for(chain_pem)):
            return await self._contracts.take_signed(chain_pem)
        is_taken = await self._certificates.take_signed(chain_pem, may_begin_later=False)
        return answer("Accepted") if is_taken else answer("Rejected", "InvalidCertificate")

    async def install_certificate(self, payload: JsonObject) -> JsonObject:
        """M05."""
        word, pem = payload["certificateType"], payload["certificate"]
        if word in ROOT_USE:
            outcome = await self._certificates.install(ROOT_USE[word], pem)
        elif self._contracts is not None and word in CONTRACT_USE:
            outcome = await self._contracts.install(word, pem)
        else:
            return answer("Rejected", "UnsupportedParam", NO_ISO_15118)
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
        if outcome is DeleteOutcome.NOT_FOUND and self._contracts is not None:
            outcome = await self._contracts.delete(certificate)
        return answer(DELETE_STATUS[outcome], DELETE_REASON[outcome])

    async def get_installed_certificate_ids(self, payload: JsonObject) -> JsonObject:
        """M03. Without types it is about all that there are."""
        wanted = payload.get("certificateType") or (*ROOT_USE, *LISTED)
        found = [each for word in dict.fromkeys(wanted) for each in await self._listed(word)]
        if not found:
            return answer("NotFound", "NotFound")
        return {"status": "Accepted", "certificateHashDataChain": found}

    async def _listed(self, word: str) -> list[JsonObject]:
        if word in ROOT_USE:
            roots = await self._certificates.installed(ROOT_USE[word])
            return [{"certificateType": word, "certificateHashData": hash_fields(each)} for each in roots]
        return [] if self._contracts is None else await self._contracts.listed(word)

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
            certificates.signing_answered(report.csr_pem, is_repeated=said.get("status") == "Accepted")

    payload = {"csr": report.csr_pem, "certificateType": STATION_CERTIFICATE}
    return OutgoingCall("SignCertificate", payload, tell)
