"""Certificates made on the fly for tests: roots, intermediates, leaves, all of a chosen period."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
AnyKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Period:
    begins: datetime = NOW - timedelta(days=10)
    ends: datetime = NOW + timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Issued:
    certificate: x509.Certificate
    key: AnyKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def name(common: str, organization: str = "Acme") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def authority(
    common: str = "Root",
    issuer: Issued | None = None,
    key: AnyKey | None = None,
    period: Period = Period(),
) -> Issued:
    """A CA, self-signed where there is no issuer."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = name(common)
    certificate = (
        _builder(subject, own.public_key(), issuer.certificate.subject if issuer else subject, period)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(issuer.key if issuer else own, hashes.SHA256())
    )
    return Issued(certificate, own)


def leaf(issuer: Issued, subject: x509.Name, key: AnyKey | None = None, period: Period = Period()) -> Issued:
    own = key or ec.generate_private_key(ec.SECP256R1())
    return Issued(sign(issuer, subject, own.public_key(), period), own)


def sign(
    issuer: Issued, subject: x509.Name, key: CertificatePublicKeyTypes, period: Period = Period()
) -> x509.Certificate:
    return _builder(subject, key, issuer.certificate.subject, period).sign(issuer.key, hashes.SHA256())


def sign_request(issuer: Issued, csr_pem: str, period: Period = Period()) -> str:
    """What a CA makes of a CSR, in PEM."""
    request = x509.load_pem_x509_csr(csr_pem.encode())
    certificate = sign(issuer, request.subject, request.public_key(), period)
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def revoke(
    issuer: Issued, taken_back: Issued, period: Period = Period(NOW - timedelta(days=1), NOW + timedelta(days=30))
) -> x509.CertificateRevocationList:
    """The issuer's list with this one certificate."""
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(taken_back.certificate.serial_number)
        .revocation_date(period.begins)
        .build()
    )
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(period.begins)
        .next_update(period.ends)
        .add_revoked_certificate(entry)
        .sign(issuer.key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, key: CertificatePublicKeyTypes, issuer: x509.Name, period: Period
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period.begins)
        .not_valid_after(period.ends)
    )
