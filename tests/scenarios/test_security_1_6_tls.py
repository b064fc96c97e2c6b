"""The handshake with the CSMS under 1.6, with real TLS on real sockets: whom the station believes, what it tells."""

import ssl
import warnings
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dev_csms.gate import GateOptions
from scenarios.blunt_server import BluntServer
from scenarios.secured_files import OLD_KEY, OPERATOR, TODAY, local, password_file, pem_file, root, server_context
from scenarios.secured_station import IDENTITY, SERIAL_NUMBER, SecuredStation, Talk, secured_csms, soon
from unit.security.authority import Issued, Period, authority, leaf, name

RSA_KEY = rsa.generate_private_key(65537, 2048)
LONG_AGO = Period(TODAY.begins - timedelta(days=100), TODAY.begins - timedelta(days=50))
FAR_OFF = Period(TODAY.ends, TODAY.ends + timedelta(days=50))


def serving(folder: Path, issued: Issued, *more: str) -> ssl.SSLContext:
    """A server with this certificate, and the intermediates in PEM after it."""
    path = folder / "shown.pem"
    path.write_bytes(issued.key_pem + issued.pem.encode() + "".join(more).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def only(context: ssl.SSLContext, least: ssl.TLSVersion, most: ssl.TLSVersion, ciphers: str = "") -> ssl.SSLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = least, most
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def profile_2(folder: Path, ca: Issued) -> dict[str, Any]:
    return {
        "security_profile": 2,
        "basic_auth_password_file": password_file(folder),
        "ca_file": pem_file(folder, "ca.pem", ca.pem),
    }


def profile_3(folder: Path, ca: Issued, own: Issued) -> dict[str, Any]:
    return {
        "security_profile": 3,
        "ca_file": pem_file(folder, "ca.pem", ca.pem),
        "client_certificate_file": pem_file(folder, "client.pem", own.pem),
        "client_key_file": pem_file(folder, "client.key", own.key_pem.decode()),
    }


def security_log(folder: Path) -> str:
    path = folder / "security-log" / "security.log"
    return path.read_text() if path.exists() else ""


@pytest.mark.requirement("A00.FR.311", "A00.FR.312", "A00.FR.316", "A00.FR.318", "A00.FR.415", "A00.FR.416")
@pytest.mark.requirement("A00.FR.302", "A00.FR.303", "A00.FR.304", "A00.FR.420", "A00.FR.422")
@pytest.mark.parametrize(
    ("version", "suites", "agreed"),
    [
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-GCM-SHA384", ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")),
        (ssl.TLSVersion.TLSv1_3, "", ("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
    ],
)
async def test_s10_s12_a00_fr_312_tls_1_2_and_1_3_with_the_required_suites(
    tmp_path: Path, version: ssl.TLSVersion, suites: str, agreed: tuple[str, str]
) -> None:
    ca = root()
    csms, gate = secured_csms(GateOptions(ssl_context=only(server_context(tmp_path, ca), version, version, suites)))
    gate.accepted = OLD_KEY
    async with csms, SecuredStation(tmp_path, local(csms.url), **profile_2(tmp_path, ca)):
        await Talk(csms).connections(1)
        assert gate.shown == [gate.header(IDENTITY)]
        assert gate.suites == [agreed]


@pytest.mark.requirement(
    "A00.FR.313", "A00.FR.315", "A00.FR.322", "A00.FR.417", "A00.FR.419", "A00.FR.426", "A04.FR.02"
)
@pytest.mark.parametrize(
    ("most", "ciphers", "event"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", "InvalidTLSVersion"),
        (ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0", "InvalidTLSVersion"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA256", "InvalidTLSCipherSuite"),
    ],
)
async def test_s11_s13_a00_fr_315_a_weak_csms_gets_nothing_and_hears_of_it_once_when_it_is_strong(
    tmp_path: Path, most: ssl.TLSVersion, ciphers: str, event: str
) -> None:
    ca = root()
    weak = serving(tmp_path, leaf(ca, name("localhost"), RSA_KEY, TODAY))
    only(weak, min(most, ssl.TLSVersion.TLSv1_2), most, ciphers)
    with BluntServer(weak) as server:
        station = SecuredStation(tmp_path, server.url, **profile_2(tmp_path, ca))
        async with station:
            await soon(lambda: event in security_log(tmp_path))
            for count in range(2, 5):
                station.parts.client.open_now()
                await soon(partial(server.has_served, count))
        assert server.heard == b""
        port = server.port
    assert security_log(tmp_path).count(event) == 1
    csms, gate = secured_csms(GateOptions(port=port, ssl_context=server_context(tmp_path, ca)))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, local(csms.url), **profile_2(tmp_path, ca)):
        await talk.connections(1)
        await talk.until(lambda: len(talk.events()) >= 3)
        assert sorted(talk.events()) == sorted([event, "StartupOfTheDevice", "StartupOfTheDevice"])


