"""A session without its socket: calls, their answers, and frames that are none."""

import json

import pytest

from dev_csms import AnomalyKind, AnswerArrived, CallRefusedError, CsmsCore, CsmsSession, SendText, Version
from dev_csms.wire import MessageType, schema_errors
from unit.dev_csms.teller import NOW


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
