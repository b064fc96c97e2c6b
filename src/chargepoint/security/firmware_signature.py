"""Is this firmware the manufacturer's? The signing certificate first, then the signature over the whole file.

(1.6 whitepaper and 2.0.1 L01.) Reads the file in pieces; installs nothing.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    check_period,
    check_strength,
    read_chain,
    verify_path,
)

PIECE_BYTES = 1 << 20


def check_signing_certificate(
    pem: str, manufacturer_roots: Sequence[x509.Certificate], now: datetime
) -> x509.Certificate:
    """Issued by the manufacturer's root itself, without intermediates; CertificateError (L01.FR.02)."""
    chain = read_chain(pem)
    if len(chain) != 1:
        raise CertificateError(CertificateFault.UNREADABLE, f"one signing certificate is wanted, not {len(chain)}")
    check_strength(chain[0])
    check_period(chain[0], now)
    verify_path(chain, manufacturer_roots, now)
    return chain[0]


def is_signed_by(certificate: x509.Certificate, signature_base64: str, path: Path) -> bool:
    """RSA-PSS or ECDSA with SHA-256 over the whole file (L01.FR.12); OSError where it cannot be read."""
    try:
        signature = base64.b64decode("".join(signature_base64.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    digest = digest_of(path)
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(signature, digest, pss, Prehashed(hashes.SHA256()))
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def digest_of(path: Path) -> bytes:
    """SHA-256, in pieces: a file of any size in flat memory."""
    digest = hashes.Hash(hashes.SHA256())
    piece = bytearray(PIECE_BYTES)
    view = memoryview(piece)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            digest.update(view[:count])
    return digest.finalize()
