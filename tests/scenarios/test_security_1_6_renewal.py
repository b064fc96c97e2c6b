"""Keys and certificates over their life under 1.6: raised profiles, renewals, roots, events that wait for the CSMS."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from chargepoint.panel.metrics import exposition
from chargepoint.panel.ports import StationFacts
from chargepoint.panel.status import Picture, status_of
from chargepoint.security.certificate_hash import hash_of
from dev_csms.gate import GateOptions
from scenarios.secured_files import (
    CSMS_ROOT,
    NEW_KEY,
    OLD_KEY,
    OPERATOR,
    SEVERAL_ROOTS,
    TODAY,
    listen_to_all,
    local,
    logged,
    password_file,
    pem_file,
    root,
    server_context,
)
from scenarios.secured_station import IDENTITY, SERIAL_NUMBER, SecuredStation, Talk, secured_csms, soon
from unit.security.authority import Issued, Period, authority, leaf, name, sign_request

TRIGGER = {"requestedMessage": "SignChargePointCertificate"}
NAMED = {"organization_name": OPERATOR}


def ending_in(days: float) -> Period:
    return Period(TODAY.begins, datetime.now(UTC) + timedelta(days=days))


def certified(folder: Path, ca: Issued, own: Issued) -> dict[str, Any]:
    return {
        "security_profile": 3,
        "ca_file": pem_file(folder, "ca.pem", ca.pem),
        "client_certificate_file": pem_file(folder, "client.pem", own.pem),
        "client_key_file": pem_file(folder, "client.key", own.key_pem.decode()),
    }


def security_log(folder: Path) -> str:
    path = folder / "security-log" / "security.log"
    return path.read_text() if path.exists() else ""


async def signed_by(talk: Talk, ca: Issued, period: Period = TODAY) -> str:
    """The certificate for the newest request."""
    return sign_request(ca, talk.told("SignCertificate")[-1]["csr"], period)


@pytest.mark.requirement("A05.FR.05", "A05.FR.07", "A05.FR.09", "A00.FR.005", "A00.FR.407")
@pytest.mark.ocpp_1_6("SecurityProfile")
async def test_n01_n02_n03_a05_fr_09_a_profile_raised_to_3_stays_over_a_restart_and_an_older_station_toml(
    tmp_path: Path,
) -> None:
    ca = root()
    csms, gate = secured_csms(GateOptions(ssl_context=optional_clients(tmp_path, ca)))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    arguments: dict[str, Any] = {"ca_file": pem_file(tmp_path, "ca.pem", ca.pem)}
    password = password_file(tmp_path)
    async with csms:
        async with SecuredStation(
            tmp_path, local(csms.url), NAMED, security_profile=2, basic_auth_password_file=password, **arguments
        ):
            await talk.connections(1)
            assert await talk.change("SecurityProfile", "3") == "Rejected", "there is no certificate yet"
            assert await talk.status("ExtendedTriggerMessage", TRIGGER) == "Accepted"
            await talk.until(lambda: bool(talk.told("SignCertificate")))
            chain = await signed_by(talk, ca)
            assert await talk.status("CertificateSigned", {"certificateChain": chain}) == "Accepted"
            assert gate.client_serials == []
            gate.accepted = None
            assert await talk.change("SecurityProfile", "3") == "Accepted"
            await talk.connections(2)
            assert gate.shown[-1] is None
            assert len(gate.client_serials) == 1
            await soon(lambda: (tmp_path / "keys" / "security-profile").exists())
            for lower in ("2", "1", "0", "3"):
                assert await talk.change("SecurityProfile", lower) == "Rejected"
        async with SecuredStation(tmp_path, local(csms.url).replace("wss://", "ws://"), NAMED, **arguments):
            await talk.connections(3)
            assert len(gate.client_serials) == 2
            assert gate.shown[-1] is None


def optional_clients(folder: Path, ca: Issued) -> ssl.SSLContext:
    context = server_context(folder, ca, ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.mark.requirement("A03.FR.02", "A03.FR.03", "A02.FR.02", "A02.FR.05", "A02.FR.13", "A00.FR.509", "A00.FR.511")
async def test_c02_c05_c06_c07_c12_c13_a03_fr_02_the_factorys_certificate_is_renewed_in_time_and_asked_for_once(
    tmp_path: Path,
) -> None:
    """CertificateSigned never comes: the whitepaper recommends not to ask again."""
    ca = root()
    own = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=ending_in(20))
    csms, _ = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca, ca)))
    talk = Talk(csms)
    settings = {**NAMED, **SEVERAL_ROOTS}
    async with csms, SecuredStation(tmp_path, local(csms.url), settings, **certified(tmp_path, ca, own)) as station:
        await talk.connections(1)
        spare = {"certificateType": CSMS_ROOT, "certificate": root("Spare").pem}
        assert await talk.status("InstallCertificate", spare) == "Accepted"  # makes it look again
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        another = {"certificateType": CSMS_ROOT, "certificate": root("Another").pem}
        assert await talk.status("InstallCertificate", another) == "Accepted"
        station.parts.client.reopen()
        await talk.connections(2)
        await soon(lambda: len(station.parts.certificates()) == 4)
        assert len(talk.told("SignCertificate")) == 1
        assert await talk.status("ExtendedTriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: len(talk.told("SignCertificate")) == 2)
        first, second = (x509.load_pem_x509_csr(each["csr"].encode()) for each in talk.told("SignCertificate"))
        assert first.public_key() != second.public_key(), "a new key for each request"
        assert first.is_signature_valid
        assert {each.oid: each.value for each in first.subject} == {
            NameOID.COMMON_NAME: SERIAL_NUMBER,
            NameOID.ORGANIZATION_NAME: OPERATOR,
        }
        stale = sign_request(ca, talk.told("SignCertificate")[0]["csr"], TODAY)
        assert await talk.status("CertificateSigned", {"certificateChain": stale}) == "Rejected", "an older key"


@pytest.mark.requirement("A02.FR.06", "A02.FR.07", "A02.FR.08", "A02.FR.09", "A02.FR.10")
@pytest.mark.requirement("A03.FR.08", "A03.FR.09", "A03.FR.10")
async def test_c09_c10_a02_fr_08_a_certificate_of_tomorrow_is_used_when_its_time_has_come(tmp_path: Path) -> None:
    ca = root()
    own = leaf(ca, name(SERIAL_NUMBER, OPERATOR), period=TODAY)
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca, ca)))
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, local(csms.url), NAMED, **certified(tmp_path, ca, own)):
        await talk.connections(1)
        assert await talk.status("ExtendedTriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        soon_valid = Period(datetime.now(UTC) + timedelta(seconds=3), TODAY.ends)
        chain = await signed_by(talk, ca, soon_valid)
        assert await talk.status("CertificateSigned", {"certificateChain": chain}) == "Accepted"
        assert talk.opened() == 1
        await talk.connections(2)
        new = x509.load_pem_x509_certificate(chain.encode())
        assert datetime.now(UTC) >= new.not_valid_before_utc
        assert int(gate.client_serials[-1], 16) == new.serial_number
        await soon(lambda: not (tmp_path / "keys" / "station-next").exists())


@pytest.mark.requirement("A02.FR.06", "A02.FR.07")
@pytest.mark.ocpp_1_6("CertificateSignedMaxChainSize")
async def test_c08_c11_a02_fr_07_bad_chains_are_rejected_and_a_flood_of_them_does_not_fill_the_queue(
    tmp_path: Path,
) -> None:
    ca = root()
    csms, _ = secured_csms(GateOptions())
    talk = Talk(csms)
    limits = NAMED | {"certificate_signed_max_chain_size": "400"}
    async with csms, SecuredStation(tmp_path, csms.url, limits, ca_file=pem_file(tmp_path, "ca.pem", ca.pem)):
        await talk.connections(1)
        told = await talk.ask("GetConfiguration", {"key": ["CertificateSignedMaxChainSize"]})
        assert told["configurationKey"][0] == {
            "key": "CertificateSignedMaxChainSize",
            "readonly": True,
            "value": "400",
        }
        assert await talk.status("ExtendedTriggerMessage", TRIGGER) == "Accepted"
        await talk.until(lambda: bool(talk.told("SignCertificate")))
        too_long = await signed_by(talk, ca)
        assert len(too_long) > 400
        for chain in [too_long] + ["no certificate"] * 20:
            assert await talk.status("CertificateSigned", {"certificateChain": chain}) == "Rejected"
        assert await talk.change("CpoName", "Other") == "Accepted"
        await talk.until(lambda: talk.events().count("InvalidChargePointCertificate") == 5)
        assert security_log(tmp_path).count("InvalidChargingStationCertificate") == 5


@pytest.mark.requirement("M04.FR.02", "M04.FR.05", "M04.FR.06", "M04.FR.07", "M03.FR.04")
async def test_c14_c17_c18_m04_fr_06_only_the_root_that_verifies_the_connection_stays(tmp_path: Path) -> None:
    """Also where the CSMS's certificate is from an intermediate, and the station's own is never in reach."""
    ca = root()
    middle = authority("Middle", ca, period=TODAY)
    context = server_context(tmp_path, middle)
    issued = leaf(middle, name("localhost"), period=TODAY)
    shown = tmp_path / "csms.pem"
    shown.write_bytes(issued.key_pem + (issued.pem + middle.pem).encode())
    context.load_cert_chain(shown)
    csms, gate = secured_csms(GateOptions(ssl_context=context))
    gate.accepted = OLD_KEY
    talk = Talk(csms)
    spare = root("Spare")
    arguments: dict[str, Any] = {"security_profile": 2, "basic_auth_password_file": password_file(tmp_path)}
    async with csms:
        ca_file = pem_file(tmp_path, "ca.pem", ca.pem)
        async with SecuredStation(tmp_path, local(csms.url), SEVERAL_ROOTS, ca_file=ca_file, **arguments):
            await talk.connections(1)
            for each in (ca, spare, ca):
                request = {"certificateType": CSMS_ROOT, "certificate": each.pem}
                assert await talk.status("InstallCertificate", request) == "Accepted"
        async with SecuredStation(tmp_path, local(csms.url), SEVERAL_ROOTS, **arguments):
            await talk.connections(2)
            told = await talk.ask("GetInstalledCertificateIds", {"certificateType": CSMS_ROOT})
            assert len(told["certificateHashData"]) == 2
            for each, status in ((spare, "Accepted"), (ca, "Failed"), (issued, "NotFound")):
                wanted = hash_of(each.certificate, each.certificate)
                fields = {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": wanted.issuer_name_hash,
                    "issuerKeyHash": wanted.issuer_key_hash,
                    "serialNumber": wanted.serial_number.lower(),
                }
                assert await talk.status("DeleteCertificate", {"certificateHashData": fields}) == status
            unknown = await talk.ask("GetInstalledCertificateIds", {"certificateType": "ManufacturerRootCertificate"})
            assert unknown == {"status": "NotFound"}


@pytest.mark.requirement("A04.FR.01", "A04.FR.02", "A04.FR.04")
@pytest.mark.ocpp_1_6("SecurityEventNotification")
async def test_e01_a04_fr_02_critical_events_wait_for_the_csms_in_order_and_others_are_only_logged(
    tmp_path: Path,
) -> None:
    csms, gate = secured_csms(GateOptions())
    async with csms:
        url = csms.url
    talk = Talk(csms)
    for _ in range(2):
        async with SecuredStation(tmp_path, url) as station:
            await soon(lambda: station.parts.client.status().last_error is not None)
    async with csms, SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        assert await talk.change("AuthorizationKey", NEW_KEY.hex()) == "Accepted"
        await talk.until(lambda: len(talk.events()) == 3)
        assert talk.events() == ["StartupOfTheDevice"] * 3
        times = [payload["timestamp"] for payload in talk.told("SecurityEventNotification")]
        assert times == sorted(times)
        assert len(set(times)) == 3
    assert security_log(tmp_path).count("ReconfigurationOfSecurityParameters") == 1
    assert gate.shown[-1] is None, "profile 0 shows no password"


@pytest.mark.requirement("A00.FR.205", "A01.FR.10", "A01.FR.12")
async def test_s03_s05_s07_s09_a_password_of_the_service_manager_is_used_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Raw bytes with a line end, as `LoadCredential=` hands them over."""
    listen_to_all(caplog)
    secret = b"canary \xff\xfe not text"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "authorization-key").write_bytes(secret + b"\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    csms, gate = secured_csms(GateOptions())
    gate.accepted = secret
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, csms.url, security_profile=1) as station:
        await talk.connections(1)
        assert gate.shown == [gate.header(IDENTITY)]
        everything = await talk.ask("GetConfiguration", {})
        by_name = await talk.ask("GetConfiguration", {"key": ["AuthorizationKey"]})
        assert "AuthorizationKey" not in str(everything)
        assert by_name == {"configurationKey": [{"key": "AuthorizationKey", "readonly": False}]}
        shown = [*logged(caplog)]
        shown += [repr(station.parts.frame_log.last()), repr(await picture_of(station)), security_log(tmp_path)]
    for canary in ("canary", gate.header(IDENTITY).removeprefix("Basic ")):
        assert not [text[:200] for text in shown if canary in text], canary


