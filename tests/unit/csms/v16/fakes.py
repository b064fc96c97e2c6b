"""A small station, settings store and outbox that behave, for tests of the dialect alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import assert_never

from chargepoint.charging.commands import (
    AcknowledgeFaults,
    AskCompositeSchedule,
    CancelReservation,
    ChangeAvailability,
    ClearAuthorizationCache,
    ClearMessage,
    ClearProfiles,
    Command,
    EndByEv,
    EnterPin,
    HoldForInstall,
    ImposeSiteLimit,
    InstallProfile,
    NoteUpkeep,
    ReleaseSiteLimit,
    ReportKind,
    Reserve,
    ResetKind,
    ResetStation,
    SendReport,
    SetMessage,
    ShowFinalCost,
    ShowPrice,
    StartRemotely,
    StartWithContract,
    StopRemotely,
    UnlockConnector,
    UpdateCost,
    UpdateLocalList,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.events import Event
from chargepoint.charging.ports import Envelope, OutboxBell, OutboxDepth
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.dialect import DialectContext, OutgoingCall
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.local_list import ListSummary
from chargepoint.model.log_uploads import LogAnswer, LogOutcome, LogRequest
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.registration import RegistrationStatus, StationIdentity
from chargepoint.model.reports import LogUploadReport, TransactionReport
from chargepoint.model.status import Availability
from chargepoint.security.certificate_hash import CertificateHash, HashAlgorithm
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse
from chargepoint.settings.setting import Access, AnySetting, SetOutcome, Setting, T

NOON = datetime(2026, 5, 1, 12, 0, 0, 123000, tzinfo=UTC)
NOON_STAMP = Stamp(boot_id=1, monotonic=1000.0, utc=NOON, trusted=True)

IDENTITY = StationIdentity(
    identity="CP-1",
    vendor="Acme",
    model="Wallbox",
    serial_number="SN-0001",
    firmware_version="0.1.0",
    meter_type="SDM630",
    meter_serial_number="4711",
)


@dataclass
class Plug:
    """One EVSE of the fake station."""

    transaction: TransactionId | None = None
    availability: Availability = Availability.OPERATIVE
    has_lock: bool = True
    lock_jammed: bool = False


@dataclass
class FakeStation:
    """Obeys the commands of the core's contract with the simplest rules that can tell right from wrong."""

    plugs: dict[EvseId, Plug] = field(default_factory=lambda: {EvseId(1): Plug(), EvseId(2): Plug()})
    cached_tokens: set[str] = field(default_factory=lambda: {"04A2B3C4"})
    commands: list[Command] = field(default_factory=list)
    promised: list[SendReport] = field(default_factory=list)
    reset: ResetKind | None = None
    may_reset: bool = True
    has_cache: bool = True
    local_list: ListSummary = field(default_factory=ListSummary)

    async def execute(self, command: Command) -> Verdict:
        self.commands.append(command)
        return Verdict(self._obey(command))

    def _obey(self, command: Command) -> VerdictStatus:
        match command:
            case StartRemotely():
                return self._start(command)
            case StopRemotely(transaction_id):
                return self._stop(transaction_id)
            case ChangeAvailability():
                return self._change(command)
            case UnlockConnector():
                return self._unlock(self.plugs[command.evse_id])
            case ClearAuthorizationCache():
                if self.has_cache:
                    self.cached_tokens.clear()
                return VerdictStatus.ACCEPTED if self.has_cache else VerdictStatus.REJECTED
            case ResetStation(kind):
                self.reset = kind if self.may_reset else None
                return VerdictStatus.ACCEPTED if self.may_reset else VerdictStatus.REJECTED
            case SendReport(kind):
                if kind is ReportKind.DIAGNOSTICS_STATUS:
                    return VerdictStatus.NOT_IMPLEMENTED
                self.promised.append(command)
                return VerdictStatus.ACCEPTED
            case (
                AcknowledgeFaults()
                | HoldForInstall()
                | NoteUpkeep()
                | InstallProfile()
                | ClearProfiles()
                | AskCompositeSchedule()
                | ImposeSiteLimit()
                | ReleaseSiteLimit()
                | UpdateLocalList()
                | Reserve()
                | CancelReservation()
                | ShowPrice()
                | UpdateCost()
                | ShowFinalCost()
                | SetMessage()
                | ClearMessage()
                | StartWithContract()
                | EndByEv()
                | EnterPin()
            ):
                return VerdictStatus.ACCEPTED
            case _:
                assert_never(command)

    def _start(self, command: StartRemotely) -> VerdictStatus:
        wanted = list(self.plugs) if command.evse_id is None else [command.evse_id]
        for evse_id in wanted:
            plug = self.plugs[evse_id]
            if plug.transaction is None and plug.availability is Availability.OPERATIVE:
                plug.transaction = TransactionId(f"remote-{command.token.value}")
                return VerdictStatus.ACCEPTED
        return VerdictStatus.REJECTED

    def _stop(self, transaction_id: TransactionId) -> VerdictStatus:
        for plug in self.plugs.values():
            if plug.transaction == transaction_id:
                plug.transaction = None
                return VerdictStatus.ACCEPTED
        return VerdictStatus.UNKNOWN_TARGET

    def _change(self, command: ChangeAvailability) -> VerdictStatus:
        wanted = list(self.plugs.values()) if command.evse_id is None else [self.plugs[command.evse_id]]
        for plug in wanted:
            if plug.transaction is None:
                plug.availability = command.availability
        is_busy = any(plug.transaction is not None for plug in wanted)
        return VerdictStatus.SCHEDULED if is_busy else VerdictStatus.ACCEPTED

    def _unlock(self, plug: Plug) -> VerdictStatus:
        if not plug.has_lock:
            return VerdictStatus.NOT_SUPPORTED
        if plug.lock_jammed:
            return VerdictStatus.UNLOCK_FAILED
        plug.transaction = None
        return VerdictStatus.UNLOCKED

    async def tell(self, event: Event) -> None:
        raise AssertionError(f"a dialect tells the core nothing: {event}")

    def snapshot(self) -> StationSnapshot:
        return StationSnapshot(
            {}, Availability.OPERATIVE, True, frozenset(), reset_pending=False, local_list=self.local_list
        )


