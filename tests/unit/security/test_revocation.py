"""What the manufacturer has taken back is no longer the manufacturer's word."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from chargepoint.security.certificates import CertificateError, CertificateFault
from chargepoint.security.revocation import check_not_revoked, read_revocation_lists
from unit.security.authority import NOW, Period, authority, leaf, name, revoke

SIGNER = name("Firmware signing")


@pytest.mark.requirement("L01.FR.25")
@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_l01_fr_25_a_certificate_on_its_issuers_list_is_revoked(encoding: serialization.Encoding) -> None:
    maker = authority("Maker")
    taken_back, good = leaf(maker, SIGNER), leaf(maker, SIGNER)
    lists = read_revocation_lists(revoke(maker, taken_back).public_bytes(encoding))
    check_not_revoked(good.certificate, lists, [maker.certificate])
    with pytest.raises(CertificateError, match="was revoked on 2026-04-30") as caught:
        check_not_revoked(taken_back.certificate, lists, [maker.certificate])
    assert caught.value.fault is CertificateFault.REVOKED


def test_of_several_lists_in_one_file_each_counts() -> None:
    makers = [authority("One"), authority("Two")]
    taken_back = [leaf(maker, SIGNER) for maker in makers]
    pem = b"".join(
        revoke(maker, each).public_bytes(serialization.Encoding.PEM)
        for maker, each in zip(makers, taken_back, strict=True)
    )
    for each in taken_back:
        with pytest.raises(CertificateError):
            check_not_revoked(each.certificate, read_revocation_lists(pem), [maker.certificate for maker in makers])


def test_a_list_that_somebody_else_has_signed_does_not_count() -> None:
    maker, impostor = authority("Maker"), authority("Maker")
    signer = leaf(maker, SIGNER)
    check_not_revoked(signer.certificate, [revoke(impostor, signer)], [maker.certificate])
    other = authority("Other")
    check_not_revoked(signer.certificate, [revoke(other, signer)], [maker.certificate, other.certificate])


def test_what_was_revoked_stays_so_when_the_list_is_out_of_date() -> None:
    maker = authority("Maker")
    signer = leaf(maker, SIGNER)
    old = revoke(maker, signer, Period(NOW - timedelta(days=90), NOW - timedelta(days=60)))
    with pytest.raises(CertificateError):
        check_not_revoked(signer.certificate, [old], [maker.certificate])


@pytest.mark.parametrize("spoilt", [b"", b"rubbish", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_what_is_no_list_is_said(spoilt: bytes) -> None:
    with pytest.raises(CertificateError) as caught:
        read_revocation_lists(spoilt)
    assert caught.value.fault is CertificateFault.UNREADABLE
