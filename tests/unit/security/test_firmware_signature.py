"""Whose firmware it is."""

import base64
import resource
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from chargepoint.security.certificates import CertificateError, CertificateFault
from chargepoint.security.firmware_signature import check_signing_certificate, digest_of, is_signed_by
from unit.security.authority import NOW, Issued, Period, authority, leaf, name, sign

SIGNER = name("Firmware signing")
FIRMWARE = bytes(range(256)) * 9000
"""Longer than one piece and no multiple of it."""


def signature_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, content: bytes) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    else:
        signature = key.sign(content, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return base64.b64encode(signature).decode()


@pytest.mark.requirement("L01.FR.03", "L01.FR.04", "L01.FR.12")
@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)])
def test_l01_fr_12_the_signature_covers_the_whole_file(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> None:
    path = tmp_path / "firmware"
    path.write_bytes(FIRMWARE)
    signer = leaf(authority("Maker"), SIGNER, key)
    good = signature_of(key, FIRMWARE)
    assert is_signed_by(signer.certificate, good, path)
    assert is_signed_by(signer.certificate, good[:40] + "\n" + good[40:], path)
    assert not is_signed_by(leaf(authority("Maker"), SIGNER).certificate, good, path)
    for bad in ("", "not base64!", base64.b64encode(b"short").decode(), signature_of(key, FIRMWARE[:-1])):
        assert not is_signed_by(signer.certificate, bad, path)
    path.write_bytes(FIRMWARE[:-1] + b"\0")
    assert not is_signed_by(signer.certificate, good, path)


def test_a_key_of_another_kind_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "firmware"
    path.write_bytes(FIRMWARE)
    key = ed25519.Ed25519PrivateKey.generate()
    certificate = sign(authority("Maker"), SIGNER, key.public_key())
    assert not is_signed_by(certificate, base64.b64encode(key.sign(FIRMWARE)).decode(), path)


def test_a_large_file_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    digest_of(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


@pytest.mark.requirement("L01.FR.02")
def test_c03_l01_fr_02_the_signing_certificate_must_come_from_the_maker() -> None:
    maker = authority("Maker")
    signer = leaf(maker, SIGNER)
    assert check_signing_certificate(signer.pem, [maker.certificate], NOW) == signer.certificate

    def fault(pem: str, root: Issued) -> CertificateFault:
        with pytest.raises(CertificateError) as caught:
            check_signing_certificate(pem, [root.certificate], NOW)
        return caught.value.fault

    past = Period(NOW - timedelta(9), NOW - timedelta(1))
    weak = leaf(maker, SIGNER, rsa.generate_private_key(65537, 1024))
    assert fault(signer.pem, authority("Maker")) is CertificateFault.UNTRUSTED
    assert fault(leaf(maker, SIGNER, period=past).pem, maker) is CertificateFault.EXPIRED
    assert fault(weak.pem, maker) is CertificateFault.WEAK
    assert fault(signer.pem + maker.pem, maker) is CertificateFault.UNREADABLE
    assert fault("rubbish", maker) is CertificateFault.UNREADABLE
    with pytest.raises(CertificateError, match="no root"):
        check_signing_certificate(signer.pem, [], NOW)
