"""What the station says of itself, and what it reads from the answers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chargepoint.csms.dialect import Dialect, ReportAnswer
from chargepoint.csms.v16.dialect import make_dialect
from chargepoint.model.errors import CsmsError
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import BootReason, RegistrationAnswer, RegistrationStatus
from chargepoint.model.reports import (
    BootReport,
    FirmwareReport,
    HeartbeatReport,
    LogUploadReport,
    Report,
    SecurityReport,
    StatusReport,
)
from chargepoint.model.status import EvseStatus
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from unit.csms.v16.fakes import IDENTITY, NOON_STAMP, Surroundings, wordy
from unit.csms.v16.schema_check import call_problems

AVAILABLE = StatusReport(EvseId(1), EvseStatus.AVAILABLE, NOON_STAMP)


def test_boot_says_who_the_station_is(dialect: Dialect) -> None:
    call = dialect.boot(BootReason.POWER_UP)
    assert call_problems(call.action, call.payload) == []
    assert call.action == "BootNotification"
    assert call.payload == {
        "chargePointVendor": "Acme",
        "chargePointModel": "Wallbox",
        "chargePointSerialNumber": "SN-0001",
        "firmwareVersion": "0.1.0",
        "meterType": "SDM630",
        "meterSerialNumber": "4711",
    }


def test_boot_of_a_wordy_or_a_modem_station_is_still_valid(around: Surroundings) -> None:
    for identity in (wordy(), replace(IDENTITY, serial_number="", firmware_version="", iccid="8" * 25, imsi="1" * 15)):
        call = make_dialect(around.context(identity)).boot(BootReason.UNKNOWN)
        assert call_problems(call.action, call.payload) == []


@pytest.mark.parametrize("status", RegistrationStatus)
def test_boot_answers_are_read(dialect: Dialect, status: RegistrationStatus) -> None:
    answer = {"status": status.value, "interval": 300, "currentTime": "2026-05-01T12:00:00Z", "vendor": "extra"}
    assert dialect.read_boot(answer) == RegistrationAnswer(status, 300.0, datetime(2026, 5, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize("interval", [None, "300", -5, True, float("nan")])
def test_an_odd_interval_leaves_the_choice_to_the_station(dialect: Dialect, interval: object) -> None:
    answer = dialect.read_boot({"status": "Pending", "interval": interval, "currentTime": "soon"})
    assert answer == RegistrationAnswer(RegistrationStatus.PENDING, 0.0, None)


@pytest.mark.parametrize("status", [None, "accepted", "Maybe", 1, ["Accepted"]])
def test_a_boot_answer_without_a_status_makes_no_sense(dialect: Dialect, status: object) -> None:
    with pytest.raises(ValueError, match="needs Accepted, Pending or Rejected"):
        dialect.read_boot({"status": status, "interval": 1, "currentTime": "2026-05-01T12:00:00Z"})


def test_heartbeat_brings_the_time(dialect: Dialect) -> None:
    call = dialect.heartbeat()
    assert call_problems(call.action, call.payload) == []
    assert dialect.read_heartbeat({"currentTime": "2026-05-01T14:00:00+02:00"}) == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert dialect.read_heartbeat({}) is None


def test_authorize_asks_about_the_tokens_value(dialect: Dialect) -> None:
    call = dialect.authorize(IdToken("04A2B3C4"))
    assert call_problems(call.action, call.payload) == []
    assert call.payload == {"idTag": "04A2B3C4"}


def test_a_token_too_long_for_1_6_is_not_asked_about_and_not_printed(dialect: Dialect) -> None:
    with pytest.raises(CsmsError, match="36 characters") as refusal:
        dialect.authorize(IdToken("0f8fad5b-d9cb-469f-a165-70867728950e", TokenKind.CENTRAL))
    assert "0f8fad5b" not in str(refusal.value)


def test_authorize_answers_are_read(dialect: Dialect) -> None:
    info = {"status": "Expired", "parentIdTag": "GROUP", "expiryDate": "2026-01-01T00:00:00Z"}
    assert dialect.read_authorize({"idTagInfo": info}) == TokenVerdict(
        AuthorizationStatus.EXPIRED,
        group=IdToken("GROUP", TokenKind.UNTYPED),
        valid_until=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("info", [None, {}, {"status": None}, {"status": "Yes"}, "Accepted"])
def test_an_answer_that_says_nothing_accepts_nobody(dialect: Dialect, info: object) -> None:
    assert dialect.read_authorize({"idTagInfo": info}) == TokenVerdict(AuthorizationStatus.UNKNOWN)


def test_status_of_a_connector(dialect: Dialect) -> None:
    fault = replace(AVAILABLE, status=EvseStatus.FAULTED, fault=Fault.CONTACTOR_WELDED, text="x" * 80)
    call = dialect.encode(fault, None)
    assert call is not None
    assert call_problems(call.action, call.payload) == []
    assert call.payload == {
        "connectorId": 1,
        "errorCode": "PowerSwitchFailure",
        "info": "x" * 50,
        "status": "Faulted",
        "timestamp": "2026-05-01T12:00:00.123Z",
        "vendorErrorCode": "contactor_welded",
    }


def test_status_of_the_whole_station_is_a_subset(dialect: Dialect) -> None:
    for status in EvseStatus:
        call = dialect.encode(replace(AVAILABLE, evse_id=EvseId(0), status=status), None)
        assert call is not None
        assert call_problems(call.action, call.payload) == []
        assert call.payload["connectorId"] == 0
        assert call.payload["status"] in ("Available", "Unavailable", "Faulted")


@pytest.mark.parametrize("fault", [None, *Fault])
@pytest.mark.parametrize("status", EvseStatus)
def test_every_status_with_every_fault_is_valid(dialect: Dialect, status: EvseStatus, fault: Fault | None) -> None:
    call = dialect.encode(replace(AVAILABLE, status=status, fault=fault), None)
    assert call is not None
    assert call_problems(call.action, call.payload) == []


@pytest.mark.parametrize(
    ("report", "action"),
    [
        (HeartbeatReport(), "Heartbeat"),
        (BootReport(), "BootNotification"),
        (FirmwareReport("Idle"), "FirmwareStatusNotification"),
        (FirmwareReport("DownloadPaused", request_id=4), "FirmwareStatusNotification"),
        (LogUploadReport("UploadFailure"), "DiagnosticsStatusNotification"),
        (FirmwareReport("InstallScheduled"), None),
        (LogUploadReport("Nonsense"), None),
        (SecurityReport("StartupOfTheDevice", NOON_STAMP), "SecurityEventNotification"),
    ],
)
def test_other_reports(dialect: Dialect, report: Report, action: str | None) -> None:
    call = dialect.encode(report, None)
    assert (call.action if call else None) == action
    if call is not None:
        assert call_problems(call.action, call.payload) == []
    assert dialect.read_answer(report, {"status": "whatever"}) == ReportAnswer()
