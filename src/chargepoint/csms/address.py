"""The URL of the station at its CSMS. Pure.

OCPP-J (1.6 3.1.1, 2.0.1 part 4 3.1.1): the URL is the CSMS's endpoint plus the percent-encoded identity.
"""

from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from chargepoint.model.errors import ConfigurationError

SCHEMES = {"ws", "wss"}
SUGGESTED_SCHEME = {"http": "ws", "https": "wss"}
EXAMPLE = "wss://csms.example.com/ocpp"


def station_url(base: str, identity: str) -> str:
    """Join with exactly one slash; an identity already at the end of the path is not repeated; a query is kept."""
    parts = _checked(base.strip())
    if not identity.strip():
        raise ConfigurationError("csms identity is empty: enter the identity under which the CSMS knows this station")
    segments = parts.path.rstrip("/").split("/")[1:]
    if not segments or unquote(segments[-1]) != identity:
        segments.append(quote(identity, safe=""))
    else:
        segments[-1] = quote(identity, safe="")
    return urlunsplit((parts.scheme.lower(), parts.netloc, "/" + "/".join(segments), parts.query, ""))


def _checked(base: str) -> SplitResult:
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"csms url {base!r} cannot be read ({error}): write it like {EXAMPLE}") from error
    scheme = parts.scheme.lower()
    if scheme in SUGGESTED_SCHEME:
        raise ConfigurationError(f"csms url {base!r} is a web address: write {SUGGESTED_SCHEME[scheme]}:// instead")
    if scheme not in SCHEMES:
        raise ConfigurationError(f"csms url {base!r} does not start with ws:// or wss://: write it like {EXAMPLE}")
    if not parts.hostname:
        raise ConfigurationError(f"csms url {base!r} names no host: write it like {EXAMPLE}")
    if port == 0:
        raise ConfigurationError(f"csms url {base!r} has port 0: write the CSMS's port, or none for the default")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "csms url holds a user name or password: remove it; the password has a file of its own"
        )
    if parts.fragment:
        raise ConfigurationError(f"csms url {base!r} has a fragment (#…), which a WebSocket cannot use: remove it")
    if any(character.isspace() or not character.isprintable() for character in base):
        raise ConfigurationError(f"csms url {base!r} contains a space or control character: remove it")
    return parts
