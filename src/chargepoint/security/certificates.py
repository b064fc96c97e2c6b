"""Certificates read and judged: chains, periods, keys, names. Pure; stores nothing, opens nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from chargepoint.model.errors import ChargePointError
from chargepoint.security.keystore import Secret

SMALLEST_RSA_BITS = 2048
SMALLEST_EC_BITS = 224
WEAK_HASHES = (hashes.MD5, hashes.SHA1)
WARNING_DAYS = (30, 7, 1)
"""Before the end of a certificate; on the first a new one is asked for (A03.FR.02)."""


class CertificateFault(StrEnum):
    UNREADABLE = "unreadable"
    TOO_LONG = "too_long"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    WEAK = "weak"
    WRONG_NAME = "wrong_name"
    WRONG_KEY = "wrong_key"
    UNTRUSTED = "untrusted"
    NOT_REQUESTED = "not_requested"
    REVOKED = "revoked"


class CertificateError(ChargePointError):
    """A certificate of somebody else's that cannot be used, and why."""

    def __init__(self, fault: CertificateFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class StationName:
    """Whose certificate it must be."""

    serial_number: str
    organization: str


def read_chain(pem: str) -> tuple[x509.Certificate, ...]:
    """One or more, in the order given; CertificateError for anything else."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem.encode()))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(CertificateFault.UNREADABLE, f"this is no certificate in PEM ({error})") from error


def pem_of(certificates: Sequence[x509.Certificate]) -> str:
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in certificates)


def title(certificate: x509.Certificate) -> str:
    """How a person is told which one is meant."""
    return certificate.subject.rfc4514_string() or f"serial number {certificate.serial_number:X}"


def check_period(certificate: x509.Certificate, now: datetime) -> None:
    """CertificateError outside the period of validity."""
    if now < certificate.not_valid_before_utc:
        raise CertificateError(
            CertificateFault.NOT_YET_VALID,
            f"{title(certificate)} is valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC only",
        )
    if now > certificate.not_valid_after_utc:
        raise CertificateError(
            CertificateFault.EXPIRED,
            f"{title(certificate)} has expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
        )


def check_strength(certificate: x509.Certificate) -> None:
    """At least 112 bits (A00.FR.501 to 506); CertificateError."""
    try:
        key = certificate.public_key()
        algorithm = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(
            CertificateFault.WEAK, f"{title(certificate)} has an unknown algorithm ({error})"
        ) from error
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= SMALLEST_EC_BITS
    )
    if not strong or isinstance(algorithm, WEAK_HASHES):
        raise CertificateError(
            CertificateFault.WEAK,
            f"{title(certificate)} has a weak key or hash: RSA of {SMALLEST_RSA_BITS} bits or EC of "
            f"{SMALLEST_EC_BITS} bits with SHA-256 is the least",
        )


def verify_path(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: datetime) -> None:
    """From the first certificate over the others to one of the roots (RFC 5280 section 6); CertificateError.

    A root may be an intermediate: whatever is installed is trusted as it stands.
    """
    if not roots:
        raise CertificateError(CertificateFault.UNTRUSTED, "no root certificate is installed to check it against")
    issuers = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _must_be_ca)
    policy = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(now)
        .extension_policies(ca_policy=issuers, ee_policy=ExtensionPolicy.permit_all())
    )
    try:
        policy.build_client_verifier().verify(chain[0], list(chain[1:]))
    except VerificationError as error:
        raise CertificateError(
            CertificateFault.UNTRUSTED, f"{title(chain[0])} does not lead to an installed root ({error})"
        ) from error


def _must_be_ca(policy: Policy, certificate: x509.Certificate, extension: x509.BasicConstraints) -> None:
    del policy
    if not extension.ca:
        raise ValueError(f"{title(certificate)} may not sign certificates")


def check_station_chain(
    chain: Sequence[x509.Certificate],
    key: Secret | None,
    name: StationName,
    roots: Sequence[x509.Certificate],
    now: datetime,
) -> None:
    """What CertificateSigned brought (A02.FR.06); CertificateError says the first thing that is wrong.

    A period that begins later is no fault here: 1.6 has it stored and used from then on (A02.FR.08).
    """
    leaf = chain[0]
    if key is None:
        raise CertificateError(CertificateFault.NOT_REQUESTED, "no certificate has been asked for")
    for certificate in chain:
        check_strength(certificate)
    begins = max(now, *(certificate.not_valid_before_utc for certificate in chain))
    check_period(leaf, begins)
    _check_name(leaf, name)
    if public_bytes(leaf) != public_bytes_of_key(key):
        raise CertificateError(CertificateFault.WRONG_KEY, "it is not for the key that was asked to be signed")
    verify_path(chain, roots, begins)


def _check_name(leaf: x509.Certificate, name: StationName) -> None:
    for oid, wanted, what in (
        (NameOID.COMMON_NAME, name.serial_number, "CN"),
        (NameOID.ORGANIZATION_NAME, name.organization, "O"),
    ):
        values = [str(attribute.value) for attribute in leaf.subject.get_attributes_for_oid(oid)]
        if wanted.strip() not in values:
            raise CertificateError(
                CertificateFault.WRONG_NAME, f"its {what} is {', '.join(values) or 'missing'}, not {wanted.strip()}"
            )


def public_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_bytes_of_key(key: Secret) -> bytes:
    """CertificateError where the kept key is damaged; nothing of it is told."""
    try:
        private = serialization.load_pem_private_key(key.reveal(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CertificateError(CertificateFault.WRONG_KEY, "the key that was kept cannot be read") from None
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def warning_days(certificate: x509.Certificate, now: datetime) -> int | None:
    """The narrowest of 30, 7 and 1 days that the end is within; 0 when it is past; None when it is far."""
    left = certificate.not_valid_after_utc - now
    if left < timedelta(0):
        return 0
    reached = [days for days in WARNING_DAYS if left <= timedelta(days=days)]
    return min(reached) if reached else None


def check_is_ca(certificate: x509.Certificate) -> None:
    """CertificateError for one that may sign no other."""
    try:
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        is_ca = False
    if not is_ca:
        raise CertificateError(CertificateFault.UNTRUSTED, f"{title(certificate)} may not sign certificates: no root")


def verifies(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: datetime) -> bool:
    """As `verify_path`."""
    try:
        verify_path(chain, roots, now)
    except CertificateError:
        return False
    return True


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By name and by signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
