"""Block N: GetLog (N01)."""

from collections.abc import Mapping
from datetime import datetime

from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.log_port import LogPort
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.progress import log_notification
from chargepoint.csms.v201.wire_time import read_time
from chargepoint.model.log_uploads import LogKind, LogOutcome, LogPeriod, LogRequest

LONGEST_FILE_NAME = 255
GET_LOG_STATUS: Mapping[LogOutcome, str] = {
    LogOutcome.ACCEPTED: "Accepted",
    LogOutcome.ACCEPTED_CANCELED: "AcceptedCanceled",
    LogOutcome.REJECTED: "Rejected",
}
LOG_KIND: Mapping[str, LogKind] = {"DiagnosticsLog": LogKind.DIAGNOSTICS, "SecurityLog": LogKind.SECURITY}


class DiagnosticsBlock:
    """Requests of the CSMS for logs."""

    def __init__(self, logs: LogPort) -> None:
        self._logs = logs

    async def get_log(self, payload: JsonObject) -> JsonObject:
        """N01. The upload begins after the answer; it is told by LogStatusNotification."""
        wanted = payload["log"]
        given = await self._logs.request(
            LogRequest(
                kind=LOG_KIND[payload["logType"]],
                location=wanted["remoteLocation"],
                request_id=payload["requestId"],
                retries=payload.get("retries"),
                retry_interval_seconds=payload.get("retryInterval"),
                period=LogPeriod(_time(wanted, "oldestTimestamp"), _time(wanted, "latestTimestamp")),
            )
        )
        if given.outcome is LogOutcome.REJECTED:
            return answer("Rejected", "NotFound", "there is nothing of that kind and period")
        stated = answer(GET_LOG_STATUS[given.outcome])
        return stated if given.file_name is None else stated | {"filename": given.file_name[:LONGEST_FILE_NAME]}

    def present(self) -> OutgoingCall:
        """For TriggerMessage (F06.FR.14, F06.FR.15)."""
        report = self._logs.present(is_numbered=True)
        return log_notification(report.status, report.request_id)


def _time(wire: JsonObject, name: str) -> datetime | None:
    if name not in wire:
        return None
    try:
        return read_time(wire[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"{name}: {error}") from error
