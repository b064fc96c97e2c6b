"""What the station sends: each message against the library's schema."""

from dataclasses import replace
from typing import Any

import pytest

from chargepoint.csms.dialect import OutgoingCall
from chargepoint.csms.v201.dialect import Ocpp201Dialect, make_dialect
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SampledValue
from chargepoint.model.registration import BootReason, RegistrationStatus
from chargepoint.model.reports import (
    BootReport,
    FirmwareReport,
    HeartbeatReport,
    LogUploadReport,
    MeterReport,
    Report,
    SecurityReport,
    StatusReport,
)
from chargepoint.model.status import EvseStatus
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind
from unit.csms.v201.fakes import IDENTITY, NOON, NOON_STAMP, Surroundings
from unit.csms.v201.schema_check import call_problems

POWER = MeterValue(
    NOON_STAMP,
    ReadingContext.TRIGGER,
    (SampledValue(Measurand.POWER_ACTIVE_IMPORT, 7360.1234567), SampledValue(Measurand.FREQUENCY, 49.98)),
)


def checked(call: OutgoingCall | None) -> dict[str, Any]:
    assert call is not None
    assert call_problems(call.action, call.payload) == []
    return call.payload


@pytest.mark.requirement("B01.FR.01", "B01.FR.09")
@pytest.mark.parametrize("reason", BootReason)
def test_boot_says_who_and_why(dialect: Ocpp201Dialect, reason: BootReason) -> None:
    payload = checked(dialect.boot(reason))
    assert payload["reason"] == reason
    assert payload["chargingStation"]["vendorName"] == "Acme"
    assert "modem" not in payload["chargingStation"]


def test_an_identity_longer_than_the_fields_is_cut(around: Surroundings) -> None:
    wordy = replace(
        IDENTITY, vendor="V" * 90, model="M" * 90, serial_number="S" * 90, firmware_version="F" * 90, iccid="8" * 90
    )
    station = checked(make_dialect(around.context(wordy)).boot(BootReason.POWER_UP))["chargingStation"]
    assert len(station["model"]) == 20
    assert list(station["modem"]) == ["iccid"]


def test_the_boot_answer_tells_status_interval_and_time(dialect: Ocpp201Dialect) -> None:
    answer = dialect.read_boot(
        {"status": "Pending", "interval": 30, "currentTime": "2026-05-01T12:00:00.123Z", "surprise": 1}
    )
    assert (answer.status, answer.interval_seconds, answer.csms_utc) == (RegistrationStatus.PENDING, 30.0, NOON)


@pytest.mark.parametrize("interval", [None, -5, "soon", True, float("nan")])
def test_an_interval_that_is_none_leaves_the_choice_to_the_station(dialect: Ocpp201Dialect, interval: object) -> None:
    answer = dialect.read_boot({"status": "Accepted", "interval": interval, "currentTime": "now"})
    assert answer.interval_seconds == 0.0
    assert answer.csms_utc is None


def test_a_boot_answer_without_a_status_makes_no_sense(dialect: Ocpp201Dialect) -> None:
    with pytest.raises(ValueError, match="Accepted, Pending, Rejected"):
        dialect.read_boot({"interval": 30})


@pytest.mark.requirement("G02.FR.06")
def test_heartbeat_asks_for_the_time(dialect: Ocpp201Dialect) -> None:
    assert checked(dialect.heartbeat()) == {}
    assert dialect.read_heartbeat({"currentTime": "2026-05-01T12:00:00.123Z"}) == NOON
    assert dialect.read_heartbeat({}) is None


@pytest.mark.requirement("C01.FR.02")
def test_authorize_carries_value_and_type(dialect: Ocpp201Dialect) -> None:
    payload = checked(dialect.authorize(IdToken("04A2B3C4", TokenKind.ISO15693)))
    assert payload == {"idToken": {"idToken": "04A2B3C4", "type": "ISO15693"}}


@pytest.mark.requirement("C02.FR.01")
def test_no_authorization_has_an_empty_value(dialect: Ocpp201Dialect) -> None:
    payload = checked(dialect.authorize(IdToken("FREEVEND", TokenKind.NO_AUTHORIZATION)))
    assert payload["idToken"] == {"idToken": "", "type": "NoAuthorization"}


def test_an_authorize_answer_is_read_whole(dialect: Ocpp201Dialect) -> None:
    verdict = dialect.read_authorize(
        {
            "idTokenInfo": {
                "status": "Accepted",
                "cacheExpiryDateTime": "2026-05-01T12:00:00.123Z",
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
                "personalMessage": {"format": "UTF8", "content": "Hello"},
            }
        }
    )
    assert verdict.status is AuthorizationStatus.ACCEPTED
    assert verdict.group == IdToken("FLEET", TokenKind.CENTRAL)
    assert verdict.valid_until == NOON
    assert verdict.personal_message == "Hello"


