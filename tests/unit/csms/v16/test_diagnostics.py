"""GetDiagnostics and GetLog as they stand on the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode, OutgoingCall
from chargepoint.model.log_uploads import LogAnswer, LogKind, LogOutcome, LogPeriod, LogRequest
from chargepoint.model.reports import LogUploadReport
from unit.csms.v16.asking import ask
from unit.csms.v16.fakes import FakeLogs, Surroundings

NOON, ONE = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 1, 13, tzinfo=UTC)


def logs(around: Surroundings) -> FakeLogs:
    assert around.logs is not None
    return around.logs


async def test_get_diagnostics_hands_over_all_that_it_says(dialect: Dialect, around: Surroundings) -> None:
    payload = {
        "location": "ftp://u:p@host/dir",
        "retries": 3,
        "retryInterval": 20,
        "startTime": "2026-06-01T12:00:00Z",
        "stopTime": "2026-06-01T15:00:00+02:00",
    }
    assert await ask(dialect, "GetDiagnostics", payload) == {"fileName": "diagnostics.zip"}
    assert logs(around).requests == [
        LogRequest(LogKind.DIAGNOSTICS, "ftp://u:p@host/dir", None, 3, 20, LogPeriod(NOON, ONE))
    ]
    logs(around).answer = LogAnswer(LogOutcome.REJECTED)
    assert await ask(dialect, "GetDiagnostics", {"location": "ftp://host"}) == {}


async def test_get_log_hands_over_all_that_it_says(dialect: Dialect, around: Surroundings) -> None:
    wanted = {"remoteLocation": "https://host/", "oldestTimestamp": "2026-06-01T12:00:00Z"}
    payload = {"logType": "SecurityLog", "requestId": 4, "log": wanted}
    logs(around).answer = LogAnswer(LogOutcome.ACCEPTED_CANCELED, "x.jsonl")
    assert await ask(dialect, "GetLog", payload) == {"status": "AcceptedCanceled", "filename": "x.jsonl"}
    assert logs(around).requests == [LogRequest(LogKind.SECURITY, "https://host/", 4, period=LogPeriod(oldest=NOON))]


async def test_a_time_that_is_none_is_refused_by_name(dialect: Dialect, around: Surroundings) -> None:
    with pytest.raises(CallRefusedError, match="startTime") as refused:
        await dialect.serve("GetDiagnostics", {"location": "ftp://host", "startTime": "tomorrow"})
    assert refused.value.code is ErrorCode.PROPERTY_CONSTRAINT
    assert logs(around).requests == []


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (LogUploadReport("Uploading"), ("DiagnosticsStatusNotification", {"status": "Uploading"})),
        (LogUploadReport("PermissionDenied"), ("DiagnosticsStatusNotification", {"status": "UploadFailed"})),
        (
            LogUploadReport("PermissionDenied", 4),
            ("LogStatusNotification", {"status": "PermissionDenied", "requestId": 4}),
        ),
        (
            LogUploadReport("AcceptedCanceled", 4),
            ("LogStatusNotification", {"status": "UploadFailure", "requestId": 4}),
        ),
        (LogUploadReport("Nonsense", 4), None),
    ],
)
def test_each_upload_has_its_own_message(dialect: Dialect, report: LogUploadReport, wanted: Any) -> None:
    assert dialect.encode(report, None) == (None if wanted is None else OutgoingCall(*wanted))


async def test_the_extended_trigger_tells_the_log_upload(dialect: Dialect, around: Surroundings) -> None:
    logs(around).numbered = LogUploadReport("Uploading", 9)
    assert await ask(dialect, "ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}) == {
        "status": "Accepted"
    }
    assert around.posted == [OutgoingCall("LogStatusNotification", {"status": "Uploading", "requestId": 9})]
