"""Who may talk to the local interface. Pure.

A web page in the browser of someone near the station must not reach it: not by a name of its own that resolves to
loopback (DNS rebinding: the Host header is foreign), not by a request from another site (the Origin header is).
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from chargepoint.panel.address import LOOPBACK_OF

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_known_host(host_header: str | None, listening_host: str) -> bool:
    """Loopback's names and the configured host; any bare address where every address is listened on."""
    name = host_name(host_header)
    if name is None:
        return False
    if name in LOOPBACK_NAMES or name == listening_host.strip("[]").casefold():
        return True
    return listening_host in LOOPBACK_OF and _is_address(name)


def is_same_origin(origin: str | None, host_header: str | None) -> bool:
    """True without an Origin: then no browser asks on behalf of another page."""
    if origin is None:
        return True
    return host_header is not None and origin.casefold() == f"http://{host_header}".casefold()


def host_name(host_header: str | None) -> str | None:
    """The name in a Host header without its port and brackets; None when it holds none."""
    try:
        return urlsplit(f"//{host_header or ''}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
