"""Passwords, headers, TLS contexts and what each profile demands."""

import ssl
from pathlib import Path

import pytest
import trustme

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.basic_auth import as_text, basic_auth_header, password_bytes, read_password
from chargepoint.security.profile import SecurityProfile, check_url
from chargepoint.security.tls import TlsFiles, tls_context

WITH_CERTIFICATE = SecurityProfile.TLS_CLIENT_CERTIFICATE


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("0001020304050607FFFFFFFFCCCCCCCCCCCCCCCC", bytes.fromhex("0001020304050607ffffffffcccccccccccccccc")),
        ("ab" * 16, b"\xab" * 16),
        ("ab" * 15, b"ab" * 15),
        ("ab" * 21, b"ab" * 21),
        ("a" * 33, b"a" * 33),
        ("correct horse battery", b"correct horse battery"),
        ("pässwört-pässwört", "pässwört-pässwört".encode()),
    ],
)
def test_a_hexadecimal_key_is_sent_as_its_bytes(password: str, expected: bytes) -> None:
    assert password_bytes(password) == expected


def test_what_2_0_1_has_set_is_sent_as_text_however_it_looks() -> None:
    assert password_bytes(as_text("ab" * 16)) == b"ab" * 16


def test_the_header_of_the_specification() -> None:
    header = basic_auth_header("AL1000", "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    assert header == {"Authorization": "Basic QUwxMDAwOgABAgMEBQYH////////////////"}


def test_a_colon_in_the_identity_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="colon"):
        basic_auth_header("a:b", "password")


def test_a_password_file_is_read_and_must_be_private(tmp_path: Path) -> None:
    path = tmp_path / "password"
    with pytest.raises(ConfigurationError, match="create it"):
        read_password(path)
    path.write_text("correct-horse\nsecond line\n")
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_password(path)
    path.chmod(0o600)
    assert read_password(path) == "correct-horse"
    for text in ("", "short\n", "x" * 65):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match="8 to 64") as caught:
            read_password(path)
        assert "x" * 9 not in str(caught.value)


@pytest.mark.parametrize(
    ("profile", "url", "is_right"),
    [
        (0, "ws://h", True),
        (1, "ws://h", True),
        (2, "wss://h", True),
        (3, "WSS://h", True),
        (0, "wss://h", False),
        (1, "wss://h", False),
        (2, "ws://h", False),
        (3, "ws://h", False),
    ],
)
def test_url_and_profile_must_agree(profile: int, url: str, is_right: bool) -> None:
    if is_right:
        check_url(SecurityProfile(profile), url)
        return
    with pytest.raises(ConfigurationError, match="correct one of them"):
        check_url(SecurityProfile(profile), url)


def test_profiles_without_tls_have_no_context() -> None:
    assert tls_context(SecurityProfile.UNSECURED, TlsFiles()) is None
    assert tls_context(SecurityProfile.BASIC_AUTH, TlsFiles()) is None


def test_tls_is_1_2_or_newer_with_host_check_and_the_extra_root(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(ca_file)
    context = tls_context(SecurityProfile.TLS_BASIC_AUTH, TlsFiles(ca_file))
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert any("trustme" in str(root) for root in context.get_ca_certs())


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no PEM")
    for path in (rubbish, tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match=path.name):
            tls_context(SecurityProfile.TLS_BASIC_AUTH, TlsFiles(path))
    with pytest.raises(ConfigurationError, match="set both"):
        tls_context(WITH_CERTIFICATE, TlsFiles())
    with pytest.raises(ConfigurationError, match="belong together"):
        tls_context(WITH_CERTIFICATE, TlsFiles(None, rubbish, rubbish))


def test_a_client_certificate_is_loaded(tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("CP1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    assert tls_context(WITH_CERTIFICATE, TlsFiles(None, chain, key)) is not None
