"""The JSON inside the plug-and-charge messages (application note, sections 6 to 8): what may come, what is sent."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chargepoint.model.plug_and_charge import ContractStatus
from chargepoint.security.certificate_hash import CertificateHash, HashAlgorithm

LONGEST_CERTIFICATE = 5500
LONGEST_EXI = 5600
LONGEST_CHAIN = 10_000
LONGEST_CSR = 5500
LONGEST_ID_TOKEN = 20
LONGEST_URL = 512
MOST_HASHES = 4

Hash = Annotated[str, Field(max_length=128)]


class Strict(BaseModel):
    """A request of the CSMS: right types within their limits; what a newer version adds is not read."""

    model_config = ConfigDict(strict=True)


class Lenient(BaseModel):
    """An answer of the CSMS: an extra field must never lose it."""


class CertificateSigned(Strict):
    certificateChain: Annotated[str, Field(max_length=LONGEST_CHAIN)]  # noqa: N815  # the name on the wire


class CertificateHashData(Strict):
    hashAlgorithm: Literal["SHA256", "SHA384", "SHA512"]  # noqa: N815
    issuerNameHash: Hash  # noqa: N815
    issuerKeyHash: Hash  # noqa: N815
    serialNumber: Annotated[str, Field(max_length=40)]  # noqa: N815

    def certificate(self) -> CertificateHash:
        algorithm = HashAlgorithm(self.hashAlgorithm)
        return CertificateHash(algorithm, self.issuerNameHash, self.issuerKeyHash, self.serialNumber)


class DeleteCertificate(Strict):
    certificateHashData: CertificateHashData  # noqa: N815


class InstallCertificate(Strict):
    certificateType: Literal["V2GRootCertificate", "MORootCertificate"]  # noqa: N815
    certificate: Annotated[str, Field(max_length=LONGEST_CERTIFICATE)]


class GetInstalledCertificateIds(Strict):
    certificateType: list[Literal["V2GRootCertificate", "MORootCertificate", "V2GCertificateChain"]] | None = None  # noqa: N815


class TriggerMessage(Strict):
    """No fields (6.9.1): it means SignCertificate; some say so as in figure 1."""

    requestedMessage: str = "SignV2GCertificate"  # noqa: N815


class IdTokenInfo(Lenient):
    status: Literal["Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid"]
    cacheExpiryDateTime: datetime | None = None  # noqa: N815


class AuthorizeAnswer(Lenient):
    idTokenInfo: IdTokenInfo  # noqa: N815
    certificateStatus: ContractStatus | None = None  # noqa: N815


class EvCertificateAnswer(Lenient):
    status: Literal["Accepted", "Failed"]
    exiResponse: Annotated[str, Field(max_length=LONGEST_EXI)] = ""  # noqa: N815


class RevocationAnswer(Lenient):
    status: Literal["Accepted", "Failed"]
    ocspResult: Annotated[str, Field(max_length=LONGEST_CERTIFICATE)] | None = None  # noqa: N815


class SigningAnswer(Lenient):
    status: Literal["Accepted", "Rejected"]
