"""A whole station in one process on virtual time: bench world, mock board, safety loop, core, disk, CSMS.

Everything between the wires and the CSMS's books is the real code; only the sockets and the clock are not. Power can
be cut, the controller can crash alone, the CSMS can go away: `Rig` is the person who does all that.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from chargepoint.app.assembly import Assembly, assemble
from chargepoint.app.edges import Edges
from chargepoint.app.firmware_room import FirmwareEdge
from chargepoint.app.log_room import LogPlaces
from chargepoint.app.own_settings import tolerated_faults
from chargepoint.app.restart import BOOT_REASON
from chargepoint.app.security_room import SecurityRoom, SecuritySources, open_security
from chargepoint.charging.commands import ResetKind
from chargepoint.charging.contract_port import Iso15118Stack
from chargepoint.charging.effects import Notice
from chargepoint.charging.events import (
    EvseObserved,
    SafetyLinkClosed,
    SafetyLinkOpened,
    StationFaultCleared,
    StationFaultRaised,
    TokenPresented,
)
from chargepoint.charging.ports import OutboxDepth
from chargepoint.charging.snapshot import EvseSnapshot
from chargepoint.csms.channel import Connector
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.daemon.meter_poller import FittedMeter
from chargepoint.daemon.station_clock import StationClock
from chargepoint.daemon.supervisor import Supervisor
from chargepoint.daemon.token_listener import token_of
from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.display import DisplayMessage
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.power import EvseObservation, PowerDirective, directive_to_json, observation_to_json
from chargepoint.model.power_codec import directive_from_json, observation_from_json
from chargepoint.model.registration import BootReason
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint.settings.station_config import StationConfig
from chargepoint.storage.store import Storage, StorageOptions, open_storage
from chargepoint.storage.writer import InlineWriter
from chargepoint.transfer.port import FileTransfer
from chargepoint_hal.bench.ev import EvChange, PlugIn
from chargepoint_hal.bench.in_process import InProcessMeter, InProcessReader
from chargepoint_hal.bench.settings import BenchSettings, EvseSettings, MeterSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.contract import Board, EnergyMeter, TokenSighting
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.readers.presentations import PresentationFilter
from support.long_steps import CALM_SECONDS, COARSE_SECONDS, FINE_SECONDS, Pace
from support.memory_csms import MemoryCsms

START_UTC = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
START_WH = 1_000_000.0
KNOWN_TOKEN = "04A2B3C4"
RESTING_SECONDS = 4.0
WAKING_SECONDS = 4.0
"""Before its end a rest passes in short steps again, so that what is read then is of then."""
LONG_SECONDS = 60.0
"""Below the five seconds after which a silent safety process is none."""


class SightingReader(Protocol):
    """A card reader that is looked at each step."""

    def sightings(self) -> list[TokenSighting]: ...


@dataclass(slots=True)
class Shown:
    """A display that remembers."""

    notices: list[tuple[Notice, EvseId | None, str]] = field(default_factory=list)
    turns: list[DisplayMessage | None] = field(default_factory=list)
    """The CSMS's messages as they came on the display; None where there was none any more."""

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        self.notices.append((notice, evse_id, text))

    def present(self, message: DisplayMessage | None) -> None:
        self.turns.append(message)

    @property
    def message(self) -> DisplayMessage | None:
        """What is on the display now."""
        return self.turns[-1] if self.turns else None


@dataclass(slots=True)
class Restarts:
    """A restart port that remembers; the rig restarts when the story says so."""

    kinds: list[ResetKind] = field(default_factory=list)
    retries: list[int] = field(default_factory=list)
    next_boot_reason: BootReason = BootReason.POWER_UP

    def restart(self, kind: ResetKind, retries: int) -> None:
        self.kinds.append(kind)
        self.retries.append(retries)
        self.next_boot_reason = BOOT_REASON[kind]

    def take_boot_reason(self) -> BootReason:
        """Why the next start happens; without a reset before it, the power came up."""
        reason, self.next_boot_reason = self.next_boot_reason, BootReason.POWER_UP
        return reason


