"""A transaction told in OCPP 1.6: start, meter values, stop; and what their answers mean."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import OutgoingCall, ReportAnswer
from chargepoint.csms.v16.meter_values import decimal_text, encode_meter_report
from chargepoint.csms.v16.transactions import encode_transaction, read_transaction_answer
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import Location, Measurand, MeterValue, Phase, ReadingContext, SampledValue
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import MeterReport, TransactionReport, completed_start
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase
from unit.csms.v16.fakes import NOON_STAMP
from unit.csms.v16.schema_check import call_problems

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CARD = IdToken("04A2B3C4")
SAMPLE = MeterValue(
    stamp=NOON_STAMP,
    context=ReadingContext.SAMPLE_PERIODIC,
    values=(
        SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, 12_345.678),
        SampledValue(Measurand.CURRENT_IMPORT, 15.999, Phase.L1),
        SampledValue(Measurand.CURRENT_OFFERED, 16.0),
        SampledValue(Measurand.FREQUENCY, 49.98),
        SampledValue(Measurand.TEMPERATURE, -0.04, location=Location.BODY),
        SampledValue(Measurand.POWER_FACTOR, 0.9876),
    ),
)
STARTED = TransactionReport(
    phase=TransactionPhase.STARTED,
    transaction_id=TransactionId("5f0c"),
    sequence=0,
    evse_id=EvseId(1),
    stamp=NOON_STAMP,
    cause=Cause.AUTHORIZED,
    charging_state=ChargingState.EV_CONNECTED,
    offline=False,
    energy_wh=1_000.4,
    id_token=CARD,
)
UPDATED = replace(STARTED, phase=TransactionPhase.UPDATED, sequence=1, energy_wh=None, id_token=None)
ENDED = replace(
    STARTED, phase=TransactionPhase.ENDED, sequence=2, energy_wh=12_345.6, id_token=None, stop_reason=StopReason.LOCAL
)


def envelope(report: TransactionReport, number: int | None = 77, *, start_is_dead: bool = False) -> Envelope:
    return Envelope(1, report, "m-1", 0, report.transaction_id, number, start_is_dead)


def encoded(report: TransactionReport, row: Envelope | None = None) -> OutgoingCall:
    call = encode_transaction(report, row or envelope(report))
    assert call is not None
    assert call_problems(call.action, call.payload) == []
    return call


def test_start_carries_the_register_as_whole_watt_hours() -> None:
    call = encoded(replace(STARTED, reservation_id=9), envelope(STARTED, number=None))
    assert call.action == "StartTransaction"
    assert call.payload == {
        "connectorId": 1,
        "idTag": "04A2B3C4",
        "meterStart": 1000,
        "reservationId": 9,
        "timestamp": "2026-05-01T12:00:00.123Z",
    }


@pytest.mark.parametrize("report", [STARTED, ENDED])
@pytest.mark.parametrize("energy_wh", [None, float("nan"), float("inf")])
def test_unknown_energy_is_never_0(report: TransactionReport, energy_wh: float | None) -> None:
    with pytest.raises(ValueError, match="unknown is not 0 Wh"):
        encode_transaction(replace(report, energy_wh=energy_wh), envelope(report))


def test_before_somebody_is_authorised_there_is_no_start() -> None:
    """A queue written under 2.0.1, where a transaction may begin with the EV, leaves over 1.6."""
    assert encode_transaction(replace(STARTED, id_token=None), envelope(STARTED)) is None


def test_before_an_ev_has_come_or_the_register_is_known_there_is_no_start() -> None:
    """What follows completes it, and then it is said."""
    early = replace(STARTED, charging_state=ChargingState.IDLE)
    unread = replace(STARTED, energy_wh=None, is_begin_told=False)
    assert encode_transaction(early, None) is None
    assert encode_transaction(unread, None) is None
    charging = replace(UPDATED, charging_state=ChargingState.CHARGING, energy_wh=1234.0, stamp=NOON_STAMP)
    for start in (early, unread):
        call = encoded(completed_start(start, charging))
        assert call.action == "StartTransaction"
        assert call.payload["meterStart"] == round(completed_start(start, charging).energy_wh or 0.0)
    assert completed_start(unread, charging).energy_wh == 1234.0
    assert completed_start(early, charging).energy_wh == STARTED.energy_wh


def test_a_begin_whose_register_nobody_ever_knew_is_not_said_as_0() -> None:
    unread = replace(STARTED, energy_wh=None, is_begin_told=False)
    charging = replace(UPDATED, charging_state=ChargingState.CHARGING, energy_wh=None)
    with pytest.raises(ValueError, match="unknown is not 0 Wh"):
        encode_transaction(completed_start(unread, charging), None)


def test_a_token_longer_than_1_6_allows_is_billed_all_the_same() -> None:
    """A queue written under 2.0.1 with a UUID token leaves over 1.6."""
    long_token = IdToken("0f8fad5b-d9cb-469f-a165-70867728950e", TokenKind.CENTRAL)
    assert encoded(replace(STARTED, id_token=long_token)).payload["idTag"] == "0f8fad5b-d9cb-469f-a"


def test_an_update_is_meter_values_of_its_transaction() -> None:
    call = encoded(replace(UPDATED, meter_values=(SAMPLE,)))
    assert call.action == "MeterValues"
    assert call.payload["transactionId"] == 77
    (meter_value,) = call.payload["meterValue"]
    assert meter_value["timestamp"] == "2026-05-01T12:00:00.123Z"
    told = {sampled["measurand"]: (sampled["value"], sampled.get("unit")) for sampled in meter_value["sampledValue"]}
    assert told == {
        "Energy.Active.Import.Register": ("12345.7", "Wh"),
        "Current.Import": ("16", "A"),
        "Current.Offered": ("16", "A"),
        "Frequency": ("49.98", "Hertz"),
        "Temperature": ("0", "Celcius"),
        "Power.Factor": ("0.988", None),
    }
    assert meter_value["sampledValue"][1]["phase"] == "L1"
    assert meter_value["sampledValue"][4]["location"] == "Body"


@pytest.mark.parametrize(
    "meter_values",
    [(), (replace(SAMPLE, values=(SampledValue(Measurand.VOLTAGE, float("nan")),)),)],
    ids=["none", "no number"],
)
def test_an_update_without_a_number_has_no_words_in_1_6(meter_values: tuple[MeterValue, ...]) -> None:
    report = replace(UPDATED, meter_values=meter_values)
    assert encode_transaction(report, envelope(report, number=None)) is None


def test_a_stop_carries_reason_samples_and_who_stopped() -> None:
    begin = replace(SAMPLE, context=ReadingContext.TRANSACTION_BEGIN)
    end = replace(SAMPLE, context=ReadingContext.TRANSACTION_END)
    call = encoded(replace(ENDED, id_token=IdToken("OTHER"), meter_values=(begin, end)))
    assert call.action == "StopTransaction"
    assert call.payload["meterStop"] == 12346
    assert call.payload["reason"] == "Local"
    assert call.payload["idTag"] == "OTHER"
    contexts = [one["sampledValue"][0]["context"] for one in call.payload["transactionData"]]
    assert contexts == ["Transaction.Begin", "Transaction.End"]


def test_a_plain_stop_has_neither_token_nor_samples() -> None:
    assert encoded(replace(ENDED, stop_reason=StopReason.IMMEDIATE_RESET)).payload == {
        "meterStop": 12346,
        "timestamp": "2026-05-01T12:00:00.123Z",
        "transactionId": 77,
        "reason": "HardReset",
    }


def test_a_stop_without_a_register_bills_its_newest_sample() -> None:
    older = replace(SAMPLE, values=(SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, 5_000.0),))
    report = replace(ENDED, energy_wh=None, meter_values=(older, SAMPLE))
    assert encoded(report).payload["meterStop"] == 12346


@pytest.mark.parametrize("report", [replace(UPDATED, meter_values=(SAMPLE,)), ENDED], ids=["update", "stop"])
class TestTheNumberOfATransaction:
    def test_is_the_one_the_csms_gave_even_0(self, report: TransactionReport) -> None:
        assert encoded(report, envelope(report, number=0)).payload["transactionId"] == 0

    def test_is_minus_one_only_when_the_start_is_dead(self, report: TransactionReport) -> None:
        assert encoded(report, envelope(report, number=None, start_is_dead=True)).payload["transactionId"] == -1

    def test_is_never_made_up(self, report: TransactionReport) -> None:
        with pytest.raises(ValueError, match="send the start first"):
            encode_transaction(report, envelope(report, number=None))
        with pytest.raises(ValueError, match="send the start first"):
            encode_transaction(report, None)


def test_meter_values_outside_a_transaction_have_no_number() -> None:
    call = encode_meter_report(MeterReport(EvseId(2), (SAMPLE,)))
    assert call is not None
    assert call_problems(call.action, call.payload) == []
    assert call.payload["connectorId"] == 2
    assert "transactionId" not in call.payload


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2e1, 1, "20"),
        (1e-9, 3, "0"),
        (-1e-9, 3, "0"),
        (123456789012.0, 1, "123456789012"),
        (0.25, 1, "0.2"),
        (7, 0, "7"),
    ],
)
def test_numbers_are_plain_decimals(value: float, decimals: int, text: str) -> None:
    assert decimal_text(value, decimals) == text


ACCEPTED = {"status": "Accepted", "parentIdTag": "GROUP", "expiryDate": "2030-01-01T00:00:00+01:00"}


def test_the_answer_to_a_start_names_the_transaction_and_judges_the_token() -> None:
    answer = read_transaction_answer(STARTED, {"transactionId": 77, "idTagInfo": ACCEPTED, "status": "extra"})
    assert answer.csms_transaction_id == 77
    assert answer.verdict == TokenVerdict(
        AuthorizationStatus.ACCEPTED,
        group=IdToken("GROUP", TokenKind.UNTYPED),
        valid_until=datetime(2029, 12, 31, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize("info", [None, {}, "Accepted", [], {"status": "Sure"}, {"status": ["Accepted"]}])
def test_an_odd_id_tag_info_never_loses_the_number(info: object) -> None:
    answer = read_transaction_answer(STARTED, {"transactionId": -5, "idTagInfo": info})
    assert answer == ReportAnswer(verdict=None, csms_transaction_id=-5)


@pytest.mark.parametrize("number", [None, "77", True, 1.5, [1], {}, float("nan"), float("inf")])
def test_a_start_without_an_integer_number_is_useless(number: object) -> None:
    with pytest.raises(ValueError, match="needs an integer"):
        read_transaction_answer(STARTED, {"transactionId": number, "idTagInfo": ACCEPTED})


def test_a_number_that_a_sloppy_encoder_wrote_as_a_float_is_taken() -> None:
    assert read_transaction_answer(STARTED, {"transactionId": 77.0}).csms_transaction_id == 77


def test_the_answers_to_updates_and_stops_are_never_useless() -> None:
    blocked = read_transaction_answer(ENDED, {"idTagInfo": {"status": "Blocked", "expiryDate": 5, "parentIdTag": 6}})
    assert blocked == ReportAnswer(verdict=TokenVerdict(AuthorizationStatus.BLOCKED))
    assert read_transaction_answer(ENDED, {}) == ReportAnswer()
    assert read_transaction_answer(UPDATED, {"anything": 1}) == ReportAnswer()


stamps = st.builds(
    Stamp,
    boot_id=st.integers(0, 9),
    monotonic=st.floats(0, 1e9),
    utc=st.datetimes(timezones=st.just(UTC)),
    trusted=st.booleans(),
)
sampled_values = st.builds(
    SampledValue,
    measurand=st.sampled_from(Measurand),
    value=st.floats(),
    phase=st.none() | st.sampled_from(Phase),
    location=st.sampled_from(Location),
)
meter_values = st.builds(
    MeterValue,
    stamp=stamps,
    context=st.sampled_from(ReadingContext),
    values=st.lists(sampled_values, min_size=1, max_size=4).map(tuple),
)
tokens = st.builds(IdToken, value=st.text(max_size=36), kind=st.sampled_from(TokenKind))
reports = st.builds(
    TransactionReport,
    phase=st.sampled_from(TransactionPhase),
    transaction_id=st.uuids().map(str).map(TransactionId),
    sequence=st.integers(0, 10_000),
    evse_id=st.integers(1, 9).map(EvseId),
    stamp=stamps,
    cause=st.sampled_from(Cause),
    charging_state=st.sampled_from(ChargingState),
    offline=st.booleans(),
    meter_values=st.lists(meter_values, max_size=4).map(tuple),
    energy_wh=st.floats(0, 1e9),
    id_token=tokens,
    group_token=st.none() | tokens,
    reservation_id=st.none() | st.integers(),
    stop_reason=st.none() | st.sampled_from(StopReason),
)


def strings_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings_in(item)]
    return [value] if isinstance(value, str) else []


@UNTIMED
@given(reports, st.integers(0, 2**31 - 1))
def test_any_report_is_encoded_to_what_the_schema_allows(report: TransactionReport, number: int) -> None:
    call = encode_transaction(report, envelope(report, number))
    assert call == encode_transaction(report, envelope(report, number)), "a retry must be identical"
    if call is None:
        is_early = report.phase is TransactionPhase.STARTED and report.charging_state is ChargingState.IDLE
        assert report.phase is TransactionPhase.UPDATED or is_early
        return
    assert call_problems(call.action, call.payload) == []
    assert "nan" not in strings_in(call.payload)
    assert "inf" not in strings_in(call.payload)
    assert call.payload.get("transactionId") != -1