async def picture_of(station: SecuredStation) -> object:
    """What the local interface and `chargepoint status` show."""
    parts = station.parts
    picture = Picture(
        moment=station.clock.now(),
        station=parts.controller.snapshot(),
        csms=parts.client.status(),
        outbox=None,
        safety=station.safety_link,
        facts=StationFacts(IDENTITY, "1", 0.0),
        clock_source="system",
        task_restarts=(),
        certificates=tuple(parts.certificates()),
    )
    return status_of(picture), exposition(picture).decode()


async def test_c07_an_end_within_30_days_is_logged_shown_and_measured(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = authority("Root", period=ending_in(6))
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(tmp_path, ca)))
    gate.accepted = OLD_KEY
    arguments: dict[str, Any] = {"security_profile": 2, "basic_auth_password_file": password_file(tmp_path)}
    ca_file = pem_file(tmp_path, "ca.pem", ca.pem)
    async with csms, SecuredStation(tmp_path, local(csms.url), ca_file=ca_file, **arguments) as station:
        await Talk(csms).connections(1)
        await soon(lambda: bool(station.parts.certificates()))
        shown = await picture_of(station)
    end = ca.certificate.not_valid_after_utc
    assert f"CN=Root,O=Acme ends on {end:%Y-%m-%d}" in caplog.text
    assert station.notices == [f"the certificate CN=Root,O=Acme ends on {end:%Y-%m-%d}"]
    metric = 'chargepoint_certificate_end_timestamp_seconds{certificate="CN=Root,O=Acme",use="csms"}'
    assert metric in str(shown)


