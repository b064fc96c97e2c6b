"""docs/faults.md is true: each row is gone through as it stands there, over the bench's HTTP interface."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from chargepoint.charging.availability import ADVISORY_FAULTS, STOPPING_FAULTS
from chargepoint.charging.commands import AcknowledgeFaults
from chargepoint.charging.fault_words import FAULT_WORDS
from chargepoint.csms.v16.status_projection import error_code
from chargepoint.csms.v201.built_in_monitors import LOCK
from chargepoint.model.fault_clearing import CLEARS, ClearsWhen
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint_hal.bench.control import Control
from evidence.faults import (
    INJECTIONS,
    NEEDS_TEST_INPUT,
    PLUG_OUT,
    Act,
    BenchCall,
    ByHand,
    Injection,
    Situation,
    opens_contactor,
)
from evidence.faults import status_with as expected_status
from evidence.monitoring import OF_STATION, subject_of
from scenarios.monitors import events
from scenarios.stories import calls_of_station, is_1_6, tell, under_both
from support.rig import Rig

Wire = dict[str, Any]
every_fault = pytest.mark.parametrize("fault", list(Fault), ids=str)
LONGEST_SECONDS = 240.0
"""A frozen meter is believed for a while, and METER_OUTAGE_SECONDS come on top."""


class Person:
    """Does on the rig what the table says."""

    def __init__(self, rig: Rig, bench: "TestClient[Any, Any]") -> None:
        self._rig = rig
        self._bench = bench

    async def bring_about(self, situation: Situation) -> None:
        match situation:
            case Situation.FREE:
                pass
            case Situation.WAITING:
                self._rig.plug_in()
                await self._rig.wait(2)
            case Situation.CHARGING:
                await self._rig.charge(8)

    async def inject(self, injection: Injection, is_there: Callable[[], bool]) -> None:
        if injection.in_turn_seconds is None:
            for act in injection.acts:
                await self.act(act)
            return
        for act in cycle(injection.acts):
            if is_there():
                return
            await self.act(act)
            await self._rig.wait(injection.in_turn_seconds)

    async def act(self, act: Act) -> None:
        if isinstance(act, BenchCall):
            async with self._bench.post(act.path, json=dict(act.body)) as answer:
                assert answer.status == 200, await answer.text()
            return
        match act:
            case ByHand.SWIPE:
                await self._rig.wait(1)
                await self._rig.swipe()
            case ByHand.STOP_SAFETY:
                self._rig.lose_safety()
            case ByHand.START_SAFETY:
                self._rig.restart_safety()
            case ByHand.FILL_DISK:
                self._rig.commit_watch = take_nothing
            case ByHand.FREE_DISK:
                self._rig.commit_watch = lambda when: None
            case ByHand.DAMAGE_DATABASE:
                await self._restart(damage)
            case ByHand.RESTART:
                await self._restart(lambda path: None)

    async def acknowledge(self) -> None:
        assert self._rig.assembly is not None
        await self._rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))

    async def _restart(self, between: Callable[[Path], None]) -> None:
        await self._rig.wait(1.0)  # the CSMS's answers come in: what was not answered is told once more
        await self._rig.power_cut()
        between(self._rig.directory / "chargepoint.db")
        await self._rig.power_up()


def take_nothing(when: str) -> None:
    if when == "before_commit":
        raise sqlite3.OperationalError("disk I/O error")


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"no database at all" * 8)


@asynccontextmanager
async def person_at(rig: Rig) -> AsyncIterator[Person]:
    """Both ends of the bench's interface live in the rig's loop, so that no time passes on the way."""
    async with TestClient(TestServer(Control(rig.world).application())) as bench:
        yield Person(rig, bench)


def has(rig: Rig, fault: Fault) -> bool:
    assert rig.assembly is not None
    station = rig.assembly.controller.snapshot()
    return fault in (station.faults if fault in OF_STATION else station.evses[EvseId(1)].faults)


def told_1_6(rig: Rig, fault: Fault) -> list[Wire]:
    """What the fault's connector was told to be, in order."""
    connector = 0 if fault in OF_STATION else 1
    return [call for call in calls_of_station(rig, "StatusNotification") if call["connectorId"] == connector]


