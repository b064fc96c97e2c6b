"""Takes the events of monitors to the CSMS: from memory while it is there, through the durable queue while it is not.

Faults go through the queue also while the CSMS is there: they are told even where link or station break before. What a
failing disk does not take is said from memory or tried again, a bounded number of it.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint.charging.effects import Effect, Enqueue, RememberMonitoring
from chargepoint.charging.ports import CsmsPort, StoragePort
from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.monitoring import EventSource, EventTrigger, VariableEvent
from chargepoint.model.reports import EventReport, KeptEventReport

log = logging.getLogger(__name__)

EVENTS_PER_REPORT = 20
MOST_QUEUED = 1000
"""Reports of one time offline; faults are beyond this."""
MOST_WAITING = 100
"""Reports that the disk does not take now; the oldest go first."""
HARD_WIRED = frozenset({EventSource.HARD_WIRED_NOTIFICATION, EventSource.HARD_WIRED_MONITOR})


@dataclass(frozen=True, slots=True)
class Way:
    """What holds as the events are sent."""

    moment: Moment
    is_online: bool
    queued_severity: int


class EventSender:
    def __init__(self, storage: StoragePort, csms: CsmsPort, boot_id: int) -> None:
        self._storage = storage
        self._csms = csms
        self._boot_id = boot_id
        self._queued = 0
        self._waiting: deque[KeptEventReport] = deque(maxlen=MOST_WAITING)
        self._disk_fails = False

    @property
    def waits_for_the_disk(self) -> bool:
        return bool(self._waiting)

    def count_anew(self) -> None:
        """The CSMS is there: what it has missed until now is no part of the next time offline."""
        self._queued = 0

    async def send(self, events: Sequence[VariableEvent], memory: RememberMonitoring | None, way: Way) -> bool:
        """False where `memory` could not be stored; it is stored with the events or not at all."""
        stamp = Stamp(self._boot_id, way.moment.monotonic, way.moment.utc, way.moment.utc_trusted)
        for start in range(0, len(events), EVENTS_PER_REPORT):
            self._say_or_keep(events[start : start + EVENTS_PER_REPORT], stamp, way)
        effects: list[Effect] = [Enqueue(report) for report in self._waiting]
        effects += [] if memory is None else [memory]
        if not effects:
            return True
        return await self._store(effects, way)

    def _say_or_keep(self, events: Sequence[VariableEvent], stamp: Stamp, way: Way) -> None:
        kept = tuple(each for each in events if not way.is_online or _is_kept(each, way.queued_severity))
        said = tuple(each for each in events if way.is_online and not _is_kept(each, way.queued_severity))
        if said:
            outlives_link = any(_outlives_link(each, way.queued_severity) for each in said)
            self._csms.say(EventReport(said, stamp, outlives_link))
        if not way.is_online:
            kept = self._within_bounds(kept)
        if kept:
            self._waiting.append(KeptEventReport(kept, stamp))

    def _within_bounds(self, events: tuple[VariableEvent, ...]) -> tuple[VariableEvent, ...]:
        if not events:
            return events
        self._queued += 1
        if self._queued <= MOST_QUEUED:
            return events
        if self._queued == MOST_QUEUED + 1:
            log.warning("monitoring: %d reports wait for the CSMS; only faults are still queued", MOST_QUEUED)
        return tuple(each for each in events if each.source in HARD_WIRED)

    async def _store(self, effects: Sequence[Effect], way: Way) -> bool:
        try:
            await self._storage.commit(effects, way.moment)
        except UnstorableError:
            log.exception("monitoring: events are lost, everything else goes on: tell the makers")
            self._waiting.clear()
            return False
        except StorageError as error:
            if not self._disk_fails:
                log.warning("monitoring: events can not be stored, trying again: %s", error)
            self._disk_fails = True
            if way.is_online:
                self._say_what_waits()
            return False
        self._disk_fails = False
        self._waiting.clear()
        return True

    def _say_what_waits(self) -> None:
        """The CSMS is there: it hears of a full disk though the disk is full."""
        while self._waiting:
            report = self._waiting.popleft()
            self._csms.say(EventReport(report.events, report.stamp, outlives_link=True))


def _outlives_link(event: VariableEvent, queued_severity: int) -> bool:
    """A periodic value is told again, a change is not."""
    return event.trigger is not EventTrigger.PERIODIC or event.severity <= queued_severity


def _is_kept(event: VariableEvent, queued_severity: int) -> bool:
    return event.source in HARD_WIRED and event.severity <= queued_severity
