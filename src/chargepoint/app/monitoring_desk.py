"""Monitors at work beside the core: looks when something has changed or is due, and has sent what they say.

Looks at most every half second, so that no monitor costs the loop: what changes faster is seen as it is then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint.app.event_sender import HARD_WIRED, EventSender, Way
from chargepoint.charging.effects import RememberMonitoring
from chargepoint.charging.ports import Clock, CsmsPort, SettingsPort, StationPort, StoragePort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.v201.monitored_model import MonitoredModel
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import (
    ClearOutcome,
    InstallAnswer,
    Monitor,
    MonitoringBase,
    MonitorWish,
    StoredMonitoring,
    VariableEvent,
)
from chargepoint.monitoring.fault_notices import PlaceOf
from chargepoint.monitoring.monitoring import Monitoring
from chargepoint.monitoring.scene import Scene, TransactionTrail
from chargepoint.settings import catalogue

PAUSE_SECONDS = 0.5
ANSWER_FIRST_SECONDS = 0.3
"""After an order of the CSMS: its answer leaves before the events that the order causes."""
STORE_SECONDS = 10.0
"""What was told is stored at once, and then at most this often."""
UNKNOWN_SECONDS = 10.0
"""So long after a start it is waited for a first sight of every EVSE."""
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
        self._has_news = False
        self._subprotocol: str | None = None

    def attach(
        self, parts: MonitoringParts, model: MonitoredModel, built_in: Sequence[Monitor], place_of: PlaceOf
    ) -> None:
        self._parts = parts
        self._model = model
        self._sender = EventSender(parts.storage, parts.csms, parts.boot_id)
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
            if self._answer_until > loop.time():
                await asyncio.sleep(self._answer_until - loop.time())
            self._changed.clear()
            await self._look()
            await asyncio.sleep(self._pause())

    def _knows_the_station(self) -> bool:
        """Before that a status is no more than a guess."""
        evses = self._parts.station.snapshot().evses.values()
        return all(evse.observation is not None for evse in evses)

    async def _wait_for_something(self) -> None:
        if self._changed.is_set():
            return
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
        self._has_news = self._has_news or bool(events)
        await self._send(events, Way(now, snapshot.is_online, parts.settings.get(catalogue.OFFLINE_QUEUING_SEVERITY)))

    def _scene(self, now: Moment, snapshot: StationSnapshot) -> Scene:
        faults: dict[EvseId | None, frozenset[Fault]] = {
            evse_id: evse.faults for evse_id, evse in snapshot.evses.items()
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
            unheard=frozenset(evse_id for evse_id, evse in snapshot.evses.items() if evse.observation is None),
        )

    def _next_id(self) -> int:
        """Different over restarts too, for as long as anybody remembers."""
        self._ids += 1
        return (self._parts.boot_id * IDS_PER_START + self._ids) % LARGEST_ID

    async def _send(self, events: Sequence[VariableEvent], way: Way) -> None:
        """What was told is stored with the events that are queued, else now and then."""
        if way.is_online:
            self._sender.count_anew()
        is_due = way.moment.monotonic - self._stored_at >= STORE_SECONDS
        memory = None
        if self._has_news and (is_due or not way.is_online or any(each.source in HARD_WIRED for each in events)):
            self._stored_at = way.moment.monotonic
            self._has_news = False
            memory = self._monitoring.memory()
        if memory == self._stored:
            memory = None
        if not events and memory is None and not self._sender.waits_for_the_disk:
            return
        if not await self._sender.send(events, None if memory is None else RememberMonitoring(memory), way):
            self._has_news = True
        elif memory is not None:
            self._stored = memory
