"""A small station and outbox that behave, around the real settings catalogue, for tests of the dialect alone."""

from collections.abc import Callable, Sequence
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
from chargepoint.charging.snapshot import EvseSnapshot, Limit, StationSnapshot
from chargepoint.csms.dialect import DialectContext, OutgoingCall
from chargepoint.csms.network_port import ProfileOutcome
from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.registration import RegistrationStatus, StationIdentity
from chargepoint.model.reports import TransactionReport
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import ChargingState, Transaction
from chargepoint.settings.catalogue import BASIC_AUTH_PASSWORD, CATALOGUE
from chargepoint.settings.network_profiles import NetworkProfile
from chargepoint.settings.setting import AnySetting, ComponentVariable, SetOutcome, Setting, T
from chargepoint.settings.store import SettingsStore
from chargepoint.smart_charging.profile_set import Refusal as ProfileRefusal
from chargepoint_hal.contract import MeterReading

NOON = datetime(2026, 5, 1, 12, 0, 0, 123000, tzinfo=UTC)
NOON_STAMP = Stamp(boot_id=1, monotonic=1000.0, utc=NOON, trusted=True)
IDENTITY = StationIdentity(
    identity="CP-1",
    vendor="Acme",
    model="Wallbox",
    serial_number="SN-0001",
    firmware_version="0.1.0",
)
RUNNING = TransactionId("0f1d6c1e-6a1c-4a39-9b5d-0d7a4f6b2a11")

IDLE_EVSE = EvseSnapshot(
    evse_id=EvseId(1),
    session=SessionState.IDLE,
    status=EvseStatus.AVAILABLE,
    availability=Availability.OPERATIVE,
    limit=Limit(16.0, "board"),
    power_allowed=False,
    why_not_charging="no EV",
    observation=None,
    transaction=None,
    charging_state=ChargingState.IDLE,
    meter=MeterReading(at_monotonic=999.0, energy_import_wh=1000.0, power_watts=0.0),
    faults=frozenset(),
)


def running_transaction(evse_id: EvseId) -> Transaction:
    return Transaction(RUNNING, evse_id, IdToken("04A2B3C4"), NOON_STAMP, 1000.0)


@dataclass
class FakeStation:
    """Obeys the commands of the core's contract with the simplest rules that can tell right from wrong."""

    evses: dict[EvseId, EvseSnapshot] = field(
        default_factory=lambda: {EvseId(n): replace(IDLE_EVSE, evse_id=EvseId(n)) for n in (1, 2)}
    )
    has_lock: bool = True
    lock_jams: bool = False
    cache_enabled: bool = True
    is_unauthorized: bool = False
    """The running transaction waits for its authorisation."""
    profiles: tuple[InstalledProfile, ...] = ()
    profile_refusal: ProfileRefusal | None = None
    """What is wrong with every profile."""
    commands: list[Command] = field(default_factory=list)
    promised: list[SendReport] = field(default_factory=list)

    def occupy(self, evse_id: int) -> None:
        """A transaction runs at this EVSE."""
        number = EvseId(evse_id)
        self.evses[number] = replace(
            self.evses[number], status=EvseStatus.CHARGING, transaction=running_transaction(number)
        )

    async def execute(self, command: Command) -> Verdict:
        self.commands.append(command)
        match command:
            case StartRemotely():
                return self._start(command)
            case StopRemotely(transaction_id):
                is_running = self.snapshot().transaction(transaction_id) is not None
                return Verdict(VerdictStatus.ACCEPTED if is_running else VerdictStatus.UNKNOWN_TARGET)
            case ChangeAvailability(_, evse_id):
                wanted = [evse for evse in self.evses.values() if evse_id in (None, evse.evse_id)]
                waits = any(evse.transaction is not None for evse in wanted)
                return Verdict(VerdictStatus.SCHEDULED if waits else VerdictStatus.ACCEPTED)
            case UnlockConnector():
                return self._unlock(command)
            case ClearAuthorizationCache():
                if self.cache_enabled:
                    return Verdict(VerdictStatus.ACCEPTED)
                return Verdict(VerdictStatus.REJECTED, "AuthorizationCacheEnabled is off")
            case ResetStation():
                return self._reset(command)
            case SendReport():
                return self._promise(command)
            case InstallProfile() if self.profile_refusal is not None:
                refusal = self.profile_refusal
                return Verdict(VerdictStatus.REJECTED, refusal, profile_refusal=refusal)
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
                return Verdict(VerdictStatus.ACCEPTED)
            case _:
                assert_never(command)

    def _start(self, command: StartRemotely) -> Verdict:
        for evse in self.evses.values():
            if command.evse_id not in (None, evse.evse_id):
                continue
            if evse.transaction is None:
                return Verdict(VerdictStatus.ACCEPTED)
            if self.is_unauthorized:
                return Verdict(VerdictStatus.ACCEPTED, transaction_id=evse.transaction.transaction_id)
        return Verdict(VerdictStatus.REJECTED, "every EVSE is in use")

    def _unlock(self, command: UnlockConnector) -> Verdict:
        if not self.has_lock:
            return Verdict(VerdictStatus.NOT_SUPPORTED, "no connector lock is fitted")
        if self.evses[command.evse_id].transaction is not None and not command.stops_transaction:
            return Verdict(VerdictStatus.TRANSACTION_RUNNING, "a transaction is running")
        return Verdict(VerdictStatus.UNLOCK_FAILED if self.lock_jams else VerdictStatus.UNLOCKED)

    def _reset(self, command: ResetStation) -> Verdict:
        wanted = [evse for evse in self.evses.values() if command.evse_id in (None, evse.evse_id)]
        is_busy = any(evse.transaction is not None for evse in wanted)
        return Verdict(VerdictStatus.SCHEDULED if is_busy and command.kind == "on_idle" else VerdictStatus.ACCEPTED)

    def _promise(self, command: SendReport) -> Verdict:
        if command.kind is ReportKind.TRANSACTION_EVENT:
            wanted = [evse for evse in self.evses.values() if command.evse_id in (None, evse.evse_id)]
            if not any(evse.transaction for evse in wanted):
                return Verdict(VerdictStatus.REJECTED, "no transaction is running")
        self.promised.append(command)
        return Verdict(VerdictStatus.ACCEPTED)

    async def tell(self, event: Event) -> None:
        raise AssertionError(f"a dialect tells the core nothing: {event}")

    def snapshot(self) -> StationSnapshot:
        faults = frozenset(fault for evse in self.evses.values() for fault in evse.faults)
        snapshot = StationSnapshot(dict(self.evses), Availability.OPERATIVE, True, faults, False)
        return replace(snapshot, profiles=self.profiles)


