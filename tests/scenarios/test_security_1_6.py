"""The 1.6 security extension end to end: real sockets, real TLS, real files."""

import stat
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from chargepoint.security.certificate_hash import hash_of
from dev_csms.gate import GateOptions
from scenarios.secured_files import (
    CSMS_ROOT,
    NEW_KEY,
    OLD_KEY,
    OPERATOR,
    SEVERAL_ROOTS,
    TODAY,
    content,
    fallbacks,
    listen_to_all,
    local,
    logged,
    password_file,
    pem_file,
    root,
    server_context,
    show,
)
from scenarios.secured_station import IDENTITY, SERIAL_NUMBER, SecuredStation, Talk, secured_csms, soon
from unit.security.authority import leaf, name, sign_request


@pytest.mark.requirement("A00.FR.202", "A00.FR.203", "A00.FR.204", "A00.FR.205", "A01.FR.01", "A01.FR.02", "A01.FR.03")
@pytest.mark.requirement("A00.FR.805")
@pytest.mark.ocpp_1_6("AuthorizationKey")
async def test_c04_s08_a01_fr_03_a_new_authorization_key_is_used_at_once_and_the_old_one_is_gone(
    tmp_path: Path,
) -> None:
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(
            tmp_path, csms.url, security_profile=1, basic_auth_password_file=password_file(tmp_path)
        ) as station,
    ):
        await talk.connections(1)
        assert gate.shown == [gate.header(IDENTITY)]
        gate.accepted = NEW_KEY
        assert await talk.change("AuthorizationKey", NEW_KEY.hex()) == "Accepted"
        await talk.connections(2)
        assert gate.shown[-1] == gate.header(IDENTITY)
        key_file = tmp_path / "keys" / "authorization-key"
        await soon(key_file.exists)
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        await soon(lambda: station.parts.client.status().connections == 2)
    async with (
        csms,
        SecuredStation(tmp_path, csms.url, security_profile=1, basic_auth_password_file=tmp_path / "password"),
    ):
        await talk.connections(3)
        assert gate.shown[-1] == gate.header(IDENTITY)


@pytest.mark.requirement("A01.FR.04")
async def test_s08_a01_fr_04_a_key_that_the_csms_does_not_take_over_leaves_the_old_one_in_force(tmp_path: Path) -> None:
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(tmp_path, csms.url, security_profile=1, basic_auth_password_file=password_file(tmp_path)),
    ):
        await talk.connections(1)
        assert await talk.change("AuthorizationKey", "too short") == "Rejected"
        assert await talk.change("AuthorizationKey", NEW_KEY.hex()) == "Accepted"
        await talk.connections(2)
        assert len(gate.shown) == 3
        assert gate.shown[0] == gate.shown[2] != gate.shown[1]
        await soon(lambda: not (tmp_path / "keys" / "authorization-key-next").exists())


@pytest.mark.ocpp_1_6("AuthorizationKey")
async def test_a_key_of_hexadecimal_digits_has_16_to_20_whole_bytes_and_other_text_is_the_key_itself(
    tmp_path: Path,
) -> None:
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(tmp_path, csms.url, security_profile=1, basic_auth_password_file=password_file(tmp_path)),
    ):
        await talk.connections(1)
        for digits in (20, 30, 31, 33, 39):
            assert await talk.change("AuthorizationKey", ("0a1B2c3D4e" * 4)[:digits]) == "Rejected", digits
        for text in ("g" * 15, "g" * 41, "a key with a bell\a", "ein-schlüssel-17"):
            assert await talk.change("AuthorizationKey", text) == "Rejected", text
        gate.accepted = b"words-not-digits"
        assert await talk.change("AuthorizationKey", "words-not-digits") == "Accepted"
        await talk.connections(2)
        assert gate.shown[-1] == gate.header(IDENTITY)
        gate.accepted = bytes(range(20))
        assert await talk.change("AuthorizationKey", gate.accepted.hex()) == "Accepted"
        await talk.connections(3)
        assert gate.shown[-1] == gate.header(IDENTITY)


