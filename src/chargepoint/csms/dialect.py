"""What one OCPP version must be able to translate. What it cannot express is data in its traits, not an `if`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chargepoint.charging.ports import Clock, Envelope, OutboxPort, SettingsPort, StationPort
from chargepoint.csms.certificate_port import CertificatePort
from chargepoint.csms.customer_port import CustomerPort
from chargepoint.csms.firmware_port import FirmwarePort
from chargepoint.csms.log_port import LogPort
from chargepoint.csms.monitoring_port import MonitoringPort
from chargepoint.csms.network_port import NetworkPort
from chargepoint.csms.plug_and_charge_port import PlugAndChargePort
from chargepoint.model.cost import CostAnswer
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer
from chargepoint.model.errors import CsmsError
from chargepoint.model.registration import BootReason, RegistrationAnswer, RegistrationStatus, StationIdentity
from chargepoint.model.reports import Report
from chargepoint.model.tokens import IdToken, TokenVerdict

JsonObject = dict[str, Any]


class ErrorCode(StrEnum):
    """CALLERROR codes in neutral words; `DialectTraits.error_names` spells them for a version."""

    NOT_IMPLEMENTED = "not_implemented"
    NOT_SUPPORTED = "not_supported"
    INTERNAL = "internal"
    PROTOCOL = "protocol"
    SECURITY = "security"
    FORMAT = "format"
    PROPERTY_CONSTRAINT = "property_constraint"
    OCCURRENCE_CONSTRAINT = "occurrence_constraint"
    TYPE_CONSTRAINT = "type_constraint"
    GENERIC = "generic"
    RPC_FRAMEWORK = "rpc_framework"
    MESSAGE_TYPE_NOT_SUPPORTED = "message_type_not_supported"


class CallRefusedError(CsmsError):
    """A CALL from the CSMS that is answered with CALLERROR."""

    def __init__(self, code: ErrorCode, description: str, details: JsonObject | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.details = details or {}


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One CALL of ours; the payload obeys the version's schema (None values left out)."""

    action: str
    payload: JsonObject
    on_answer: Callable[[JsonObject], None] | None = field(default=None, compare=False, repr=False)
    """Told of the CALLRESULT where it is said from memory; must be lenient and must not block."""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What the CSMS's answer to a report means to the core."""

    verdict: TokenVerdict | None = None
    csms_transaction_id: int | None = None
    charging_priority: int | None = None
    """Of the transaction, not of its token."""
    cost: CostAnswer | None = None
    """What a transaction costs, where the version says it in the answer."""


@dataclass(frozen=True, slots=True)
class DialectTraits:
    """What a version can and cannot say."""

    subprotocol: str
    """`ocpp1.6`, `ocpp2.0.1`."""
    schema_package: str
    """Where the library keeps the JSON schemas: `ocpp.v16.schemas`, `ocpp.v201.schemas`."""
    error_names: Mapping[ErrorCode, str]
    numbers_transactions: bool
    """True for 1.6: nothing of a transaction leaves before its start has been answered with an integer."""
    tells_offline: bool = True
    """A report says whether it was made while the station was offline."""
    served_while_pending: frozenset[str] | None = None
    """Actions served while the registration is Pending; None is all."""
    served_while_rejected: frozenset[str] = frozenset()
    refusal_before_acceptance: ErrorCode = ErrorCode.GENERIC
    has_1_6_rules: bool = False
    """A transaction begins when an EV is there and somebody is authorised; tokens have no types."""
    repeats_statuses: bool = True
    """After every reconnect all statuses are told; False: only what changed meanwhile, or after a long time (B04)."""
    answers_to_unknown_words: Mapping[tuple[str, str], JsonObject] = field(default_factory=dict)
    """By action and field: an unknown word there is answered so instead of with a CALLERROR."""


@dataclass(frozen=True, slots=True)
class DialectContext:
    """What a dialect is given to work with."""

    station: StationPort
    settings: SettingsPort
    outbox: OutboxPort
    clock: Clock
    identity: StationIdentity
    post: Callable[[OutgoingCall], None]
    """Send a CALL after the present answer has gone out (NotifyReport and the like); lost when the link is."""
    evse_ids: tuple[int, ...]
    registration: Callable[[], RegistrationStatus | None] = field(default=lambda: None)
    certificates: CertificatePort | None = None
    """None: this station keeps no certificates, and the messages about them are not supported."""
    firmware: FirmwarePort | None = None
    """None: nothing can install firmware, and the messages about it are not supported."""
    logs: LogPort | None = None
    """None: this station uploads no logs, and the messages that ask for them are not supported."""
    network: NetworkPort | None = None
    """None: there is one way to one CSMS, and the message about others is not supported."""
    contracts: PlugAndChargePort | None = None
    """None: there is no ISO 15118 stack, and nothing of plug and charge is supported."""
    monitoring: MonitoringPort | None = None
    """None: nothing is monitored, and the messages about monitors are not supported."""
    customers: CustomerPort | None = None
    """None: nobody can say what is stored of a customer, and the message that asks is not supported."""


class Dialect(Protocol):
    """One OCPP version over the neutral core. Encoding is a pure function of its arguments."""

    @property
    def traits(self) -> DialectTraits: ...

    def boot(self, reason: BootReason) -> OutgoingCall: ...

    def read_boot(self, answer: JsonObject) -> RegistrationAnswer:
        """ValueError when the answer makes no sense; extra fields never matter."""
        ...

    def heartbeat(self) -> OutgoingCall: ...

    def read_heartbeat(self, answer: JsonObject) -> datetime | None: ...

    def authorize(self, token: IdToken) -> OutgoingCall: ...

    def read_authorize(self, answer: JsonObject) -> TokenVerdict: ...

    def transfer(self, request: DataTransfer) -> OutgoingCall:
        """ValueError where the request can not be said in this version."""
        ...

    def read_transfer(self, answer: JsonObject) -> DataTransferAnswer: ...

    def encode(self, report: Report, envelope: Envelope | None) -> OutgoingCall | None:
        """None: this version has no words for it, and it counts as delivered. `envelope` for durable rows."""
        ...

    def read_answer(self, report: Report, answer: JsonObject) -> ReportAnswer:
        """Lenient: what is missing or odd in the answer is left out of the result; ValueError only where
        the answer is useless (StartTransaction.conf without an integer transactionId)."""
        ...

    async def serve(self, action: str, payload: JsonObject) -> JsonObject:
        """Answer a schema-valid CALL of the CSMS; CallRefusedError becomes a CALLERROR. Never sends by itself."""
        ...

    def serves(self, action: str) -> bool: ...


DialectMaker = Callable[[DialectContext], Dialect]
