"""Blocks A and M of OCPP 2.0.1: how the station gets in, a higher security profile, and the additional root check."""

import ssl
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chargepoint.charging.commands import ResetKind
from chargepoint.security.certificate_hash import hash_of
from dev_csms.gate import GateOptions
from scenarios.blunt_server import BluntServer
from scenarios.secured_files import (
    OLD_KEY,
    OPERATOR,
    TODAY,
    fallbacks,
    local,
    password_file,
    pem_file,
    root,
    server_context,
    show,
)
from scenarios.secured_station import IDENTITY, SERIAL_NUMBER, SecuredStation, Talk, secured_csms, soon
from unit.security.authority import Issued, Period, leaf, name, sign_request

SPOKEN: dict[str, Any] = {"subprotocols": ("ocpp2.0.1",)}
CSMS_ROOT = "CSMSRootCertificate"
TRIGGER = {"requestedMessage": "SignChargingStationCertificate"}
ONE_ATTEMPT = {"network_profile_connection_attempts": "1"}


async def set_variable(talk: Talk, variable: str, value: str, component: str = "OCPPCommCtrlr") -> str:
    wanted = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    answer = await talk.ask("SetVariables", {"setVariableData": [wanted]})
    return str(answer["setVariableResult"][0]["attributeStatus"])


async def get_variable(talk: Talk, variable: str, component: str = "OCPPCommCtrlr") -> str:
    wanted = {"component": {"name": component}, "variable": {"name": variable}}
    answer = await talk.ask("GetVariables", {"getVariableData": [wanted]})
    return str(answer["getVariableResult"][0]["attributeValue"])


async def set_profile(talk: Talk, slot: int, url: str, security_profile: int) -> str:
    connection = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": security_profile,
        "ocppInterface": "Wired0",
    }
    return await talk.status("SetNetworkProfile", {"configurationSlot": slot, "connectionData": connection})


def security_log(folder: Path) -> str:
    path = folder / "security-log" / "security.log"
    return path.read_text() if path.exists() else ""


def profile_2(folder: Path, ca: Issued) -> dict[str, Any]:
    return {
        **SPOKEN,
        "security_profile": 2,
        "basic_auth_password_file": password_file(folder),
        "ca_file": pem_file(folder, "ca.pem", ca.pem),
    }


@pytest.mark.requirement("A00.FR.202", "A00.FR.203", "A00.FR.204", "A00.FR.205", "A00.FR.301", "A00.FR.302")
@pytest.mark.requirement("A00.FR.004", "A00.FR.303", "A00.FR.304", "B01.FR.01")
@pytest.mark.parametrize("profile", [1, 2])
async def test_identity_and_password_open_the_door(tmp_path: Path, profile: int) -> None:
    """TC_A_01_CS"""
    ca = root()
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca) if profile == 2 else None))
    gate.accepted = OLD_KEY
    arguments = {**profile_2(tmp_path, ca), "security_profile": profile}
    if profile == 1:
        del arguments["ca_file"]
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, local(csms.url), **arguments):
        await talk.connections(1)
        assert gate.shown == [gate.header(IDENTITY)]
        assert 16 <= len(OLD_KEY) <= 40
        (connection,) = csms.station(IDENTITY).connections
        assert connection.path.rpartition("/")[2] == IDENTITY


