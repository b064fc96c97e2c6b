"""Certificates that whoever issued them has taken back, by revocation lists that are here already (RFC 5280 section 5).

Pure: fetches no list and asks nobody online.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chargepoint.security.certificates import CertificateError, CertificateFault, title

PEM_END = b"-----END X509 CRL-----"


def read_revocation_lists(content: bytes) -> tuple[x509.CertificateRevocationList, ...]:
    """PEM, one list after the other, or one in DER; CertificateError for anything else."""
    try:
        if PEM_END not in content:
            return (x509.load_der_x509_crl(content),)
        pieces = content.split(PEM_END)[:-1]
        return tuple(x509.load_pem_x509_crl(piece + PEM_END + b"\n") for piece in pieces)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(
            CertificateFault.UNREADABLE, f"this is no revocation list in PEM or DER ({error})"
        ) from error


def check_not_revoked(
    certificate: x509.Certificate,
    lists: Sequence[x509.CertificateRevocationList],
    issuers: Sequence[x509.Certificate],
) -> None:
    """CertificateError where a list of its issuer names it. A list whose signature is not the issuer's does not count;
    one that is out of date still does: what was taken back once stays so, and what is newer nobody here can know."""
    for each in lists:
        if each.issuer != certificate.issuer or not any(_is_signed_by(each, issuer) for issuer in issuers):
            continue
        entry = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            raise CertificateError(
                CertificateFault.REVOKED,
                f"{title(certificate)} was revoked on {entry.revocation_date_utc:%Y-%m-%d %H:%M} UTC",
            )


def _is_signed_by(revoked: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if issuer.subject != revoked.issuer or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    try:
        return revoked.is_signature_valid(key)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False
