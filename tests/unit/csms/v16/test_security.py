"""The security extension's messages over a keeper of certificates."""

from typing import Any, get_args

import pytest

from chargepoint.charging.commands import ReportKind, SendReport
from chargepoint.csms.dialect import Dialect, OutgoingCall
from chargepoint.csms.v16 import plug_and_charge
from chargepoint.csms.v16.dialect import make_dialect
from chargepoint.csms.v16.security import DELETE_STATUS, INSTALL_STATUS, ROOT_USE
from chargepoint.model.plug_and_charge import Question
from chargepoint.model.reports import SecurityReport, SigningReport
from chargepoint.security.root_store import CONTRACT_USES, LINK_USES, DeleteOutcome, InstallOutcome, RootUse
from chargepoint.security.security_events import SecurityEvent
from chargepoint.settings.catalogue import CATALOGUE
from unit.csms.v16.asking import ask, status_of
from unit.csms.v16.fakes import NOON_STAMP, FakeSettings, Surroundings
from unit.csms.v16.schema_check import call_problems

CSMS_ROOT = "CentralSystemRootCertificate"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1F"}


def test_the_tables_are_total() -> None:
    assert set(ROOT_USE.values()) == LINK_USES
    assert set(plug_and_charge.ROOT_USE.values()) == CONTRACT_USES
    assert set(RootUse) == LINK_USES | CONTRACT_USES
    assert set(plug_and_charge.INSTALL_STATUS) == set(InstallOutcome)
    assert set(plug_and_charge.DELETE_STATUS) == set(DeleteOutcome)
    assert set(plug_and_charge.MESSAGE_OF) == set(get_args(Question))
    assert set(INSTALL_STATUS) == set(InstallOutcome)
    assert set(DELETE_STATUS) == set(DeleteOutcome)


@pytest.mark.requirement("M05.FR.02", "M05.FR.04", "M05.FR.06")
@pytest.mark.parametrize(("pem", "status"), [("1F", "Accepted"), ("rejected", "Rejected"), ("failed", "Failed")])
async def test_m05_fr_02_install(dialect: Dialect, pem: str, status: str) -> None:
    request = {"certificateType": CSMS_ROOT, "certificate": pem}
    assert await status_of(dialect, "InstallCertificate", request) == status


@pytest.mark.requirement("M03.FR.01", "M03.FR.02", "M03.FR.03", "M03.FR.04")
async def test_m03_fr_04_installed_certificates_are_told_by_use(dialect: Dialect) -> None:
    request = {"certificateType": CSMS_ROOT}
    assert await ask(dialect, "GetInstalledCertificateIds", request) == {"status": "NotFound"}
    await ask(dialect, "InstallCertificate", {**request, "certificate": "1F"})
    told = await ask(dialect, "GetInstalledCertificateIds", request)
    assert told == {"status": "Accepted", "certificateHashData": [HASH]}
    other = {"certificateType": "ManufacturerRootCertificate"}
    assert await ask(dialect, "GetInstalledCertificateIds", other) == {"status": "NotFound"}


@pytest.mark.requirement("M04.FR.01", "M04.FR.02", "M04.FR.03", "M04.FR.04", "M04.FR.06")
async def test_m04_fr_02_delete(dialect: Dialect, around: Surroundings) -> None:
    request = {"certificateHashData": HASH}
    assert around.certificates is not None
    assert await status_of(dialect, "DeleteCertificate", request) == "NotFound"
    await ask(dialect, "InstallCertificate", {"certificateType": CSMS_ROOT, "certificate": "1F"})
    around.certificates.in_use.add("1F")
    assert await status_of(dialect, "DeleteCertificate", request) == "Failed"
    around.certificates.in_use.clear()
    assert await status_of(dialect, "DeleteCertificate", request) == "Accepted"


@pytest.mark.requirement("A02.FR.06", "A02.FR.07")
@pytest.mark.parametrize(("chain", "status"), [("signed", "Accepted"), ("other", "Rejected")])
async def test_a02_fr_07_certificate_signed(dialect: Dialect, chain: str, status: str) -> None:
    assert await status_of(dialect, "CertificateSigned", {"certificateChain": chain}) == status


