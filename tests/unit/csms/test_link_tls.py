"""TLS failures name their cause."""

import ssl
from datetime import UTC, datetime

import pytest
import trustme

from chargepoint.csms.channel import ConnectStep
from chargepoint.csms.link import LinkCredentials
from unit.csms.link_server import connector, csms, refusal


def trusting(authority: trustme.CA) -> LinkCredentials:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return LinkCredentials(tls=lambda: context)


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_tls_failures_name_their_cause() -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    async with csms(ssl=certified(theirs, "127.0.0.1")) as port:
        unknown = await refusal(connector(f"wss://127.0.0.1:{port}/CP1", trusting(ours)))
        assert unknown.step is ConnectStep.TLS
        assert "ca_file" in str(unknown)
        link = await connector(f"wss://127.0.0.1:{port}/CP1", trusting(theirs)).connect()
        await link.channel.close()
        unsecured = await refusal(connector(f"wss://127.0.0.1:{port}/CP1"))
        assert "security profile 2 or 3" in str(unsecured)
        downgraded = await refusal(connector(f"ws://127.0.0.1:{port}/CP1"))
        assert downgraded.step is ConnectStep.HTTP
    async with csms(ssl=certified(ours, "elsewhere.example")) as port:
        for host, said in (("localhost", "another host name"), ("127.0.0.1", "another IP address")):
            wrong = await refusal(connector(f"wss://{host}:{port}/CP1", trusting(ours)))
            assert said in str(wrong)
    async with csms() as port:
        plain = await refusal(connector(f"wss://127.0.0.1:{port}/CP1", trusting(ours)))
        assert "ws:// against wss://" in str(plain)


@pytest.mark.parametrize(
    ("not_before", "not_after", "said"),
    [
        (datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC), "has expired"),
        (datetime(2190, 1, 1, tzinfo=UTC), datetime(2191, 1, 1, tzinfo=UTC), "station's clock"),
    ],
)
async def test_a_certificate_out_of_its_time_is_told(not_before: datetime, not_after: datetime, said: str) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_before=not_before, not_after=not_after).configure_cert(context)
    async with csms(ssl=context) as port:
        error = await refusal(connector(f"wss://127.0.0.1:{port}/CP1", trusting(authority)))
    assert error.step is ConnectStep.TLS
    assert said in str(error)