@pytest.mark.requirement("A00.FR.313", "A00.FR.314", "A00.FR.316", "A00.FR.317", "A00.FR.323")
@pytest.mark.requirement("A00.FR.416", "A00.FR.417", "A00.FR.419", "A00.FR.426")
@pytest.mark.parametrize(
    ("newest", "ciphers", "event"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", "InvalidTLSVersion"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA256", "InvalidTLSCipherSuite"),
    ],
)
async def test_a_csms_with_a_weak_tls_is_left_and_told_of_it_when_it_has_a_better_one(
    tmp_path: Path, newest: ssl.TLSVersion, ciphers: str, event: str
) -> None:
    """TC_A_06_CS"""
    ca = root()
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = leaf(ca, name("localhost"), rsa.generate_private_key(65537, 2048), TODAY)
    weak.load_cert_chain(pem_file(tmp_path, "weak.pem", issued.key_pem.decode() + issued.pem))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        weak.minimum_version = weak.maximum_version = newest
    weak.set_ciphers(ciphers)
    arguments = profile_2(tmp_path, ca)
    with BluntServer(weak) as server:
        async with SecuredStation(tmp_path, server.url, ONE_ATTEMPT, **arguments):
            await soon(lambda: event in security_log(tmp_path))
        assert server.heard == b""
        port = server.port
    csms, gate = secured_csms(GateOptions(port=port, ssl_context=server_context(tmp_path, ca)))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, local(csms.url), ONE_ATTEMPT, **arguments):
        await talk.connections(1)
        await talk.until(lambda: event in talk.events())
        assert "StartupOfTheDevice" in talk.events()


def profile_3(folder: Path, roots: str, own: Issued) -> dict[str, Any]:
    return {
        **SPOKEN,
        "security_profile": 3,
        "ca_file": pem_file(folder, "ca.pem", roots),
        "client_certificate_file": pem_file(folder, "client.pem", own.pem),
        "client_key_file": pem_file(folder, "client.key", own.key_pem.decode()),
    }


@pytest.mark.requirement("A00.FR.430")
async def test_an_expired_certificate_of_its_own_is_shown_all_the_same(tmp_path: Path) -> None:
    """Whether it is good enough is the CSMS's to say (errata)."""
    ca = root()
    past = Period(TODAY.begins - timedelta(days=9), TODAY.begins)
    own = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=past)
    with BluntServer(server_context(tmp_path, ca, ca)) as server:
        async with SecuredStation(tmp_path, server.url, **profile_3(tmp_path, ca.pem, own)) as station:
            await soon(lambda: "FailedToAuthenticateAtCsms" in security_log(tmp_path))
            await soon(lambda: "this station's certificate" in str(station.parts.client.status().last_error))


@pytest.mark.requirement("A02.FR.10", "A02.FR.28", "A02.FR.29", "A03.FR.10", "A03.FR.24", "A03.FR.25")
async def test_a_new_certificate_that_the_csms_does_not_let_in_gives_way_to_the_old_one_and_is_told(
    tmp_path: Path,
) -> None:
    ca, other = root(), root("Other")
    own = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=TODAY)
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca, ca)))
    talk = Talk(csms)
    named = {"organization_name": OPERATOR, **ONE_ATTEMPT}
    arguments = profile_3(tmp_path, ca.pem + other.pem, own)
    async with csms, SecuredStation(tmp_path, local(csms.url), named, **arguments):
        await talk.connections(1)
        assert await talk.status("TriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        chain = sign_request(other, talk.told("SignCertificate")[0]["csr"], TODAY)
        assert await talk.status("CertificateSigned", {"certificateChain": chain}) == "Accepted"
        await talk.connections(2)
        await talk.until(lambda: "DiscardedRenewedClientCertificate" in talk.events())
        assert {int(each, 16) for each in gate.client_serials} == {own.certificate.serial_number}
        await soon(lambda: not (tmp_path / "keys" / "station-next").exists())


@pytest.mark.requirement("A05.FR.04", "A05.FR.05", "A05.FR.06", "A05.FR.10", "B09.FR.04", "A00.FR.001", "A00.FR.005")
async def test_a_higher_security_profile_comes_into_force_after_a_reset_and_the_lower_one_is_gone(
    tmp_path: Path,
) -> None:
    """TC_A_19_CS, TC_A_22_CS"""
    ca = root()
    plain, plain_gate = secured_csms(GateOptions())
    safe, safe_gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca)))
    plain_gate.accepted = safe_gate.accepted = OLD_KEY
    before, after = Talk(plain), Talk(safe)
    arguments: dict[str, Any] = {**SPOKEN, "security_profile": 1, "basic_auth_password_file": password_file(tmp_path)}
    async with plain, safe:
        async with SecuredStation(tmp_path, plain.url, **arguments) as station:
            await before.connections(1)
            install = {"certificateType": CSMS_ROOT, "certificate": ca.pem}
            assert await before.status("InstallCertificate", install) == "Accepted"
            assert await set_profile(before, 2, local(safe.url), 2) == "Accepted"
            assert await set_variable(before, "NetworkConfigurationPriority", "2,1") == "RebootRequired"
            assert await before.status("Reset", {"type": "OnIdle"}) == "Accepted"
            await soon(lambda: station.machine.restarts == [ResetKind.ON_IDLE])
        async with SecuredStation(tmp_path, plain.url, **arguments):
            await after.connections(1)
            assert before.opened() == 1
            assert await get_variable(after, "SecurityProfile", "SecurityCtrlr") == "2"
            assert await get_variable(after, "NetworkConfigurationPriority") == "2"
            assert await set_profile(after, 3, plain.url, 1) == "Rejected"
            assert await set_variable(after, "NetworkConfigurationPriority", "2,3") == "Rejected"


