"""Block E: TransactionEvent from neutral reports, GetTransactionStatus. Encoding depends on the report alone."""

from chargepoint.charging.ports import OutboxPort, StationPort
from chargepoint.csms.dialect import JsonObject, OutgoingCall, ReportAnswer
from chargepoint.csms.v201.authorization import read_priority, read_token_verdict, write_token
from chargepoint.csms.v201.meter_values import write_meter_values
from chargepoint.csms.v201.tariff_and_cost import read_cost
from chargepoint.csms.v201.vocabulary import CHARGING_STATE, EVENT_TYPE, STOPPED_REASON, TRIGGER_REASON
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SampledValue
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import Cause, StopReason, TransactionPhase

CAUSES_OF_CONNECTION = frozenset({Cause.CABLE_PLUGGED_IN, Cause.EV_DETECTED})
CAUSES_WITHOUT_TOKEN = frozenset({Cause.REMOTE_STOP, Cause.RESET_COMMAND})
"""A transaction ended by a request of the CSMS carries no idToken (TransactionEventRequest, idToken)."""
ENERGY_CONTEXT = {
    TransactionPhase.STARTED: ReadingContext.TRANSACTION_BEGIN,
    TransactionPhase.ENDED: ReadingContext.TRANSACTION_END,
}


def transaction_event(report: TransactionReport) -> OutgoingCall:
    """One TransactionEvent; the same report always gives the same payload."""
    payload: JsonObject = {
        "eventType": EVENT_TYPE[report.phase],
        "timestamp": write_time(report.stamp.utc),
        "triggerReason": TRIGGER_REASON[report.cause],
        "seqNo": report.sequence,
        "transactionInfo": _transaction_info(report),
    }
    if report.offline:
        payload["offline"] = True
    payload.update(_where_and_who(report))
    if report.cable_rating_amps is not None:
        payload["cableMaxCurrent"] = int(report.cable_rating_amps)
    if report.phases_used is not None:
        payload["numberOfPhasesUsed"] = report.phases_used
    written = write_meter_values(_with_register(report))
    if written:
        payload["meterValue"] = written
    return OutgoingCall("TransactionEvent", payload)


def _transaction_info(report: TransactionReport) -> JsonObject:
    stated: JsonObject = {
        "transactionId": str(report.transaction_id),
        "chargingState": CHARGING_STATE[report.charging_state],
    }
    if report.phase is TransactionPhase.ENDED:
        # `Local` may be left out (E06.FR.09), but some CSMSs then show no reason at all.
        stated["stoppedReason"] = STOPPED_REASON[report.stop_reason or StopReason.OTHER]
    if report.remote_start_id is not None and _tells_of_start(report):
        stated["remoteStartId"] = report.remote_start_id
    return stated


def _where_and_who(report: TransactionReport) -> JsonObject:
    stated: JsonObject = {}
    is_start = report.phase is TransactionPhase.STARTED and report.is_place_known
    if is_start or report.cause in CAUSES_OF_CONNECTION:  # E01.FR.16
        stated["evse"] = {"id": report.evse_id, "connectorId": report.connector_id}
    ended_by_csms = report.phase is TransactionPhase.ENDED and report.cause in CAUSES_WITHOUT_TOKEN
    if report.id_token is not None and not ended_by_csms:
        stated["idToken"] = write_token(report.id_token)
    if report.reservation_id is not None and _tells_of_start(report):
        stated["reservationId"] = report.reservation_id
    return stated


def _tells_of_start(report: TransactionReport) -> bool:
    """The remote start and the reservation are told once, in the next event (F01.FR.25, E01.FR.13)."""
    return report.phase is TransactionPhase.STARTED or report.cause in (Cause.REMOTE_START, Cause.AUTHORIZED)


def _with_register(report: TransactionReport) -> tuple[MeterValue, ...]:
    """The bill needs the register at start and end, whatever the configured measurands leave out."""
    context = ENERGY_CONTEXT.get(report.phase)
    if context is None or report.energy_wh is None:
        return report.meter_values
    if any(value.context is context and value.energy_wh() is not None for value in report.meter_values):
        return report.meter_values
    register = SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, report.energy_wh)
    return (*report.meter_values, MeterValue(report.stamp, context, (register,)))


def read_transaction_answer(report: TransactionReport, wire: JsonObject) -> ReportAnswer:
    """The verdict on the token (E05), the priority of the transaction (K03), and what the CSMS says of the cost (I)."""
    return ReportAnswer(
        verdict=read_token_verdict(wire.get("idTokenInfo")),
        charging_priority=read_priority(wire.get("chargingPriority")),
        cost=read_cost(wire, is_final=report.phase is TransactionPhase.ENDED, is_late=report.offline),
    )


class TransactionsBlock:
    """Requests of the CSMS about transactions."""

    def __init__(self, station: StationPort, outbox: OutboxPort) -> None:
        self._station = station
        self._outbox = outbox

    async def get_transaction_status(self, payload: JsonObject) -> JsonObject:
        """E14, as things stand at receipt. Where none is named, what waits about any transaction counts."""
        if "transactionId" not in payload:
            return {"messagesInQueue": await self._outbox.has_reports_of_any_transaction()}
        transaction_id = TransactionId(str(payload["transactionId"]).lower())  # identifierString ignores case
        is_ongoing = self._station.snapshot().transaction(transaction_id) is not None
        return {
            "ongoingIndicator": is_ongoing,
            "messagesInQueue": await self._outbox.has_reports_of(transaction_id),
        }
