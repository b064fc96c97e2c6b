"""One connection to the CSMS from its opening to its end. Nothing in here outlives it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chargepoint.charging.events import ClockSynchronised, CsmsAccepted, CsmsLost, Event
from chargepoint.charging.ports import Clock, OutboxPort, SettingsPort, StationPort
from chargepoint.csms.answerer import Answerer
from chargepoint.csms.asking import AskingDialect
from chargepoint.csms.certificate_port import CertificatePort
from chargepoint.csms.channel import OpenedLink
from chargepoint.csms.courier import Courier
from chargepoint.csms.courier_wires import CourierWires
from chargepoint.csms.customer_port import CustomerPort
from chargepoint.csms.dialect import DialectContext, DialectMaker, OutgoingCall
from chargepoint.csms.firmware_port import FirmwarePort
from chargepoint.csms.frame_log import FrameLog
from chargepoint.csms.log_port import LogPort
from chargepoint.csms.mailbox import Mailbox
from chargepoint.csms.monitoring_port import MonitoringPort
from chargepoint.csms.network_port import NetworkPort
from chargepoint.csms.pace import Pace
from chargepoint.csms.plug_and_charge_port import PlugAndChargePort
from chargepoint.csms.registrar import UNREADABLE, Registrar, RegistrationNews
from chargepoint.csms.registration import Registration
from chargepoint.csms.rpc import Rpc
from chargepoint.csms.validation import SchemaBook
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer
from chargepoint.model.errors import CsmsError, StorageError
from chargepoint.model.plug_and_charge import Answer, Question
from chargepoint.model.registration import RegistrationStatus, StationIdentity
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

FINISHING_SECONDS = 5.0
"""How long an answer that came just before the link closed may take to reach the disk."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the edge is given by the composition root; the same for every connection."""

    dialects: Mapping[str, DialectMaker]
    """By subprotocol."""
    settings: SettingsPort
    outbox: OutboxPort
    clock: Clock
    identity: StationIdentity
    evse_ids: tuple[int, ...]
    pace: Pace
    frame_log: FrameLog
    certificates: CertificatePort | None = None
    note_malformed: Callable[[str], None] = lambda reason: None
    """Told of frames that are no OCPP."""
    firmware: FirmwarePort | None = None
    logs: LogPort | None = None
    network: NetworkPort | None = None
    contracts: PlugAndChargePort | None = None
    monitoring: MonitoringPort | None = None
    customers: CustomerPort | None = None
    boot_id: int | None = None
    _schemas: dict[str, SchemaBook] = field(default_factory=dict)

    def context(
        self,
        station: StationPort,
        post: Callable[[OutgoingCall], None],
        registration: Callable[[], RegistrationStatus | None] = lambda: None,
    ) -> DialectContext:
        """What a dialect is given; whoever only reads the device model posts nothing."""
        return DialectContext(
            station=station,
            settings=self.settings,
            outbox=self.outbox,
            clock=self.clock,
            identity=self.identity,
            post=post,
            evse_ids=self.evse_ids,
            registration=registration,
            certificates=self.certificates,
            firmware=self.firmware,
            logs=self.logs,
            network=self.network,
            contracts=self.contracts,
            monitoring=self.monitoring,
            customers=self.customers,
        )

    def schemas(self, package: str) -> SchemaBook:
        """Read once per version."""
        if package not in self._schemas:
            self._schemas[package] = SchemaBook(package)
        return self._schemas[package]