@pytest.mark.requirement(
    "A00.FR.307", "A00.FR.308", "A00.FR.309", "A00.FR.310", "A00.FR.411", "A00.FR.412", "A00.FR.413"
)
@pytest.mark.requirement("A00.FR.414", "A00.FR.510")
@pytest.mark.parametrize("wrong", ["issuer", "expired", "not yet valid", "host name", "self-signed", "issuer expired"])
async def test_s15_a00_fr_309_a_csms_with_a_wrong_certificate_never_sees_the_password(
    tmp_path: Path, wrong: str
) -> None:
    ca, host = root(), name("localhost")
    old_middle = authority("Middle", ca, period=LONG_AGO)
    shown = {
        "issuer": lambda: leaf(root("Stranger"), host, period=TODAY),
        "expired": lambda: leaf(ca, host, period=LONG_AGO),
        "not yet valid": lambda: leaf(ca, host, period=FAR_OFF),
        "host name": lambda: leaf(ca, name("elsewhere.example"), period=TODAY),
        "self-signed": lambda: root("localhost"),
        "issuer expired": lambda: leaf(old_middle, host, period=TODAY),
    }[wrong]()
    context = serving(tmp_path, shown, old_middle.pem)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    async with csms, SecuredStation(tmp_path, local(csms.url), **profile_2(tmp_path, ca)) as station:
        await soon(lambda: "InvalidCsmsCertificate" in security_log(tmp_path))
        assert gate.shown == []
        assert station.parts.client.status().state != "accepted"


@pytest.mark.requirement("A00.FR.001", "A00.FR.003", "A00.FR.004")
async def test_s01_s02_a00_fr_003_a_station_with_tls_is_not_led_to_a_csms_without(tmp_path: Path) -> None:
    """Neither by a server that speaks plainly on its port, nor by a redirect."""
    ca = root()
    plain, strict = secured_csms(GateOptions())
    strict.accepted = OLD_KEY
    async with plain:
        url = local(plain.url).replace("ws://", "wss://")
        async with SecuredStation(tmp_path, url, **profile_2(tmp_path, ca)) as station:
            await soon(lambda: station.parts.client.status().last_error is not None)
            assert strict.shown == []
            assert station.parts.client.status().url.startswith("wss://")
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca)))
    gate.accepted = OLD_KEY
    gate.refuse_status = 302
    async with csms, SecuredStation(tmp_path, local(csms.url), **profile_2(tmp_path, ca)) as station:
        await soon(lambda: "redirects are not followed" in str(station.parts.client.status().last_error))
        paths = {note.path for note in csms.station(IDENTITY).connections}
        assert paths == {f"/ocpp/{IDENTITY}"}


@pytest.mark.requirement("A00.FR.401", "A00.FR.402")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_s17_a00_fr_402_a_refused_client_certificate_is_logged_and_an_accepted_one_opens(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """Expired: whether it is good enough is for the CSMS to say, so the station tries."""
    ca = root()
    own = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=TODAY)
    expired = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=LONG_AGO)
    picky = only(server_context(tmp_path, ca, ca), version, version)
    with BluntServer(picky) as server:
        async with SecuredStation(tmp_path, server.url, **profile_3(tmp_path, ca, expired)) as station:
            await soon(lambda: "FailedToAuthenticateAtCsms" in security_log(tmp_path))
            await soon(lambda: "this station's certificate" in str(station.parts.client.status().last_error))
    csms, gate = secured_csms(GateOptions(ssl_context=only(server_context(tmp_path, ca, ca), version, version)))
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, local(csms.url), **profile_3(tmp_path, ca, own)):
        await talk.connections(1)
        assert gate.shown == [None], "no password beside a certificate"
        assert [int(each, 16) for each in gate.client_serials] == [own.certificate.serial_number]
        await talk.until(lambda: len(talk.events()) >= 2)
        assert set(talk.events()) == {"StartupOfTheDevice"}, "neither version calls the refusal critical"
