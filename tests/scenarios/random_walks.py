"""A person, an operator and bad luck do whatever they like with one station; the order is drawn from a seed.

Here is what may happen and who watches the wires meanwhile; what must hold at the end is the test's.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from chargepoint.charging.commands import ResetKind
from chargepoint_hal.bench.ev import EvChange
from chargepoint_hal.faults import Fault
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.stories import Operator, at_rest
from scenarios.test_reservation import reserve
from support.rig import KNOWN_TOKEN, Rig

OTHER_TOKEN, BLOCKED_TOKEN = "04D5E6F7", "04B10CED"
CARDS = (KNOWN_TOKEN, KNOWN_TOKEN, OTHER_TOKEN, BLOCKED_TOKEN)
PAUSES_SECONDS = (0.0, 0.3, 1.0, 2.5, 6.0, 15.0, 45.0)
SAMPLE_SECONDS = 4
LOOK_SECONDS = 0.1
OPENS_WITHIN_SECONDS = 0.5
"""After the EV has opened S2 or was pulled; the world is looked at each 0.1 s."""
ANSWER_SECONDS = 70.0
SETTLES_SECONDS = 300.0
LINK_SECONDS = 600.0
SETTINGS = {
    "allow_offline_tx_for_unknown_id": "true",
    "retry_back_off_wait_minimum_seconds": "1",
    "retry_back_off_repeat_times": "1",
    "connection_time_out_seconds": "30",
    "meter_value_sample_interval_seconds": str(SAMPLE_SECONDS),
}
SPANS_2_0_1: tuple[Mapping[str, str], ...] = (
    {},
    {"tx_start_point": "EVConnected", "tx_stop_point": "EVConnected"},
    {"tx_start_point": "Authorized", "tx_stop_point": "Authorized"},
    {"tx_start_point": "EnergyTransfer", "tx_stop_point": "PowerPathClosed"},
    {"tx_start_point": "PowerPathClosed", "tx_stop_point": "EVConnected,Authorized"},
)
MANNERS: tuple[Mapping[str, str], ...] = (
    {},
    {},
    {"resume_transactions_on_boot": "false"},
    {"free_vend_active": "true"},
    {"stop_transaction_on_ev_side_disconnect": "false"},
)
TIMED_SHARE = 0.7
NEVER_SET = timedelta(days=-9000)
FAULTS = (Fault.RESIDUAL_CURRENT, Fault.METER_SILENT, Fault.PE_LOST)

Deed = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Watcher:
    """Looks at the wires all the time. `wrong` is what it has seen."""

    rig: Rig
    asks_for_permission: bool
    """An EV gets energy only when somebody has asked since the last one left."""
    wrong: list[str] = field(default_factory=list)
    permitted_at: float = -1.0
    freed_at: dict[int, float] = field(default_factory=dict)
    """When each EVSE lost its EV for the last time while the safety process watched."""
    _outside_since: dict[int, float] = field(default_factory=dict)

    async def watch(self) -> None:
        while True:
            now = asyncio.get_running_loop().time()
            for row in self.rig.config.evse:
                self._look_at(row.id, now)
            await asyncio.sleep(LOOK_SECONDS)

    def _look_at(self, evse: int, now: float) -> None:
        ev = self.rig.world_seen.evse(evse).ev
        if not self.rig.is_live(evse) or (ev is not None and ev.s2_closed):
            self._outside_since.pop(evse, None)
        elif now - self._outside_since.setdefault(evse, now) > OPENS_WITHIN_SECONDS:
            self.wrong.append(f"{now:.2f}: EVSE {evse} is live, and no EV is in state C")
        is_stranger = self.permitted_at < self.freed_at.get(evse, -1.0)
        if self.rig.is_live(evse) and self.asks_for_permission and is_stranger:
            self.wrong.append(f"{now:.2f}: EVSE {evse} is live, and nobody has asked since the last EV left")


class Walk:
    """One station, and everything that may happen to it."""

    def __init__(self, directory: Path, version: str, seed: int) -> None:
        self.chance = random.Random(f"{version} {seed}")
        self.evses = self.chance.choice([1, 1, 2])
        spans = {} if version == "1.6" else self.chance.choice(SPANS_2_0_1)
        manner, is_timed = self.chance.choice(MANNERS), self.chance.random() < TIMED_SHARE
        self.steps = [f"{self.evses} EVSEs, {spans} {manner}, the clock {'runs' if is_timed else 'is not set'}"]
        """What was done, and when."""
        settings = {**SETTINGS, **spans, **manner}
        self.rig = Rig(
            directory,
            version,
            evses=self.evses,
            settings=settings,
            clock_is_trusted=is_timed,
            fine_seconds=LOOK_SECONDS,
        )
        if not is_timed:
            self.rig.system_clock_error = NEVER_SET
        self.rig.csms.core.tokens.set(BLOCKED_TOKEN, TokenRule(TokenStatus.BLOCKED))
        self.watcher = Watcher(self.rig, asks_for_permission=not manner)
        self.deaths = 0
        """How often the controller has died."""
        self._is_powered = True

    async def walk(self, steps: int) -> None:
        """From the first boot to the drained queue; the rig must be open."""
        await at_rest(self.rig)
        watching = asyncio.create_task(self.watcher.watch())
        for _ in range(steps):
            await self._obey_reset()
            await self._do(self.chance.choice(self._able()))
            await self.rig.wait(self.chance.choice(PAUSES_SECONDS))
        await self._go_home()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    def note(self, what: str) -> None:
        self.steps.append(f"{asyncio.get_running_loop().time():8.2f} {what}")

    async def _do(self, deed: Deed) -> None:
        self.note(getattr(deed, "__name__", "").lstrip("_"))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await deed()
        except (TimeoutError, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self.steps[-1] += " (the link was lost meanwhile)"

    def _able(self) -> list[Deed]:
        """What can happen now; what is broken is mended sooner than it breaks."""
        rig, runs = self.rig, self.rig.assembly is not None
        able: list[Deed] = [self._plug, self._unplug, self._ev_turns, self._swipe, self._swipe, self._swipe]
        able += [self._network, self._black_hole, self._kill, self._power, self._safety_dies, self._fault]
        if runs and rig.csms.channel is not None and not rig.csms.is_black_hole:
            able += [self._start, self._stop, self._reset, self._unlock, self._availability, self._reserve]
        able += [self._network] * 3 if not rig.csms.is_reachable else []
        able += [self._black_hole] * 3 if rig.csms.is_black_hole else []
        able += [self._power] * 8 if not self._is_powered else [self._kill] * 8 if not runs else []
        able += [self._safety_dies] * 8 if self._is_powered and rig.safety is None else []
        able += [self._plug] * 3 if not rig.truth()["plugged"] else []
        ev = rig.world.evse(1).ev
        return able + ([self._ev_turns] * 3 if ev is not None and not ev.is_ready else [])

    def _somewhere(self) -> int:
        return self.chance.randint(1, self.evses)

    # The person

    async def _plug(self) -> None:
        evse = self._somewhere()
        if not self.rig.truth(evse)["plugged"]:
            self.rig.plug_in(evse)

    async def _unplug(self) -> None:
        evse = self._somewhere()
        if self.rig.truth(evse)["plugged"]:
            self.rig.plug_out(evse)
            freed_at = asyncio.get_running_loop().time()
            await self.rig.wait(2)
            if self.rig.safety is not None:
                self.watcher.freed_at[evse] = freed_at

    async def _ev_turns(self) -> None:
        """It is full, or wants energy again."""
        evse = self._somewhere()
        ev = self.rig.world.evse(evse).ev
        if ev is not None:
            self.rig.ev(EvChange(ready=not ev.is_ready), evse)

    async def _swipe(self) -> None:
        card = self.chance.choice(CARDS)
        self.steps[-1] += f" {card}"
        self._permit()
        await self.rig.swipe(card)

    def _permit(self) -> None:
        self.watcher.permitted_at = asyncio.get_running_loop().time() + 3

    # The operator

    async def _start(self) -> None:
        self._permit()
        self.steps[-1] += " " + await Operator(self.rig).start(self._somewhere(), KNOWN_TOKEN)

    async def _stop(self) -> None:
        running = [each for each in self.rig.csms.core.transactions if each.is_running]
        if running:
            self.steps[-1] += " " + await Operator(self.rig).stop(self.chance.choice(running).transaction_id)

    async def _reset(self) -> None:
        kinds = self.chance.choice([("Soft", "Immediate"), ("Hard", "OnIdle")])
        self.steps[-1] += f" {kinds} " + await Operator(self.rig).reset(*kinds)

    async def _unlock(self) -> None:
        self.steps[-1] += " " + await Operator(self.rig).unlock(self._somewhere())

    async def _availability(self) -> None:
        word = self.chance.choice(["Operative", "Operative", "Inoperative"])
        self.steps[-1] += f" {word} " + await Operator(self.rig).make(word, self.chance.choice([None, 1]))

    async def _reserve(self) -> None:
        number, evse = self.chance.randint(1, 3), self._somewhere()
        self.steps[-1] += " " + await reserve(self.rig, evse, number, card=OTHER_TOKEN, seconds=60)

    # Bad luck

    async def _network(self) -> None:
        if self.rig.csms.is_reachable:
            self.rig.csms.go_offline()
        else:
            self.rig.csms.come_back()

    async def _black_hole(self) -> None:
        self.rig.csms.is_black_hole = not self.rig.csms.is_black_hole

    async def _kill(self) -> None:
        """kill -9, until somebody starts it again."""
        if self.rig.assembly is not None:
            self.deaths += 1
            await self.rig.stop_controller()
        elif self._is_powered:
            await self.rig.start_controller()

    async def _power(self) -> None:
        self._is_powered = not self._is_powered
        if self._is_powered:
            await self.rig.power_up(wait=False)
        else:
            self.deaths += 1
            await self.rig.power_cut()

    async def _safety_dies(self) -> None:
        if self.rig.safety is not None:
            self.rig.lose_safety()
        elif self._is_powered:
            self.rig.restart_safety()

    async def _fault(self) -> None:
        """Something breaks at an outlet for a moment."""
        evse, fault = self._somewhere(), self.chance.choice(FAULTS)
        self.steps[-1] += f" {fault}"
        self.rig.world.set_fault(evse, fault, True)
        await self.rig.wait(self.chance.choice(PAUSES_SECONDS))
        self.rig.world.set_fault(evse, fault, False)

    async def _obey_reset(self) -> None:
        """What the service manager does when the controller has gone by itself."""
        kinds = list(self.rig.restarts.kinds)
        self.rig.restarts.kinds.clear()
        if not kinds or self.rig.assembly is None:
            return
        self.note(f"restarts: {kinds[0]}")
        self.deaths += 1
        if kinds[0] is ResetKind.HARD:
            await self.rig.power_cut()
            await self.rig.wait(2)
            await self.rig.power_up(wait=False)
        else:
            await self.rig.stop_controller()
            await self.rig.start_controller()

    # The end

    async def _go_home(self) -> None:
        """Everything works again, every EV leaves, and the CSMS hears all."""
        rig = self.rig
        self.note("everybody goes home")
        rig.csms.is_black_hole = False
        rig.csms.come_back()
        for row in rig.config.evse:
            rig.plug_out(row.id)
        if not self._is_powered:
            await rig.power_up(wait=False)
        if rig.safety is None:
            rig.restart_safety()
        if rig.assembly is None:
            await rig.start_controller()
        for _ in range(3):
            await self._obey_reset()
            await rig.wait(SETTLES_SECONDS)
        is_linked = lambda: rig.csms.channel is not None and rig.csms.record.is_boot_accepted  # noqa: E731
        await rig.until(is_linked, LINK_SECONDS, "the link")
        for transaction in [each for each in rig.csms.core.transactions if each.is_running]:
            await Operator(rig).stop(transaction.transaction_id)  # one that outlives its EV
        are_over = lambda: all(rig.snapshot(row.id).transaction is None for row in rig.config.evse)  # noqa: E731
        await rig.until(are_over, 120, "all transactions have ended")
        await rig.drained()
        await rig.wait(1)
