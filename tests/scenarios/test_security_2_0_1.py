"""Blocks A and M of OCPP 2.0.1 by the steps of part 6: real sockets, real TLS, real files."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from chargepoint.security.certificate_hash import CertificateHash, hash_of
from dev_csms.gate import GateOptions
from scenarios.secured_files import (
    OLD_KEY,
    OPERATOR,
    SEVERAL_ROOTS,
    TODAY,
    local,
    password_file,
    pem_file,
    root,
    server_context,
)
from scenarios.secured_station import IDENTITY, SERIAL_NUMBER, SecuredStation, Talk, secured_csms, soon
from unit.security.authority import Issued, Period, authority, leaf, name, sign_request

SPOKEN: dict[str, Any] = {"subprotocols": ("ocpp2.0.1",)}
CSMS_ROOT, MAKER_ROOT = "CSMSRootCertificate", "ManufacturerRootCertificate"
HEX_PASSWORD = "0123456789abcdef" * 2
TRIGGER = {"requestedMessage": "SignChargingStationCertificate"}
NAMED = {"organization_name": OPERATOR}


async def set_variable(talk: Talk, variable: str, value: str, component: str = "SecurityCtrlr") -> str:
    wanted = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    answer = await talk.ask("SetVariables", {"setVariableData": [wanted]})
    return str(answer["setVariableResult"][0]["attributeStatus"])


async def get_variable(talk: Talk, variable: str, component: str = "SecurityCtrlr") -> dict[str, Any]:
    wanted = {"component": {"name": component}, "variable": {"name": variable}}
    return dict((await talk.ask("GetVariables", {"getVariableData": [wanted]}))["getVariableResult"][0])


def certified(folder: Path, ca: Issued, own: Issued) -> dict[str, Any]:
    return {
        **SPOKEN,
        "security_profile": 3,
        "ca_file": pem_file(folder, "ca.pem", ca.pem),
        "client_certificate_file": pem_file(folder, "client.pem", own.pem),
        "client_key_file": pem_file(folder, "client.key", own.key_pem.decode()),
    }


def fields(found: CertificateHash) -> dict[str, str]:
    return {
        "hashAlgorithm": found.algorithm.value,
        "issuerNameHash": found.issuer_name_hash,
        "issuerKeyHash": found.issuer_key_hash,
        "serialNumber": found.serial_number,
    }


def security_log(folder: Path) -> str:
    path = folder / "security-log" / "security.log"
    return path.read_text() if path.exists() else ""


@pytest.mark.requirement("A00.FR.205", "A01.FR.01", "A01.FR.02", "A01.FR.11", "A01.FR.12", "B01.FR.01")
async def test_a_new_password_is_used_at_once_and_goes_as_text_however_it_looks(tmp_path: Path) -> None:
    """TC_A_09_CS"""
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {**SPOKEN, "security_profile": 1, "basic_auth_password_file": password_file(tmp_path)}
    async with csms:
        async with SecuredStation(tmp_path, csms.url, **arguments):
            await talk.connections(1)
            assert (await get_variable(talk, "BasicAuthPassword"))["attributeStatus"] == "Rejected"
            gate.accepted = HEX_PASSWORD.encode()
            assert await set_variable(talk, "BasicAuthPassword", HEX_PASSWORD) == "Accepted"
            await talk.connections(2)
            assert gate.shown[-1] == gate.header(IDENTITY)
        assert "BasicAuthPassword changed" in security_log(tmp_path)
        assert HEX_PASSWORD not in security_log(tmp_path)
        async with SecuredStation(tmp_path, csms.url, **arguments):
            await talk.connections(3)
            assert gate.shown[-1] == gate.header(IDENTITY)


@pytest.mark.requirement("A01.FR.01", "A01.FR.04")
async def test_a_password_that_is_none_is_rejected_and_the_old_one_stays(tmp_path: Path) -> None:
    """TC_A_10_CS"""
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(
            tmp_path, csms.url, **SPOKEN, security_profile=1, basic_auth_password_file=password_file(tmp_path)
        ) as station,
    ):
        await talk.connections(1)
        for text in ("too short", "x" * 41, "sixteen or more \n"):
            assert await set_variable(talk, "BasicAuthPassword", text) == "Rejected"
        station.parts.client.reopen()
        await talk.connections(2)
        assert gate.shown[-1] == gate.header(IDENTITY)


@pytest.mark.requirement("A00.FR.205", "A00.FR.304")
@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp1.6"])
async def test_hexadecimal_digits_of_the_factory_are_text_in_2_0_1_and_bytes_in_1_6(
    tmp_path: Path, version: str
) -> None:
    csms, gate = secured_csms(GateOptions())
    gate.accepted = HEX_PASSWORD.encode() if version == "ocpp2.0.1" else bytes.fromhex(HEX_PASSWORD)
    secret = password_file(tmp_path, HEX_PASSWORD.encode())
    async with (
        csms,
        SecuredStation(
            tmp_path, csms.url, subprotocols=(version,), security_profile=1, basic_auth_password_file=secret
        ),
    ):
        await Talk(csms).connections(1)
        assert gate.shown == [gate.header(IDENTITY)]


@pytest.mark.requirement("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.08", "A02.FR.13", "F06.FR.04")
@pytest.mark.requirement("A02.FR.01", "A03.FR.01", "A03.FR.08")
async def test_the_station_s_certificate_is_renewed_on_the_csms_s_word(tmp_path: Path) -> None:
    """TC_A_07_CS, TC_A_11_CS"""
    ca = root()
    factory = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=TODAY)
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca, ca)))
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, local(csms.url), **certified(tmp_path, ca, factory)):
        await talk.connections(1)
        unnamed = await talk.ask("TriggerMessage", TRIGGER)
        assert (unnamed["status"], unnamed["statusInfo"]["reasonCode"]) == ("Rejected", "MissingDevModelInfo")
        assert await set_variable(talk, "OrganizationName", OPERATOR) == "Accepted"
        assert await talk.status("TriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        request = talk.told("SignCertificate")[0]
        assert request["certificateType"] == "ChargingStationCertificate"
        signed = sign_request(ca, request["csr"], TODAY)
        assert await talk.status("CertificateSigned", {"certificateChain": signed}) == "Accepted"
        await talk.connections(2)
        serial = x509.load_pem_x509_certificate(signed.encode()).serial_number
        assert [int(each, 16) for each in gate.client_serials] == [factory.certificate.serial_number, serial]
        for word in ("SignV2GCertificate", "SignCombinedCertificate"):
            assert await talk.status("TriggerMessage", {"requestedMessage": word}) == "NotImplemented"


@pytest.mark.requirement("A02.FR.06", "A02.FR.07", "A02.FR.16", "A03.FR.16")
async def test_a_certificate_that_is_not_right_is_rejected_and_told(tmp_path: Path) -> None:
    """TC_A_14_CS; one that begins later too (errata)"""
    ca = root()
    csms, _ = secured_csms(GateOptions())
    talk = Talk(csms)
    limits = {**NAMED, "certificate_signed_max_chain_size": "1000"}
    async with (
        csms,
        SecuredStation(tmp_path, csms.url, limits, **SPOKEN, ca_file=pem_file(tmp_path, "ca.pem", ca.pem)),
    ):
        await talk.connections(1)
        assert (await get_variable(talk, "MaxCertificateChainSize"))["attributeValue"] == "1000"
        assert await talk.status("TriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        csr = talk.told("SignCertificate")[0]["csr"]
        tomorrow = Period(datetime.now(UTC) + timedelta(days=1), TODAY.ends)
        right = sign_request(ca, csr, TODAY)
        bad = [sign_request(root("Stranger"), csr, TODAY), sign_request(ca, csr, tomorrow), right * 4]
        for chain in bad:
            answer = await talk.ask("CertificateSigned", {"certificateChain": chain})
            assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidCertificate")
        of_v2g = {"certificateChain": right, "certificateType": "V2GCertificate"}
        assert await talk.status("CertificateSigned", of_v2g) == "Rejected"
        await talk.until(lambda: talk.events().count("InvalidChargingStationCertificate") == len(bad))
        assert await talk.status("CertificateSigned", {"certificateChain": right}) == "Accepted"


@pytest.mark.requirement("M03.FR.01", "M03.FR.02", "M03.FR.03", "M03.FR.04", "M05.FR.01", "M05.FR.02", "M05.FR.06")
@pytest.mark.requirement("M05.FR.07", "M05.FR.17")
async def test_roots_are_installed_and_listed_by_type(tmp_path: Path) -> None:
    """TC_M_01_CS, TC_M_02_CS, TC_M_07_CS, TC_M_12_CS, TC_M_13_CS, TC_M_17_CS, TC_M_18_CS, TC_M_19_CS"""
    ca, maker = root(), root("Maker")
    csms, _ = secured_csms(GateOptions())
    talk = Talk(csms)

    limit = {**SEVERAL_ROOTS, "certificate_store_max_length": "2"}

    async def listed(*types: str) -> list[tuple[str, str]] | None:
        told = await talk.ask("GetInstalledCertificateIds", {"certificateType": list(types)} if types else {})
        if told["status"] == "NotFound":
            return None
        chain = told["certificateHashDataChain"]
        return [(each["certificateType"], each["certificateHashData"]["serialNumber"]) for each in chain]

    async def install(use: str, pem: str) -> str:
        return await talk.status("InstallCertificate", {"certificateType": use, "certificate": pem})

    async with csms, SecuredStation(tmp_path, csms.url, limit, **SPOKEN):
        await talk.connections(1)
        assert await listed() is None
        assert await listed(CSMS_ROOT) is None
        expired = authority("Old", period=Period(TODAY.begins - timedelta(days=9), TODAY.begins))
        for pem in ("no certificate", expired.pem):
            assert await install(CSMS_ROOT, pem) == "Rejected"
        assert await install("V2GRootCertificate", ca.pem) == "Rejected"
        assert await install(CSMS_ROOT, ca.pem) == "Accepted"
        assert await install(CSMS_ROOT, ca.pem) == "Accepted", "the same again"
        assert await install(CSMS_ROOT, expired.pem) == "Rejected"
        assert await install(MAKER_ROOT, maker.pem) == "Accepted"
        assert await install(CSMS_ROOT, root("Third").pem) == "Rejected", "there is no more room"
        both = [
            (CSMS_ROOT, f"{ca.certificate.serial_number:X}"),
            (MAKER_ROOT, f"{maker.certificate.serial_number:X}"),
        ]
        assert await listed() == both
        assert await listed(CSMS_ROOT, MAKER_ROOT) == both
        assert await listed(CSMS_ROOT) == both[:1]
        assert await listed(MAKER_ROOT) == both[1:]
        assert await listed("V2GRootCertificate", "V2GCertificateChain", "MORootCertificate") is None
        assert (await get_variable(talk, "CertificateEntries"))["attributeValue"] == "2"


@pytest.mark.requirement("M04.FR.01", "M04.FR.02", "M04.FR.03", "M04.FR.04", "M04.FR.06")
async def test_a_root_is_deleted_and_the_station_s_own_certificate_is_not(tmp_path: Path) -> None:
    """TC_M_20_CS, TC_M_22_CS, TC_M_23_CS"""
    ca, spare = root(), root("Spare")
    own = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=TODAY)
    csms, _ = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca, ca)))
    talk = Talk(csms)

    async def delete(certificate: Issued, issuer: Issued) -> str:
        wanted = fields(hash_of(certificate.certificate, issuer.certificate))
        return await talk.status("DeleteCertificate", {"certificateHashData": wanted})

    async def listed() -> list[dict[str, str]]:
        told = await talk.ask("GetInstalledCertificateIds", {"certificateType": [CSMS_ROOT]})
        return [each["certificateHashData"] for each in told["certificateHashDataChain"]]

    async with csms, SecuredStation(tmp_path, local(csms.url), SEVERAL_ROOTS, **certified(tmp_path, ca, own)):
        await talk.connections(1)
        request = {"certificateType": CSMS_ROOT, "certificate": spare.pem}
        assert await talk.status("InstallCertificate", request) == "Accepted"
        provided, added = (fields(hash_of(each.certificate, each.certificate)) for each in (ca, spare))
        assert sorted(map(str, await listed())) == sorted(map(str, [provided, added]))
        assert await delete(spare, spare) == "Accepted"
        assert await listed() == [provided]
        assert await delete(spare, spare) == "NotFound"
        assert await delete(own, ca) == "Failed"
        assert await delete(ca, ca) == "Failed", "it was not installed by the CSMS"


@pytest.mark.requirement("A00.FR.309", "A00.FR.310", "A00.FR.311", "A00.FR.412", "A00.FR.413", "A00.FR.414")
@pytest.mark.parametrize("flaw", ["wildcard", "expired", "not yet valid", "stranger", "another name"])
async def test_a_csms_whose_certificate_is_not_right_is_not_connected_to(tmp_path: Path, flaw: str) -> None:
    """TC_A_04_CS, TC_A_05_CS"""
    ca = root()
    context = server_context(tmp_path, ca)
    period = {
        "expired": Period(TODAY.begins - timedelta(days=9), TODAY.begins),
        "not yet valid": Period(datetime.now(UTC) + timedelta(days=1), TODAY.ends),
    }.get(flaw, TODAY)
    names = {"wildcard": "*.example.test", "another name": "other.example.test"}
    issuer = root("Stranger") if flaw == "stranger" else ca
    shown = leaf(issuer, name(names.get(flaw, "csms.example.test")), period=period)
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(shown.key_pem + shown.pem.encode())
    context.load_cert_chain(wrong)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {**SPOKEN, "security_profile": 2, "basic_auth_password_file": password_file(tmp_path)}
    async with (
        csms,
        SecuredStation(
            tmp_path,
            csms.url.replace("127.0.0.1", "csms.example.test"),
            ca_file=pem_file(tmp_path, "ca.pem", ca.pem),
            **arguments,
        ) as station,
    ):
        await soon(lambda: "InvalidCsmsCertificate" in security_log(tmp_path))
        assert gate.shown == []
        right = leaf(ca, name("csms.example.test"), period=TODAY)
        wrong.write_bytes(right.key_pem + right.pem.encode())
        context.load_cert_chain(wrong)
        station.parts.client.open_now()
        await talk.connections(1)
        await talk.until(lambda: "InvalidCsmsCertificate" in talk.events())


async def test_a_wildcard_certificate_is_taken_where_the_csms_allowed_it(tmp_path: Path) -> None:
    ca = root()
    context = server_context(tmp_path, ca)
    wild = tmp_path / "wild.pem"
    shown = leaf(ca, name("*.example.test"), period=TODAY)
    wild.write_bytes(shown.key_pem + shown.pem.encode())
    context.load_cert_chain(wild)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {**SPOKEN, "security_profile": 2, "basic_auth_password_file": password_file(tmp_path)}
    arguments["ca_file"] = pem_file(tmp_path, "ca.pem", ca.pem)
    async with (
        csms,
        SecuredStation(
            tmp_path,
            csms.url.replace("127.0.0.1", "csms.example.test"),
            {"allow_csms_tls_wildcards": "true"},
            **arguments,
        ),
    ):
        await talk.connections(1)
        assert "InvalidCsmsCertificate" not in security_log(tmp_path)
        assert await set_variable(talk, "AllowCSMSTLSWildcards", "false") == "Accepted"
        await gate.drop_all()
        await soon(lambda: "InvalidCsmsCertificate" in security_log(tmp_path))
        assert talk.opened() == 1


@pytest.fixture(autouse=True)
def example_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host name with a domain that leads to this machine."""
    resolve = socket.getaddrinfo

    def local_first(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == "csms.example.test" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", local_first)


@pytest.mark.requirement("A04.FR.01", "A04.FR.02", "A04.FR.04")
async def test_what_is_critical_in_2_0_1_is_told_by_its_names(tmp_path: Path) -> None:
    csms, _ = secured_csms(GateOptions())
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, csms.url, **SPOKEN):
        await talk.connections(1)
        assert await talk.status("CertificateSigned", {"certificateChain": "nothing"}) == "Rejected"
        await talk.until(lambda: len(talk.events()) == 2)
        assert talk.events() == ["StartupOfTheDevice", "InvalidChargingStationCertificate"]