@pytest.mark.parametrize(
    ("wanted", "connector", "status"),
    [
        ("Heartbeat", None, "Accepted"),
        ("MeterValues", None, "Rejected"),
        ("StatusNotification", 0, "Accepted"),
        ("StatusNotification", 7, "Rejected"),
        ("BootNotification", None, "Rejected"),
        ("SignChargePointCertificate", None, "Accepted"),
    ],
)
@pytest.mark.ocpp_1_6("ExtendedTriggerMessage")
async def test_the_extended_trigger_sends_what_it_accepts(
    tmp_path: Path, wanted: str, connector: int | None, status: str
) -> None:
    """The station of these stories has no meter, hence no values; a second boot is not wanted (errata 3.35)."""
    csms, _ = secured_csms(GateOptions())
    talk = Talk(csms)
    async with csms, SecuredStation(tmp_path, csms.url, NAMED) as station:
        await talk.connections(1)
        sent_before = sent(station, ACTION.get(wanted, wanted))
        request = {"requestedMessage": wanted} | ({} if connector is None else {"connectorId": connector})
        assert await talk.status("ExtendedTriggerMessage", request) == status
        if status == "Accepted":
            await soon(lambda: sent(station, ACTION.get(wanted, wanted)) > sent_before)


ACTION = {"SignChargePointCertificate": "SignCertificate"}


def sent(station: SecuredStation, action: str) -> int:
    frames = [frame.text for frame in station.parts.frame_log.last() if frame.direction == "sent"]
    return sum(f'"{action}"' in text for text in frames)
