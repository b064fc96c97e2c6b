"""An EV with a contract, and the authorities behind it: plays an ISO 15118 stack on the station's port."""

import asyncio
import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from chargepoint.charging.contract_port import Iso15118Port

BEGINS = datetime(2026, 5, 1, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=365)
RESPONDER = "http://ocsp.mo.example/"


@dataclass(frozen=True, slots=True)
class Party:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return pem_of(self.certificate)


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def issue(
    common_name: str, issuer: Party | None = None, *, is_ca: bool = True, ends: datetime = ENDS, responder: bool = True
) -> Party:
    """Self-signed without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = certify(subject, key.public_key(), issuer or Party(_nobody(subject), key), is_ca, ends, responder)
    return Party(certificate, key)


def certify(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: Party,
    is_ca: bool,
    ends: datetime = ENDS,
    responder: bool = True,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if responder:
        place = x509.UniformResourceIdentifier(RESPONDER)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def _nobody(subject: x509.Name) -> x509.Certificate:
    """Only its subject is used: that of the issuer of a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(BEGINS).not_valid_after(ENDS)
    return builder.sign(key, hashes.SHA256())


def sign_request(csr_pem: str, issuer: Party, ends: datetime = ENDS) -> str:
    """What a CA makes of a request, in PEM."""
    request = x509.load_pem_x509_csr(csr_pem.encode())
    key = request.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return pem_of(certify(request.subject, key, issuer, is_ca=False, ends=ends))


def ocsp_response(party: Party, issuer: Party, utc: datetime, until: datetime | None) -> str:
    """That it is good, in base64."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=party.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=utc,
        next_update=until,
        revocation_time=None,
        revocation_reason=None,
    )
    named = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    return base64.b64encode(named.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)).decode()


class Contract:
    """Issued by a mobility operator over a sub-CA, as ISO 15118-2 has it."""

    def __init__(self, emaid: str = "DE-8AA-C12345678-9", *, ends: datetime = ENDS) -> None:
        self.emaid = emaid
        self.root = issue("MO root")
        self.sub_ca = issue("MO sub-CA", self.root)
        self.leaf = issue(emaid.replace("-", ""), self.sub_ca, is_ca=False, ends=ends)

    @property
    def chain_pem(self) -> str:
        return self.leaf.pem + self.sub_ca.pem


@dataclass(slots=True)
class StackOnTheBench:
    """Implements `Iso15118Stack`: hands the station's port to whoever plays the EV."""

    port: Iso15118Port | None = None
    starts: int = 0

    async def run(self, station: Iso15118Port) -> None:
        self.port = station
        self.starts += 1
        await asyncio.Event().wait()

    @property
    def station(self) -> Iso15118Port:
        assert self.port is not None, "the stack does not run"
        return self.port
