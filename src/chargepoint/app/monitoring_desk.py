"""Monitors at work beside the core: looks when something has changed or is due, and sends what they say.

Looks at most every half second, so that no monitor costs the loop: what changes faster is seen as it is then. While
the CSMS is away events go into the durable queue, a bounded number of them; while it is there they are said from
memory, but for faults, which are durable too.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint.charging.effects import Effect, Enqueue, RememberMonitoring
from chargepoint.charging.ports import Clock, CsmsPort, SettingsPort, StationPort, StoragePort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.v201.monitored_model import MonitoredModel
from chargepoint.model.errors import StorageError
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.monitoring import (
    ClearOutcome,
    EventSource,
    EventTrigger,
    InstallAnswer,
    Monitor,
    MonitoringBase,
    MonitorWish,
    StoredMonitoring,
    VariableEvent,
)
from chargepoint.model.reports import EventReport, KeptEventReport
from chargepoint.monitoring.fault_notices import PlaceOf
from chargepoint.monitoring.monitoring import Monitoring
from chargepoint.monitoring.scene import Scene, TransactionTrail
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
ANSWER_FIRST_SECONDS = 0.3
"""After an order of the CSMS: its answer leaves before the events that the order causes."""
STORE_SECONDS = 10.0
"""What was told is stored at once, and then at most this often."""
UNKNOWN_SECONDS = 10.0
"""So long after a start it is waited for a first sight of every EVSE."""
EVENTS_PER_REPORT = 20
MOST_QUEUED = 1000
"""Reports of one time offline; faults are beyond this."""
HARD_WIRED = frozenset({EventSource.HARD_WIRED_NOTIFICATION, EventSource.HARD_WIRED_MONITOR})
SPEAKS_NO_EVENTS = "ocpp1.6"
IDS_PER_START = 100_000
LARGEST_ID = 2_000_000_000
"""An integer of OCPP has 32 bits."""


@dataclass(frozen=True, slots=True)
class MonitoringParts:
    """Whom the desk works with."""

    station: StationPort
    storage: StoragePort
    settings: SettingsPort
    clock: Clock
    csms: CsmsPort
    boot_id: int


class MonitoringDesk:
    """Implements the dialect's `MonitoringPort`. Made before what it watches: `attach` comes before everything else."""

    def __init__(self, stored: StoredMonitoring) -> None:
        self._stored = stored
        self._stored_at = -STORE_SECONDS
        self._trail = TransactionTrail()
        self._changed = asyncio.Event()
        self._answer_until = 0.0
        self._ids = 0
        self._queued = 0
        self._has_news = False
        self._subprotocol: str | None = None

    def attach(
        self, parts: MonitoringParts, model: MonitoredModel, built_in: Sequence[Monitor], place_of: PlaceOf
    ) -> None:
        self._parts = parts
        self._model = model
        now = parts.clock.now()
        values = model.values(parts.station.snapshot(), now.utc)
        self._monitoring = Monitoring(built_in, place_of, self._stored, values, now)

    def note_step(self) -> None:
        """Something may have changed."""
        self._changed.set()

    # MonitoringPort

    async def install(self, wishes: Sequence[MonitorWish]) -> Sequence[InstallAnswer]:
        now = self._parts.clock.now()
        values = self._model.values(self._parts.station.snapshot(), now.utc)
        answers = [self._monitoring.install(wish, values, now) for wish in wishes]
        await self._ordered()
        return answers

    async def clear(self, monitor_ids: Sequence[int]) -> Sequence[ClearOutcome]:
        outcomes = [self._monitoring.clear(monitor_id) for monitor_id in monitor_ids]
        await self._ordered()
        return outcomes

    async def set_base(self, base: MonitoringBase) -> None:
        now = self._parts.clock.now()
        self._monitoring.set_base(base, self._model.values(self._parts.station.snapshot(), now.utc), now)
        await self._ordered()

    async def set_level(self, severity: int) -> bool:
        if not self._monitoring.set_level(severity):
            return False
        await self._ordered()
        return True

    def active(self) -> Sequence[Monitor]:
        return self._monitoring.active()

    @property
    def base(self) -> MonitoringBase:
        return self._monitoring.base

    @property
    def level(self) -> int:
        return self._monitoring.level

    async def _ordered(self) -> None:
        """Store what an order has changed, before it is answered."""
        self._answer_until = asyncio.get_running_loop().time() + ANSWER_FIRST_SECONDS
        memory = self._monitoring.memory()
        if memory != self._stored:
            await self._parts.storage.commit([RememberMonitoring(memory)], self._parts.clock.now())
            self._stored = memory
        self._answer_until = asyncio.get_running_loop().time() + ANSWER_FIRST_SECONDS
        self._changed.set()

    # Work

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        gives_up_at = loop.time() + UNKNOWN_SECONDS
        while not self._knows_the_station() and loop.time() < gives_up_at:
            self._changed.clear()
            await self._changed.wait()
        while True:
            await self._wait_for_something()
            await asyncio.sleep(max(0.0, self._answer_until - loop.time()))
            self._changed.clear()
            await self._look()
            await asyncio.sleep(self._pause())

    def _knows_the_station(self) -> bool:
        """Before that a status is no more than a guess."""
        evses = self._parts.station.snapshot().evses.values()
        return all(evse.observation is not None for evse in evses)

    async def _wait_for_something(self) -> None:
        now = self._parts.clock.now()
        due_at = self._monitoring.due_at(now)
        try:
            async with asyncio.timeout(None if due_at is None else max(0.0, due_at - now.monotonic)):
                await self._changed.wait()
        except TimeoutError:
            return

    def _pause(self) -> float:
        """No longer than until the next periodic event, so that this one is on time."""
        now = self._parts.clock.now()
        due_at = self._monitoring.due_at(now)
        if due_at is None or due_at <= now.monotonic:
            return PAUSE_SECONDS
        return min(PAUSE_SECONDS, due_at - now.monotonic)

    async def _look(self) -> None:
        parts = self._parts
        self._subprotocol = parts.csms.status().subprotocol or self._subprotocol
        if self._subprotocol == SPEAKS_NO_EVENTS or not parts.settings.get(catalogue.MONITORING_ENABLED):
            return
        now, snapshot = parts.clock.now(), parts.station.snapshot()
        events = self._monitoring.look(self._scene(now, snapshot), self._next_id)
        if snapshot.is_online:
            self._queued = 0
        self._has_news = self._has_news or bool(events)
        durable: list[Effect] = []
        for start in range(0, len(events), EVENTS_PER_REPORT):
            durable += self._sent(events[start : start + EVENTS_PER_REPORT], snapshot.is_online, now)
        await self._store(durable, now)

    def _scene(self, now: Moment, snapshot: StationSnapshot) -> Scene:
        faults: dict[EvseId | None, frozenset[Fault]] = {
            evse_id: evse.faults for evse_id, evse in snapshot.evses.items() if evse.observation is not None
        }
        faults[None] = snapshot.faults
        running = {
            evse_id: evse.transaction.transaction_id
            for evse_id, evse in snapshot.evses.items()
            if evse.transaction is not None
        }
        return Scene(
            moment=now,
            values=self._model.values(snapshot, now.utc),
            faults=faults,
            transactions=self._trail.follow(running, now),
            is_online=snapshot.is_online,
            queued_severity=self._parts.settings.get(catalogue.OFFLINE_QUEUING_SEVERITY),
        )

    def _next_id(self) -> int:
        """Different over restarts too, for as long as anybody remembers."""
        self._ids += 1
        return (self._parts.boot_id * IDS_PER_START + self._ids) % LARGEST_ID

    def _sent(self, events: Sequence[VariableEvent], is_online: bool, now: Moment) -> list[Effect]:
        """What of them has to be stored; the rest is said."""
        stamp = Stamp(self._parts.boot_id, now.monotonic, now.utc, now.utc_trusted)
        queued_severity = self._parts.settings.get(catalogue.OFFLINE_QUEUING_SEVERITY)
        kept = [each for each in events if not is_online or _is_kept(each, queued_severity)]
        said = tuple(each for each in events if each not in kept)
        if said:
            outlives = any(_outlives_link(each, queued_severity) for each in said)
            self._parts.csms.say(EventReport(said, stamp, outlives))
        if not is_online and self._queued >= MOST_QUEUED:
            if self._queued == MOST_QUEUED:
                log.warning("monitoring: %d reports wait for the CSMS; only faults are still queued", MOST_QUEUED)
            self._queued += 1
            kept = [each for each in kept if each.source in HARD_WIRED]
        elif not is_online and kept:
            self._queued += 1
        return [Enqueue(KeptEventReport(tuple(kept), stamp))] if kept else []

    async def _store(self, durable: list[Effect], now: Moment) -> None:
        """What is queued is stored at once, with what was told; the latter alone now and then."""
        if durable or (self._has_news and now.monotonic - self._stored_at >= STORE_SECONDS):
            memory = self._monitoring.memory()
            if memory != self._stored:
                durable.append(RememberMonitoring(memory))
            self._has_news = False
            self._stored_at = now.monotonic
            if durable:
                try:
                    await self._parts.storage.commit(durable, now)
                    self._stored = memory
                except StorageError as error:
                    self._has_news = True
                    log.warning("monitoring: what monitors have told can not be stored: %s", error)


def _outlives_link(event: VariableEvent, queued_severity: int) -> bool:
    """A periodic value is told again, a change is not."""
    return event.trigger is not EventTrigger.PERIODIC or event.severity <= queued_severity


def _is_kept(event: VariableEvent, queued_severity: int) -> bool:
    """A fault is told even where the link or the station breaks before."""
    return event.source in HARD_WIRED and event.severity <= queued_severity
