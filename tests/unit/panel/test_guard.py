"""Who may ask: Host and Origin, as a table."""

import pytest

from chargepoint.panel.guard import is_known_host, is_same_origin


@pytest.mark.parametrize(
    ("host_header", "listening", "known"),
    [
        ("localhost:8080", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("[::1]:8080", "::1", True),
        ("wallbox.lan:8080", "wallbox.lan", True),
        ("192.168.1.5:8080", "0.0.0.0", True),
        ("[fe80::1]:8080", "::", True),
        ("192.168.1.5:8080", "127.0.0.1", False),
        ("evil.example", "0.0.0.0", False),
        ("evil.example", "127.0.0.1", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("evil.example@", "127.0.0.1", False),
        ("[::1", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
    ],
)
def test_host(host_header: str | None, listening: str, known: bool) -> None:
    assert is_known_host(host_header, listening) is known


@pytest.mark.parametrize(
    ("origin", "host_header", "same"),
    [
        (None, "localhost:8080", True),
        ("http://localhost:8080", "localhost:8080", True),
        ("http://localhost:8081", "localhost:8080", False),
        ("http://127.0.0.1:8080", "localhost:8080", False),
        ("https://localhost:8080", "localhost:8080", False),
        ("null", "localhost:8080", False),
        ("", "localhost:8080", False),
        ("http://localhost:8080", None, False),
    ],
)
def test_origin(origin: str | None, host_header: str | None, same: bool) -> None:
    assert is_same_origin(origin, host_header) is same
