"""The URL join table."""

import pytest

from chargepoint.csms.address import station_url
from chargepoint.model.errors import ConfigurationError


@pytest.mark.parametrize(
    ("base", "identity", "expected"),
    [
        ("ws://h", "CP1", "ws://h/CP1"),
        ("ws://h/", "CP1", "ws://h/CP1"),
        ("ws://h:9000/ocpp", "CP1", "ws://h:9000/ocpp/CP1"),
        ("ws://h:9000/ocpp/", "CP1", "ws://h:9000/ocpp/CP1"),
        ("ws://h/ocpp//", "CP1", "ws://h/ocpp/CP1"),
        ("wss://h/steve/websocket/CentralSystemService", "CP1", "wss://h/steve/websocket/CentralSystemService/CP1"),
        ("ws://h/ocpp/CP1", "CP1", "ws://h/ocpp/CP1"),
        ("ws://h/ocpp/CP1/", "CP1", "ws://h/ocpp/CP1"),
        ("ws://h/ocpp/CP%201", "CP 1", "ws://h/ocpp/CP%201"),
        ("ws://h/ocpp", "CP 1", "ws://h/ocpp/CP%201"),
        ("ws://h/ocpp", "RDAM|123", "ws://h/ocpp/RDAM%7C123"),
        ("ws://h/ocpp", "a/b?c#d%e", "ws://h/ocpp/a%2Fb%3Fc%23d%25e"),
        ("ws://h/ocpp", "säule", "ws://h/ocpp/s%C3%A4ule"),
        ("ws://h/ocpp?tenant=7", "CP1", "ws://h/ocpp/CP1?tenant=7"),
        ("ws://h/CP1/ocpp", "CP1", "ws://h/CP1/ocpp/CP1"),
        ("ws://h/XCP1", "CP1", "ws://h/XCP1/CP1"),
        ("WSS://Host/a", "CP1", "wss://Host/a/CP1"),
        ("ws://[::1]:80/a", "CP1", "ws://[::1]:80/a/CP1"),
        ("  ws://h/a  ", "CP1", "ws://h/a/CP1"),
    ],
)
def test_exactly_one_slash_and_the_identity_once(base: str, identity: str, expected: str) -> None:
    assert station_url(base, identity) == expected


@pytest.mark.parametrize(
    ("base", "identity", "advice"),
    [
        ("http://h/a", "CP1", "write ws://"),
        ("https://h/a", "CP1", "write wss://"),
        ("h/a", "CP1", "does not start with"),
        ("", "CP1", "does not start with"),
        ("ws:///a", "CP1", "names no host"),
        ("ws://h:99999/", "CP1", "cannot be read"),
        ("ws://h:0/", "CP1", "port 0"),
        ("ws://u:p@h/", "CP1", "remove it"),
        ("ws://h/#x", "CP1", "fragment"),
        ("ws://h/a b", "CP1", "space"),
        ("ws://h/", " ", "identity is empty"),
        ("ws://[::1/", "CP1", "cannot be read"),
    ],
)
def test_a_wrong_address_says_what_to_do(base: str, identity: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice):
        station_url(base, identity)
