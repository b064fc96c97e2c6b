"""TLS contexts towards the CSMS: TLS 1.2 or newer, the required cipher suites only, the host name always checked."""

import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.security_events import SecurityEvent

CIPHER_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
"""For TLS 1.2: the four that OCPP demands of a CSMS (A00.FR.317, .421) and their RSA twins with forward secrecy, which
come first. TLS 1.3 has suites of its own, all of them fit."""

EVENT_OF_REASON: Mapping[str, SecurityEvent] = {
    "UNSUPPORTED_PROTOCOL": SecurityEvent.INVALID_TLS_VERSION,
    "WRONG_SSL_VERSION": SecurityEvent.INVALID_TLS_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": SecurityEvent.INVALID_TLS_VERSION,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": SecurityEvent.INVALID_TLS_CIPHER_SUITE,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": SecurityEvent.INVALID_TLS_CIPHER_SUITE,
    "WRONG_CIPHER_RETURNED": SecurityEvent.INVALID_TLS_CIPHER_SUITE,
    "SSLV3_ALERT_BAD_CERTIFICATE": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "TLSV1_ALERT_UNKNOWN_CA": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "TLSV1_ALERT_ACCESS_DENIED": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
}
"""OpenSSL's reasons for a handshake that failed. A server that finds no common suite says handshake failure; what it
says of a certificate is about the station's own."""


APPLICATION_VERIFICATION = 50
"""X509_V_ERR_APPLICATION_VERIFICATION."""
WILDCARD = "the CSMS shows a wildcard certificate, which OCPP 2.0.1 forbids (SecurityCtrlr.AllowCSMSTLSWildcards)"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files; all optional but the last two in profile 3."""

    ca_file: Path | None = None
    """Trusted beside the system's own roots."""
    client_certificate_file: Path | None = None
    """The station's certificate, followed by its intermediates."""
    client_key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose server certificates are believed."""

    roots: Sequence[x509.Certificate] = ()
    with_system_roots: bool = True


def tls_context(profile: SecurityProfile, files: TlsFiles) -> ssl.SSLContext | None:
    """None for profiles without TLS; ConfigurationError names the file that cannot be used."""
    if not profile.uses_tls:
        return None
    context = _bare_context()
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if files.ca_file is not None:
        try:
            context.load_verify_locations(cafile=files.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigurationError(f"ca_file {files.ca_file} cannot be used ({error}): give a PEM file") from error
    if profile is SecurityProfile.TLS_CLIENT_CERTIFICATE:
        load_client_files(context, files)
    return context


def trusting_context(trust: Trust) -> ssl.SSLContext:
    """A root may be one that another root has signed: it is trusted as it stands (partial chain)."""
    context = _bare_context()
    if trust.with_system_roots:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if trust.roots:
        pem = b"".join(root.public_bytes(serialization.Encoding.PEM) for root in trust.roots)
        context.load_verify_locations(cadata=pem.decode("ascii"))
    return context


@dataclass(slots=True)
class Handshake:
    """What became of the last connection with a witnessed context."""

    shown: Sequence[bytes] = ()
    """By the server (DER, its own certificate first), and verified."""
    anchor: bytes | None = None
    """What it was verified by (DER)."""
    failure: ssl.SSLError | None = None
    """TLS 1.3 tells of a refused client certificate only after the handshake, when everybody reads already."""


def witnessed(context: ssl.SSLContext, handshake: Handshake, *, allows_wildcards: bool = True) -> ssl.SSLContext:
    """The same context; `handshake` is kept up to date by whoever connects with it. Without `allows_wildcards` the
    server's own name has to be in its certificate (2.0.1 errata, AllowCSMSTLSWildcards)."""

    class _Witnessed(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLError as error:
                _note(handshake, error)
                raise
            if not allows_wildcards and is_named_by_wildcard(self.getpeercert() or {}, self.server_hostname or ""):
                handshake.failure = _wildcard_error(self.server_hostname or "")
                raise handshake.failure
            handshake.shown = _chain_of(self)
            handshake.anchor = _anchor_of(self)

        def read(self, *arguments: Any) -> Any:
            try:
                return super().read(*arguments)
            except ssl.SSLError as error:
                _note(handshake, error)
                raise

    context.sslobject_class = _Witnessed
    return context


def _wildcard_error(host: str) -> ssl.SSLCertVerificationError:
    """As OpenSSL's own are: whoever explains it asks for the code and the message."""
    error = ssl.SSLCertVerificationError(1, f"{WILDCARD}: {host}")
    error.verify_code, error.verify_message = APPLICATION_VERIFICATION, WILDCARD
    return error


def is_named_by_wildcard(certificate: Mapping[str, Any], host: str) -> bool:
    """`certificate` as `ssl` tells it, and found good for this host: only a wildcard in it stands for the host."""
    names = [str(value).casefold() for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    if not names:
        pairs = [pair for group in certificate.get("subject", ()) for pair in group]
        names = [str(value).casefold() for key, value in pairs if key == "commonName"]
    _, _, domain = host.casefold().partition(".")
    return host.casefold() not in names and f"*.{domain}" in names


def _note(handshake: Handshake, error: ssl.SSLError) -> None:
    if not isinstance(error, ssl.SSLWantReadError | ssl.SSLWantWriteError | ssl.SSLZeroReturnError):
        handshake.failure = error


def _chain_of(connection: ssl.SSLObject) -> list[bytes]:
    """The intermediates as well, which Python tells of in public from 3.13 only."""
    if sys.version_info >= (3, 13):
        return [bytes(each) for each in connection.get_unverified_chain()]
    chain_of = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
    chain = None if chain_of is None else chain_of()
    if chain:
        return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in chain]
    own = connection.getpeercert(binary_form=True)
    return [own] if own else []


def _anchor_of(connection: ssl.SSLObject) -> bytes | None:
    """The end of the verified path; None where Python does not tell."""
    if sys.version_info >= (3, 13):
        path = connection.get_verified_chain()
        return bytes(path[-1]) if path else None
    path_of = getattr(getattr(connection, "_sslobj", None), "get_verified_chain", None)
    path = None if path_of is None else path_of()
    return ssl.PEM_cert_to_DER_cert(path[-1].public_bytes()) if path else None


def event_of(error: BaseException | None) -> SecurityEvent | None:
    """The security event that a failed handshake is (A00.FR.309, .315, .322 and their twins); None for any other."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return SecurityEvent.INVALID_CSMS_CERTIFICATE
    if isinstance(error, ssl.SSLError):
        return EVENT_OF_REASON.get(error.reason or "")
    return None


def load_client_files(context: ssl.SSLContext, files: TlsFiles) -> None:
    """The station's certificate from files of its own; ConfigurationError says which."""
    certificate, key = files.client_certificate_file, files.client_key_file
    if certificate is None or key is None:
        raise ConfigurationError("security profile 3 needs client_certificate_file and client_key_file: set both")
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except OSError as error:
        raise ConfigurationError(
            f"client_certificate_file {certificate} and client_key_file {key} cannot be used together ({error}): "
            "give PEM files that belong together, the key without a passphrase"
        ) from error


def _bare_context() -> ssl.SSLContext:
    """Nobody trusted yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION
    context.set_ciphers(":".join(CIPHER_SUITES))
    return context


def _no_passphrase() -> str:
    """Without this OpenSSL would ask at the terminal, and the daemon would hang."""
    return ""
