"""OCPP 1.6J as one dialect: routes each action and each report to its functional block. Decides nothing itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import (
    CallRefusedError,
    Dialect,
    DialectContext,
    DialectTraits,
    ErrorCode,
    JsonObject,
    OutgoingCall,
    ReportAnswer,
)
from chargepoint.csms.v16 import (
    authorization,
    availability,
    cost,
    data_transfer,
    diagnostics,
    firmware,
    local_list,
    meter_values,
    plug_and_charge,
    provisioning,
    remote_control,
    reservation,
    security,
    smart_charging,
    transactions,
)
from chargepoint.csms.v16.handler import Handler
from chargepoint.csms.v16.traits import TRAITS
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer
from chargepoint.model.plug_and_charge import Answer, Question
from chargepoint.model.registration import BootReason, RegistrationAnswer
from chargepoint.model.reports import (
    BootReport,
    EventReport,
    FirmwareReport,
    HeartbeatReport,
    KeptEventReport,
    LogUploadReport,
    MeterReport,
    Report,
    ReservationReport,
    SecurityReport,
    SigningReport,
    SiteLimitReport,
    StatusReport,
    TransactionReport,
    UnpluggedReport,
    UpdateReport,
)
from chargepoint.model.tokens import IdToken, TokenVerdict

SENT_ACTIONS = (
    authorization.SENDS
    | availability.SENDS
    | data_transfer.SENDS
    | diagnostics.SENDS
    | firmware.SENDS
    | meter_values.SENDS
    | provisioning.SENDS
    | security.SENDS
    | transactions.SENDS
)
"""Every CALL that this dialect can make."""


def routes(
    vendors: Mapping[str, data_transfer.VendorHandler], *, with_certificates: bool = True, with_logs: bool = True
) -> Mapping[str, Handler]:
    """Every CALL of the CSMS that is served, by action."""
    return {
        **(security.ROUTES if with_certificates else {}),
        **(diagnostics.ROUTES if with_logs else {}),
        **authorization.ROUTES,
        **firmware.ROUTES,
        **availability.ROUTES,
        **local_list.ROUTES,
        **provisioning.ROUTES,
        **remote_control.ROUTES,
        **reservation.ROUTES,
        **smart_charging.ROUTES,
        **data_transfer.routes(vendors),
    }


class Ocpp16Dialect:
    """`csms.dialect.Dialect` for OCPP 1.6J."""

    def __init__(self, context: DialectContext, vendors: Mapping[str, data_transfer.VendorHandler]) -> None:
        self._context = context
        self._routes = routes(
            vendors, with_certificates=context.certificates is not None, with_logs=context.logs is not None
        )

    @property
    def traits(self) -> DialectTraits:
        return TRAITS

    def boot(self, reason: BootReason) -> OutgoingCall:
        """The reason has no place in 1.6."""
        del reason
        return provisioning.boot_call(self._context.identity)

    def read_boot(self, answer: JsonObject) -> RegistrationAnswer:
        return provisioning.read_boot(answer)

    def heartbeat(self) -> OutgoingCall:
        return provisioning.heartbeat_call()

    def read_heartbeat(self, answer: JsonObject) -> datetime | None:
        return provisioning.read_heartbeat(answer)

    def authorize(self, token: IdToken) -> OutgoingCall:
        """IdTagTooLongError (a CsmsError and a ValueError) beyond 20 characters."""
        return authorization.authorize_call(token)

    def read_authorize(self, answer: JsonObject) -> TokenVerdict:
        return authorization.read_authorize(answer)

    def transfer(self, request: DataTransfer) -> OutgoingCall:
        """DataTransfer; ValueError where the request can not be said."""
        return data_transfer.data_transfer_call(request.vendor_id, request.message_id, request.data)

    def read_transfer(self, answer: JsonObject) -> DataTransferAnswer:
        return data_transfer.read_data_transfer(answer)

    def encode(self, report: Report, envelope: Envelope | None) -> OutgoingCall | None:
        """ValueError for a transaction report that cannot be said truly (see `transactions.encode_transaction`)."""
        match report:
            case TransactionReport():
                return transactions.encode_transaction(report, envelope)
            case StatusReport():
                return availability.encode_status(report)
            case UnpluggedReport():
                return cost.encode_unplugged(report, envelope)
            case MeterReport():
                return meter_values.encode_meter_report(report, envelope)
            case FirmwareReport():
                return firmware.encode_firmware(report)
            case ReservationReport() | SiteLimitReport() | EventReport() | KeptEventReport():
                return None  # 1.6 has no message for it
            case UpdateReport():
                return firmware.encode_update(report)
            case LogUploadReport():
                return diagnostics.encode_log_upload(report)
            case HeartbeatReport():
                return self.heartbeat()
            case BootReport():
                return self.boot(BootReason.TRIGGERED)
            case SecurityReport():
                return security.encode_security_event(report)
            case SigningReport():
                return security.sign_certificate(report, self._context.certificates)
            case _:
                assert_never(report)

    def read_answer(self, report: Report, answer: JsonObject) -> ReportAnswer:
        if isinstance(report, TransactionReport):
            return transactions.read_transaction_answer(report, answer)
        return ReportAnswer()

    def ask(self, question: Question) -> OutgoingCall:
        return plug_and_charge.encode_question(question)

    def read_ask(self, question: Question, answer: JsonObject) -> Answer:
        return plug_and_charge.read_question_answer(question, answer)

    async def serve(self, action: str, payload: JsonObject) -> JsonObject:
        handler = self._routes.get(action)
        if handler is None:
            raise CallRefusedError(ErrorCode.NOT_IMPLEMENTED, f"{action} is not implemented by this charge point")
        return await handler(self._context, payload)

    def serves(self, action: str) -> bool:
        return action in self._routes


def make_dialect(context: DialectContext) -> Dialect:
    """OCPP 1.6J with the vendor extensions that this station honours."""
    vendors: dict[str, data_transfer.VendorHandler] = {}
    if cost.shows_costs(context):
        vendors[cost.VENDOR] = cost.CostVendor(context)
    if context.contracts is not None:
        vendors[plug_and_charge.VENDOR] = plug_and_charge.PncVendor(context.contracts)
    return Ocpp16Dialect(context, vendors)
