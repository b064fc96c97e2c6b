"""Where the local interface is, for those who serve it and those who ask it. Pure."""

URL_FILE = "panel.url"
"""In the run directory: the URL of the interface that serves now."""
LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where somebody on this machine finds what listens on every address."""


def url_of(host: str, port: int) -> str:
    """The URL for somebody on this machine."""
    reached = LOOPBACK_OF.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