@pytest.mark.requirement("A05.FR.02")
@pytest.mark.parametrize("wanted", [2, 3])
async def test_without_a_root_of_the_csms_no_profile_with_tls_is_taken_up(tmp_path: Path, wanted: int) -> None:
    """TC_A_20_CS"""
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {**SPOKEN, "security_profile": 1, "basic_auth_password_file": password_file(tmp_path)}
    async with csms, SecuredStation(tmp_path, csms.url, **arguments):
        await talk.connections(1)
        assert await set_profile(talk, 2, "wss://new.example.test", wanted) == "Accepted"
        assert await set_variable(talk, "NetworkConfigurationPriority", "2,1") == "Rejected"
        assert await get_variable(talk, "NetworkConfigurationPriority") == "1"
        assert await get_variable(talk, "SecurityProfile", "SecurityCtrlr") == "1"


@pytest.mark.requirement("A05.FR.03", "A05.FR.04")
async def test_without_a_certificate_of_its_own_the_station_does_not_take_up_profile_3(tmp_path: Path) -> None:
    """TC_A_21_CS"""
    ca = root()
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca)))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    named = {"organization_name": OPERATOR}
    async with csms, SecuredStation(tmp_path, local(csms.url), named, **profile_2(tmp_path, ca)):
        await talk.connections(1)
        assert await set_profile(talk, 2, "wss://new.example.test", 3) == "Accepted"
        assert await set_variable(talk, "NetworkConfigurationPriority", "2,1") == "Rejected"
        assert await talk.status("TriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        chain = sign_request(ca, talk.told("SignCertificate")[0]["csr"], TODAY)
        assert await talk.status("CertificateSigned", {"certificateChain": chain}) == "Accepted"
        assert await set_variable(talk, "NetworkConfigurationPriority", "2,1") == "RebootRequired", "now it has one"


async def installed(talk: Talk) -> set[str]:
    """Serial numbers of the CSMS's roots."""
    told = await talk.ask("GetInstalledCertificateIds", {"certificateType": [CSMS_ROOT]})
    return {each["certificateHashData"]["serialNumber"] for each in told.get("certificateHashDataChain", [])}


def serial(issued: Issued) -> str:
    return hash_of(issued.certificate, issued.certificate).serial_number


@pytest.mark.requirement("M05.FR.09", "M05.FR.10", "M05.FR.11", "M05.FR.13")
async def test_only_a_root_that_the_old_one_has_signed_replaces_it_and_then_alone(tmp_path: Path) -> None:
    """TC_M_09_CS, TC_M_30_CS"""
    old = root("Old")
    new = root("New", old)
    context = server_context(tmp_path, old)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments = profile_2(tmp_path, old)

    async def install(issued: Issued) -> str:
        return await talk.status("InstallCertificate", {"certificateType": CSMS_ROOT, "certificate": issued.pem})

    async with csms:
        async with SecuredStation(tmp_path, local(csms.url), **arguments) as station:
            await talk.connections(1)
            assert await get_variable(talk, "AdditionalRootCertificateCheck", "SecurityCtrlr") == "true"
            assert await install(root("Stranger")) == "Rejected"
            assert await installed(talk) == {serial(old)}
            assert await install(new) == "Accepted"
            assert await talk.status("Reset", {"type": "OnIdle"}) == "Accepted"
            await soon(lambda: station.machine.restarts == [ResetKind.ON_IDLE])
        show(context, tmp_path, new)
        async with SecuredStation(tmp_path, local(csms.url), **arguments):
            await talk.connections(2)
            assert await installed(talk) == {serial(new)}
            await soon(lambda: not fallbacks(tmp_path))


@pytest.mark.requirement("M05.FR.11", "M05.FR.14")
async def test_the_old_root_serves_while_the_csms_has_not_moved(tmp_path: Path) -> None:
    """TC_M_31_CS"""
    old = root("Old")
    new = root("New", old)
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, old)))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments = profile_2(tmp_path, old)
    async with csms:
        async with SecuredStation(tmp_path, local(csms.url), **arguments) as station:
            await talk.connections(1)
            install = {"certificateType": CSMS_ROOT, "certificate": new.pem}
            assert await talk.status("InstallCertificate", install) == "Accepted"
            assert await talk.status("Reset", {"type": "OnIdle"}) == "Accepted"
            await soon(lambda: station.machine.restarts == [ResetKind.ON_IDLE])
        async with SecuredStation(tmp_path, local(csms.url), **arguments):
            await talk.connections(2)
            assert await installed(talk) == {serial(old), serial(new)}, "the old one too, for as long as it is kept"
            assert len(fallbacks(tmp_path)) == 1