@pytest.mark.requirement("A00.FR.301", "A00.FR.307", "A00.FR.309", "A00.FR.310", "A00.FR.311", "A04.FR.01")
async def test_s15_a00_fr_309_an_unknown_csms_gets_no_password_and_is_told_of_once(tmp_path: Path) -> None:
    trusted, stranger = root(), root("Stranger")
    context = server_context(tmp_path, stranger)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(
            tmp_path,
            local(csms.url),
            security_profile=2,
            basic_auth_password_file=password_file(tmp_path),
            ca_file=pem_file(tmp_path, "ca.pem", trusted.pem),
        ) as station,
    ):
        log_file = tmp_path / "security-log" / "security.log"
        await soon(lambda: log_file.exists() and "InvalidCsmsCertificate" in log_file.read_text())
        assert gate.shown == []
        show(context, tmp_path, trusted)
        station.parts.client.open_now()
        await talk.connections(1)
        await talk.until(lambda: len(talk.events()) >= 2)
        assert sorted(talk.events()) == ["InvalidCentralSystemCertificate", "StartupOfTheDevice"]


@pytest.mark.requirement("A00.FR.308", "A00.FR.309")
@pytest.mark.parametrize("is_installed", [False, True])
async def test_a_csms_that_only_the_machine_trusts_gets_no_password_where_its_roots_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    """In station.toml, or by the CSMS that was found by the machine's own roots."""
    named, stranger = root(), root("Stranger")
    system = root("First") if is_installed else stranger
    roots = pem_file(tmp_path, "system.pem", system.pem + stranger.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    context = server_context(tmp_path, system)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    options: dict[str, Any] = {} if is_installed else {"ca_file": pem_file(tmp_path, "ca.pem", named.pem)}
    async with (
        csms,
        SecuredStation(
            tmp_path,
            local(csms.url),
            security_profile=2,
            basic_auth_password_file=password_file(tmp_path),
            **options,
        ) as station,
    ):
        if is_installed:
            await talk.connections(1)
            install = {"certificateType": CSMS_ROOT, "certificate": named.pem}
            assert await talk.status("InstallCertificate", install) == "Accepted"
            show(context, tmp_path, stranger)
            gate.shown.clear()
            station.parts.client.reopen()
        log_file = tmp_path / "security-log" / "security.log"
        await soon(lambda: log_file.exists() and "InvalidCsmsCertificate" in log_file.read_text())
        assert gate.shown == []
        show(context, tmp_path, named)
        station.parts.client.open_now()
        await talk.until(lambda: gate.shown == [gate.header(IDENTITY)])


@pytest.mark.requirement("A00.FR.401", "A00.FR.402", "A02.FR.02", "A02.FR.03", "A02.FR.07", "A02.FR.09", "A02.FR.13")
@pytest.mark.requirement("A00.FR.805", "A02.FR.01")
@pytest.mark.ocpp_1_6("SignCertificate", "CertificateSigned", "CpoName")
async def test_c04_a02_fr_09_a_station_with_a_certificate_gets_a_new_one_and_uses_it(tmp_path: Path) -> None:
    ca = root()
    factory = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=TODAY)
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca, ca)))
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(
            tmp_path,
            local(csms.url),
            security_profile=3,
            ca_file=pem_file(tmp_path, "ca.pem", ca.pem),
            client_certificate_file=pem_file(tmp_path, "client.pem", factory.pem),
            client_key_file=pem_file(tmp_path, "client.key", factory.key_pem.decode()),
        ),
    ):
        await talk.connections(1)
        trigger = {"requestedMessage": "SignChargePointCertificate"}
        assert await talk.status("ExtendedTriggerMessage", trigger) == "Rejected"
        assert await talk.change("CpoName", OPERATOR) == "Accepted"
        assert await talk.status("ExtendedTriggerMessage", trigger) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        csr = talk.told("SignCertificate")[0]["csr"]
        forged = sign_request(root("Stranger"), csr, TODAY)
        assert await talk.status("CertificateSigned", {"certificateChain": forged}) == "Rejected"
        await talk.until(lambda: "InvalidChargePointCertificate" in talk.events())
        signed = sign_request(ca, csr, TODAY)
        assert await talk.status("CertificateSigned", {"certificateChain": signed}) == "Accepted"
        await talk.connections(2)
        serial = x509.load_pem_x509_certificate(signed.encode()).serial_number
        assert [int(each, 16) for each in gate.client_serials] == [factory.certificate.serial_number, serial]
        assert await talk.status("CertificateSigned", {"certificateChain": signed}) == "Rejected"


