"""A new key pair and the request to have it signed (1.6 whitepaper A02, A03; 2.0.1 A02). The key never leaves."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import assert_never

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.keystore import Secret

LONGEST_NAME = 64
"""X.520's upper bound of commonName and organizationName."""
LONGEST_REQUEST = 5500
"""Characters of the csr field in both OCPP versions."""
_PUBLIC_EXPONENT = 65537

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class KeyKind(StrEnum):
    """All of at least 112 bits of security (A00.FR.501 to 503)."""

    P256 = "p256"
    RSA_2048 = "rsa2048"
    RSA_3072 = "rsa3072"


@dataclass(frozen=True, slots=True)
class SigningRequest:
    pem: str
    """PKCS #10, to be sent."""
    key: Secret
    """PKCS #8 in PEM, to be kept until the chain arrives."""


def make_signing_request(
    serial_number: str, organization: str, kind: KeyKind = KeyKind.P256, *, country: str = ""
) -> SigningRequest:
    """CN is the station's serial number (A00.FR.511), O the operator (A02.FR.13), C where there is one.

    ConfigurationError where one of them is missing or cannot be a name.
    """
    key = _new_key(kind)
    names = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _checked_organization(organization)),
        x509.NameAttribute(NameOID.COMMON_NAME, _checked_serial_number(serial_number)),
    ]
    if country:
        names.insert(0, x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningRequest(request.public_bytes(serialization.Encoding.PEM).decode("ascii"), Secret(private))


def _new_key(kind: KeyKind) -> PrivateKey:
    match kind:
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.RSA_2048:
            return rsa.generate_private_key(_PUBLIC_EXPONENT, 2048)
        case KeyKind.RSA_3072:
            return rsa.generate_private_key(_PUBLIC_EXPONENT, 3072)
        case _:
            assert_never(kind)


def _checked_organization(organization: str) -> str:
    if not organization.strip() or len(organization) > LONGEST_NAME:
        raise ConfigurationError(
            f"CpoName (SecurityCtrlr.OrganizationName) must have 1 to {LONGEST_NAME} characters before a certificate "
            f"can be asked for; it has {len(organization.strip())}: set it"
        )
    return organization.strip()


def _checked_serial_number(serial_number: str) -> str:
    """Never a url or an address, so that a station's certificate cannot pass for a CSMS's (A00.FR.511)."""
    name = serial_number.strip()
    if not name or len(name) > LONGEST_NAME or "/" in name or _is_address(name):
        raise ConfigurationError(
            f"station.serial_number {serial_number!r} cannot name a certificate: "
            f"give 1 to {LONGEST_NAME} characters that are no url and no IP address"
        )
    return name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def resend_waits(first_seconds: float, doublings: int) -> tuple[float, ...]:
    """How long a signed certificate is waited for before each further request; after the last of them the CSMS has to
    ask (2.0.1 A02.FR.17 to .19, TC_A_23). A first wait of 0: there is no further request."""
    return tuple(first_seconds * 2**number for number in range(doublings + 1)) if first_seconds > 0 else ()
