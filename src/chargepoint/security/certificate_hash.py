"""The names by which OCPP speaks of a certificate: the hashes of OCSP (RFC 6960 section 4.1.1). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.ocsp import OCSPRequestBuilder


class HashAlgorithm(StrEnum):
    """As both OCPP versions spell them."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


_HASHES: Mapping[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class CertificateHash:
    """Hexadecimal; the serial number without leading zeros. Upper and lower case are the same (CiString)."""

    algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    def names_the_same(self, other: "CertificateHash") -> bool:
        return self._folded() == other._folded()

    def names(self, certificate: x509.Certificate) -> bool:
        """By issuer's name and serial number alone: the issuer's certificate may not be here."""
        digest = hashes.Hash(_HASHES[self.algorithm])
        digest.update(certificate.issuer.public_bytes())
        is_its_number = self._folded()[3] == f"{certificate.serial_number:x}"
        return is_its_number and self.issuer_name_hash.casefold() == digest.finalize().hex()

    def _folded(self) -> tuple[str, str, str, str]:
        serial_number = self.serial_number.casefold().lstrip("0")
        return (self.algorithm, self.issuer_name_hash.casefold(), self.issuer_key_hash.casefold(), serial_number)


def hash_of(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: HashAlgorithm = HashAlgorithm.SHA256
) -> CertificateHash:
    """`issuer` is the certificate itself where it is self-signed."""
    request = OCSPRequestBuilder().add_certificate(certificate, issuer, _HASHES[algorithm]).build()
    return CertificateHash(
        algorithm,
        request.issuer_name_hash.hex(),
        request.issuer_key_hash.hex(),
        f"{request.serial_number:X}",
    )