@pytest.mark.requirement("M03.FR.04", "M04.FR.04", "M04.FR.05", "M04.FR.06", "M05.FR.03")
@pytest.mark.ocpp_1_6(
    "InstallCertificate", "DeleteCertificate", "GetInstalledCertificateIds", "CertificateStoreMaxLength"
)
async def test_m04_fr_06_roots_are_installed_listed_and_deleted_but_for_the_one_in_use(tmp_path: Path) -> None:
    ca, spare = root(), root("Spare")
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca)))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    limit = {**SEVERAL_ROOTS, "certificate_store_max_length": "2"}
    arguments: dict[str, Any] = {"security_profile": 2, "basic_auth_password_file": password_file(tmp_path)}
    ca_file = pem_file(tmp_path, "ca.pem", ca.pem)
    async with csms:
        async with SecuredStation(tmp_path, local(csms.url), limit, ca_file=ca_file, **arguments):
            await talk.connections(1)
            for each, status in ((ca, "Accepted"), (spare, "Accepted"), (root("Third"), "Rejected")):
                request = {"certificateType": CSMS_ROOT, "certificate": each.pem}
                assert await talk.status("InstallCertificate", request) == status
        async with SecuredStation(tmp_path, local(csms.url), limit, **arguments):
            await talk.connections(2)
            told = await talk.ask("GetInstalledCertificateIds", {"certificateType": CSMS_ROOT})
            fields = {each["serialNumber"]: each for each in told["certificateHashData"]}
            assert set(fields) == {hash_of(each.certificate, each.certificate).serial_number for each in (ca, spare)}
            used = fields[f"{ca.certificate.serial_number:X}"]
            unused = fields[f"{spare.certificate.serial_number:X}"]
            for wanted, status in ((used, "Failed"), (unused, "Accepted"), (unused, "NotFound")):
                assert await talk.status("DeleteCertificate", {"certificateHashData": wanted}) == status


@pytest.mark.requirement("M05.FR.11", "M05.FR.12", "M05.FR.13")
@pytest.mark.ocpp_1_6("AdditionalRootCertificateCheck")
async def test_c15_c16_m05_fr_13_the_replaced_root_serves_until_the_csms_has_moved(tmp_path: Path) -> None:
    old = root("Old")
    new = root("New", old)
    context = server_context(tmp_path, old)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(
            tmp_path,
            local(csms.url),
            security_profile=2,
            basic_auth_password_file=password_file(tmp_path),
            ca_file=pem_file(tmp_path, "ca.pem", old.pem),
        ) as station,
    ):
        await talk.connections(1)
        told = await talk.ask("GetConfiguration", {"key": ["AdditionalRootCertificateCheck"]})
        assert told["configurationKey"][0]["value"] == "true"
        assert await talk.change("AdditionalRootCertificateCheck", "false") == "Rejected"
        stranger = {"certificateType": CSMS_ROOT, "certificate": root("Stranger").pem}
        assert await talk.status("InstallCertificate", stranger) == "Rejected"
        replacement = {"certificateType": CSMS_ROOT, "certificate": new.pem}
        assert await talk.status("InstallCertificate", replacement) == "Accepted"
        station.parts.client.reopen()
        await talk.connections(2)
        await soon(lambda: station.parts.client.status().connections == 2)
        assert len(fallbacks(tmp_path)) == 1
        show(context, tmp_path, new)
        station.parts.client.reopen()
        await talk.connections(3)
        await soon(lambda: not fallbacks(tmp_path))


