"""The certificate files that station.toml names, read and judged before a connection needs them. Stores nothing."""

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    check_period,
    check_strength,
    public_bytes,
    read_chain,
    title,
    warning_days,
)
from chargepoint.security.revocation import read_revocation_lists
from chargepoint.security.tls import TlsFiles

Problem = tuple[str, str]
"""A key of the table [csms], and what is wrong there."""


def read_certificate_file(path: Path, key: str) -> tuple[x509.Certificate, ...]:
    """ConfigurationError that names the key of station.toml."""
    try:
        return read_chain(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, CertificateError) as error:
        raise ConfigurationError(f"{key} {path} cannot be used ({error}): give a PEM file") from error


def read_revocation_file(path: Path | None) -> tuple[x509.CertificateRevocationList, ...]:
    """Nothing without a file; CertificateError where it cannot be used: what it names must not pass."""
    if path is None:
        return ()
    try:
        return read_revocation_lists(path.read_bytes())
    except OSError as error:
        raise CertificateError(
            CertificateFault.UNREADABLE,
            f"revocation_list_file {path} cannot be read ({error.strerror}): put the manufacturer's list there",
        ) from error


def file_problems(files: TlsFiles, now: datetime | None) -> Iterator[Problem]:
    """Everything that would keep these files from working now; without `now`, at any time."""
    for key, path in _certificate_files(files):
        try:
            for certificate in read_certificate_file(path, key):
                if now is not None:
                    check_period(certificate, now)
                check_strength(certificate)
        except (ConfigurationError, CertificateError) as error:
            yield key, str(error)
    if files.client_key_file is not None:
        yield from _key_problems(files.client_key_file, files.client_certificate_file)


def coming_ends(files: TlsFiles, now: datetime) -> Iterator[str]:
    """What ends within 30 days, in words; files that cannot be read are left out."""
    for key, path in _certificate_files(files):
        try:
            chain = read_certificate_file(path, key)
        except ConfigurationError:
            continue
        for certificate in chain:
            if warning_days(certificate, now):
                yield f"{key}: {title(certificate)} ends on {certificate.not_valid_after_utc:%Y-%m-%d}: renew it"


def _certificate_files(files: TlsFiles) -> Iterator[tuple[str, Path]]:
    if files.ca_file is not None:
        yield "ca_file", files.ca_file
    if files.client_certificate_file is not None:
        yield "client_certificate_file", files.client_certificate_file


def _key_problems(path: Path, certificate_file: Path | None) -> Iterator[Problem]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        yield "client_key_file", f"{path} cannot be read ({error.strerror}): check its owner"
        return
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield "client_key_file", f"{path} is no private key in PEM without a passphrase: give one"
        return
    if mode & stat.S_IRWXO:
        yield "client_key_file", f"{path} is open to everybody (mode {mode:o}): run chmod 600 {path}"
    if certificate_file is None:
        return
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        certificate = read_certificate_file(certificate_file, "client_certificate_file")[0]
    except ConfigurationError:
        return  # told already
    if public_bytes(certificate) != public:
        yield "client_key_file", f"{path} is not the key of {certificate_file}: give files that belong together"