class Rig:
    """`async with Rig(path, "1.6") as rig:` gives a station that is booted and accepted."""

    def __init__(
        self,
        directory: Path,
        version: str = "2.0.1",
        *,
        evses: int = 1,
        settings: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        clock_is_trusted: bool = True,
        fine_seconds: float = FINE_SECONDS,
        poll_seconds: float = 1.0,
        file_transfer: FileTransfer | None = None,
        readers: Sequence[tuple[int, ...]] | None = None,
        has_key_store: bool = False,
        has_rcd_test: bool = False,
    ) -> None:
        """`readers`: for each card reader the EVSEs that it serves; None: one for all. `has_key_store`: it has keys,
        certificates and a security log, as where it speaks ISO 15118."""
        self.directory = directory
        self._pace = Pace(fine_seconds)
        self.longest_step_seconds = CALM_SECONDS
        """Of the world while nothing moves in it; shorter where the board has another world behind it."""
        self._rests_until = 0.0
        """Until then nobody touches anything."""
        self.clock_is_trusted = clock_is_trusted
        self._file_transfer = file_transfer
        rows = [{"id": number} for number in range(1, evses + 1)]
        numbers = range(1, evses + 1)
        meters = [{"name": f"meter{number}", "evse": number, "poll_seconds": poll_seconds} for number in numbers]
        document: dict[str, Any] = {
            "evse": tuple(rows),
            "meter": tuple(meters),
            "settings": {"meter_value_sample_interval_seconds": "10", **(settings or {})},
            **(config or {}),
        }
        self.config = StationConfig.model_validate(document)
        meter = MeterSettings(energy_import_wh=START_WH)
        fitted = tuple(EvseSettings(meter=meter, rcd_test_fitted=has_rcd_test) for _ in rows)
        self.wires = Wires.in_memory(evses)
        self._world = World(BenchSettings(evses=fitted, monoflop_seconds=None), self.wires)
        self.csms = MemoryCsms(self.config.csms_identity, (f"ocpp{version}",), self.utc_now)
        self.way: Connector = self.csms
        """How the next start of the controller reaches a CSMS."""
        self.shown = Shown()
        self.restarts = Restarts()
        self.assembly: Assembly | None = None
        self.safety: SafetyLoop | None = None
        self.board: Board | None = None
        self.system_clock_error = timedelta(0)
        self.firmware: FirmwareEdge | None = None
        """What the next start of the controller can install firmware with."""
        self.meter_kind: Callable[[World, int], EnergyMeter] = InProcessMeter
        """What the next start of the controller finds as meters."""
        self.board_kind: Callable[[Wires, Callable[[], float]], Board] = MockBoard
        """What the next start of the safety process opens."""
        self.iso15118: Iso15118Stack | None = None
        """Speaks with EVs from the next start of the controller on; the station then has a key store."""
        self._has_key_store = has_key_store
        self.tap: Callable[[EvseObservation], None] = lambda observation: None
        """Is shown each observation before the controller is."""
        self.commit_watch: Callable[[str], None] = lambda when: None
        self._reads: Sequence[tuple[int, ...] | None] = readers or (None,)
        served = readers or [tuple(range(1, evses + 1))]
        self.readers: list[SightingReader] = []
        self.move_to_world(self._world)
        self._served = [tuple(EvseId(number) for number in numbers) for numbers in served]
        self._presentations = [PresentationFilter() for _ in served]
        self._world_task: asyncio.Task[None] | None = None
        self._turn_is_due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        """Of the next turn; None while one is under way."""
        self._is_touched = False
        self._station_task: asyncio.Task[None] | None = None
        self._storage: Storage | None = None
        self._link_is_up = False
        self._reader_is_silent = False
        self._is_deaf = False
        """Nothing of what safety sees reaches the controller."""
        self._machine_boot = ""
        self._carried: dict[EvseId, tuple[PowerDirective, PowerDirective]] = {}
        """The last directive to each EVSE and what its text was read as: a renewal is the same text."""

    # Time

    def utc_now(self) -> datetime:
        """The true wall time of the story."""
        return START_UTC + timedelta(seconds=asyncio.get_running_loop().time())

    async def wait(self, seconds: float) -> None:
        """Let time pass; a long while passes in long steps, as far as the world and its deadlines let it."""
        if seconds >= LONG_SECONDS:
            await self.rest(seconds)
        else:
            await asyncio.sleep(seconds)

    async def rest(self, seconds: float) -> None:
        """Wait for long while nobody touches anything: the world turns in long steps meanwhile."""
        self._rests_until = asyncio.get_running_loop().time() + seconds
        await asyncio.sleep(seconds)

    async def until(self, claim: Callable[[], bool], within_seconds: float = 60.0, what: str = "") -> None:
        """Wait for something to become true; AssertionError says what did not."""
        deadline = asyncio.get_running_loop().time() + within_seconds
        while not claim():
            if asyncio.get_running_loop().time() >= deadline:
                raise AssertionError(f"not within {within_seconds:g} s: {what or claim}\n{self.describe()}")
            await asyncio.sleep(0.05)

    # Life

    async def __aenter__(self) -> "Rig":
        await self.start_world()
        await self.power_up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start_world(self) -> None:
        self._world_task = asyncio.create_task(self._turn(), name="world")

    async def close(self) -> None:
        await self.stop_controller()
        if self._world_task is not None:
            self._world_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._world_task
        self.wires.close()

    async def power_up(self, *, wait: bool = True) -> None:
        """Mains on: safety first, then the controller."""
        loop = asyncio.get_running_loop()
        self._machine_boot = str(uuid.uuid4())
        self._world.step(loop.time())
        self.board = self.board_kind(self.wires, loop.time)
        self.safety = SafetyLoop(self.board, self._safety_plan())
        self.touch()
        await self.start_controller()
        if wait and self.csms.is_reachable:
            await self.until(lambda: self.csms.record.is_boot_accepted, what="the boot is accepted")

    async def power_cut(self) -> None:
        """Mains off: everything is gone at once, and relays drop."""
        self.safety = None
        await self.stop_controller()
        if self.board is not None:
            self.board.make_safe()
        self.board = None

    async def start_controller(self) -> None:
        self.shown.turns.clear()  # a display that is switched on shows nothing
        options = StorageOptions(
            writer=InlineWriter(),
            watch=lambda when: self.commit_watch(when),
            machine_boot=self._machine_boot,
        )
        self._storage, recovered = await open_storage(self.directory / "chargepoint.db", options)
        clock = StationClock(lambda: self.utc_now() + self.system_clock_error, system_is_trusted=self.clock_is_trusted)
        edges = Edges(
            clock=clock,
            storage=self._storage,
            tokens=self._storage.tokens,
            recovered=recovered,
            directives=self,
            boot_reason=self.restarts.take_boot_reason(),
            connector=self._way_to_the_csms(clock, self._storage, recovered.boot_id),
            iso15118=self.iso15118,
            display=self.shown,
            restart=self.restarts,
            make_transaction_id=lambda: TransactionId(str(uuid.uuid4())),
            random=lambda: 0.5,
            meters=tuple(
                FittedMeter(row.name, self.meter_kind(self._world, row.evse), EvseId(row.evse), row.poll_seconds)
                for row in self.config.meter
            ),
            firmware=self.firmware,
            log_places=LogPlaces(self.directory / "uploads", self.directory / "logs"),
            file_transfer=self._file_transfer,
        )
        self.assembly = assemble(self.config, edges)
        await self.assembly.controller.start()
        self._station_task = asyncio.create_task(self._run_station(self.assembly), name="station")
        self._link_is_up = False
        self.touch()

    def _way_to_the_csms(
        self, clock: StationClock, storage: Storage, boot_id: int
    ) -> Callable[[LiveSettings], Connector | SecurityRoom]:
        if self.iso15118 is None and not self._has_key_store:
            return lambda settings: self.way
        station = self.config.station.model_copy(update={"state_dir": self.directory, "serial_number": "SN-0001"})
        config = self.config.model_copy(update={"station": station})
        sources = SecuritySources(config, storage, clock, boot_id, InlineWriter())
        return lambda settings: replace(open_security(sources, settings), connector=self.way)

    async def stop_controller(self) -> None:
        """The controller's process is gone (kill -9): nothing is said, nothing is flushed."""
        if self._station_task is not None:
            self._station_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._station_task
        self._station_task = None
        self.csms.cut("the station is gone")
        if self._link_is_up and self.safety is not None:
            self.safety.link_lost(asyncio.get_running_loop().time())
        self._link_is_up = False
        if self._storage is not None:
            await self._storage.close()
        self._storage = None
        self.assembly = None
        self.touch()

    async def _run_station(self, assembly: Assembly) -> None:
        tasks: dict[str, Callable[[], Awaitable[None]]] = dict(assembly.tasks)
        await Supervisor().run(tasks)

    # DirectivePort: the link down, through its real codec

    def send(self, directive: PowerDirective) -> None:
        if self.safety is not None and self._link_is_up:
            carried = self._carried.get(directive.evse_id)
            if carried is None or carried[0] != directive:
                carried = (directive, directive_from_json(directive_to_json(directive)))
                self._carried[directive.evse_id] = carried
                self.touch()
            self.safety.apply(carried[1], asyncio.get_running_loop().time())

    # The world's turning

    @property
    def world(self) -> World:
        """The world as it is now. Whoever asks may touch it: the safety process looks at its next tick."""
        self._bring_world_up_to_now()
        self.touch()
        return self._world

    @property
    def world_seen(self) -> World:
        """The world as it was at the last turn, for who looks often and touches nothing."""
        return self._world

    def touch(self) -> None:
        """Something was done from outside: the long step that is under way ends at the next tick."""
        if self._timer is None:
            self._is_touched = True
            return
        loop = asyncio.get_running_loop()
        self._pace.stir(loop.time())
        at = loop.time() + self._pace.fine_seconds
        if self._timer.when() > at:
            self._timer.cancel()
            self._timer = loop.call_at(at, self._turn_is_due.set)

    def _bring_world_up_to_now(self) -> None:
        if self._timer is not None:
            self._world.step(asyncio.get_running_loop().time())

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                now = loop.time()
                self._turn_at(now)
                self._timer = loop.call_at(now + self._next_step(now), self._turn_is_due.set)
                await self._turn_is_due.wait()
                self._turn_is_due.clear()
                self._timer = None
        finally:
            self._timer = None

    def _turn_at(self, now: float) -> None:
        self._world.step(now)
        before = self._commands()
        self._tick_safety(now)
        if self._commands() != before:
            self._world.step(now)
            self._pace.commanded(now)
            self._is_touched = True
        self._see_cards(now)

    def _commands(self) -> tuple[tuple[float, ...], ...]:
        return tuple(self.wires.commands(evse) for evse in self.wires.evses)

    def _tick_safety(self, now: float) -> None:
        if self.safety is None:
            return
        controller = None if self.assembly is None else self.assembly.controller
        if controller is not None and not self._link_is_up:
            self._link_is_up = True
            self.safety.link_opened()
            controller.note(SafetyLinkOpened(self.safety.hello()))
            controller.safety_link_opened()
        for observation in self.safety.tick(now):
            if controller is not None and not self._is_deaf:
                heard = observation_from_json(observation_to_json(observation))
                self.tap(heard)
                controller.note(EvseObserved(heard))

    def lose_safety(self) -> None:
        """The safety process dies; its board drops the contactor."""
        if self.board is not None:
            self.board.make_safe()
        self.safety = None
        self._link_is_up = False
        if self.assembly is not None:
            self.assembly.controller.note(SafetyLinkClosed("the safety process is gone"))

    def restart_safety(self) -> None:
        self.board = self.board_kind(self.wires, asyncio.get_running_loop().time)
        self.safety = SafetyLoop(self.board, self._safety_plan())
        self.touch()

    def move_to_world(self, world: World) -> None:
        """From now on the card readers see what is held to them in this world."""
        self._world = world
        self.readers = [InProcessReader(world, evses) for evses in self._reads]

    def _safety_plan(self) -> SafetyPlan:
        rules = {
            row.id: SupplyRules(
                maximum_current_amps=row.max_current_amps,
                phases=row.phases,
                external_limit_amps=self.config.safety.external_limit_amps,
                phase_switching=PhaseSwitching(row.phase_switching),
            )
            for row in self.config.evse
        }
        plans = tuple(EvsePlan(EvseId(number), rule) for number, rule in rules.items())
        return SafetyPlan(evses=plans, tolerates_lost_thermometer=bool(tolerated_faults(self.config)))

    def _see_cards(self, now: float) -> None:
        for number in range(len(self.readers)):
            self._see_cards_at(number, now)

    def _see_cards_at(self, number: int, now: float) -> None:
        try:
            sightings = self.readers[number].sightings()
        except HardwareError as error:
            self._say_reader(StationFaultRaised(Fault.READER_SILENT, str(error)))
            return
        self._say_reader(StationFaultCleared(Fault.READER_SILENT))
        if self.assembly is None:
            self._presentations[number] = PresentationFilter()
            return
        for sighting in sightings:
            self._presentations[number], is_new = self._presentations[number].seen(sighting, now)
            token = token_of(sighting)
            if is_new is not None and token is not None:
                self.assembly.controller.note(TokenPresented(token, self._served[number]))

    def _say_reader(self, news: StationFaultRaised | StationFaultCleared) -> None:
        """As `TokenListener` does: once each time."""
        is_raised = isinstance(news, StationFaultRaised)
        if self.assembly is not None and is_raised is not self._reader_is_silent:
            self._reader_is_silent = is_raised
            self.assembly.controller.note(news)

    def _next_step(self, now: float) -> float:
        is_touched, self._is_touched = self._is_touched, False
        if is_touched:
            self._pace.stir(now)
            return self._pace.fine_seconds
        longest_seconds = self.longest_step_seconds
        if self._world.tokens.is_shown_at(now):
            longest_seconds = min(longest_seconds, COARSE_SECONDS)
        elif longest_seconds == CALM_SECONDS:
            longest_seconds = max(longest_seconds, min(RESTING_SECONDS, self._rests_until - WAKING_SECONDS - now))
        return self._pace.next_step_seconds(self._world, self.safety, now, longest_seconds)

    # The person

    def plug_in(self, evse: int = 1, plug: PlugIn | None = None) -> None:
        self.world.plug_in(evse, plug)

    def plug_out(self, evse: int = 1, *, cable_stays: bool = False) -> None:
        self.world.plug_out(evse, cable_stays)

    async def exchange_unseen(self, evse: int = 1, *, deaf_after_seconds: float = 0.0) -> None:
        """Another EV is plugged in while the controller is deaf, for less time than a link is lost by."""
        self._is_deaf = True
        self.plug_out(evse)
        await asyncio.sleep(1.0)
        self.plug_in(evse)
        await asyncio.sleep(1.0 + deaf_after_seconds)
        self._is_deaf = False

    def ev(self, change: EvChange, evse: int = 1) -> None:
        self.world.change_ev(evse, change)

    async def swipe(
        self, uid: str = KNOWN_TOKEN, evses: tuple[int, ...] | None = None, *, kind: str = "ISO14443"
    ) -> None:
        """Present a card, and take it away for long enough that the next one is new."""
        self.world.present_token(uid, kind, evses)
        await asyncio.sleep(2.0)

    async def charge(self, seconds: float = 60.0, evse: int = 1) -> None:
        """Plug in, swipe, and charge for a while."""
        self.plug_in(evse)
        await asyncio.sleep(1.0)
        await self.swipe()
        await self.until(lambda: self.is_live(evse), what="the contactor is closed")
        await asyncio.sleep(seconds)

    async def finish(self, evse: int = 1) -> None:
        """Swipe and plug out."""
        await self.swipe()
        await self.until(lambda: self.snapshot(evse).transaction is None, what="the transaction has ended")
        self.plug_out(evse)
        await asyncio.sleep(3.0)

    async def drained(self, within_seconds: float = 600.0) -> None:
        """Wait until the CSMS has everything."""

        async def is_empty() -> bool:
            return (await self.depth()).pending == 0

        deadline = asyncio.get_running_loop().time() + within_seconds
        while not await is_empty():
            assert asyncio.get_running_loop().time() < deadline, "the queue does not drain\n" + self.describe()
            await asyncio.sleep(0.25)

    async def depth(self) -> OutboxDepth:
        """What waits in the queue, and what was given up."""
        assert self._storage is not None, "the station is off"
        return await self._storage.depth()

    # What is true

    def is_live(self, evse: int = 1) -> bool:
        """The contactor is closed, by the world's word."""
        return self._world.evse(evse).contactor.is_closed

    def truth(self, evse: int = 1) -> Any:
        self._bring_world_up_to_now()
        evses: Any = self._world.truth()["evses"]
        return evses[str(evse)]

    def energy_wh(self, evse: int = 1) -> float:
        """The world's register."""
        return float(self.truth(evse)["energy_import_wh"])

    def snapshot(self, evse: int = 1) -> EvseSnapshot:
        assert self.assembly is not None, "the station is off"
        return self.assembly.controller.snapshot().evses[EvseId(evse)]

    def bill_wh(self) -> float:
        return float(self.csms.core.bill().energy_wh)

    def describe(self) -> str:
        """For a failed story: where everything stands."""
        lines = [f"world: {self._world.truth()}"]
        if self.assembly is not None:
            lines.append(f"station: {self.assembly.controller.snapshot()}")
            lines.append(f"csms client: {self.assembly.client.status()}")
        lines += [f"{frame.direction} {frame.text}" for frame in list(self.csms.core.frames)[-12:]]
        return "\n".join(lines)