async def test_a_first_root_that_does_not_lead_to_the_csms_locks_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CSMS is known by one of the machine's roots; that one serves on, and no other of the machine's."""
    public, other, wrong = root("Public"), root("Other public"), root("Wrong")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem_file(tmp_path, "system.pem", public.pem + other.pem)))
    context = server_context(tmp_path, public)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments = {**SPOKEN, "security_profile": 2, "basic_auth_password_file": password_file(tmp_path)}
    async with csms, SecuredStation(tmp_path, local(csms.url), **arguments) as station:
        await talk.connections(1)
        install = {"certificateType": CSMS_ROOT, "certificate": wrong.pem}
        assert await talk.status("InstallCertificate", install) == "Accepted"
        station.parts.client.reopen()
        await talk.connections(2)
        await soon(lambda: station.parts.client.status().connections == 2)
        assert security_log(tmp_path).count("InvalidCsmsCertificate") == 1
        show(context, tmp_path, other)
        gate.shown.clear()
        station.parts.client.reopen()
        await soon(lambda: security_log(tmp_path).count("InvalidCsmsCertificate") == 2)
        assert gate.shown == []
        show(context, tmp_path, public)
        station.parts.client.open_now()
        await talk.connections(3)
        await soon(lambda: station.parts.client.status().connections == 3)
        wanted = {"certificateHashData": fields(wrong)}
        assert await talk.status("DeleteCertificate", wanted) == "Accepted"
        await soon(lambda: not fallbacks(tmp_path))
        right = {"certificateType": CSMS_ROOT, "certificate": public.pem}
        assert await talk.status("InstallCertificate", right) == "Accepted"
        station.parts.client.reopen()
        await talk.connections(4)
        assert await installed(talk) == {serial(public)}


def fields(issued: Issued) -> dict[str, str]:
    found = hash_of(issued.certificate, issued.certificate)
    return {
        "hashAlgorithm": found.algorithm.value,
        "issuerNameHash": found.issuer_name_hash,
        "issuerKeyHash": found.issuer_key_hash,
        "serialNumber": found.serial_number,
    }
