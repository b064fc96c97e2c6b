"""Requests to sign, chains that come back, names by hash, and the end that comes near."""

import base64
import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.certificate_hash import CertificateHash, HashAlgorithm, hash_of
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    StationName,
    check_period,
    check_station_chain,
    read_chain,
    warning_days,
)
from chargepoint.security.keystore import Secret
from chargepoint.security.signing_request import LONGEST_REQUEST, KeyKind, make_signing_request
from unit.security.authority import NOW, Issued, Period, authority, leaf, name, sign_request

STATION = StationName("SN-0001", "Acme")
KEYS = [
    (KeyKind.P256, ec.EllipticCurvePublicKey, 256),
    (KeyKind.RSA_2048, rsa.RSAPublicKey, 2048),
    (KeyKind.RSA_3072, rsa.RSAPublicKey, 3072),
]


@pytest.mark.requirement("A02.FR.02", "A02.FR.03", "A02.FR.13", "A00.FR.501", "A00.FR.502", "A00.FR.503", "A00.FR.511")
@pytest.mark.requirement("A00.FR.509", "A02.FR.05", "A03.FR.05")
@pytest.mark.parametrize(("kind", "public_kind", "bits"), KEYS)
def test_a02_fr_03_a_request_names_station_and_operator(kind: KeyKind, public_kind: type, bits: int) -> None:
    made = make_signing_request("SN-0001", "Acme", kind)
    request = x509.load_pem_x509_csr(made.pem.encode())
    assert request.is_signature_valid
    assert [a.value for a in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["SN-0001"]
    assert [a.value for a in request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["Acme"]
    key = request.public_key()
    assert isinstance(key, public_kind)
    assert getattr(key, "key_size", 0) == bits
    assert len(made.pem) <= LONGEST_REQUEST
    assert "PRIVATE" not in made.pem
    assert "PRIVATE" not in repr(made)
    private = serialization.load_pem_private_key(made.key.reveal(), password=None)
    assert private.public_key() == key


def test_a02_fr_02_every_request_has_a_new_key() -> None:
    assert make_signing_request("SN", "Acme").key != make_signing_request("SN", "Acme").key


@pytest.mark.requirement("A00.FR.511")
@pytest.mark.parametrize("serial_number", ["", "10.0.0.1", "::1", "wss://csms.example/SN", "x" * 65])
def test_a00_fr_511_a_name_that_could_be_a_csms_is_refused(serial_number: str) -> None:
    with pytest.raises(ConfigurationError, match="serial_number"):
        make_signing_request(serial_number, "Acme")


def test_a02_no_request_without_the_operators_name() -> None:
    with pytest.raises(ConfigurationError, match="CpoName"):
        make_signing_request("SN-0001", " ")


class TestSignedChain:
    def setup_method(self) -> None:
        self.root = authority("Root")
        self.middle = authority("Middle", self.root)
        self.request = make_signing_request("SN-0001", "Acme")

    def fault(
        self, pem: str, root: Issued | None = None, key: Secret | None = None, station: StationName = STATION
    ) -> CertificateFault | None:
        roots = [(root or self.root).certificate]
        try:
            check_station_chain(read_chain(pem), key or self.request.key, station, roots, NOW)
        except CertificateError as error:
            return error.fault
        return None

    @pytest.mark.requirement("A02.FR.06", "A03.FR.06")
    def test_a02_fr_06_a_chain_over_an_intermediate_is_accepted(self) -> None:
        assert self.fault(sign_request(self.root, self.request.pem)) is None
        assert self.fault(sign_request(self.middle, self.request.pem) + self.middle.pem) is None

    @pytest.mark.requirement("A02.FR.06")
    def test_a02_fr_06_what_is_wrong_is_named(self) -> None:
        signed = sign_request(self.root, self.request.pem)
        expired = sign_request(self.root, self.request.pem, Period(NOW - timedelta(9), NOW - timedelta(1)))
        assert self.fault("rubbish") is CertificateFault.UNREADABLE
        assert self.fault(expired) is CertificateFault.EXPIRED
        assert self.fault(signed, root=authority("Root")) is CertificateFault.UNTRUSTED
        assert self.fault(sign_request(self.middle, self.request.pem)) is CertificateFault.UNTRUSTED
        assert self.fault(signed, key=make_signing_request("SN-0001", "Acme").key) is CertificateFault.WRONG_KEY
        assert self.fault(signed, station=StationName("SN-0002", "Acme")) is CertificateFault.WRONG_NAME
        assert self.fault(signed, station=StationName("SN-0001", "Other")) is CertificateFault.WRONG_NAME

    def test_a02_fr_06_a_leaf_cannot_sign_another(self) -> None:
        stranger = leaf(self.root, name("SN-9"))
        forged = sign_request(stranger, self.request.pem) + stranger.pem
        assert self.fault(forged) is CertificateFault.UNTRUSTED

    def test_a02_fr_06_nothing_is_taken_that_was_not_asked_for(self) -> None:
        chain = read_chain(sign_request(self.root, self.request.pem))
        with pytest.raises(CertificateError, match="asked for"):
            check_station_chain(chain, None, STATION, [self.root.certificate], NOW)
        with pytest.raises(CertificateError, match="no root"):
            check_station_chain(chain, self.request.key, STATION, [], NOW)

    @pytest.mark.requirement("A02.FR.08")
    def test_a02_fr_08_a_certificate_that_begins_later_is_kept_and_not_yet_used(self) -> None:
        later = sign_request(self.root, self.request.pem, Period(NOW + timedelta(1), NOW + timedelta(9)))
        assert self.fault(later) is None
        with pytest.raises(CertificateError, match="is valid from"):
            check_period(read_chain(later)[0], NOW)

    @pytest.mark.requirement("A00.FR.427", "A00.FR.429", "A00.FR.511")
    def test_s18_a00_fr_427_a_certificate_is_for_one_station_alone(self) -> None:
        """By its serial number, which the manufacturer gives; a twin's certificate and a shared key are refused."""
        twin = make_signing_request("SN-0002", "Acme")
        mine, theirs = (sign_request(self.root, each.pem) for each in (self.request, twin))
        assert self.fault(mine) is None
        assert self.fault(theirs) is CertificateFault.WRONG_NAME
        assert self.fault(theirs, station=StationName("SN-0002", "Acme")) is CertificateFault.WRONG_KEY
        assert self.fault(theirs, key=twin.key, station=StationName("SN-0002", "Acme")) is None
        with pytest.raises(ConfigurationError, match="serial_number"):
            make_signing_request("", "Acme")

    @pytest.mark.requirement("A00.FR.501", "A00.FR.502", "A00.FR.503", "A00.FR.504", "A00.FR.505", "A00.FR.506")
    def test_c01_a00_fr_502_weak_keys_and_hashes_are_refused(self) -> None:
        short = leaf(self.root, name("SN-0001"), rsa.generate_private_key(65537, 1024))
        assert self.fault(short.pem, key=Secret(short.key_pem)) is CertificateFault.WEAK
        narrow = leaf(self.root, name("SN-0001"), ec.generate_private_key(ec.SECP192R1()))
        assert self.fault(narrow.pem, key=Secret(narrow.key_pem)) is CertificateFault.WEAK
        strong = leaf(self.root, name("SN-0001"), rsa.generate_private_key(65537, 2048))
        assert self.fault(strong.pem, key=Secret(strong.key_pem)) is None

    @pytest.mark.requirement("A00.FR.507", "A00.FR.508")
    def test_c01_a00_fr_507_only_pem_is_read_and_each_certificate_has_a_number(self) -> None:
        signed = sign_request(self.root, self.request.pem)
        der = read_chain(signed)[0].public_bytes(serialization.Encoding.DER)
        for other in (der.hex(), base64.b64encode(der).decode()):
            assert self.fault(other) is CertificateFault.UNREADABLE
        assert hash_of(read_chain(signed)[0], self.root.certificate).serial_number


@pytest.mark.requirement("M03.FR.04")
@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_c17_m03_fr_04_hashes_are_those_of_rfc_6960(algorithm: HashAlgorithm) -> None:
    """The key's hash is over the bits of the key alone: no tag, no length, no count of unused bits."""
    root = authority("Root")
    middle = authority("Middle", root)
    digest = algorithm.value.lower()
    point = root.certificate.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    expected = CertificateHash(
        algorithm,
        hashlib.new(digest, root.certificate.subject.public_bytes()).hexdigest(),
        hashlib.new(digest, point).hexdigest(),
        f"{middle.certificate.serial_number:X}",
    )
    assert hash_of(middle.certificate, root.certificate, algorithm) == expected
    loud = CertificateHash(
        algorithm,
        expected.issuer_name_hash.upper(),
        expected.issuer_key_hash.upper(),
        "00" + expected.serial_number.lower(),
    )
    assert expected.names_the_same(loud)
    assert not expected.names_the_same(hash_of(root.certificate, root.certificate, algorithm))


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=31), None),
        (timedelta(days=30), 30),
        (timedelta(days=8), 30),
        (timedelta(days=7), 7),
        (timedelta(days=1, seconds=1), 7),
        (timedelta(days=1), 1),
        (timedelta(0), 1),
        (timedelta(seconds=-1), 0),
    ],
)
@pytest.mark.requirement("A03.FR.02")
def test_a03_fr_02_the_end_is_announced_30_7_and_1_days_before(left: timedelta, expected: int | None) -> None:
    certificate = authority(period=Period(ends=NOW + timedelta(days=50))).certificate
    assert warning_days(certificate, certificate.not_valid_after_utc - left) == expected
