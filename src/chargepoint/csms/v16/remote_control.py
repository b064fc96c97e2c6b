"""RemoteStartTransaction, RemoteStopTransaction, UnlockConnector and TriggerMessage."""

from collections.abc import Mapping

from chargepoint.charging.commands import (
    ReportKind,
    SendReport,
    StartRemotely,
    StopRemotely,
    UnlockConnector,
    VerdictStatus,
)
from chargepoint.csms.dialect import DialectContext, JsonObject
from chargepoint.csms.v16.authorization import token_of
from chargepoint.csms.v16.diagnostics import trigger_diagnostics_status
from chargepoint.csms.v16.firmware import trigger_firmware_status
from chargepoint.csms.v16.handler import ACCEPTED_OR_REJECTED, STATION_CONNECTOR, Handler
from chargepoint.csms.v16.smart_charging import read_profile
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import RegistrationStatus

UNLOCK_STATUS: Mapping[VerdictStatus, str] = {
    VerdictStatus.ACCEPTED: "UnlockFailed",
    VerdictStatus.SCHEDULED: "UnlockFailed",
    VerdictStatus.REJECTED: "UnlockFailed",
    VerdictStatus.UNKNOWN_TARGET: "NotSupported",
    VerdictStatus.NOT_SUPPORTED: "NotSupported",
    VerdictStatus.NOT_IMPLEMENTED: "NotSupported",
    VerdictStatus.UNLOCKED: "Unlocked",
    VerdictStatus.UNLOCK_FAILED: "UnlockFailed",
    VerdictStatus.TRANSACTION_RUNNING: "UnlockFailed",
}
"""7.46. An order that was only accepted has not unlocked anything yet."""

TRIGGER_STATUS: Mapping[VerdictStatus, str] = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Rejected",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "NotImplemented",
    VerdictStatus.NOT_IMPLEMENTED: "NotImplemented",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Rejected",
}

TRIGGERED_REPORT: Mapping[str, ReportKind] = {
    "BootNotification": ReportKind.BOOT_NOTIFICATION,
    "DiagnosticsStatusNotification": ReportKind.DIAGNOSTICS_STATUS,
    "FirmwareStatusNotification": ReportKind.FIRMWARE_STATUS,
    "Heartbeat": ReportKind.HEARTBEAT,
    "MeterValues": ReportKind.METER_VALUES,
    "StatusNotification": ReportKind.STATUS_NOTIFICATION,
}

FIRST_MEANINGFUL_CONNECTOR: Mapping[ReportKind, int] = {
    ReportKind.METER_VALUES: 1,
    ReportKind.STATUS_NOTIFICATION: STATION_CONNECTOR,
}
"""Reports that a connectorId means something to; for the others it is ignored (section 5.17).
There is no main energy meter, hence no meter values of connector 0."""


async def remote_start(context: DialectContext, payload: JsonObject) -> JsonObject:
    """Not allowed while Pending (section 4.2). A charging profile that is no TxProfile or can not be installed is
    Rejected; a transaction's number in it is ignored, as there is no transaction yet (errata 3.41)."""
    connector, profile = payload.get("connectorId"), payload.get("chargingProfile")
    if _is_pending(context) or (connector is not None and connector not in context.evse_ids):
        return {"status": "Rejected"}
    command = StartRemotely(
        token=token_of(payload["idTag"]),
        evse_id=None if connector is None else EvseId(connector),
        profile=None if profile is None else read_profile(profile),
    )
    verdict = await context.station.execute(command)
    return {"status": ACCEPTED_OR_REJECTED[verdict.status]}


async def remote_stop(context: DialectContext, payload: JsonObject) -> JsonObject:
    """Only a transaction whose start the CSMS has answered has a number to be stopped by."""
    if _is_pending(context):
        return {"status": "Rejected"}
    transaction_id = await context.outbox.transaction_by_csms_id(payload["transactionId"])
    if transaction_id is None:
        return {"status": "Rejected"}
    verdict = await context.station.execute(StopRemotely(transaction_id))
    return {"status": ACCEPTED_OR_REJECTED[verdict.status]}


def _is_pending(context: DialectContext) -> bool:
    return context.registration() is RegistrationStatus.PENDING


async def unlock_connector(context: DialectContext, payload: JsonObject) -> JsonObject:
    """Ends a running transaction first (section 5.18); an unknown connector is NotSupported (errata 3.87)."""
    connector = payload["connectorId"]
    if connector not in context.evse_ids:
        return {"status": "NotSupported"}
    verdict = await context.station.execute(UnlockConnector(EvseId(connector), stops_transaction=True))
    return {"status": UNLOCK_STATUS[verdict.status]}


async def trigger_message(context: DialectContext, payload: JsonObject) -> JsonObject:
    """Accepted is a promise that the core keeps within 5 s. No second BootNotification once accepted (errata 3.35)."""
    kind = TRIGGERED_REPORT[payload["requestedMessage"]]
    if kind is ReportKind.BOOT_NOTIFICATION and context.registration() is RegistrationStatus.ACCEPTED:
        return {"status": "Rejected"}
    if kind is ReportKind.DIAGNOSTICS_STATUS:
        return trigger_diagnostics_status(context)
    if kind is ReportKind.FIRMWARE_STATUS:
        return trigger_firmware_status(context)
    evse_id: EvseId | None = None
    connector = payload.get("connectorId")
    if connector is not None and kind in FIRST_MEANINGFUL_CONNECTOR:
        is_station = connector == STATION_CONNECTOR
        if connector < FIRST_MEANINGFUL_CONNECTOR[kind] or not (is_station or connector in context.evse_ids):
            return {"status": "Rejected"}
        evse_id = EvseId(connector)
    verdict = await context.station.execute(SendReport(kind, evse_id))
    return {"status": TRIGGER_STATUS[verdict.status]}


ROUTES: Mapping[str, Handler] = {
    "RemoteStartTransaction": remote_start,
    "RemoteStopTransaction": remote_stop,
    "UnlockConnector": unlock_connector,
    "TriggerMessage": trigger_message,
}
