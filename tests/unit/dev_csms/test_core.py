"""Stories of the CSMS without sockets: what is billed, what is a repeat, what is an anomaly. Time is an argument."""

import json
from datetime import UTC, datetime

import pytest

from dev_csms import AnomalyKind, CsmsCore, Json, Request, Version
from dev_csms.records import as_json
from unit.dev_csms.raw_station import event_201, meter_values_16, start_16, stop_16
from unit.dev_csms.teller import NOW, Teller


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


def test_everything_recorded_can_be_shown_as_json(v201: Teller) -> None:
    v201.tell("TransactionEvent", event_201("Started", 0, 1.0, "2026-11-21T10:00:00Z"))
    shown = json.loads(json.dumps(as_json(v201.core.station("CP1"))))
    assert shown["boots"][0]["at"] == "2026-11-21T12:00:00.000Z"
    assert json.loads(json.dumps(v201.core.transactions[0].to_json()))["start_wh"] == 1000.0