MEASURANDS = ("Energy.Active.Import.Register", "Current.Import", "Voltage")
CATALOGUE: tuple[AnySetting, ...] = (
    Setting("heartbeat_interval_seconds", 300, "", minimum=0, key_1_6="HeartbeatInterval"),
    Setting("local_pre_authorize", True, "", key_1_6="LocalPreAuthorize"),
    Setting("maximum_keys", 3, "", access=Access.READ_ONLY, key_1_6="GetConfigurationMaxKeys"),
    Setting("longest_update", 5, "", access=Access.READ_ONLY, key_1_6="SendLocalListMaxLength"),
    Setting("connectors", 2, "", is_fact=True, key_1_6="NumberOfConnectors"),
    Setting("sampled", MEASURANDS[:1], "", choices=MEASURANDS, key_1_6="MeterValuesSampledData"),
    Setting("security_profile", 0, "", minimum=0, maximum=3, reboot_required=True, key_1_6="SecurityProfile"),
    Setting(
        "basic_auth_password",
        "s3cret",
        "",
        access=Access.WRITE_ONLY,
        is_secret=True,
        maximum_length=40,
        key_1_6="AuthorizationKey",
    ),
    Setting("only_in_2_0_1", 5, ""),
)


@dataclass
class FakeSettings:
    """Values as text; checks ranges, lists and access like the real store."""

    catalogue: tuple[AnySetting, ...] = CATALOGUE
    texts: dict[str, str] = field(default_factory=dict)

    def get(self, setting: Setting[T]) -> T:
        return setting.default

    def find_1_6(self, key: str) -> AnySetting | None:
        wanted = key.casefold()
        return next((one for one in self.catalogue if (one.key_1_6 or "").casefold() == wanted), None)

    def find_2_0_1(self, component: str, variable: str, instance: str | None) -> AnySetting | None:
        return None

    def all(self) -> Sequence[AnySetting]:
        return self.catalogue

    def text(self, setting: AnySetting) -> str:
        if setting.name in self.texts:
            return self.texts[setting.name]
        default = setting.default
        if isinstance(default, bool):
            return "true" if default else "false"
        return ",".join(default) if isinstance(default, tuple) else str(default)

    async def change(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        if setting.access is Access.READ_ONLY or setting.is_fact:
            return SetOutcome.READ_ONLY, "read only"
        if not self._fits(setting, text):
            return SetOutcome.REJECTED, "does not fit"
        self.texts[setting.name] = text
        return (SetOutcome.REBOOT_REQUIRED if setting.reboot_required else SetOutcome.ACCEPTED), ""

    def _fits(self, setting: AnySetting, text: str) -> bool:
        default = setting.default
        if isinstance(default, bool):
            return text in ("true", "false")
        if isinstance(default, tuple):
            return text == "" or all(item in setting.choices for item in text.split(","))
        if isinstance(default, int):
            within = setting.maximum is None or (text.isdecimal() and int(text) <= setting.maximum)
            return text.isdecimal() and within
        return setting.maximum_length is None or len(text) <= setting.maximum_length


@dataclass
class FakeOutbox:
    """Remembers the numbers that the CSMS gave to transactions; holds no rows."""

    numbers: dict[int, TransactionId] = field(default_factory=dict)

    async def csms_transaction_id(self, transaction_id: TransactionId) -> int | None:
        return next((number for number, ours in self.numbers.items() if ours == transaction_id), None)

    async def transaction_by_csms_id(self, csms_transaction_id: int) -> TransactionId | None:
        return self.numbers.get(csms_transaction_id)

    async def oldest(self) -> Envelope | None:
        return None

    async def delivered(
        self, row_id: int, csms_transaction_id: int | None = None, subprotocol: str | None = None
    ) -> None:
        raise AssertionError("a dialect delivers nothing")

    async def start_told(
        self, transaction_id: TransactionId, subprotocol: str, csms_transaction_id: int | None = None
    ) -> None:
        raise AssertionError("a dialect tells no start again")

    async def tell_as_offline(self, row_id: int) -> None:
        raise AssertionError("a dialect stores nothing")

    async def attempt_failed(self, row_id: int) -> int:
        raise AssertionError("a dialect counts nothing")

    async def bury(self, row_id: int, reason: str) -> None:
        raise AssertionError("a dialect buries nothing")

    async def depth(self) -> OutboxDepth:
        return OutboxDepth(pending=0, dead=0)

    async def has_reports_of(self, transaction_id: TransactionId) -> bool:
        return False

    async def has_reports_of_any_transaction(self) -> bool:
        return False

    async def started_report(self, transaction_id: TransactionId) -> TransactionReport | None:
        return None

    def subscribe(self) -> OutboxBell:
        raise AssertionError("a dialect waits for nothing")


class FakeClock:
    def now(self) -> Moment:
        return Moment(monotonic=1000.0, utc=NOON, utc_trusted=True)

    def synchronise(self, csms_utc: object) -> bool:
        return False


@dataclass
class FakeCertificates:
    """A certificate keeper of few words; the real one has tests of its own."""

    roots: dict[RootUse, list[CertificateHash]] = field(default_factory=lambda: {use: [] for use in RootUse})
    has_operator: bool = True
    in_use: set[str] = field(default_factory=set)

    async def sign_request(self) -> str:
        if not self.has_operator:
            raise ConfigurationError("CpoName is missing: set it")
        return "-----BEGIN CERTIFICATE REQUEST-----"

    def signing_answered(self, csr_pem: str, *, is_repeated: bool) -> None:
        assert not is_repeated, "1.6 says a request once"

    async def take_signed(self, chain_pem: str, *, may_begin_later: bool = True) -> bool:
        return chain_pem == "signed"

    async def install(self, use: RootUse, pem: str) -> InstallOutcome:
        if pem in ("rejected", "failed"):
            return InstallOutcome(pem)
        self.roots[use].append(CertificateHash(HashAlgorithm.SHA256, "aa", "bb", pem))
        return InstallOutcome.ACCEPTED

    async def delete(self, certificate: CertificateHash) -> DeleteOutcome:
        for stored in self.roots.values():
            if certificate in stored:
                if certificate.serial_number in self.in_use:
                    return DeleteOutcome.FAILED
                stored.remove(certificate)
                return DeleteOutcome.ACCEPTED
        return DeleteOutcome.NOT_FOUND

    async def installed(self, use: RootUse) -> tuple[CertificateHash, ...]:
        return tuple(self.roots[use])


@dataclass
class FakeLogs:
    """Implements `LogPort`."""

    requests: list[LogRequest] = field(default_factory=list)
    answer: LogAnswer = field(default_factory=lambda: LogAnswer(LogOutcome.ACCEPTED, "diagnostics.zip"))
    numbered: LogUploadReport = field(default_factory=lambda: LogUploadReport("Idle"))

    async def request(self, wanted: LogRequest) -> LogAnswer:
        self.requests.append(wanted)
        return self.answer

    def present(self, *, is_numbered: bool) -> LogUploadReport:
        return self.numbered if is_numbered else LogUploadReport("Idle")


@dataclass
class Surroundings:
    """Everything a dialect is given, with handles for the test."""

    station: FakeStation = field(default_factory=FakeStation)
    settings: FakeSettings = field(default_factory=FakeSettings)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    posted: list[OutgoingCall] = field(default_factory=list)
    registration: RegistrationStatus | None = RegistrationStatus.ACCEPTED
    certificates: FakeCertificates | None = field(default_factory=FakeCertificates)

    logs: FakeLogs | None = field(default_factory=FakeLogs)

    def context(self, identity: StationIdentity = IDENTITY) -> DialectContext:
        return DialectContext(
            station=self.station,
            settings=self.settings,
            outbox=self.outbox,
            clock=FakeClock(),
            identity=identity,
            post=self.posted.append,
            evse_ids=tuple(self.station.plugs),
            registration=lambda: self.registration,
            certificates=self.certificates,
            logs=self.logs,
        )


def wordy(identity: StationIdentity = IDENTITY) -> StationIdentity:
    """An identity longer than every limit of 1.6."""
    return replace(identity, vendor="V" * 30, model="M" * 30, serial_number="S" * 30, firmware_version="F" * 60)