class Session:
    def __init__(
        self,
        link: OpenedLink,
        neighbours: Neighbours,
        station: StationPort,
        registration: Registration,
        mailbox: Mailbox,
    ) -> None:
        self._channel = link.channel
        self._station = station
        self._clock = neighbours.clock
        self._registration = registration
        self._mailbox = mailbox
        self._is_accepted_told = False
        self.was_accepted_at: float | None = None
        """Loop time at which the CSMS accepted us on this link."""
        self.dialect = neighbours.dialects[link.subprotocol](
            neighbours.context(station, mailbox.post, lambda: registration.status)
        )
        self._settings = neighbours.settings
        self._statuses_are_known = registration.is_accepted and not self.dialect.traits.repeats_statuses
        schemas = neighbours.schemas(self.dialect.traits.schema_package)
        answerer = Answerer(self.dialect, schemas, lambda: registration.status, mailbox, neighbours.note_malformed)
        self._rpc = Rpc(link.channel, answerer, neighbours.frame_log, neighbours.pace)
        self._registrar = Registrar(self._rpc, self.dialect, registration, mailbox, neighbours.pace)
        self._courier = Courier(
            CourierWires(
                self._rpc,
                self.dialect,
                neighbours.outbox,
                mailbox,
                registration,
                neighbours.pace,
                self._tell,
                neighbours.boot_id,
            )
        )

    async def run(self) -> str:
        """Until the link closes; the reason why it did. The core has been told of the loss when this returns."""
        reader = asyncio.create_task(self._rpc.run(), name="csms reader")
        courier = asyncio.create_task(self._courier.run(), name="csms courier")
        news = RegistrationNews(self._clock_told, self._accepted, self._not_accepted)
        tasks: set[asyncio.Task[str] | asyncio.Task[None]] = {
            reader,
            asyncio.create_task(self._registrar.run(news), name="csms registrar"),
            courier,
        }
        reason = "this station stops"
        try:
            await _until_one_fails(tasks, reader)
            reason = reader.result()
        finally:
            for task in tasks - {courier}:
                task.cancel()
            self._courier.stop()
            await asyncio.wait({courier}, timeout=FINISHING_SECONDS)
            courier.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._channel.close(1001, "")
            await self._not_accepted(reason)
        return reason

    async def authorize(self, token: IdToken) -> TokenVerdict:
        """CsmsError without a verdict."""
        if not self._registration.is_accepted:
            raise CsmsError("the CSMS has not accepted this station yet")
        answer = await self._rpc.call(self.dialect.authorize(token))
        try:
            return self.dialect.read_authorize(answer)
        except UNREADABLE as error:
            raise CsmsError(f"the answer to Authorize makes no sense: {error}") from error

    async def transfer_data(self, request: DataTransfer) -> DataTransferAnswer:
        """CsmsError without an answer."""
        if not self._registration.is_accepted:
            raise CsmsError("the CSMS has not accepted this station yet")
        try:
            call = self.dialect.transfer(request)
        except ValueError as error:
            raise CsmsError(str(error)) from error
        return self.dialect.read_transfer(await self._rpc.call(call))

    async def ask(self, question: Question) -> Answer:
        """A question of plug and charge; CsmsError without an answer."""
        dialect = self.dialect
        if not self._registration.is_accepted or not isinstance(dialect, AskingDialect):
            raise CsmsError("the CSMS cannot be asked: it has not accepted this station, or not in this OCPP version")
        try:
            call = dialect.ask(question)
        except ValueError as error:
            raise CsmsError(f"this cannot be asked: {error}") from error
        answer = await self._rpc.call(call)
        try:
            return dialect.read_ask(question, answer)
        except UNREADABLE as error:
            raise CsmsError(f"the answer to {call.action} makes no sense: {error}") from error

    async def close(self, reason: str) -> None:
        await self._channel.close(1000, reason)

    async def _clock_told(self, csms_utc: datetime) -> None:
        if self._clock.synchronise(csms_utc):
            await self._tell(ClockSynchronised())

    async def _accepted(self) -> None:
        self.was_accepted_at = asyncio.get_running_loop().time()
        self._is_accepted_told = True
        await self._follow_rules()
        await self._tell(CsmsAccepted(self._statuses_are_known))
        self._courier.accepted()

    async def _follow_rules(self) -> None:
        """What a transaction is in the version that is spoken now; remembered for the time without a link."""
        is_1_6 = self.dialect.traits.has_1_6_rules
        if self._settings.get(catalogue.RULES_OF_1_6) == is_1_6:
            return
        try:
            await self._settings.change(catalogue.RULES_OF_1_6, "true" if is_1_6 else "false")
        except StorageError as error:
            log.warning("the transaction rules of this OCPP version could not be stored: %s", error)

    async def _not_accepted(self, reason: str) -> None:
        self._mailbox.close()
        if self._is_accepted_told:
            self._is_accepted_told = False
            await self._tell(CsmsLost(reason))

    async def _tell(self, event: Event) -> None:
        try:
            await self._station.tell(event)
        except StorageError as error:
            log.error("%s could not be stored: %s", type(event).__name__, error)  # noqa: TRY400  # no bug of ours


async def _until_one_fails(tasks: "set[asyncio.Task[str] | asyncio.Task[None]]", reader: "asyncio.Task[str]") -> None:
    """Return when the reader has ended; a task that breaks raises here."""
    waiting = set(tasks)
    while not reader.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
