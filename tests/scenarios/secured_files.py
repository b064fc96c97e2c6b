"""Certificates, passwords and files of the security stories: made on the fly, valid today."""

import logging
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unit.security.authority import Issued, Period, authority, leaf, name

HOST = "127.0.0.1"
OPERATOR = "Acme"
TODAY = Period(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=400))
OLD_KEY = b"factory-password-1"
NEW_KEY = b"canary-secret-4711"
CSMS_ROOT = "CentralSystemRootCertificate"
SEVERAL_ROOTS = {"additional_root_certificate_check": "false"}
"""The installer lets the CSMS install whatever roots it likes, side by side."""


def root(common: str = "Root", issuer: Issued | None = None) -> Issued:
    return authority(common, issuer, period=TODAY)


def server_context(folder: Path, issuer: Issued, clients: Issued | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show(context, folder, issuer)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.pem)
    return context


def show(context: ssl.SSLContext, folder: Path, issuer: Issued) -> None:
    """From now on the CSMS shows a certificate of this issuer."""
    issued = leaf(issuer, name("localhost"), period=TODAY)
    path = folder / "csms.pem"
    path.write_bytes(issued.key_pem + issued.pem.encode())
    context.load_cert_chain(path)


def password_file(folder: Path, password: bytes = OLD_KEY) -> Path:
    path = folder / "password"
    path.write_bytes(password)
    path.chmod(0o600)
    return path


def pem_file(folder: Path, file_name: str, content: str) -> Path:
    path = folder / file_name
    path.write_text(content)
    path.chmod(0o600)
    return path


def content(folder: Path, pattern: str) -> str:
    """Of all files there, as far as it can be read."""
    return "".join(path.read_bytes().decode("latin-1") for path in sorted(folder.glob(pattern)))


def listen_to_all(caplog: pytest.LogCaptureFixture) -> None:
    """Every logger of the station's, also of the libraries; the servers in these tests are not the station."""
    for other_side in ("websockets.server", "pyftpdlib", "aiohttp.access"):
        caplog.set_level(logging.CRITICAL, other_side)
    caplog.set_level(logging.DEBUG)  # last: each call sets the level of what is caught, too


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Each line that was caught; a test that looks for what must not be in them needs some."""
    assert caplog.records
    return [f"{record.name}: {record.getMessage()} {record.exc_text or ''}" for record in caplog.records]


def fallbacks(folder: Path) -> list[Path]:
    return list((folder / "keys").glob("csms-fallback-*"))


def local(url: str) -> str:
    """By name: the certificate's common name is a host name."""
    return url.replace(HOST, "localhost")
