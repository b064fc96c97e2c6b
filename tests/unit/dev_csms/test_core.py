"""Stories of the CSMS without sockets: what is billed, what is a repeat, what is an anomaly. Time is an argument."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dev_csms import (
    AnomalyKind,
    AnswerArrived,
    CallErrorAnswer,
    CallRefusedError,
    CsmsCore,
    CsmsSession,
    Json,
    Request,
    SendText,
    TokenRule,
    Version,
)
from dev_csms.records import as_json
from dev_csms.samples import register_readings
from dev_csms.tokens import STATUS_IN_16, TokenStatus
from dev_csms.wire import MessageType, schema_errors
from unit.dev_csms.raw_station import BOOT, event_201, meter_values_16, start_16, stop_16

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Teller:
    """Tells the core one request after the other, as one booted station."""

    def __init__(self, version: Version) -> None:
        self.core = CsmsCore()
        self.version = version
        self.tell("BootNotification", BOOT[version])

    def tell(self, action: str, payload: Json) -> Any:
        return self.core.answer(Request("CP1", self.version, action, payload, NOW))

    @property
    def anomalies(self) -> list[AnomalyKind]:
        return self.core.station("CP1").anomaly_kinds()


@pytest.fixture
def v16() -> Teller:
    return Teller(Version.V16)


@pytest.fixture
def v201() -> Teller:
    return Teller(Version.V201)


def test_a_session_is_billed_alike_under_both_versions(v16: Teller, v201: Teller) -> None:
    number = v16.tell("StartTransaction", start_16())["transactionId"]
    v16.tell("MeterValues", meter_values_16(number, "2026-11-21T10:30:00Z", "4.5", "kWh"))
    v16.tell("StopTransaction", stop_16(number))
    v201.tell("TransactionEvent", event_201("Started", 0, 1.0, "2026-11-21T10:00:00Z"))
    v201.tell("TransactionEvent", event_201("Updated", 1, 4.5, "2026-11-21T10:30:00Z"))
    v201.tell("TransactionEvent", event_201("Ended", 2, 8.4, "2026-11-21T11:00:00Z"))

    for teller in (v16, v201):
        (transaction,) = teller.core.transactions
        assert (transaction.start_wh, transaction.stop_wh, transaction.energy_wh) == (1000, 8400, 7400)
        assert transaction.stop_reason == "EVDisconnected"
        assert transaction.id_token == "CARD1"
        assert transaction.evse_id == 1
        assert transaction.start_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
        assert 4500 in [reading.energy_wh for reading in transaction.readings]
        assert teller.core.bill("CP1").energy_wh == 7400
        assert teller.anomalies == []
    assert v201.core.transactions[0].sequences == [0, 1, 2]


def test_a_running_transaction_is_not_billed_yet(v16: Teller) -> None:
    number = v16.tell("StartTransaction", start_16())["transactionId"]
    v16.tell("MeterValues", meter_values_16(number, "2026-11-21T10:30:00Z", "3000"))
    (transaction,) = v16.core.transactions
    assert transaction.is_running
    assert transaction.energy_wh is None
    assert transaction.energy_so_far_wh == 2000
    assert v16.core.bill().energy_wh == 0


def test_an_identical_start_gets_the_same_number_and_counts_as_a_repeat(v16: Teller) -> None:
    first = v16.tell("StartTransaction", start_16())
    again = v16.tell("StartTransaction", start_16())
    other = v16.tell("StartTransaction", start_16(connector=2))
    assert first == again
    assert other["transactionId"] != first["transactionId"]
    assert [item.duplicates for item in v16.core.transactions] == [1, 0]
    assert v16.anomalies == []


def test_an_identical_stop_is_a_repeat_and_a_different_one_an_anomaly(v16: Teller) -> None:
    number = v16.tell("StartTransaction", start_16())["transactionId"]
    v16.tell("StopTransaction", stop_16(number))
    v16.tell("StopTransaction", stop_16(number))
    assert v16.anomalies == []
    v16.tell("StopTransaction", stop_16(number, meter_stop=8500))
    assert v16.anomalies == [AnomalyKind.SECOND_STOP]
    assert v16.core.bill().energy_wh == 7400


def test_a_repeated_event_is_counted_and_a_gap_is_noted(v201: Teller) -> None:
    started = event_201("Started", 0, 1.0, "2026-11-21T10:00:00Z")
    v201.tell("TransactionEvent", started)
    v201.tell("TransactionEvent", started)
    assert v201.anomalies == []
    assert v201.core.transactions[0].duplicates == 1
    v201.tell("TransactionEvent", event_201("Updated", 3, 1.2, "2026-11-21T10:20:00Z"))
    v201.tell("TransactionEvent", event_201("Updated", 3, 1.3, "2026-11-21T10:21:00Z"))
    v201.tell("TransactionEvent", event_201("Updated", 2, 1.4, "2026-11-21T10:22:00Z"))
    assert v201.anomalies == [
        AnomalyKind.SEQUENCE_GAP,
        AnomalyKind.SEQUENCE_REPEAT,
        AnomalyKind.SEQUENCE_OUT_OF_ORDER,
    ]


def test_unknown_energy_is_never_billed_as_zero(v201: Teller) -> None:
    v201.tell("TransactionEvent", event_201("Started", 0, None, "2026-11-21T10:00:00Z"))
    v201.tell("TransactionEvent", event_201("Ended", 1, 8.4, "2026-11-21T11:00:00Z"))
    assert v201.core.transactions[0].energy_wh is None
    assert v201.core.bill().unknown == ["tx-1"]


def test_a_late_begin_reading_completes_the_start(v201: Teller) -> None:
    v201.tell("TransactionEvent", event_201("Started", 0, None, "2026-11-21T10:00:00Z"))
    late = event_201("Updated", 1, 1.0, "2026-11-21T10:00:01Z")
    late["meterValue"][0]["sampledValue"][0]["context"] = "Transaction.Begin"
    v201.tell("TransactionEvent", late)
    v201.tell("TransactionEvent", event_201("Ended", 2, 8.4, "2026-11-21T11:00:00Z"))
    assert v201.core.bill().energy_wh == 7400


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ([("StopTransaction", stop_16(77))], [AnomalyKind.STOP_WITHOUT_START]),
        ([("StopTransaction", stop_16(-1))], [AnomalyKind.PLACEHOLDER_TRANSACTION_ID]),
        (
            [("MeterValues", meter_values_16(0, "2026-11-21T10:30:00Z", "1"))],
            [AnomalyKind.PLACEHOLDER_TRANSACTION_ID],
        ),
        ([("StartTransaction", start_16("1970-01-01T00:00:12Z"))], [AnomalyKind.TIMESTAMP_BEFORE_2020]),
        ([("StartTransaction", start_16("yesterday"))], [AnomalyKind.TIMESTAMP_UNREADABLE]),
        (
            [("StartTransaction", start_16()), ("StopTransaction", stop_16(1, "2026-11-21T09:00:00Z"))],
            [AnomalyKind.TIME_BACKWARDS, AnomalyKind.ENERGY_BACKWARDS],
        ),
        (
            [("StartTransaction", start_16()), ("StopTransaction", stop_16(1, meter_stop=900))],
            [AnomalyKind.ENERGY_BACKWARDS],
        ),
        (
            [
                ("StartTransaction", start_16()),
                ("MeterValues", meter_values_16(1, "2026-11-21T10:30:00Z", "5000")),
                ("MeterValues", meter_values_16(1, "2026-11-21T10:40:00Z", "4000")),
            ],
            [AnomalyKind.ENERGY_BACKWARDS],
        ),
        (
            [("StartTransaction", start_16()), ("StartTransaction", start_16("2026-11-21T10:00:05Z"))],
            [AnomalyKind.OVERLAPPING_TRANSACTION],
        ),
        (
            [
                ("StartTransaction", start_16()),
                ("StopTransaction", stop_16(1)),
                ("StartTransaction", start_16("2026-11-21T12:00:00Z", meter_start=0)),
            ],
            [AnomalyKind.ENERGY_BACKWARDS],
        ),
        (
            [
                ("StartTransaction", start_16()),
                ("StopTransaction", stop_16(1)),
                ("MeterValues", meter_values_16(1, "2026-11-21T11:30:00Z", "8400")),
            ],
            [AnomalyKind.UPDATE_AFTER_STOP],
        ),
    ],
)
def test_what_a_correct_station_never_does_is_noted(
    v16: Teller, said: list[tuple[str, Json]], noted: list[AnomalyKind]
) -> None:
    for action, payload in said:
        v16.tell(action, payload)
    assert v16.anomalies == noted


def test_less_than_a_watt_hour_of_rounding_is_no_anomaly(v16: Teller) -> None:
    v16.tell("StartTransaction", start_16())
    v16.tell("MeterValues", meter_values_16(1, "2026-11-21T11:00:00Z", "8400.7"))
    v16.tell("StopTransaction", stop_16(1))
    assert v16.anomalies == []


def test_speaking_before_the_boot_is_accepted_is_noted() -> None:
    core = CsmsCore()
    core.answer(Request("CP1", Version.V16, "Heartbeat", {}, NOW))
    assert core.station("CP1").anomaly_kinds() == [AnomalyKind.BEFORE_BOOT_ACCEPTED]


def test_a_request_outside_its_schema_is_refused_noted_and_not_recorded(v16: Teller, v201: Teller) -> None:
    wrong = start_16() | {"surprise": 1}
    assert v16.tell("StartTransaction", wrong).code == "FormationViolation"
    assert v16.core.transactions == []
    (violation,) = v16.core.station("CP1").schema_errors
    assert violation.action == "StartTransaction"
    assert "surprise" in violation.what
    assert v201.tell("Heartbeat", {"surprise": 1}).code == "FormatViolation"
    assert v201.tell("Fly", {}).code == "NotImplemented"
    assert v201.tell("../Heartbeat", {}).code == "NotImplemented"
    assert v201.tell("ClearCache", {}).code == "NotSupported"


FROM_STATION: dict[Version, dict[str, Json]] = {
    Version.V16: {
        "Authorize": {"idTag": "CARD1"},
        "DataTransfer": {"vendorId": "x"},
        "DiagnosticsStatusNotification": {"status": "Idle"},
        "FirmwareStatusNotification": {"status": "Idle"},
        "Heartbeat": {},
        "LogStatusNotification": {"status": "Idle"},
        "MeterValues": {
            "connectorId": 0,
            "meterValue": [{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": [{"value": "1"}]}],
        },
        "SecurityEventNotification": {"type": "x", "timestamp": "2026-11-21T10:00:00Z"},
        "SignCertificate": {"csr": "x"},
        "StartTransaction": start_16(),
        "StatusNotification": {"connectorId": 0, "errorCode": "NoError", "status": "Available"},
        "StopTransaction": stop_16(1) | {"idTag": "CARD1"},
    },
    Version.V201: {
        "Authorize": {"idToken": {"idToken": "CARD1", "type": "ISO14443"}},
        "DataTransfer": {"vendorId": "x"},
        "FirmwareStatusNotification": {"status": "Idle"},
        "Get15118EVCertificate": {"iso15118SchemaVersion": "x", "action": "Install", "exiRequest": "x"},
        "GetCertificateStatus": {
            "ocspRequestData": {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": "x",
                "issuerKeyHash": "x",
                "serialNumber": "1",
                "responderURL": "http://x",
            }
        },
        "Heartbeat": {},
        "LogStatusNotification": {"status": "Idle"},
        "MeterValues": {
            "evseId": 1,
            "meterValue": [{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": [{"value": 1.0}]}],
        },
        "NotifyCustomerInformation": {
            "data": "x",
            "seqNo": 0,
            "generatedAt": "2026-11-21T10:00:00Z",
            "requestId": 1,
        },
        "NotifyMonitoringReport": {"requestId": 1, "seqNo": 0, "generatedAt": "2026-11-21T10:00:00Z"},
        "NotifyReport": {"requestId": 1, "seqNo": 0, "generatedAt": "2026-11-21T10:00:00Z"},
        "ReservationStatusUpdate": {"reservationId": 1, "reservationUpdateStatus": "Expired"},
        "SecurityEventNotification": {"type": "x", "timestamp": "2026-11-21T10:00:00Z"},
        "SignCertificate": {"csr": "x"},
        "StatusNotification": {
            "timestamp": "2026-11-21T10:00:00Z",
            "connectorStatus": "Available",
            "evseId": 1,
            "connectorId": 1,
        },
        "TransactionEvent": event_201("Started", 0, 1.0, "2026-11-21T10:00:00Z"),
    },
}


@pytest.mark.parametrize(
    ("version", "action"), [(version, action) for version, actions in FROM_STATION.items() for action in actions]
)
def test_every_answer_fits_its_schema(version: Version, action: str) -> None:
    teller = Teller(version)
    rule = TokenRule(TokenStatus.EXPIRED, group_id="GROUP", valid_until=NOW)
    teller.core.tokens.set("card1", rule)
    answer = teller.tell(action, FROM_STATION[version][action])
    assert not isinstance(answer, CallErrorAnswer), answer
    assert schema_errors(MessageType.CALL_RESULT, action, answer, version) == []


def test_tokens_are_judged_without_case_and_projected_to_each_version() -> None:
    assert set(STATUS_IN_16) == set(TokenStatus)
    core = CsmsCore()
    core.tokens.set("card1", TokenRule(TokenStatus.NO_CREDIT, group_id="FAMILY"))
    assert core.tokens.answer("CARD1", Version.V16) == {"status": "Blocked", "parentIdTag": "FAMILY"}
    assert core.tokens.answer("CARD1", Version.V201) == {
        "status": "NoCredit",
        "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
    }
    assert core.tokens.answer("other", Version.V16) == {"status": "Accepted"}


def test_only_the_total_import_register_is_read() -> None:
    samples: list[Json] = [
        {"value": "1", "measurand": "Power.Active.Import"},
        {"value": "2", "phase": "L1"},
        {"value": "3", "location": "Inlet"},
        {"value": "not a number"},
        {"value": "5"},
    ]
    read = register_readings([{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": samples}], Version.V16)
    assert [reading.energy_wh for reading in read] == [5.0]
    scaled: list[Json] = [{"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}]
    read = register_readings([{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": scaled}], Version.V201)
    assert [reading.energy_wh for reading in read] == [1500.0]


def test_configuration_is_learned_from_reports_and_answers() -> None:
    core = CsmsCore()
    session = CsmsSession(core, "CP1", Version.V201)
    entry = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "variableAttribute": [{"type": "Actual", "value": "300"}],
    }
    report = {"requestId": 4, "seqNo": 0, "generatedAt": "2026-11-21T10:00:00Z", "reportData": [entry]}
    session.receive(json.dumps([2, "1", "NotifyReport", report]), NOW)
    assert core.station("CP1").configuration == {"OCPPCommCtrlr.HeartbeatInterval": "300"}
    assert core.station("CP1").reports[4] == [report]

    wanted = [{"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}]
    message_id, _text = session.make_call("GetVariables", {"getVariableData": wanted})
    result = [{**wanted[0], "attributeStatus": "Accepted", "attributeValue": "11000"}]
    session.receive(json.dumps([3, message_id, {"getVariableResult": result}]), NOW)
    assert core.station("CP1").configuration["EVSE#1.Power"] == "11000"


def test_a_call_is_answered_once_and_judged_by_its_schema() -> None:
    session = CsmsSession(CsmsCore(), "CP1", Version.V16)
    with pytest.raises(CallRefusedError, match="Reset does not fit"):
        session.make_call("Reset", {"type": "Gentle"})
    message_id, _text = session.make_call("Reset", {"type": "Gentle"}, strict=False)
    (outcome,) = session.receive(json.dumps([3, message_id, {"status": "Perhaps"}]), NOW)
    assert isinstance(outcome, AnswerArrived)
    assert outcome.answer.schema_errors[0].path == "$.status"
    assert session.receive(json.dumps([3, message_id, {"status": "Accepted"}]), NOW) == []
    assert session.core.station("CP1").anomaly_kinds() == [AnomalyKind.UNEXPECTED_ANSWER]


@pytest.mark.parametrize(
    ("text", "message_id", "code"),
    [
        ("", "-1", "RpcFrameworkError"),
        ("{}", "-1", "RpcFrameworkError"),
        ("[]", "-1", "RpcFrameworkError"),
        ("[2]", "-1", "RpcFrameworkError"),
        ("[" * 100_000, "-1", "RpcFrameworkError"),
        ('[2,"7","Heartbeat"]', "7", "RpcFrameworkError"),
        ('[2,"7","Heartbeat",[]]', "7", "RpcFrameworkError"),
        ('[2,"7",5,{}]', "7", "RpcFrameworkError"),
        ('[2,7,"Heartbeat",{}]', "-1", "RpcFrameworkError"),
        ('[9,"7",{}]', "7", "MessageTypeNotSupported"),
        ('[3,"7"]', None, None),
        ('[4,"7"]', None, None),
    ],
)
def test_a_bad_frame_is_refused_and_never_fatal(text: str, message_id: str | None, code: str | None) -> None:
    session = CsmsSession(CsmsCore(), "CP1", Version.V201)
    outcomes = session.receive(text, NOW)
    answered = [json.loads(outcome.text)[:3] for outcome in outcomes if isinstance(outcome, SendText)]
    assert answered == ([] if message_id is None else [[4, message_id, code]])
    assert len(session.core.station("CP1").schema_errors) == 1


def test_the_library_still_reads_decimals_after_us() -> None:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 21.4}]}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    payload = {"connectorId": 1, "csChargingProfiles": profile}
    assert schema_errors(MessageType.CALL, "SetChargingProfile", payload, Version.V16) == []
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": 21.44}]
    assert schema_errors(MessageType.CALL, "SetChargingProfile", payload, Version.V16) != []


def test_everything_recorded_can_be_shown_as_json(v201: Teller) -> None:
    v201.tell("TransactionEvent", event_201("Started", 0, 1.0, "2026-11-21T10:00:00Z"))
    shown = json.loads(json.dumps(as_json(v201.core.station("CP1"))))
    assert shown["boots"][0]["at"] == "2026-11-21T12:00:00.000Z"
    assert json.loads(json.dumps(v201.core.transactions[0].to_json()))["start_wh"] == 1000.0
