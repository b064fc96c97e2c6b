"""TLS contexts towards the CSMS: TLS 1.2 or newer, the host name always checked."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.profile import SecurityProfile


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files; all optional but the last two in profile 3."""

    ca_file: Path | None = None
    """Trusted beside the system's own roots."""
    client_certificate_file: Path | None = None
    """The station's certificate, followed by its intermediates."""
    client_key_file: Path | None = None


def tls_context(profile: SecurityProfile, files: TlsFiles) -> ssl.SSLContext | None:
    """None for profiles without TLS; ConfigurationError names the file that cannot be used."""
    if not profile.uses_tls:
        return None
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.ca_file is not None:
        try:
            context.load_verify_locations(cafile=files.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigurationError(f"ca_file {files.ca_file} cannot be used ({error}): give a PEM file") from error
    if profile is SecurityProfile.TLS_CLIENT_CERTIFICATE:
        _load_client_certificate(context, files)
    return context


def _load_client_certificate(context: ssl.SSLContext, files: TlsFiles) -> None:
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


def _no_passphrase() -> str:
    """Without this OpenSSL would ask at the terminal, and the daemon would hang."""
    return ""
