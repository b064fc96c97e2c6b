"""What the station agrees to in a handshake, with a real one in memory."""

import ssl
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.tls import CIPHER_SUITES, Handshake, Trust, event_of, trusting_context, witnessed
from unit.security.authority import AnyKey, Issued, authority, leaf, name

HOST = "csms.example"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def server(tmp_path: Path, issued: Issued, ciphers: str | None = None) -> ssl.SSLContext:
    path = tmp_path / "server.pem"
    path.write_bytes(issued.key_pem + issued.pem.encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if ciphers is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context


def shake(client: ssl.SSLContext, serving: ssl.SSLContext) -> tuple[str, str]:
    """Version and suite agreed upon; what fails raises as the client sees it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=HOST)
    theirs = serving.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        try:
            ours.do_handshake()
            cipher = ours.cipher()
            assert cipher is not None
            return str(ours.version()), cipher[0]
        except ssl.SSLWantReadError:
            pass
        try:
            theirs.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLError):
            continue
    raise AssertionError("the handshake does not end")


def certificate(root: Issued, key: AnyKey) -> Issued:
    return leaf(root, name(HOST), key)


@pytest.mark.requirement("A00.FR.318", "A00.FR.422")
@pytest.mark.parametrize("suite", CIPHER_SUITES)
def test_s12_a00_fr_318_every_required_suite_is_offered(tmp_path: Path, suite: str) -> None:
    root = authority()
    serving = server(tmp_path, certificate(root, EC_KEY if "ECDSA" in suite else RSA_KEY), suite)
    assert shake(trusting_context(Trust([root.certificate], False)), serving) == ("TLSv1.2", suite)


@pytest.mark.requirement("A00.FR.319", "A00.FR.322", "A00.FR.423", "A00.FR.426")
@pytest.mark.parametrize(
    "suite", ["AES128-SHA", "AES256-SHA256", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"]
)
def test_a00_fr_322_a_server_with_other_suites_only_is_an_event(tmp_path: Path, suite: str) -> None:
    root = authority()
    with pytest.raises(ssl.SSLError) as caught:
        shake(trusting_context(Trust([root.certificate], False)), server(tmp_path, certificate(root, RSA_KEY), suite))
    assert event_of(caught.value) is SecurityEvent.INVALID_TLS_CIPHER_SUITE


@pytest.mark.requirement("A00.FR.312", "A00.FR.315", "A00.FR.416", "A00.FR.419")
def test_a00_fr_315_an_old_tls_version_is_an_event(tmp_path: Path) -> None:
    root = authority()
    serving = server(tmp_path, certificate(root, RSA_KEY), "ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        serving.minimum_version, serving.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError) as caught:
        shake(trusting_context(Trust([root.certificate], False)), serving)
    assert event_of(caught.value) is SecurityEvent.INVALID_TLS_VERSION


@pytest.mark.requirement("A00.FR.320", "A00.FR.321", "A00.FR.424")
def test_s14_a00_fr_320_no_compression_and_tls_1_2_at_least() -> None:
    context = trusting_context(Trust())
    assert context.options & ssl.OP_NO_COMPRESSION
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert {row["name"] for row in context.get_ciphers() if row["protocol"] != "TLSv1.3"} == set(CIPHER_SUITES)


@pytest.mark.requirement("A00.FR.307", "A00.FR.309", "A00.FR.411", "A00.FR.413")
def test_a00_fr_309_a_server_that_cannot_be_verified_is_an_event(tmp_path: Path) -> None:
    root = authority()
    wrong_host = leaf(root, name("elsewhere.example"), EC_KEY)
    for issued, trusted in ((certificate(authority(), EC_KEY), root), (wrong_host, root)):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            shake(trusting_context(Trust([trusted.certificate], False)), server(tmp_path, issued))
        assert event_of(caught.value) is SecurityEvent.INVALID_CSMS_CERTIFICATE


@pytest.mark.requirement("M05.FR.12", "A00.FR.308", "A00.FR.412")
def test_m05_fr_12_a_root_that_another_has_signed_is_trusted_as_it_stands(tmp_path: Path) -> None:
    """And the common name is enough of a host name (A00.FR.308); the witness sees the certificate."""
    new = authority("New", authority("Old"))
    issued = certificate(new, EC_KEY)
    handshake = Handshake()
    context = witnessed(trusting_context(Trust([new.certificate], False)), handshake)
    assert shake(context, server(tmp_path, issued))[0] == "TLSv1.3"
    assert [x509.load_der_x509_certificate(each) for each in handshake.shown] == [issued.certificate]


def test_what_is_no_handshake_is_no_event() -> None:
    assert event_of(ConnectionRefusedError()) is None
    assert event_of(None) is None
