"""The rig leaves out ticks in which nothing happens: a story told with every tick and with long steps is the same."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import PowerDirective
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint_hal.bench.ev import EvChange, PlugIn
from chargepoint_hal.bench.settings import BenchSettings, EvseSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from support.long_steps import COARSE_SECONDS, FINE_SECONDS, Pace

EVSE = EvseId(1)
ALLOWED = PowerDirective(evse_id=EVSE, power_allowed=True, limit_amps=16.0, lock_wanted=True)
WITHHELD = replace(ALLOWED, power_allowed=False, limit_amps=0.0, lock_wanted=False)
RENEWED_SECONDS = 1.0
LATE_SECONDS = 2 * (COARSE_SECONDS + FINE_SECONDS)
"""A decision is at most one long step late, and the next one may follow from it."""


@dataclass
class Watched:
    """World and safety without a controller: everything that changes is written down with its moment."""

    every_tick: bool
    now: float = 0.0
    directive: PowerDirective = WITHHELD
    ticks: int = 0
    changes: list[tuple[float, tuple[object, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pace = Pace()
        self.wires = Wires.in_memory(1)
        self.world = World(BenchSettings(evses=(EvseSettings(),), monoflop_seconds=None), self.wires)
        self.world.step(self.now)
        rules = SupplyRules(wake_up=True)
        self.safety = SafetyLoop(MockBoard(self.wires, lambda: self.now), SafetyPlan(evses=(EvsePlan(EVSE, rules),)))
        self.safety.link_opened()

    def run(self, seconds: float) -> None:
        """Tick for so long; the directive is renewed each second."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            renewal = min(end, self.now + RENEWED_SECONDS)
            self._apply()
            while self.now < renewal - 1e-9:
                self._turn()
                self.now += min(self._step_seconds(), renewal - self.now)
        self._turn()

    def allow(self, directive: PowerDirective) -> None:
        """For the plug-in of now."""
        (seen,) = self.safety.observe(self.now)
        self.directive = replace(directive, plug=seen.plug)
        self.pace.stir(self.now)
        self._apply()

    def _apply(self) -> None:
        self.safety.apply(self.directive, self.now)

    def _step_seconds(self) -> float:
        if self.every_tick:
            return FINE_SECONDS
        return self.pace.next_step_seconds(self.world, self.safety, self.now)

    def _turn(self) -> None:
        self.ticks += 1
        self.world.step(self.now)
        before = self.wires.commands(1)
        self.safety.tick(self.now)
        if self.wires.commands(1) != before:
            self.pace.commanded(self.now)
        self.world.step(self.now)
        (seen,) = self.safety.observe(self.now)
        evse = self.world.evse(1)
        shown = (
            seen.pilot_state,
            seen.pilot_signal,
            seen.duty_percent,
            seen.contactor_commanded,
            evse.contactor.is_closed,
            evse.lock.position,
            seen.is_settled,
            seen.faults,
            seen.closings,
        )
        if not self.changes or self.changes[-1][1] != shown:
            self.changes.append((self.now, shown))


def a_session(watched: Watched) -> None:
    watched.run(5)
    watched.world.plug_in(1)
    watched.run(7.3)
    watched.allow(ALLOWED)
    watched.run(60)
    watched.allow(replace(ALLOWED, limit_amps=10.0))
    watched.run(20)
    watched.allow(WITHHELD)
    watched.run(20)
    watched.world.plug_out(1)
    watched.run(5)


def an_ev_that_never_stops(watched: Watched) -> None:
    """It is cut under load after its six seconds."""
    watched.run(4)
    watched.world.plug_in(1, PlugIn(quirk="ignores_pwm_off"))
    watched.run(2)
    watched.allow(ALLOWED)
    watched.run(30)
    watched.allow(WITHHELD)
    watched.run(30)


def an_ev_that_pauses_and_comes_back(watched: Watched) -> None:
    watched.run(4)
    watched.world.plug_in(1)
    watched.run(1)
    watched.allow(ALLOWED)
    for _ in range(3):
        watched.run(20)
        watched.world.change_ev(1, EvChange(ready=False))
        watched.run(3.1)
        watched.world.change_ev(1, EvChange(ready=True))
    watched.run(30)


def an_ev_that_sleeps(watched: Watched) -> None:
    """It is woken up once, by state F."""
    watched.run(4)
    watched.world.plug_in(1)
    watched.world.change_ev(1, EvChange(ready=False))
    watched.run(1)
    watched.allow(ALLOWED)
    watched.run(60)


def a_fault(watched: Watched) -> None:
    watched.run(4)
    watched.world.plug_in(1)
    watched.run(1)
    watched.allow(ALLOWED)
    watched.run(20)
    watched.world.set_fault(1, "residual_current", True)
    watched.run(5)
    watched.world.set_fault(1, "residual_current", False)
    watched.run(5)
    watched.world.plug_out(1)
    watched.run(5)


@pytest.mark.parametrize(
    "story", [a_session, an_ev_that_never_stops, an_ev_that_pauses_and_comes_back, an_ev_that_sleeps, a_fault]
)
def test_long_steps_leave_out_nothing(story: Callable[[Watched], None]) -> None:
    every, long = Watched(every_tick=True), Watched(every_tick=False)
    story(every)
    story(long)

    assert [shown for _, shown in long.changes] == [shown for _, shown in every.changes]
    assert len(every.changes) > 6, "something happens"
    for (at_every, shown), (at_long, _) in zip(every.changes, long.changes, strict=True):
        assert abs(at_long - at_every) <= LATE_SECONDS, shown
    meters = [one.world.evse(1).meter.energy_import_wh for one in (every, long)]
    assert meters[1] == pytest.approx(meters[0], abs=1.0)
    assert long.ticks < every.ticks / 4
