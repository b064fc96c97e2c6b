"""A controller on virtual time between a disk, a safety process, a CSMS and a display that behave."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from chargepoint.charging.clock_correction import CorrectedStamps
from chargepoint.charging.commands import ResetKind
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.effects import Checkpoint, Effect, Enqueue, Notice
from chargepoint.charging.events import CsmsAccepted, EvseObserved, MeterRead, SafetyLinkOpened, TokenPresented
from chargepoint.charging.ports import CsmsStatus, Recovered
from chargepoint.charging.station import Station
from chargepoint.daemon.controller import Controller
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer, DataTransferStatus
from chargepoint.model.display import DisplayMessage
from chargepoint.model.errors import CsmsError, StorageError
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.local_list import StoredList
from chargepoint.model.moment import Moment
from chargepoint.model.power import PowerDirective, SafetyHello
from chargepoint.model.reports import Report, TransactionReport
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.model.transactions import Transaction, TransactionPhase
from chargepoint.settings import catalogue
from chargepoint.settings.store import SettingsStore
from chargepoint_hal.contract import MeterReading
from support.virtual_time import run_virtual
from unit.charging.world import FakeTokens, Outlet

ALICE = IdToken("04A1A1A1")
STRANGER = IdToken("04EEEEEE")
ONE = EvseId(1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class LoopClock:
    """Implements `Clock` on loop time."""

    def now(self) -> Moment:
        seconds = asyncio.get_running_loop().time()
        return Moment(seconds, NOON + timedelta(seconds=seconds), True)

    def synchronise(self, csms_utc: object) -> bool:
        return False


@dataclass(slots=True)
class FakeDisk:
    """Implements `StoragePort`; slow, hanging or full when told so."""

    takes_seconds: float = 0.0
    is_full: bool = False
    may_commit: asyncio.Event = field(default_factory=asyncio.Event)
    committed: list[Effect] = field(default_factory=list)
    commits: int = 0
    saved: dict[str, str] = field(default_factory=dict)
    corrected_after: list[int] = field(default_factory=list)
    """How many effects were stored when the clock came."""

    def __post_init__(self) -> None:
        self.may_commit.set()

    async def commit(self, effects: Sequence[Effect], moment: Moment) -> None:
        await self.may_commit.wait()
        await asyncio.sleep(self.takes_seconds)
        if self.is_full:
            raise StorageError("nothing was committed: the disk is full")
        self.commits += 1
        self.committed += effects

    async def save_setting(self, name: str, text: str | None) -> str | None:
        await self.may_commit.wait()
        if self.is_full:
            raise StorageError("the setting was not stored: the disk is full")
        before = self.saved.pop(name, None)
        if text is not None:
            self.saved[name] = text
        return before

    async def correct_stamps(self, moment: Moment) -> CorrectedStamps:
        await self.may_commit.wait()
        self.corrected_after.append(len(self.committed))
        return {}

    def phases(self) -> list[TransactionPhase]:
        reports = [effect.report for effect in self.committed if isinstance(effect, Enqueue)]
        return [report.phase for report in reports if isinstance(report, TransactionReport)]

    def journal(self) -> dict[TransactionId, Transaction]:
        records = [effect.transaction for effect in self.committed if isinstance(effect, Checkpoint)]
        return {record.transaction_id: record for record in records}


@dataclass(slots=True)
class FakeCsms:
    """Implements `CsmsPort`; answers an Authorize after `thinks_seconds`, or refuses the way there."""

    verdict: TokenVerdict = field(default_factory=lambda: TokenVerdict(AuthorizationStatus.ACCEPTED))
    thinks_seconds: float = 0.1
    is_reachable: bool = True
    asked: list[IdToken] = field(default_factory=list)
    said: list[Report] = field(default_factory=list)

    def say(self, report: Report) -> None:
        self.said.append(report)

    async def transfer_data(self, request: DataTransfer) -> DataTransferAnswer:
        if not self.is_reachable:
            raise CsmsError("there is no link to the CSMS")
        return DataTransferAnswer(DataTransferStatus.ACCEPTED, "thanks")

    async def authorize(self, token: IdToken) -> TokenVerdict:
        self.asked.append(token)
        if not self.is_reachable:
            raise CsmsError("no link")
        await asyncio.sleep(self.thinks_seconds)
        return self.verdict

    def status(self) -> CsmsStatus:
        return CsmsStatus("accepted", "ws://csms/", "ocpp1.6", None, None, None)

    def hold_closed(self) -> None: ...

    def open_now(self) -> None: ...


@dataclass(slots=True)
class House:
    """The controller and everything it talks to; `outlet` obeys the directives at once."""

    disk: FakeDisk = field(default_factory=FakeDisk)
    csms: FakeCsms = field(default_factory=FakeCsms)
    outlet: Outlet = field(default_factory=lambda: Outlet(ONE))
    tokens: FakeTokens = field(default_factory=FakeTokens)
    settings: SettingsStore = field(default_factory=SettingsStore)
    sent: list[tuple[float, PowerDirective]] = field(default_factory=list)
    shown: list[Notice] = field(default_factory=list)
    presented: list[DisplayMessage | None] = field(default_factory=list)
    restarts: list[ResetKind] = field(default_factory=list)
    controller: Controller = field(init=False)

    def __post_init__(self) -> None:
        listed = StoredList(1, {ALICE.key: TokenVerdict(AuthorizationStatus.ACCEPTED)})
        self.settings.apply(catalogue.LOCAL_PRE_AUTHORIZE, "true")
        numbers = count(1)
        station = Station(
            [EvseConfiguration(ONE)],
            self.settings,
            self.tokens,
            Recovered(1, (), {}, {}, {}, None, local_list=listed),
            lambda: TransactionId(f"tx-{next(numbers)}"),
        )
        self.controller = Controller(station, LoopClock(), self.disk, self, self, self)
        self.controller.attach_csms(self.csms)

    # DirectivePort, DisplayPort, RestartPort

    def send(self, directive: PowerDirective) -> None:
        self.sent.append((asyncio.get_running_loop().time(), directive))
        self.outlet.directive = directive

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        self.shown.append(notice)

    def present(self, message: DisplayMessage | None) -> None:
        self.presented.append(message)

    def restart(self, kind: ResetKind, retries: int) -> None:
        self.restarts.append(kind)

    # The world

    def look(self) -> None:
        """One reading and one observation, as the world is now."""
        now = asyncio.get_running_loop().time()
        self.controller.note(MeterRead(ONE, MeterReading(now, energy_import_wh=self.outlet.register_wh)))
        self.controller.note(EvseObserved(self.outlet.observe(now)))

    async def look_on(self, seconds: float) -> None:
        """Each half second, for so long."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.5)
            self.look()

    def plug_in(self) -> None:
        self.outlet.is_plugged_in = True
        self.look()

    def swipe(self, token: IdToken = ALICE) -> None:
        self.controller.note(TokenPresented(token, (ONE,)))

    @property
    def permissions(self) -> list[PowerDirective]:
        return [directive for _, directive in self.sent if directive.power_allowed]


