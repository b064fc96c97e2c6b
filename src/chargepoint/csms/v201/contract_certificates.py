"""Blocks A and M: the certificates of ISO 15118 that the CSMS manages: the station's towards EVs, and the roots of V2G
and of mobility operators. Only on a station with an ISO 15118 stack.
"""

from collections.abc import Mapping

from chargepoint.csms.dialect import JsonObject
from chargepoint.csms.plug_and_charge_port import PlugAndChargePort
from chargepoint.csms.v201.answers import answer
from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView

OWN_CHAIN = "V2GCertificateChain"
MOST_CHILDREN = 4
CONTRACT_USE: Mapping[str, RootUse] = {
    "V2GRootCertificate": RootUse.V2G,
    "MORootCertificate": RootUse.MOBILITY_OPERATOR,
}
LISTED = (*CONTRACT_USE, OWN_CHAIN)
"""What M03 may ask for."""
SWITCHED_OFF = ("Rejected", "NotEnabled", "ISO15118Ctrlr.V2GCertificateInstallationEnabled is false")


class ContractCertificates:
    def __init__(self, port: PlugAndChargePort, settings: SettingsView) -> None:
        self._port = port
        self._settings = settings

    async def has_asked_for(self, chain_pem: str) -> bool:
        """It is the V2G certificate, whatever type the CSMS names or leaves out (A02.FR.14)."""
        return await self._port.has_asked_for(chain_pem)

    async def take_signed(self, chain_pem: str) -> JsonObject:
        """A02. One whose period has not begun is refused (errata, A02.FR.06)."""
        if not self._port.takes_own_certificate:
            return answer(*SWITCHED_OFF)
        is_taken = await self._port.take_signed(chain_pem, may_begin_later=False)
        return answer("Accepted") if is_taken else answer("Rejected", "InvalidCertificate")

    async def install(self, word: str, pem: str) -> InstallOutcome:
        """M05, of the types of `CONTRACT_USE`."""
        return await self._port.install(CONTRACT_USE[word], pem)

    async def delete(self, certificate: CertificateHash) -> DeleteOutcome:
        """M04. The station's own chain stays (M04.FR.06)."""
        return await self._port.delete(certificate)

    async def listed(self, word: str) -> list[JsonObject]:
        """M03, of the types of `LISTED`."""
        if word != OWN_CHAIN:
            roots = await self._port.installed(CONTRACT_USE[word])
            return [{"certificateType": word, "certificateHashData": hash_fields(each)} for each in roots]
        hashes = await self._port.own_chain_hashes()
        if not hashes:
            return []
        chain: JsonObject = {"certificateType": word, "certificateHashData": hash_fields(hashes[0])}
        children = [hash_fields(each) for each in hashes[1 : 1 + MOST_CHILDREN]]
        if children:  # M03.FR.05
            chain["childCertificateHashData"] = children
        return [chain]

    async def trigger_signing(self) -> JsonObject:
        """F06: a new key to be signed follows the answer (A02.FR.02); Rejected while a name for it is missing."""
        if not self._port.takes_own_certificate:
            return answer(*SWITCHED_OFF)
        if not self._settings.get(catalogue.SECC_ID):
            return answer("Rejected", "MissingDevModelInfo", "ISO15118Ctrlr.SeccId is not set")
        if not await self._port.ask_signature():
            return answer("Rejected", "MissingDevModelInfo", "ISO15118Ctrlr.OrganizationName is not set")
        return answer("Accepted")


def hash_fields(certificate: CertificateHash) -> JsonObject:
    """CertificateHashDataType."""
    return {
        "hashAlgorithm": certificate.algorithm.value,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }
