"""Every answer of the CSMS fits its schema; tokens and meter samples are read as each version means them."""

import pytest

from dev_csms import CallErrorAnswer, CsmsCore, Json, TokenRule, Version
from dev_csms.samples import register_readings
from dev_csms.tokens import STATUS_IN_16, TokenStatus
from dev_csms.wire import MessageType, schema_errors
from unit.dev_csms.raw_station import event_201, start_16, stop_16
from unit.dev_csms.teller import NOW, Teller

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
