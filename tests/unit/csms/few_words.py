"""A dialect of few words, in valid 1.6 messages."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import (
    DialectContext,
    DialectTraits,
    ErrorCode,
    JsonObject,
    OutgoingCall,
    ReportAnswer,
)
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer, status_of
from chargepoint.model.registration import BootReason, RegistrationAnswer, RegistrationStatus
from chargepoint.model.reports import Report, SecurityReport, StatusReport, TransactionReport
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.model.transactions import TransactionPhase

ERROR_NAMES = {code: code.name for code in ErrorCode} | {
    ErrorCode.NOT_IMPLEMENTED: "NotImplemented",
    ErrorCode.INTERNAL: "InternalError",
    ErrorCode.SECURITY: "SecurityError",
    ErrorCode.PROTOCOL: "ProtocolError",
    ErrorCode.FORMAT: "FormatViolation",
    ErrorCode.RPC_FRAMEWORK: "RpcFrameworkError",
}
TRAITS = DialectTraits(
    subprotocol="ocpp1.6",
    schema_package="ocpp.v16.schemas",
    error_names=ERROR_NAMES,
    numbers_transactions=True,
    refusal_before_acceptance=ErrorCode.SECURITY,
)


class FewWords:
    """Implements `Dialect` in valid 1.6 messages; `serving` answers the CSMS."""

    traits = TRAITS

    def transfer(self, request: DataTransfer) -> OutgoingCall:
        return OutgoingCall("DataTransfer", {"vendorId": request.vendor_id})

    def read_transfer(self, answer: JsonObject) -> DataTransferAnswer:
        return DataTransferAnswer(status_of(answer.get("status")))

    def __init__(self, context: DialectContext) -> None:
        self.context = context
        self.serving: dict[str, Callable[[JsonObject], Any]] = {
            "TriggerMessage": lambda _: {"status": "Accepted"},
            "ClearCache": lambda _: {"status": "Accepted"},
            "Reset": lambda _: {"status": "Accepted"},
        }

    def boot(self, reason: BootReason) -> OutgoingCall:
        return OutgoingCall("BootNotification", {"chargePointVendor": "V", "chargePointModel": reason.value})

    def read_boot(self, answer: JsonObject) -> RegistrationAnswer:
        status = RegistrationStatus(answer["status"])
        return RegistrationAnswer(status, answer["interval"], datetime.fromisoformat(answer["currentTime"]))

    def heartbeat(self) -> OutgoingCall:
        return OutgoingCall("Heartbeat", {})

    def read_heartbeat(self, answer: JsonObject) -> datetime | None:
        return datetime.fromisoformat(answer["currentTime"])

    def authorize(self, token: IdToken) -> OutgoingCall:
        return OutgoingCall("Authorize", {"idTag": token.value})

    def read_authorize(self, answer: JsonObject) -> TokenVerdict:
        return TokenVerdict(AuthorizationStatus(answer["idTagInfo"]["status"]))

    def encode(self, report: Report, envelope: Envelope | None) -> OutgoingCall | None:
        match report:
            case TransactionReport():
                assert envelope is not None
                return self._encode_transaction(report, envelope)
            case StatusReport():
                payload = {"connectorId": report.evse_id, "errorCode": "NoError", "status": report.status.value}
                return OutgoingCall("StatusNotification", payload)
            case SecurityReport():
                payload = {"type": report.event_type, "timestamp": report.stamp.utc.isoformat()}
                return OutgoingCall("SecurityEventNotification", payload)
            case _:
                return None

    def _encode_transaction(self, report: TransactionReport, envelope: Envelope) -> OutgoingCall | None:
        if report.phase is TransactionPhase.UPDATED:
            return None
        utc = report.stamp.utc.isoformat()
        if report.energy_wh is None:
            raise ValueError("the energy is unknown")
        if report.phase is TransactionPhase.STARTED:
            start = {"connectorId": 1, "idTag": "T", "meterStart": int(report.energy_wh), "timestamp": utc}
            return OutgoingCall("StartTransaction", start)
        number = -1 if envelope.start_is_dead else envelope.csms_transaction_id
        if number is None:
            raise ValueError("no number")
        stop = {"transactionId": number, "meterStop": int(report.energy_wh), "timestamp": utc}
        return OutgoingCall("StopTransaction", stop)

    def read_answer(self, report: Report, answer: JsonObject) -> ReportAnswer:
        if not isinstance(report, TransactionReport) or report.phase is not TransactionPhase.STARTED:
            return ReportAnswer()
        number = answer.get("transactionId")
        if not isinstance(number, int):
            raise ValueError("no transactionId")
        return ReportAnswer(TokenVerdict(AuthorizationStatus.ACCEPTED), number)

    async def serve(self, action: str, payload: JsonObject) -> JsonObject:
        answer = self.serving[action](payload)
        served: JsonObject = await answer if asyncio.iscoroutine(answer) else answer
        return served

    def serves(self, action: str) -> bool:
        return action in self.serving


class NoNumbers(FewWords):
    """The same words over a version whose transactions have no number of the CSMS's."""

    traits = replace(TRAITS, subprotocol="ocpp2.0.1", numbers_transactions=False)

    def _encode_transaction(self, report: TransactionReport, envelope: Envelope) -> OutgoingCall | None:
        return super()._encode_transaction(report, replace(envelope, csms_transaction_id=1))

    def read_answer(self, report: Report, answer: JsonObject) -> ReportAnswer:
        return ReportAnswer()