@pytest.mark.requirement("A05.FR.01", "A05.FR.02", "A05.FR.03", "A05.FR.04", "A00.FR.005")
@pytest.mark.ocpp_1_6("SecurityProfile")
async def test_n01_n02_a05_fr_01_a_profile_is_raised_only_with_everything_for_it_and_never_lowered(
    tmp_path: Path,
) -> None:
    csms, _ = secured_csms(GateOptions())
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        for profile in ("0", "1", "2", "3", "4", "x"):
            assert await talk.change("SecurityProfile", profile) == "Rejected"
        assert await talk.change("AuthorizationKey", OLD_KEY.decode()) == "Accepted"
        assert await talk.change("SecurityProfile", "2") == "Rejected"
        assert await talk.change("SecurityProfile", "1") == "Accepted"
        await talk.connections(2)
        for profile in ("0", "1"):
            assert await talk.change("SecurityProfile", profile) == "Rejected"
        told = await talk.ask("GetConfiguration", {"key": ["SecurityProfile"]})
        assert told["configurationKey"] == [{"key": "SecurityProfile", "readonly": False, "value": "1"}]
        ca = {"certificateType": CSMS_ROOT, "certificate": root().pem}
        assert await talk.status("InstallCertificate", ca) == "Accepted"
        assert await talk.change("SecurityProfile", "3") == "Rejected"


@pytest.mark.requirement("A05.FR.05", "A05.FR.06", "A05.FR.07", "A05.FR.08", "A05.FR.09")
async def test_n03_a05_fr_08_a_profile_that_does_not_work_falls_back_and_one_that_works_stays(tmp_path: Path) -> None:
    ca = root()
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {"security_profile": 1, "basic_auth_password_file": password_file(tmp_path)}
    async with csms, SecuredStation(tmp_path, local(csms.url), **arguments):
        await talk.connections(1)
        request = {"certificateType": CSMS_ROOT, "certificate": ca.pem}
        assert await talk.status("InstallCertificate", request) == "Accepted"
        assert await talk.change("SecurityProfile", "2") == "Accepted"
        await talk.connections(2)
        kept = await talk.ask("GetConfiguration", {"key": ["SecurityProfile"]})
        assert kept["configurationKey"][0]["value"] == "1"
        assert await talk.change("SecurityProfile", "2") == "Accepted"
        await gate.listen(False)
        port = int(csms.url.rsplit(":", 1)[1].split("/")[0])
        secured, strict = secured_csms(GateOptions(port=port, ssl_context=server_context(tmp_path, ca)))
        strict.accepted = OLD_KEY
        async with secured:
            later = Talk(secured)
            await later.until(lambda: secured.station(IDENTITY).is_connected)
            raised = await later.ask("GetConfiguration", {"key": ["SecurityProfile"]})
            assert raised["configurationKey"][0]["value"] == "2"
            assert await later.change("SecurityProfile", "1") == "Rejected"


@pytest.mark.requirement("A01.FR.11", "A01.FR.12", "A02.FR.05", "A03.FR.05")
async def test_s09_a01_fr_12_no_secret_is_in_any_log_frame_status_or_report(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Canaries through every path: the factory's password, a new key as hex, a new private key."""
    listen_to_all(caplog)
    csms, gate = secured_csms(GateOptions())
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    async with (
        csms,
        SecuredStation(
            tmp_path,
            csms.url,
            {"organization_name": OPERATOR},
            security_profile=1,
            basic_auth_password_file=password_file(tmp_path),
        ) as station,
    ):
        await talk.connections(1)
        assert await talk.status("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
        gate.accepted = NEW_KEY
        assert await talk.change("AuthorizationKey", NEW_KEY.hex()) == "Accepted"
        await talk.connections(2)
        assert await talk.change("AuthorizationKey", "canary" * 10) == "Rejected"
        everything = await talk.ask("GetConfiguration", {})
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        parts = station.parts
        private_key = (tmp_path / "keys" / "signing-key").read_text()
        assert "PRIVATE KEY" in private_key
        shown = [
            *logged(caplog),
            repr(station.config),
            repr(everything),
            repr(parts.frame_log.last()),
            repr(parts.client.status()),
            repr(parts.controller.snapshot()),
            repr(talk.told("SecurityEventNotification")),
            content(tmp_path / "security-log", "*"),
            content(tmp_path, "chargepoint.db*"),
        ]
    body = "".join(private_key.splitlines()[1:-1])[:40]
    headers = [b64encode(f"{IDENTITY}:".encode() + key).decode() for key in (OLD_KEY, NEW_KEY)]
    canaries = (OLD_KEY.decode(), NEW_KEY.decode(), NEW_KEY.hex(), "canarycanary", body, "PRIVATE KEY", *headers)
    for canary in canaries:
        assert not [text[:200] for text in shown if canary in text], canary
    assert "AuthorizationKey changed" in shown[-2]
    assert "***" in repr(shown)