@pytest.mark.parametrize(
    "answer", [{}, {"idTokenInfo": {}}, {"idTokenInfo": None}, {"idTokenInfo": {"status": "Maybe"}}, {"idTokenInfo": 1}]
)
def test_an_answer_without_a_verdict_lets_nobody_charge(dialect: Ocpp201Dialect, answer: dict[str, Any]) -> None:
    assert dialect.read_authorize(answer).status is AuthorizationStatus.INVALID


@pytest.mark.parametrize("odd", [{"groupIdToken": 7}, {"cacheExpiryDateTime": "soon"}, {"personalMessage": []}])
def test_odd_fields_beside_a_verdict_do_not_lose_it(dialect: Ocpp201Dialect, odd: dict[str, Any]) -> None:
    assert dialect.read_authorize({"idTokenInfo": {"status": "Blocked", **odd}}).status is AuthorizationStatus.BLOCKED


@pytest.mark.requirement("G01.FR.01")
@pytest.mark.parametrize("status", EvseStatus)
def test_a_connector_has_one_of_five_statuses(dialect: Ocpp201Dialect, status: EvseStatus) -> None:
    payload = checked(dialect.encode(StatusReport(EvseId(2), status, NOON_STAMP), None))
    assert (payload["evseId"], payload["connectorId"]) == (2, 1)
    assert payload["timestamp"] == "2026-05-01T12:00:00.123Z"


def test_the_station_as_a_whole_has_no_status_notification(dialect: Ocpp201Dialect) -> None:
    assert dialect.encode(StatusReport(EvseId(0), EvseStatus.AVAILABLE, NOON_STAMP), None) is None


@pytest.mark.requirement("J01.FR.02", "J01.FR.06", "J01.FR.07", "J01.FR.08")
def test_meter_values_are_numbers_with_their_units(dialect: Ocpp201Dialect) -> None:
    payload = checked(dialect.encode(MeterReport(EvseId(1), (POWER,)), None))
    power, frequency = payload["meterValue"][0]["sampledValue"]
    assert power["value"] == 7360.123
    assert power["unitOfMeasure"] == {"unit": "W"}
    assert power["context"] == "Trigger"
    assert frequency["unitOfMeasure"] == {"unit": "Hz"}


def test_what_2_0_1_can_not_say_is_left_out(dialect: Ocpp201Dialect) -> None:
    warm = MeterValue(NOON_STAMP, ReadingContext.OTHER, (SampledValue(Measurand.TEMPERATURE, 40.0),))
    assert dialect.encode(MeterReport(EvseId(1), (warm,)), None) is None
    unknown = MeterValue(NOON_STAMP, ReadingContext.OTHER, (SampledValue(Measurand.VOLTAGE, float("nan")),))
    assert dialect.encode(MeterReport(EvseId(1), (unknown,)), None) is None


OTHERS: list[tuple[Report, str, dict[str, Any]]] = [
    (HeartbeatReport(), "Heartbeat", {}),
    (FirmwareReport("Idle", 7), "FirmwareStatusNotification", {"status": "Idle"}),
    (FirmwareReport("Installed", 7), "FirmwareStatusNotification", {"status": "Installed", "requestId": 7}),
    (LogUploadReport("Uploading", 8), "LogStatusNotification", {"status": "Uploading", "requestId": 8}),
    (LogUploadReport("Idle"), "LogStatusNotification", {"status": "Idle"}),
]


@pytest.mark.requirement("F06.FR.15", "F06.FR.16")
@pytest.mark.parametrize(("report", "action", "payload"), OTHERS)
def test_small_reports(dialect: Ocpp201Dialect, report: Report, action: str, payload: dict[str, Any]) -> None:
    call = dialect.encode(report, None)
    assert checked(call) == payload
    assert call is not None
    assert call.action == action


def test_a_triggered_boot_says_so(dialect: Ocpp201Dialect) -> None:
    assert checked(dialect.encode(BootReport(), None))["reason"] == "Triggered"


def test_a_progress_word_of_another_version_is_not_sent(dialect: Ocpp201Dialect) -> None:
    assert dialect.encode(FirmwareReport("Reticulating"), None) is None
    assert dialect.encode(LogUploadReport("Reticulating"), None) is None


def test_a_security_event_is_cut_to_its_fields(dialect: Ocpp201Dialect) -> None:
    payload = checked(dialect.encode(SecurityReport("T" * 80, NOON_STAMP, "x" * 400), None))
    assert len(payload["techInfo"]) == 255
    assert "techInfo" not in checked(dialect.encode(SecurityReport("StartupOfTheDevice", NOON_STAMP), None))


def test_answers_to_other_reports_mean_nothing(dialect: Ocpp201Dialect) -> None:
    assert dialect.read_answer(HeartbeatReport(), {"idTokenInfo": {"status": "Blocked"}}).verdict is None