async def live_in(house: House, story: Callable[[House], Awaitable[None]]) -> None:
    """The controller's own tasks run while the story does."""
    controller = house.controller
    tasks = [
        asyncio.create_task(controller.keep_time()),
        asyncio.create_task(controller.renew_directives()),
        asyncio.create_task(controller.commit_steps()),
    ]
    await controller.start()
    await controller.tell(CsmsAccepted())
    await controller.tell(SafetyLinkOpened(SafetyHello("fake", (ONE,), {ONE: True})))
    house.look()
    try:
        await story(house)
        assert not any(task.done() for task in tasks), "a task of the controller has ended"
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def play(story: Callable[[House], Awaitable[None]], make: Callable[[], House] = House) -> None:
    """The story in a house of its own, on virtual time."""

    async def at_home() -> None:
        await live_in(make(), story)

    run_virtual(at_home(), give_up_after_seconds=24 * 3600)


async def settled() -> None:
    """What was begun is done, as far as nothing waits."""
    await asyncio.sleep(0.01)


def state_of(house: House) -> SessionState:
    return house.controller.snapshot().evses[ONE].session


async def charging(house: House) -> None:
    """Past the dead time after the start."""
    house.plug_in()
    house.swipe()
    await settled()
    await house.look_on(10)
    assert house.outlet.is_closed