def told_2_0_1(rig: Rig, fault: Fault) -> list[Wire]:
    """The events of the fault's component."""
    subject = subject_of(fault)
    code = None if subject.component == LOCK else fault.value
    return [
        event
        for event in events(rig)
        if event["component"]["name"] == subject.component
        and event["variable"] == {"name": subject.variable}
        and event.get("techCode") == code
    ]


async def hear(rig: Rig, fault: Fault) -> None:
    """The CSMS is told what the table says."""
    if is_1_6(rig):
        status = expected_status(fault)
        wanted = (status.value, error_code(status, fault), fault.value)

        def words() -> list[tuple[str, str, str | None]]:
            return [(each["status"], each["errorCode"], each.get("vendorErrorCode")) for each in told_1_6(rig, fault)]

        await rig.until(lambda: wanted in words(), 20, f"{wanted} among {words()}")
        return
    await rig.until(lambda: bool(told_2_0_1(rig, fault)), 20, f"NotifyEvent of {fault}")
    event = told_2_0_1(rig, fault)[0]
    subject = subject_of(fault)
    assert event["component"].get("evse", {}).get("id") == subject.evse_id
    assert event["component"].get("instance") == subject.component_instance
    assert event["actualValue"] == "true"
    assert not event.get("cleared", False)


async def hear_its_end(rig: Rig, fault: Fault) -> None:
    if is_1_6(rig):
        await rig.until(
            lambda: told_1_6(rig, fault)[-1].get("vendorErrorCode") != fault.value, 30, f"a status without {fault}"
        )
        return
    await rig.until(lambda: told_2_0_1(rig, fault)[-1]["actualValue"] == "false", 40, f"the end of {fault} as event")


async def clear(rig: Rig, person: Person, fault: Fault) -> None:
    """The cause goes; then what the table says must be done, and not less."""
    for act in INJECTIONS[fault].undone_by:
        await person.act(act)
    rule = CLEARS[fault]
    if rule is not ClearsWhen.CAUSE_GONE:
        await rig.wait(15)
        assert has(rig, fault), "it latches"
    match rule:
        case ClearsWhen.UNPLUGGED:
            await person.act(PLUG_OUT)
        case ClearsWhen.ACKNOWLEDGED | ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED:
            await person.acknowledge()
        case ClearsWhen.CAUSE_GONE:
            pass
    await rig.until(lambda: not has(rig, fault), LONGEST_SECONDS, f"{fault} is over")


@under_both
@every_fault
def test_each_row_of_the_fault_table(tmp_path: Path, version: str, fault: Fault) -> None:
    injection = INJECTIONS[fault]

    async def story(rig: Rig) -> None:
        async with person_at(rig) as person:
            await person.bring_about(injection.situation)
            assert not has(rig, fault)
            await asyncio.wait_for(person.inject(injection, lambda: has(rig, fault)), LONGEST_SECONDS)
            await rig.until(lambda: has(rig, fault), LONGEST_SECONDS, f"{fault} is seen")
            await hear(rig, fault)
            if opens_contactor(fault):
                await rig.until(lambda: rig.is_live() is (fault is Fault.CONTACTOR_WELDED), 10, "no power")
            elif injection.situation is Situation.CHARGING:
                assert rig.is_live()
            if fault in NEEDS_TEST_INPUT:
                assert rig.snapshot().transaction is None, "its EV has left"
            elif injection.situation is Situation.CHARGING and fault not in STOPPING_FAULTS:
                assert rig.snapshot().transaction is not None, "it waits"
            elif fault in STOPPING_FAULTS:
                await rig.until(lambda: rig.snapshot().transaction is None, 30, "the transaction has ended")
            await clear(rig, person, fault)
            await hear_its_end(rig, fault)

    config = {"reader": ({"name": "reader"},), "meter": ({"name": "meter1", "evse": 1, "billing": "required"},)}
    tell(tmp_path, version, story, config=config, has_rcd_test=fault in NEEDS_TEST_INPUT)


def test_each_fault_has_its_words_and_its_way_in() -> None:
    assert set(FAULT_WORDS) == set(INJECTIONS) == set(Fault)
    assert all(text.endswith(".") for text in FAULT_WORDS.values())
    assert not ADVISORY_FAULTS & STOPPING_FAULTS.keys()
