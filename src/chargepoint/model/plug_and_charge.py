"""Plug and charge in neutral words: what a station asks its CSMS for an ISO 15118 stack, and what comes back."""

from dataclasses import dataclass
from enum import StrEnum

from chargepoint.model.tokens import IdToken, TokenVerdict


class ContractStatus(StrEnum):
    """What is said of an EV's contract certificate (AuthorizeCertificateStatusEnumType of both OCPP versions)."""

    ACCEPTED = "Accepted"
    SIGNATURE_ERROR = "SignatureError"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_REVOKED = "CertificateRevoked"
    NO_CERTIFICATE_AVAILABLE = "NoCertificateAvailable"
    CERT_CHAIN_ERROR = "CertChainError"
    CONTRACT_CANCELLED = "ContractCancelled"


class CertificateAction(StrEnum):
    INSTALL = "Install"
    UPDATE = "Update"


@dataclass(frozen=True, slots=True)
class OcspData:
    """By what the revocation of one certificate can be asked for (RFC 6960); hexadecimal hashes."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    responder_url: str


@dataclass(frozen=True, slots=True)
class ContractQuestion:
    """May this contract charge? The certificate only where the CSMS is to judge it."""

    token: IdToken
    ocsp: tuple[OcspData, ...] = ()
    certificate_pem: str | None = None


@dataclass(frozen=True, slots=True)
class EvCertificateQuestion:
    """An EV's CertificateInstallationReq or CertificateUpdateReq, as it came."""

    schema_version: str
    action: CertificateAction
    exi_request: str
    """Base64."""


@dataclass(frozen=True, slots=True)
class RevocationQuestion:
    ocsp: OcspData


@dataclass(frozen=True, slots=True)
class SigningQuestion:
    """The key of this station for its EVs (V2G), to be signed."""

    csr_pem: str


Question = ContractQuestion | EvCertificateQuestion | RevocationQuestion | SigningQuestion


@dataclass(frozen=True, slots=True)
class Answer:
    """What the CSMS said; only what belongs to the question is filled."""

    is_accepted: bool
    text: str | None = None
    """The EV's answer in base64, or an OCSP response in base64."""
    verdict: TokenVerdict | None = None
    contract: ContractStatus | None = None


@dataclass(frozen=True, slots=True)
class ContractDecision:
    """What the stack is told of a contract."""

    is_accepted: bool
    status: ContractStatus
    reason: str
    """For a person."""
