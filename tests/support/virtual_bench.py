"""`chargepoint board check` without waiting: the bench's world on virtual time behind its real HTTP interface, and a
mock board on the same wires."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from chargepoint.cli.board_drivers import BenchDriver, StateDriver
from chargepoint.cli.board_measuring import CheckedLoop
from chargepoint.cli.board_parts import check_parts
from chargepoint.cli.board_sequence import SequenceCheck
from chargepoint.cli.board_steps import CheckReport, Step
from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.identifiers import EvseId
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint_hal.bench.control import Control
from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard

T = TypeVar("T")
EVSE = EvseId(1)


class VirtualPace:
    """Time passes when somebody sleeps, and the world with it; whoever acts takes `work_seconds` and acts then."""

    work_seconds = 0.0

    def __init__(self, world: World) -> None:
        self._world = world
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        self._world.step(self._now)

    def beside(self, work: Callable[[], T], tick: Callable[[], object]) -> T:
        ready_at = self._now + self.work_seconds
        while self._now < ready_at:
            tick()
        return work()

    def burdened(self) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass
class VirtualBench:
    """One EVSE of a bench. The world is touched by one thread at a time: who asks over HTTP waits for the answer."""

    url: str
    world: World
    wires: Wires
    pace: VirtualPace
    rules: SupplyRules = field(default_factory=SupplyRules)
    told: list[str] = field(default_factory=list)
    before_state: Callable[[str], None] = lambda state: None
    """Happens just before a state is put on the pilot."""
    after_step: Callable[[str], None] = lambda text: None
    """Is told each step as soon as it is measured."""
    report: CheckReport = field(default_factory=lambda: CheckReport("mock", EVSE, "2026-06-01T12:00:00+00:00"))

    def check(self, driver: StateDriver | None = None) -> dict[str, Step]:
        """The whole list on this board; its steps by name. The bench drives itself unless somebody else does."""
        board, report = MockBoard(self.wires, self.pace.now), self.report
        driver = driver or HookedDriver(self)
        plan = SafetyPlan(run_dir=Path(), evses=(EvsePlan(EVSE, self.rules),))
        check_parts(board, EVSE, report, self.say, self.pace)
        loop = CheckedLoop(board, plan, EVSE, report, self.pace)
        SequenceCheck(loop, driver, report, self.say, plan.period_seconds).run()
        return {step.name: step for step in report.steps}

    def say(self, text: str) -> None:
        self.told.append(text)
        self.after_step(text)


class HookedDriver(BenchDriver):
    """Drives the bench as always, and lets the test's own event happen before."""

    def __init__(self, bench: VirtualBench) -> None:
        super().__init__(bench.url, EVSE)
        self._bench = bench

    def show(self, state: str) -> None:
        self._bench.before_state(state)
        super().show(state)


@contextmanager
def virtual_bench() -> Iterator[VirtualBench]:
    """Its HTTP interface is served by a thread as long as the context is open."""
    settings = BenchSettings(monoflop_seconds=None)
    wires = Wires.in_memory(len(settings.evses))
    world = World(settings, wires)
    pace = VirtualPace(world)
    pace.sleep(0.0)
    with served(Control(world).application()) as url:
        yield VirtualBench(url, world, wires, pace)


@contextmanager
def served(application: web.Application) -> Iterator[str]:
    """The application on a free port of loopback."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bench's interface", daemon=True)
    thread.start()
    runner = web.AppRunner(application)

    async def start() -> int:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port: int = runner.addresses[0][1]
        return port

    try:
        yield f"http://127.0.0.1:{asyncio.run_coroutine_threadsafe(start(), loop).result(10)}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
