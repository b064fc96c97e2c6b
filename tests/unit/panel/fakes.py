"""A station that behaves, for the local interface to look at."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chargepoint.charging.commands import (
    AcknowledgeFaults,
    Command,
    EnterPin,
    ImposeSiteLimit,
    ReleaseSiteLimit,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.events import Event
from chargepoint.charging.ports import CsmsStatus, DeadLetter, OutboxDepth, SentAgain
from chargepoint.charging.snapshot import EvseSnapshot, StationSnapshot
from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer, DataTransferStatus
from chargepoint.model.display import MessageBoard
from chargepoint.model.errors import CsmsError, StorageError
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.limits import Limit
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState, WhyOpen
from chargepoint.model.reports import Report
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.model.transactions import ChargingState, Transaction
from chargepoint.panel.notices import NoticeBoard
from chargepoint.panel.ports import PanelSources, StationFacts, TransferShown
from chargepoint_hal.contract import MeterReading

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
NOW = 1000.0
EVSE = EvseId(1)
CARD = IdToken("04A2B3C4D5E6F7")

IDLE = EvseObservation(
    evse_id=EVSE,
    at_monotonic=NOW - 0.2,
    pilot_state=PilotState.A,
    pilot_signal=PilotSignal.STEADY,
    duty_percent=None,
    contactor=ContactorState.OPEN,
    contactor_commanded=False,
    lock=LockState.UNLOCKED,
    faults=frozenset(),
    why_open=(WhyOpen.NO_EV,),
    pilot_high_volts=12.01,
)
CHARGING = replace(
    IDLE,
    pilot_state=PilotState.C,
    pilot_signal=PilotSignal.PWM,
    duty_percent=53.333333,
    contactor=ContactorState.CLOSED,
    contactor_commanded=True,
    lock=LockState.LOCKED,
    why_open=(),
    cable_rating_amps=32.0,
    pilot_high_volts=6.02,
    pilot_low_volts=-11.9,
    lease_remaining_seconds=19.2,
    closings=1,
)
READING = MeterReading(
    at_monotonic=NOW - 0.5,
    energy_import_wh=123_456.5,
    power_watts=21_900.0,
    currents_amps=(31.8, 31.7, None),
    voltages_volts=(230.1, 229.8, None),
)
BILL = Transaction(
    transaction_id=TransactionId("6f4f29de-7f0e-4a5c-9c58-0d1e3a1a9a11"),
    evse_id=EVSE,
    id_token=CARD,
    started_at=Stamp(7, NOW - 600, NOON, True),
    start_energy_wh=120_000.0,
    next_sequence=4,
    charging_state=ChargingState.CHARGING,
)
LETTER = (
    '{"phase":"Ended","transaction_id":"6f4f29de","sequence":9,"evse_id":1,"energy_wh":125000.0,"stop_reason":"Local",'
    '"stamp":{"boot_id":7,"monotonic":9.0,"utc":"2026-07-01T12:10:00Z","trusted":true},"id_token":{"value":"04A2B3C4"}}'
)
IDLE_EVSE = EvseSnapshot(
    evse_id=EVSE,
    session=SessionState.IDLE,
    status=EvseStatus.AVAILABLE,
    availability=Availability.OPERATIVE,
    limit=Limit(32.0, "board"),
    power_allowed=False,
    why_not_charging="No vehicle is connected.",
    observation=IDLE,
    transaction=None,
    charging_state=ChargingState.IDLE,
    meter=None,
    faults=frozenset(),
)
CHARGING_EVSE = replace(
    IDLE_EVSE,
    session=SessionState.TRANSACTION,
    status=EvseStatus.CHARGING,
    limit=Limit(32.0, "cable"),
    power_allowed=True,
    why_not_charging=None,
    observation=CHARGING,
    transaction=BILL,
    charging_state=ChargingState.CHARGING,
    meter=READING,
)


class FakeStation:
    """One EVSE; a latched fault can be acknowledged once its cause is gone."""

    def __init__(self) -> None:
        self.evse = IDLE_EVSE
        self.display = MessageBoard()
        self.cause_is_gone = True
        self.disk_is_full = False
        self.moment_monotonic = NOW
        self.profiles: tuple[InstalledProfile, ...] = ()
        self.verdict = Verdict(VerdictStatus.ACCEPTED)
        self.commands: list[Command] = []
        """Those about limits of the site, and PINs."""

    async def execute(self, command: Command) -> Verdict:
        if self.disk_is_full:
            await asyncio.get_running_loop().create_future()
        if isinstance(command, ImposeSiteLimit | ReleaseSiteLimit | EnterPin):
            self.commands.append(command)
            return self.verdict
        assert isinstance(command, AcknowledgeFaults)
        assert command.evse_id == EVSE
        if not self.cause_is_gone:
            return Verdict(VerdictStatus.REJECTED, "the contactor is still welded")
        self.evse = replace(self.evse, faults=frozenset(), latched_faults=frozenset(), observation=IDLE)
        return Verdict(VerdictStatus.ACCEPTED)

    async def tell(self, event: Event) -> None:
        raise AssertionError(f"the local interface never tells the core facts, but told {event}")

    def snapshot(self) -> StationSnapshot:
        snapshot = StationSnapshot({EVSE: self.evse}, Availability.OPERATIVE, True, frozenset(), False)
        return replace(snapshot, profiles=self.profiles, display=self.display)

    def has_latched(self, fault: Fault) -> None:
        faults = frozenset({fault})
        seen = replace(IDLE, faults=faults, latched_faults=faults, why_open=(WhyOpen.FAULT,))
        self.evse = replace(self.evse, faults=faults, latched_faults=faults, observation=seen)


class FakeCsms:
    """A link that is accepted until it is held closed."""

    def __init__(self) -> None:
        self.is_held = False
        self.transferred: list[DataTransfer] = []

    def say(self, report: Report) -> None:
        raise AssertionError(f"the local interface sends no reports, but sent {report}")

    async def authorize(self, token: IdToken) -> TokenVerdict:
        raise CsmsError("the local interface asks about no tokens")

    async def transfer_data(self, request: DataTransfer) -> DataTransferAnswer:
        self.transferred.append(request)
        if self.is_held:
            raise CsmsError("there is no link to the CSMS")
        return DataTransferAnswer(DataTransferStatus.ACCEPTED, "thanks")

    def status(self) -> CsmsStatus:
        url = "ws://csms.example/ocpp/CP-0001"
        if self.is_held:
            return CsmsStatus("held", url, None, "held closed", None, None, 1)
        return CsmsStatus("accepted", url, "ocpp2.0.1", None, None, "2026-07-01T11:00:00+00:00", 1)

    def hold_closed(self) -> None:
        self.is_held = True

    def open_now(self) -> None:
        self.is_held = False


class FakeOutbox:
    def __init__(self) -> None:
        self.kept = OutboxDepth(3, 1)
        self.is_broken = False
        self.letters = [DeadLetter(7, "transaction_report", BILL.transaction_id, 5, "no answer", LETTER)]

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        await self.depth()
        return self.letters[:limit]

    async def send_again(self, row_id: int) -> SentAgain:
        await self.depth()
        if row_id not in [letter.row_id for letter in self.letters]:
            return SentAgain((), f"there is no dead letter {row_id}", is_unknown=True)
        self.letters = [letter for letter in self.letters if letter.row_id != row_id]
        return SentAgain((row_id,))

    async def depth(self) -> OutboxDepth:
        if self.is_broken:
            raise StorageError("the database does not answer")
        return self.kept


@dataclass(frozen=True, slots=True)
class FakeFrame:
    number: int
    direction: str
    utc: datetime
    text: str


class FakeFrames:
    """Keeps frames and hands them to whoever watches."""

    def __init__(self) -> None:
        self._frames: deque[FakeFrame] = deque()
        self._watchers: list[asyncio.Queue[FakeFrame]] = []

    def send(self, text: str) -> None:
        frame = FakeFrame(len(self._frames) + 1, "sent", NOON, text)
        self._frames.append(frame)
        for queue in self._watchers:
            queue.put_nowait(frame)

    def last(self) -> tuple[FakeFrame, ...]:
        return tuple(self._frames)

    async def watch(self) -> AsyncIterator[FakeFrame]:
        queue: asyncio.Queue[FakeFrame] = asyncio.Queue()
        self._watchers.append(queue)
        while True:
            yield await queue.get()


class FakeClock:
    source = "csms"

    def now(self) -> Moment:
        return Moment(NOW, NOON, True)


@dataclass(frozen=True, slots=True)
class Statistics:
    ticks: int = 500
    late_ticks: int = 2
    worst_lateness_seconds: float = 0.0031
    worst_tick_seconds: float = 0.0009
    period_seconds: float = 0.01


@dataclass(slots=True)
class FakeSafety:
    is_connected: bool = True
    board: str | None = "mock"
    statistics: Statistics | None = field(default_factory=Statistics)
    why_lost: str | None = None


@dataclass(slots=True)
class World:
    """All sources of a panel, to be changed by a test."""

    station: FakeStation = field(default_factory=FakeStation)
    csms: FakeCsms = field(default_factory=FakeCsms)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    frames: FakeFrames = field(default_factory=FakeFrames)
    notices: NoticeBoard = field(default_factory=lambda: NoticeBoard(lambda: NOON))
    safety: FakeSafety = field(default_factory=FakeSafety)
    restarts: dict[str, int] = field(default_factory=dict)
    transfers: list[TransferShown] = field(default_factory=list)
    has_pin_pad: bool = True

    def sources(self) -> PanelSources:
        return PanelSources(
            station=self.station,
            csms=self.csms,
            outbox=self.outbox,
            frames=self.frames,
            notices=self.notices,
            clock=FakeClock(),
            safety=self.safety,
            facts=StationFacts("CP-0001", "0.1.0", NOW - 3600),
            task_restarts=self._restarts,
            transfers=lambda: self.transfers,
            has_pin_pad=self.has_pin_pad,
        )

    def _restarts(self) -> Mapping[str, int]:
        return self.restarts
