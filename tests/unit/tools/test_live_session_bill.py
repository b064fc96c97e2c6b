"""The bill beside the meter, and the lines that OCPP frames become."""

import json
from typing import Any

import pytest

from live_session.frame_lines import FrameReader
from live_session.settlement import receipt, settle

CLEAN: dict[str, Any] = {"anomalies": [], "schema_errors": []}


def told(energy_wh: float | None = 100.0, kinds: tuple[str, ...] = ("started", "updated", "ended")) -> dict[str, Any]:
    return {"transaction_id": "T1", "energy_wh": energy_wh, "facts": [{"kind": kind} for kind in kinds]}


@pytest.mark.parametrize(
    ("ocpp", "billed_wh", "agrees"),
    [
        ("1.6", 101.0, True),
        ("1.6", 101.1, False),
        ("1.6", 99.0, True),
        ("2.0.1", 100.1, True),
        ("2.0.1", 100.2, False),
        ("2.0.1", 99.8, False),
    ],
)
def test_bill_and_meter_agree_within_what_the_version_can_say(ocpp: str, billed_wh: float, agrees: bool) -> None:
    assert settle([told(billed_wh)], CLEAN, 100.0, ocpp).agrees is agrees


def test_unknown_energy_is_no_bill_and_not_zero() -> None:
    settlement = settle([told(None)], CLEAN, 0.0, "2.0.1")
    assert settlement.billed_wh is None
    assert not settlement.agrees
    assert "unknown" in "\n".join(receipt(settlement))


def test_no_transaction_is_no_bill() -> None:
    assert not settle([], CLEAN, 0.0, "2.0.1").agrees


@pytest.mark.parametrize(
    "kinds", [("started",), ("ended",), ("started", "started", "ended"), ("started",) + ("ended",) * 2]
)
def test_anything_but_one_start_and_one_stop_is_named(kinds: tuple[str, ...]) -> None:
    settlement = settle([told(kinds=kinds)], CLEAN, 100.0, "2.0.1")
    assert not settlement.agrees
    assert any("T1" in complaint for complaint in settlement.complaints)


def test_a_second_transaction_is_named_even_if_the_sum_is_right() -> None:
    settlement = settle([told(60.0), told(40.0)], CLEAN, 100.0, "2.0.1")
    assert settlement.billed_wh == 100.0
    assert not settlement.agrees


def test_what_the_csms_found_wrong_is_named() -> None:
    station = {
        "anomalies": [{"kind": "sequence_gap", "what": "seqNo 4 after 2"}],
        "schema_errors": [{"action": "Authorize", "path": "$.idToken", "what": "is missing"}],
    }
    settlement = settle([told()], station, 100.0, "2.0.1")
    assert not settlement.agrees
    text = "\n".join(receipt(settlement))
    assert "seqNo 4 after 2" in text
    assert "Authorize" in text


def test_an_answer_is_shown_with_the_action_that_it_answers() -> None:
    reader = FrameReader()
    asked = reader.line("from_station", json.dumps([2, "1", "BootNotification", {"reason": "PowerUp"}]))
    answered = reader.line("to_station", json.dumps([3, "1", {"status": "Accepted", "interval": 300}]))
    assert (asked.arrow, asked.action, asked.brief) == ("→ CSMS", "BootNotification", "PowerUp")
    assert answered.arrow == "← CSMS"
    assert answered.action.startswith("BootNotification")
    assert answered.brief == "Accepted interval=300"


def test_the_energy_of_a_meter_value_is_shown_and_no_token_is() -> None:
    samples = [
        {"measurand": "Power.Active.Import", "value": 11000},
        {"measurand": "Energy.Active.Import.Register", "value": 250012.5, "unitOfMeasure": {"unit": "Wh"}},
    ]
    payload = {
        "eventType": "Updated",
        "seqNo": 3,
        "idToken": {"idToken": "04A2B3C4", "type": "ISO14443"},
        "transactionInfo": {"transactionId": "T1", "chargingState": "Charging"},
        "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": samples}],
    }
    line = str(FrameReader().line("from_station", json.dumps([2, "9", "TransactionEvent", payload])))
    assert "Updated seqNo=3 Charging register=250012.5Wh" in line
    assert "04A2B3C4" not in line


def test_start_and_authorize_of_1_6_do_not_show_the_token() -> None:
    reader = FrameReader()
    start = reader.line(
        "from_station", json.dumps([2, "1", "StartTransaction", {"idTag": "04A2B3C4", "meterStart": 5}])
    )
    asked = reader.line("from_station", json.dumps([2, "2", "Authorize", {"idTag": "04A2B3C4"}]))
    assert start.brief == "meterStart=5"
    assert asked.brief == ""


def test_an_error_is_shown_with_its_code() -> None:
    reader = FrameReader()
    reader.line("to_station", json.dumps([2, "7", "Reset", {"type": "Soft"}]))
    line = reader.line("from_station", json.dumps([4, "7", "InternalError", "no", {}]))
    assert "Reset" in line.action
    assert line.brief == "CALLERROR InternalError no"


@pytest.mark.parametrize("text", ["", "{", "[]", "[2]", '[2, "1", 5, {}]', "[" * 100_000, '[3, "1", [1]]'])
def test_an_unreadable_frame_is_a_line_too(text: str) -> None:
    assert "unreadable" in str(FrameReader().line("from_station", text))
