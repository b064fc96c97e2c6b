"""HTTP Basic authentication of profiles 1 and 2: the identity as user, the AuthorizationKey as password."""

import base64
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from chargepoint.model.errors import ConfigurationError

_HEX_KEY = re.compile(r"(?:[0-9a-fA-F]{2}){16,20}")
_ONLY_HEX = re.compile(r"[0-9a-fA-F]+")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 64
"""Wider than the specifications (1.6: 16 to 20 bytes, 2.0.1: 16 to 40 characters): CSMS in the field are."""


TEXT_MARK = b"\x02"
"""Before a password that is text as it stands, however it looks; no text file begins so."""


def as_text(password: str) -> bytes:
    """How a password is kept that 2.0.1 has set: it goes in UTF-8, never decoded (A00.FR.205)."""
    return TEXT_MARK + password.encode()


def password_bytes(password: str | bytes) -> bytes:
    """32 to 40 hex digits are 16 to 20 bytes (OCPP-J 1.6 6.2.2) unless they are marked as text; anything else goes
    as it is, text in UTF-8."""
    if isinstance(password, bytes) and password.startswith(TEXT_MARK):
        return password[len(TEXT_MARK) :]
    try:
        text = password if isinstance(password, str) else password.decode()
    except UnicodeDecodeError as binary:
        return binary.object
    return bytes.fromhex(text) if _HEX_KEY.fullmatch(text) else text.encode()


def is_miscounted_hex(key: str) -> bool:
    """Hexadecimal digits alone, but not those of 16 to 20 bytes: sent as text they would be another key than meant."""
    return _ONLY_HEX.fullmatch(key) is not None and _HEX_KEY.fullmatch(key) is None


def basic_auth_header(identity: str, password: str | bytes) -> Mapping[str, str]:
    """The request header; ConfigurationError for an identity with a colon, which Basic cannot carry."""
    if ":" in identity:
        raise ConfigurationError(
            f"csms identity {identity!r} has a colon, which HTTP Basic cannot carry: choose another"
        )
    credentials = base64.b64encode(identity.encode() + b":" + password_bytes(password))
    return {"Authorization": f"Basic {credentials.decode('ascii')}"}


def read_password(path: Path) -> str:
    """The first line of a file that only its owner may read; ConfigurationError says what to do."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"password file {path} cannot be read ({error}): create it with one line") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"password file {path} is open to others (mode {mode & 0o777:o}): run chmod 600 {path}"
        )
    password = text.splitlines()[0].strip() if text.strip() else ""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ConfigurationError(
            f"the password in {path} has {len(password)} characters: "
            f"the first line must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
        )
    return password
