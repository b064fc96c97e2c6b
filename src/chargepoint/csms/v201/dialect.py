"""OCPP 2.0.1 put together: reports to encoders, actions to the handlers of the blocks. Decides nothing itself."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import assert_never

from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import (
    CallRefusedError,
    DialectContext,
    DialectTraits,
    ErrorCode,
    JsonObject,
    OutgoingCall,
    ReportAnswer,
)
from chargepoint.csms.v201 import authorization, provisioning
from chargepoint.csms.v201.authorization import AuthorizationBlock
from chargepoint.csms.v201.availability import AvailabilityBlock, status_notification
from chargepoint.csms.v201.certificates import CertificatesBlock, sign_certificate
from chargepoint.csms.v201.contract_certificates import ContractCertificates
from chargepoint.csms.v201.customer_information import CustomerInformationBlock
from chargepoint.csms.v201.data_transfer import data_transfer, data_transfer_call, read_data_transfer
from chargepoint.csms.v201.device_model import DeviceModel
from chargepoint.csms.v201.diagnostics import DiagnosticsBlock
from chargepoint.csms.v201.display_messages import DisplayMessagesBlock
from chargepoint.csms.v201.events import notify_event
from chargepoint.csms.v201.firmware import FirmwareBlock
from chargepoint.csms.v201.live_variables import Ratings
from chargepoint.csms.v201.local_list import LocalListBlock
from chargepoint.csms.v201.meter_values import meter_values
from chargepoint.csms.v201.monitoring import UNKNOWN_BASE, MonitoringBlock
from chargepoint.csms.v201.monitoring_report import MOST_CRITERIA, UNKNOWN_CRITERION, MonitoringReportBlock
from chargepoint.csms.v201.network import NetworkBlock
from chargepoint.csms.v201.places import Places
from chargepoint.csms.v201.plug_and_charge import encode_question, read_question_answer
from chargepoint.csms.v201.progress import firmware_status, log_status
from chargepoint.csms.v201.provisioning import ProvisioningBlock
from chargepoint.csms.v201.remote_control import RemoteControlBlock, Trigger
from chargepoint.csms.v201.reporting import ReportingBlock
from chargepoint.csms.v201.reservation import ReservationBlock, reservation_status_update
from chargepoint.csms.v201.security import security_event
from chargepoint.csms.v201.smart_charging import SmartChargingBlock, site_limit
from chargepoint.csms.v201.station_model import station_model
from chargepoint.csms.v201.tariff_and_cost import CostBlock
from chargepoint.csms.v201.transactions import TransactionsBlock, read_transaction_answer, transaction_event
from chargepoint.csms.v201.variables import VariablesBlock
from chargepoint.csms.v201.vocabulary import ERROR_NAMES
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
from chargepoint.settings import catalogue

Handler = Callable[[JsonObject], Awaitable[JsonObject]]

TRAITS = DialectTraits(
    subprotocol="ocpp2.0.1",
    schema_package="ocpp.v201.schemas",
    error_names=ERROR_NAMES,
    numbers_transactions=False,
    # Pending: all are answered; starts and stops with Rejected (B02.FR.05).
    served_while_pending=None,
    # Rejected: none (B03.FR.08).
    served_while_rejected=frozenset(),
    refusal_before_acceptance=ErrorCode.SECURITY,
    repeats_statuses=False,
    answers_to_unknown_words={
        ("SetMonitoringBase", "monitoringBase"): UNKNOWN_BASE,
        **{("GetMonitoringReport", f"monitoringCriteria/{n}"): UNKNOWN_CRITERION for n in range(MOST_CRITERIA)},
    },
)
NO_RATINGS = Ratings()


def triggers(context: DialectContext) -> dict[str, Trigger]:
    """What TriggerMessage may ask of the blocks that are here."""

    def posting(present: Callable[[], OutgoingCall]) -> Trigger:
        async def trigger() -> JsonObject:
            context.post(present())
            return {"status": "Accepted"}

        return trigger

    found: dict[str, Trigger] = {}
    if context.certificates is not None:
        found["SignChargingStationCertificate"] = CertificatesBlock(context.certificates, context.post).trigger_signing
    if context.contracts is not None:
        found["SignV2GCertificate"] = ContractCertificates(context.contracts, context.settings).trigger_signing
    if context.firmware is not None:
        found["FirmwareStatusNotification"] = posting(FirmwareBlock(context.firmware).present)
    if context.logs is not None:
        found["LogStatusNotification"] = posting(DiagnosticsBlock(context.logs).present)
    return found


def optional_routes(context: DialectContext) -> dict[str, Handler]:
    """The handlers of the blocks that need something that may not be fitted."""
    found: dict[str, Handler] = {}
    if context.certificates is not None:
        contracts = None if context.contracts is None else ContractCertificates(context.contracts, context.settings)
        certificates = CertificatesBlock(context.certificates, context.post, contracts)
        found["CertificateSigned"] = certificates.certificate_signed
        found["DeleteCertificate"] = certificates.delete_certificate
        found["GetInstalledCertificateIds"] = certificates.get_installed_certificate_ids
        found["InstallCertificate"] = certificates.install_certificate
    if context.settings.get(catalogue.COST_AVAILABLE):
        found["CostUpdated"] = CostBlock(context.station).cost_updated
    if context.settings.get(catalogue.DISPLAY_MESSAGES_AVAILABLE):
        messages = DisplayMessagesBlock(context.station, context.post)
        found["ClearDisplayMessage"] = messages.clear_display_message
        found["GetDisplayMessages"] = messages.get_display_messages
        found["SetDisplayMessage"] = messages.set_display_message
    if context.firmware is not None:
        found["UpdateFirmware"] = FirmwareBlock(context.firmware).update_firmware
    if context.logs is not None:
        found["GetLog"] = DiagnosticsBlock(context.logs).get_log
    return found


def routes(context: DialectContext, ratings: Ratings) -> dict[str, Handler]:
    """The handler of each action that this station serves."""
    places = Places(context.evse_ids)
    model = station_model(context, ratings)
    variables = VariablesBlock(model, context.settings)
    reporting = ReportingBlock(model, context.post, supports_monitoring=context.monitoring is not None)
    local_list = LocalListBlock(context.station, model)
    reservation = ReservationBlock(context.station, places)
    remote = RemoteControlBlock(context.station, context.settings, places, context.registration, triggers(context))
    smart_charging = SmartChargingBlock(context.station, context.settings, places, context.post)
    handlers: dict[str, Handler] = {
        **optional_routes(context),
        "CancelReservation": reservation.cancel_reservation,
        "ChangeAvailability": AvailabilityBlock(context.station, places).change_availability,
        "ClearCache": AuthorizationBlock(context.station).clear_cache,
        "ClearChargingProfile": smart_charging.clear_charging_profile,
        "DataTransfer": data_transfer,
        "GetBaseReport": reporting.get_base_report,
        "GetChargingProfiles": smart_charging.get_charging_profiles,
        "GetCompositeSchedule": smart_charging.get_composite_schedule,
        "GetLocalListVersion": local_list.get_local_list_version,
        "GetReport": reporting.get_report,
        "GetTransactionStatus": TransactionsBlock(context.station, context.outbox).get_transaction_status,
        "GetVariables": variables.get_variables,
        "RequestStartTransaction": remote.request_start_transaction,
        "RequestStopTransaction": remote.request_stop_transaction,
        "ReserveNow": reservation.reserve_now,
        "Reset": ProvisioningBlock(context.station, places).reset,
        "SendLocalList": local_list.send_local_list,
        "SetChargingProfile": smart_charging.set_charging_profile,
        "SetVariables": variables.set_variables,
        "TriggerMessage": remote.trigger_message,
        "UnlockConnector": remote.unlock_connector,
    }
    handlers |= monitoring_routes(context, model)
    if context.network is not None:
        network = NetworkBlock(context.network, context.identity.identity)
        handlers["SetNetworkProfile"] = network.set_network_profile
    return handlers


def monitoring_routes(context: DialectContext, model: DeviceModel) -> dict[str, Handler]:
    """The handlers of monitors and of what is known of customers, where there is somebody to ask."""
    found: dict[str, Handler] = {}
    if context.monitoring is not None:
        monitoring = MonitoringBlock(context.monitoring, model)
        found["ClearVariableMonitoring"] = monitoring.clear_variable_monitoring
        found["GetMonitoringReport"] = MonitoringReportBlock(
            context.monitoring, model, context.clock, context.post
        ).get_monitoring_report
        found["SetMonitoringBase"] = monitoring.set_monitoring_base
        found["SetMonitoringLevel"] = monitoring.set_monitoring_level
        found["SetVariableMonitoring"] = monitoring.set_variable_monitoring
    if context.customers is not None:
        customers = CustomerInformationBlock(context.customers, context.clock, context.post)
        found["CustomerInformation"] = customers.customer_information
    return found


class Ocpp201Dialect:
    """The `Dialect` of OCPP 2.0.1, and an `AskingDialect`."""

    def __init__(self, context: DialectContext, ratings: Ratings = NO_RATINGS) -> None:
        self._identity = context.identity
        self._certificates = context.certificates
        self._routes: Mapping[str, Handler] = routes(context, ratings)

    @property
    def traits(self) -> DialectTraits:
        return TRAITS

    @property
    def served_actions(self) -> frozenset[str]:
        return frozenset(self._routes)

    def boot(self, reason: BootReason) -> OutgoingCall:
        return provisioning.boot(self._identity, reason)

    def read_boot(self, answer: JsonObject) -> RegistrationAnswer:
        return provisioning.read_boot(answer)

    def heartbeat(self) -> OutgoingCall:
        return provisioning.heartbeat()

    def read_heartbeat(self, answer: JsonObject) -> datetime | None:
        return provisioning.read_heartbeat(answer)

    def authorize(self, token: IdToken) -> OutgoingCall:
        return authorization.authorize(token)

    def read_authorize(self, answer: JsonObject) -> TokenVerdict:
        return authorization.read_authorize(answer)

    def transfer(self, request: DataTransfer) -> OutgoingCall:
        """DataTransfer; ValueError where the request can not be said."""
        return data_transfer_call(request.vendor_id, request.message_id, request.data)

    def read_transfer(self, answer: JsonObject) -> DataTransferAnswer:
        return read_data_transfer(answer)

    def ask(self, question: Question) -> OutgoingCall:
        return encode_question(question)

    def read_ask(self, question: Question, answer: JsonObject) -> Answer:
        return read_question_answer(question, answer)

    def encode(self, report: Report, envelope: Envelope | None) -> OutgoingCall | None:
        """2.0.1 needs nothing of the envelope: the report names its transaction by itself."""
        match report:
            case TransactionReport():
                return transaction_event(report)
            case StatusReport():
                return status_notification(report)
            case MeterReport():
                return meter_values(report)
            case UnpluggedReport():
                return None  # 2.0.1 tells it in the transaction's own events
            case ReservationReport():
                return reservation_status_update(report)
            case SiteLimitReport():
                return site_limit(report)
            case EventReport() | KeptEventReport():
                return notify_event(report)
            case SigningReport():
                return sign_certificate(report, self._certificates)
            case SecurityReport():
                return security_event(report)
            case FirmwareReport() | UpdateReport():
                return firmware_status(report)
            case LogUploadReport():
                return log_status(report)
            case HeartbeatReport():
                return provisioning.heartbeat()
            case BootReport():
                return provisioning.boot(self._identity, BootReason.TRIGGERED)
            case _:
                assert_never(report)

    def read_answer(self, report: Report, answer: JsonObject) -> ReportAnswer:
        return read_transaction_answer(report, answer) if isinstance(report, TransactionReport) else ReportAnswer()

    async def serve(self, action: str, payload: JsonObject) -> JsonObject:
        handler = self._routes.get(action)
        if handler is None:
            raise CallRefusedError(ErrorCode.NOT_IMPLEMENTED, f"{action} is not implemented by this station")
        return await handler(payload)

    def serves(self, action: str) -> bool:
        return action in self._routes


def make_dialect(context: DialectContext, ratings: Ratings = NO_RATINGS) -> Ocpp201Dialect:
    """The `DialectMaker`. `ratings` say what the station is built of, for the device model; give them by `partial`."""
    return Ocpp201Dialect(context, ratings)
