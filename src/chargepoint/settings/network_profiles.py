"""Ways to a CSMS (2.0.1 B09, B10): numbered slots, of which the first is station.toml's until a CSMS replaces it.

Values and their text in the settings store only; who connects where is decided elsewhere.
"""

import json
from dataclasses import asdict, dataclass

SLOTS = (1, 2, 3)
OWN_SLOT = 1
"""Holds what station.toml says."""
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """Where and how a CSMS is reached."""

    url: str
    """Without the station's identity."""
    security_profile: int
    message_timeout_seconds: int
    subprotocols: tuple[str, ...]
    """Offered in this order."""
    replaces_url: str | None = None
    """Of the first slot: the url of station.toml that this took the place of. When an installer writes another one
    there, it is the installer's that counts."""


def write_profile(profile: NetworkProfile) -> str:
    """One line of JSON."""
    return json.dumps(asdict(profile), separators=(",", ":"))


def read_profile(text: str) -> NetworkProfile:
    """ValueError for what `write_profile` has not written."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a connection profile is a JSON object")  # the callers know one error
    try:
        return NetworkProfile(
            url=str(found["url"]),
            security_profile=int(found["security_profile"]),
            message_timeout_seconds=int(found["message_timeout_seconds"]),
            subprotocols=tuple(str(each) for each in found["subprotocols"]),
            replaces_url=found.get("replaces_url"),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"a connection profile lacks or spoils {error}") from error
