"""TransactionEvent and GetTransactionStatus."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.csms.v201.dialect import Ocpp201Dialect
from chargepoint.csms.v201.transactions import transaction_event
from chargepoint.model.identifiers import ConnectorId, EvseId, TransactionId
from chargepoint.model.metering import Location, Measurand, MeterValue, Phase, ReadingContext, SampledValue
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import TransactionReport
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase
from unit.csms.v201.fakes import NOON_STAMP, RUNNING, Surroundings
from unit.csms.v201.schema_check import Ask, call_problems

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CARD = IdToken("04A2B3C4")
STARTED = TransactionReport(
    phase=TransactionPhase.STARTED,
    transaction_id=RUNNING,
    sequence=0,
    evse_id=EvseId(1),
    stamp=NOON_STAMP,
    cause=Cause.AUTHORIZED,
    charging_state=ChargingState.EV_CONNECTED,
    offline=False,
    energy_wh=1000.0,
    id_token=CARD,
    remote_start_id=77,
    reservation_id=5,
    cable_rating_amps=32.0,
    phases_used=3,
)
UPDATED = replace(
    STARTED,
    phase=TransactionPhase.UPDATED,
    sequence=1,
    cause=Cause.CHARGING_STATE_CHANGED,
    charging_state=ChargingState.CHARGING,
    energy_wh=None,
    id_token=None,
    cable_rating_amps=None,
    phases_used=None,
)
ENDED = replace(
    UPDATED,
    phase=TransactionPhase.ENDED,
    sequence=2,
    cause=Cause.STOP_AUTHORIZED,
    energy_wh=9000.0,
    id_token=CARD,
    stop_reason=StopReason.LOCAL,
)


def encoded(report: TransactionReport) -> dict[str, Any]:
    call = transaction_event(report)
    assert call.action == "TransactionEvent"
    assert call_problems(call.action, call.payload) == []
    return call.payload


@pytest.mark.requirement("E01.FR.10", "E01.FR.15", "E01.FR.16", "E01.FR.18", "F02.FR.01", "E01.FR.13", "E02.FR.18")
def test_the_start_says_who_where_and_why() -> None:
    payload = encoded(STARTED)
    assert payload["eventType"] == "Started"
    assert payload["evse"] == {"id": 1, "connectorId": 1}
    assert payload["idToken"] == {"idToken": "04A2B3C4", "type": "ISO14443"}
    assert payload["transactionInfo"] == {
        "transactionId": RUNNING,
        "chargingState": "EVConnected",
        "remoteStartId": 77,
    }
    assert (payload["reservationId"], payload["cableMaxCurrent"], payload["numberOfPhasesUsed"]) == (5, 32, 3)
    assert payload["triggerReason"] == "Authorized"


def test_later_events_repeat_neither_evse_nor_start() -> None:
    payload = encoded(UPDATED)
    assert not {"evse", "idToken", "reservationId", "cableMaxCurrent", "offline", "meterValue"} & set(payload)
    assert "remoteStartId" not in payload["transactionInfo"]


@pytest.mark.requirement("E01.FR.16")
def test_a_cable_plugged_in_later_names_its_connector() -> None:
    assert encoded(replace(UPDATED, cause=Cause.CABLE_PLUGGED_IN))["evse"] == {"id": 1, "connectorId": 1}


@pytest.mark.requirement("F01.FR.25")
def test_a_remote_start_of_a_waiting_transaction_is_named_in_the_next_event() -> None:
    assert encoded(replace(UPDATED, cause=Cause.REMOTE_START))["transactionInfo"]["remoteStartId"] == 77


@pytest.mark.requirement("E07.FR.02", "E07.FR.05", "E06.FR.11")
def test_the_end_says_who_stopped_and_how_much() -> None:
    payload = encoded(ENDED)
    assert payload["transactionInfo"]["stoppedReason"] == "Local"
    assert payload["idToken"]["idToken"] == "04A2B3C4"
    (value,) = payload["meterValue"]
    assert value["sampledValue"][0]["value"] == 9000.0
    assert value["sampledValue"][0]["context"] == "Transaction.End"


@pytest.mark.parametrize("cause", [Cause.REMOTE_STOP, Cause.RESET_COMMAND])
def test_an_end_ordered_by_the_csms_carries_no_token(cause: Cause) -> None:
    assert "idToken" not in encoded(replace(ENDED, cause=cause, stop_reason=StopReason.REMOTE))


def test_configured_measurands_keep_the_register_from_being_doubled() -> None:
    end = MeterValue(
        NOON_STAMP,
        ReadingContext.TRANSACTION_END,
        (SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, 9000.0),),
    )
    assert len(encoded(replace(ENDED, meter_values=(end,)))["meterValue"]) == 1


@pytest.mark.requirement("E06.FR.11")
def test_the_bill_does_not_depend_on_the_configured_measurands() -> None:
    volts = MeterValue(NOON_STAMP, ReadingContext.TRANSACTION_END, (SampledValue(Measurand.VOLTAGE, 230.0),))
    values = encoded(replace(ENDED, meter_values=(volts,)))["meterValue"]
    assert [value["sampledValue"][0]["measurand"] for value in values] == ["Voltage", "Energy.Active.Import.Register"]


def test_an_unknown_register_is_never_zero() -> None:
    assert "meterValue" not in encoded(replace(ENDED, energy_wh=None))


@pytest.mark.requirement("E04.FR.03", "E08.FR.07", "E12.FR.02")
def test_what_happened_offline_says_so_with_its_own_time() -> None:
    early = replace(NOON_STAMP, utc=datetime(2026, 4, 1, tzinfo=UTC))
    payload = encoded(replace(STARTED, offline=True, stamp=early))
    assert payload["offline"] is True
    assert payload["timestamp"] == "2026-04-01T00:00:00.000Z"


@pytest.mark.requirement("E06.FR.08")
def test_an_end_without_a_known_reason_is_not_taken_for_local() -> None:
    assert encoded(replace(ENDED, stop_reason=None))["transactionInfo"]["stoppedReason"] == "Other"


@pytest.mark.requirement("E05.FR.01", "E05.FR.10")
def test_a_late_refusal_reaches_the_core(dialect: Ocpp201Dialect) -> None:
    answer = dialect.read_answer(STARTED, {"idTokenInfo": {"status": "ConcurrentTx"}, "totalCost": 0})
    assert answer.verdict is not None
    assert answer.verdict.status is AuthorizationStatus.CONCURRENT_TX
    assert answer.csms_transaction_id is None


@pytest.mark.parametrize("odd", [{}, {"idTokenInfo": {}}, {"idTokenInfo": "Accepted"}, {"idTokenInfo": {"status": 1}}])
def test_an_answer_without_a_verdict_changes_nothing(dialect: Ocpp201Dialect, odd: dict[str, Any]) -> None:
    assert dialect.read_answer(STARTED, odd).verdict is None


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32) | st.integers(-(2**40), 2**40).map(float)
stamps = st.builds(
    Stamp,
    boot_id=st.integers(0, 9),
    monotonic=st.floats(0, 1e6),
    utc=st.integers(0, 7_000_000_000_000_000).map(lambda each: EPOCH + timedelta(microseconds=each)),
    trusted=st.booleans(),
)
tokens = st.builds(IdToken, st.text(max_size=36), st.sampled_from(TokenKind))
sampled = st.builds(
    SampledValue,
    st.sampled_from(Measurand),
    numbers,
    st.none() | st.sampled_from(Phase),
    st.sampled_from(Location),
)
meter_sets = st.builds(
    MeterValue, stamps, st.sampled_from(ReadingContext), st.lists(sampled, min_size=1, max_size=4).map(tuple)
)
reports = st.builds(
    TransactionReport,
    phase=st.sampled_from(TransactionPhase),
    transaction_id=st.uuids().map(lambda each: TransactionId(str(each))),
    sequence=st.integers(0, 2**31 - 1),
    evse_id=st.integers(1, 9).map(EvseId),
    stamp=stamps,
    cause=st.sampled_from(Cause),
    charging_state=st.sampled_from(ChargingState),
    offline=st.booleans(),
    meter_values=st.lists(meter_sets, max_size=3).map(tuple),
    energy_wh=st.none() | numbers,
    id_token=st.none() | tokens,
    group_token=st.none() | tokens,
    remote_start_id=st.none() | st.integers(0, 2**31 - 1),
    reservation_id=st.none() | st.integers(0, 2**31 - 1),
    stop_reason=st.none() | st.sampled_from(StopReason),
    connector_id=st.just(ConnectorId(1)),
    cable_rating_amps=st.none() | st.sampled_from([13.0, 20.0, 32.0, 63.0]),
    phases_used=st.none() | st.integers(1, 3),
)


@settings(deadline=None)
@given(reports)
def test_any_report_makes_a_valid_message_and_the_same_one_each_time(report: TransactionReport) -> None:
    payload = encoded(report)
    text = json.dumps(payload, allow_nan=False)
    assert json.dumps(transaction_event(report).payload, allow_nan=False) == text


@pytest.mark.requirement("E14.FR.01", "E14.FR.05")
async def test_a_transaction_that_never_was(ask: Ask) -> None:
    answer = await ask("GetTransactionStatus", {"transactionId": "nobody"})
    assert answer == {"ongoingIndicator": False, "messagesInQueue": False}


@pytest.mark.requirement("E14.FR.02", "E14.FR.04")
async def test_a_running_transaction_with_reports_to_deliver(ask: Ask, around: Surroundings) -> None:
    around.station.occupy(1)
    around.outbox.queued.append(RUNNING)
    answer = await ask("GetTransactionStatus", {"transactionId": RUNNING.upper()})
    assert answer == {"ongoingIndicator": True, "messagesInQueue": True}


@pytest.mark.requirement("E14.FR.02", "E14.FR.05")
async def test_reports_of_another_transaction_do_not_count(ask: Ask, around: Surroundings) -> None:
    around.station.occupy(1)
    around.outbox.queued.append(TransactionId("somebody else's"))
    answer = await ask("GetTransactionStatus", {"transactionId": RUNNING})
    assert answer == {"ongoingIndicator": True, "messagesInQueue": False}


@pytest.mark.requirement("E14.FR.03", "E14.FR.04")
async def test_an_ended_transaction_is_in_the_queue_until_its_end_is_delivered(ask: Ask, around: Surroundings) -> None:
    around.outbox.queued.append(RUNNING)
    answer = await ask("GetTransactionStatus", {"transactionId": RUNNING})
    assert answer == {"ongoingIndicator": False, "messagesInQueue": True}


@pytest.mark.requirement("E14.FR.06", "E14.FR.07", "E14.FR.08")
async def test_without_a_transaction_all_of_them_are_meant(ask: Ask, around: Surroundings) -> None:
    around.outbox.of_no_transaction = 2
    assert await ask("GetTransactionStatus", {}) == {"messagesInQueue": False}
    around.outbox.queued.append(RUNNING)
    assert await ask("GetTransactionStatus", {}) == {"messagesInQueue": True}
