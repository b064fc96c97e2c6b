"""Which events go through the disk, and what becomes of them where it takes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from chargepoint.app.event_sender import MOST_WAITING, EventSender, Way
from chargepoint.charging.effects import Effect, Enqueue, RememberMonitoring
from chargepoint.charging.ports import CsmsPort, StoragePort
from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import EventSource, EventTrigger, MonitoredVariable, StoredMonitoring, VariableEvent
from chargepoint.model.reports import EventReport, KeptEventReport, Report

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SUBJECT = MonitoredVariable("EVSE", "Problem", evse_id=1)
MEMORY = RememberMonitoring(StoredMonitoring(level=3))


@dataclass
class Disk:
    """The one method of a storage that is used."""

    error: StorageError | None = None
    stored: list[Effect] = field(default_factory=list)

    async def commit(self, effects: Sequence[Effect], moment: Moment) -> None:
        if self.error is not None:
            raise self.error
        self.stored += effects

    def event_ids(self) -> list[int]:
        reports = [effect.report for effect in self.stored if isinstance(effect, Enqueue)]
        return [event.event_id for report in reports if isinstance(report, KeptEventReport) for event in report.events]


@dataclass
class Csms:
    """What was said."""

    said: list[Report] = field(default_factory=list)

    def say(self, report: Report) -> None:
        self.said.append(report)

    def event_ids(self) -> list[int]:
        return [event.event_id for report in self.said if isinstance(report, EventReport) for event in report.events]


class Sending:
    def __init__(self) -> None:
        self.disk, self.csms = Disk(), Csms()
        self.sender = EventSender(cast("StoragePort", self.disk), cast("CsmsPort", self.csms), boot_id=7)

    async def __call__(self, *events: VariableEvent, online: bool, memory: RememberMonitoring | None = None) -> bool:
        return await self.sender.send(events, memory, Way(Moment(100.0, NOON, True), online, 4))


def fault(number: int, severity: int = 3) -> VariableEvent:
    source = EventSource.HARD_WIRED_NOTIFICATION
    return VariableEvent(number, SUBJECT, EventTrigger.ALERTING, source, severity)


def change(number: int, severity: int = 5) -> VariableEvent:
    return VariableEvent(number, SUBJECT, EventTrigger.DELTA, EventSource.CUSTOM_MONITOR, severity)


def period(number: int, severity: int = 5) -> VariableEvent:
    return VariableEvent(number, SUBJECT, EventTrigger.PERIODIC, EventSource.CUSTOM_MONITOR, severity)


async def test_online_only_severe_faults_wear_the_disk() -> None:
    send = Sending()
    assert await send(fault(1), fault(2, severity=6), change(3, severity=0), online=True)
    assert (send.disk.event_ids(), send.csms.event_ids()) == ([1], [2, 3])


async def test_what_a_period_tells_again_need_not_outlive_the_link() -> None:
    send = Sending()
    for each in (period(1), period(2, severity=4), change(3)):
        await send(each, online=True)
    assert [report.outlives_link for report in send.csms.said if isinstance(report, EventReport)] == [False, True, True]


async def test_offline_all_is_queued_in_one_commit_with_what_was_told() -> None:
    send = Sending()
    assert await send(change(1), period(2), online=False, memory=MEMORY)
    assert send.disk.event_ids() == [1, 2]
    assert send.disk.stored[-1] == MEMORY
    assert send.csms.said == []


async def test_what_the_disk_does_not_take_is_said_online_and_tried_again_offline() -> None:
    send = Sending()
    send.disk.error = StorageError("full")
    assert not await send(fault(1), online=True, memory=MEMORY)
    assert send.csms.event_ids() == [1]
    assert not await send(fault(2), online=False)
    assert send.sender.waits_for_the_disk
    send.disk.error = None
    assert await send(online=False)
    assert (send.disk.event_ids(), send.csms.event_ids()) == ([2], [1])
    assert not send.sender.waits_for_the_disk


async def test_a_disk_that_never_comes_back_costs_no_more_memory_than_this() -> None:
    send = Sending()
    send.disk.error = StorageError("gone")
    for number in range(3 * MOST_WAITING):
        await send(fault(number), online=False)
    send.disk.error = None
    await send(online=False)
    assert send.disk.event_ids() == list(range(2 * MOST_WAITING, 3 * MOST_WAITING))


async def test_what_no_disk_takes_is_not_tried_for_ever() -> None:
    send = Sending()
    send.disk.error = UnstorableError("no JSON")
    assert not await send(fault(1), online=False)
    send.disk.error = None
    assert await send(fault(2), online=False)
    assert send.disk.event_ids() == [2]