@pytest.mark.requirement("A02.FR.02", "A02.FR.03")
async def test_a02_fr_03_a_trigger_sends_the_request_after_the_answer(dialect: Dialect, around: Surroundings) -> None:
    request = {"requestedMessage": "SignChargePointCertificate"}
    assert await status_of(dialect, "ExtendedTriggerMessage", request) == "Accepted"
    assert around.posted == [OutgoingCall("SignCertificate", {"csr": "-----BEGIN CERTIFICATE REQUEST-----"})]
    assert around.certificates is not None
    around.certificates.has_operator = False
    assert await status_of(dialect, "ExtendedTriggerMessage", request) == "Rejected"
    assert len(around.posted) == 1


@pytest.mark.parametrize(
    ("request_payload", "status"),
    [
        ({"requestedMessage": "Heartbeat"}, "Accepted"),
        ({"requestedMessage": "StatusNotification", "connectorId": 1}, "Accepted"),
        ({"requestedMessage": "MeterValues", "connectorId": 9}, "Rejected"),
        ({"requestedMessage": "BootNotification"}, "Rejected"),
        ({"requestedMessage": "FirmwareStatusNotification"}, "NotImplemented"),
    ],
)
async def test_extended_trigger(
    dialect: Dialect, around: Surroundings, request_payload: dict[str, Any], status: str
) -> None:
    assert await status_of(dialect, "ExtendedTriggerMessage", request_payload) == status
    assert bool(around.station.promised) == (status == "Accepted")


async def test_extended_trigger_names_the_connector(dialect: Dialect, around: Surroundings) -> None:
    await ask(dialect, "ExtendedTriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2})
    assert [(each.kind, each.evse_id) for each in around.station.promised] == [(ReportKind.METER_VALUES, 2)]
    assert isinstance(around.station.commands[-1], SendReport)


@pytest.mark.requirement("A04.FR.01")
@pytest.mark.parametrize("event", list(SecurityEvent))
def test_a04_fr_01_every_event_is_spelled_as_1_6_does(dialect: Dialect, event: SecurityEvent) -> None:
    call = dialect.encode(SecurityReport(event.value, NOON_STAMP, "x" * 300), None)
    if event in (
        SecurityEvent.DISCARDED_RENEWED_CLIENT_CERTIFICATE,
        SecurityEvent.MAINTENANCE_LOGIN_ACCEPTED,
        SecurityEvent.MAINTENANCE_LOGIN_FAILED,
    ):
        assert call is None
        return
    assert call is not None
    assert call_problems(call.action, call.payload) == []
    assert call.payload["timestamp"] == "2026-05-01T12:00:00.123Z"
    assert len(call.payload["techInfo"]) == 255
    assert "ChargingStation" not in call.payload["type"]
    assert "Csms" not in call.payload["type"]


def test_an_event_of_the_vendors_own_goes_as_it_is(dialect: Dialect) -> None:
    call = dialect.encode(SecurityReport("AcmeDoorOpened", NOON_STAMP), None)
    assert call is not None
    assert call.payload == {"type": "AcmeDoorOpened", "timestamp": "2026-05-01T12:00:00.123Z"}


def test_a03_fr_03_a_request_by_the_stations_own_will(dialect: Dialect) -> None:
    call = dialect.encode(SigningReport("pem"), None)
    assert call == OutgoingCall("SignCertificate", {"csr": "pem"})


def test_a_station_without_a_keeper_offers_nothing_of_it() -> None:
    dialect = make_dialect(Surroundings(certificates=None).context())
    for action in ("InstallCertificate", "CertificateSigned", "ExtendedTriggerMessage", "DeleteCertificate"):
        assert not dialect.serves(action)


@pytest.mark.requirement("A00.FR.205", "A01.FR.12")
async def test_a00_fr_205_the_authorization_key_is_write_only() -> None:
    around = Surroundings(settings=FakeSettings(catalogue=CATALOGUE))
    dialect = make_dialect(around.context())
    told = await ask(dialect, "GetConfiguration", {"key": ["AuthorizationKey", "SecurityProfile"]})
    by_key = {entry["key"]: entry for entry in told["configurationKey"]}
    assert by_key["AuthorizationKey"] == {"key": "AuthorizationKey", "readonly": False}
    assert by_key["SecurityProfile"]["readonly"] is False
    everything = await ask(dialect, "GetConfiguration", {})
    listed = {entry["key"] for entry in everything["configurationKey"]}
    assert "AuthorizationKey" not in listed
    assert listed >= {
        "AdditionalRootCertificateCheck",
        "CertificateSignedMaxChainSize",
        "CertificateStoreMaxLength",
        "CpoName",
        "SecurityProfile",
    }