PASSWORD = BASIC_AUTH_PASSWORD
SECRET = "s3cret-of-sixteen"
VENDOR_SWITCH = Setting(
    name="vendor_switch",
    default=False,
    summary="",
    reboot_required=True,
    variable_2_0_1=ComponentVariable("VendorCtrlr", "Switch", component_instance="left"),
)


class FakeSettings:
    """The real store, with persistence that can fail."""

    def __init__(self) -> None:
        self.store = SettingsStore((*CATALOGUE, VENDOR_SWITCH))
        self.disk_is_full = False
        self.password = SECRET
        """What its keeper keeps."""
        self.saved: dict[str, str] = {}

    def get(self, setting: Setting[T]) -> T:
        return self.store.get(setting)

    def find_1_6(self, key: str) -> AnySetting | None:
        return self.store.find_1_6(key)

    def find_2_0_1(self, component: str, variable: str, instance: str | None) -> AnySetting | None:
        return self.store.find_2_0_1(component, variable, instance)

    def all(self) -> Sequence[AnySetting]:
        return self.store.all()

    def text(self, setting: AnySetting) -> str:
        return self.store.text(setting)

    async def change(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        if setting is PASSWORD:
            if len(text) > 40:
                return SetOutcome.REJECTED, f"{text!r} is too long"
            self.password = text
            return SetOutcome.ACCEPTED, ""
        outcome, why = self.store.assess(setting, text)
        if outcome in (SetOutcome.ACCEPTED, SetOutcome.REBOOT_REQUIRED):
            if self.disk_is_full:
                raise StorageError("database or disk is full")
            self.saved[setting.name] = text
            self.store.apply(setting, text)
        return outcome, why


@dataclass
class FakeOutbox:
    """Knows of which transactions reports are queued, and how many that are of none."""

    queued: list[TransactionId] = field(default_factory=list)
    of_no_transaction: int = 0

    async def depth(self) -> OutboxDepth:
        return OutboxDepth(pending=len(self.queued) + self.of_no_transaction, dead=0)

    async def has_reports_of(self, transaction_id: TransactionId) -> bool:
        return transaction_id in self.queued

    async def has_reports_of_any_transaction(self) -> bool:
        return bool(self.queued)

    async def csms_transaction_id(self, transaction_id: TransactionId) -> int | None:
        raise AssertionError("2.0.1 has no numbered transactions")

    async def transaction_by_csms_id(self, csms_transaction_id: int) -> TransactionId | None:
        raise AssertionError("2.0.1 has no numbered transactions")

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

    async def started_report(self, transaction_id: TransactionId) -> TransactionReport | None:
        return None

    def subscribe(self) -> OutboxBell:
        raise AssertionError("a dialect waits for nothing")


@dataclass
class FakeNetwork:
    """Keeps connection profiles; a full disk keeps none."""

    slots: tuple[int, ...] = (1, 2)
    security_profile: int = 1
    disk_is_full: bool = False
    stored: dict[int, NetworkProfile] = field(default_factory=dict)

    async def store(self, slot: int, profile: NetworkProfile) -> ProfileOutcome:
        if slot not in self.slots:
            return ProfileOutcome.NO_SUCH_SLOT
        if profile.security_profile < self.security_profile:
            return ProfileOutcome.LOWERS_SECURITY
        if self.disk_is_full:
            return ProfileOutcome.NOT_STORED
        self.stored[slot] = profile
        return ProfileOutcome.STORED


class FakeClock:
    def now(self) -> Moment:
        return Moment(monotonic=1000.0, utc=NOON, utc_trusted=True)

    def synchronise(self, csms_utc: object) -> bool:
        return False


@dataclass
class Surroundings:
    """Everything a dialect is given, with handles for the test."""

    station: FakeStation = field(default_factory=FakeStation)
    settings: FakeSettings = field(default_factory=FakeSettings)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    posted: list[OutgoingCall] = field(default_factory=list)
    registration: RegistrationStatus | None = RegistrationStatus.ACCEPTED
    network: FakeNetwork = field(default_factory=FakeNetwork)

    def context(self, identity: StationIdentity = IDENTITY) -> DialectContext:
        post: Callable[[OutgoingCall], None] = self.posted.append
        return DialectContext(
            station=self.station,
            settings=self.settings,
            outbox=self.outbox,
            clock=FakeClock(),
            identity=identity,
            post=post,
            evse_ids=tuple(self.station.evses),
            registration=lambda: self.registration,
            network=self.network,
        )
