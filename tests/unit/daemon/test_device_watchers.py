"""The tasks that watch a meter and a reader, and the settings that change while the station runs."""

import asyncio
import queue
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from chargepoint.charging.events import (
    Event,
    MeterRead,
    MeterRebased,
    MeterRecovered,
    MeterUnavailable,
    StationFaultCleared,
    StationFaultRaised,
    TokenPresented,
)
from chargepoint.daemon.meter_poller import FittedMeter, MeterPoller
from chargepoint.daemon.token_listener import TokenListener, token_of
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.tokens import IdToken, TokenKind
from chargepoint_hal.contract import MeterReading, TokenSighting
from chargepoint_hal.faults import HardwareError, HardwareTimeoutError
from chargepoint_hal.meters.plausibility import GatePolicy
from support.virtual_time import run_virtual
from unit.daemon.register_book import MeterBook

ONE = EvseId(1)


@dataclass(slots=True)
class Ears:
    """Implements `FactPort`: remembers what was seen, and lets a story wait for it."""

    events: list[Event] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, event: Event) -> None:
        self.events.append(event)
        self.came.set()

    async def hear(self, count: int) -> list[Event]:
        while len(self.events) < count:
            self.came.clear()
            await self.came.wait()
        return self.events


@dataclass(slots=True)
class FakeMeter:
    """Counts on with the loop's time; silent or slow when told so."""

    name: str = "meter"
    is_silent: bool = False
    takes_seconds: float = 0.1
    offset_wh: float = 0.0
    closed: int = 0

    async def read(self) -> MeterReading:
        await asyncio.sleep(self.takes_seconds)
        if self.is_silent:
            raise HardwareTimeoutError(Fault.METER_SILENT, "meter: no answer within 1 s")
        now = asyncio.get_running_loop().time()
        return MeterReading(now, energy_import_wh=1000.0 + now + self.offset_wh, power_watts=3600.0)

    async def close(self) -> None:
        self.closed += 1


def poller_of(meter: FakeMeter, ears: Ears, book: MeterBook) -> MeterPoller:
    return MeterPoller(FittedMeter(meter.name, meter, ONE), ears, book.memory_of(meter.name), GatePolicy())


async def poll(meter: FakeMeter, ears: Ears, seconds: float, book: MeterBook | None = None) -> None:
    task = asyncio.create_task(poller_of(meter, ears, book or MeterBook()).run())
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_meter_is_read_each_period_and_closed_at_the_end() -> None:
    async def story() -> None:
        meter, ears = FakeMeter(), Ears()
        await poll(meter, ears, 10.5)
        readings = [event.reading for event in ears.events if isinstance(event, MeterRead)]
        assert len(readings) == 11
        assert readings[-1].at_monotonic == pytest.approx(10.1)
        assert meter.closed == 1

    run_virtual(story())


def test_one_failed_cycle_is_nothing_and_more_are_told_once() -> None:
    async def story() -> None:
        meter, ears = FakeMeter(), Ears()
        task = asyncio.create_task(poller_of(meter, ears, MeterBook()).run())
        await asyncio.sleep(3.5)
        meter.is_silent = True
        await asyncio.sleep(1)
        meter.is_silent = False
        await asyncio.sleep(2)
        assert {type(event) for event in ears.events} == {MeterRead}
        meter.is_silent = True
        await asyncio.sleep(30)
        told = [event for event in ears.events if isinstance(event, MeterUnavailable)]
        assert [event.fault for event in told] == [Fault.METER_SILENT]
        assert told[0].reason
        meter.is_silent = False
        count = len(ears.events)
        await asyncio.sleep(1.2)
        assert [type(event) for event in ears.events[count : count + 2]] == [MeterRecovered, MeterRead]
        task.cancel()

    run_virtual(story())


def test_a_slow_meter_does_not_pile_up() -> None:
    async def story() -> None:
        ears = Ears()
        await poll(FakeMeter(takes_seconds=2.5), ears, 26.0)
        assert len([event for event in ears.events if isinstance(event, MeterRead)]) == 10

    run_virtual(story())


def test_a_register_that_jumps_is_held_and_flagged() -> None:
    async def story() -> None:
        meter, ears = FakeMeter(), Ears()
        task = asyncio.create_task(poller_of(meter, ears, MeterBook()).run())
        await asyncio.sleep(3.5)
        meter.offset_wh = 910_000.0
        await asyncio.sleep(1)
        meter.offset_wh = 0.0
        await asyncio.sleep(3)
        registers = [event.reading.energy_import_wh or 0.0 for event in ears.events if isinstance(event, MeterRead)]
        assert max(registers) < 1100.0
        assert registers == sorted(registers)
        assert any(isinstance(e, MeterUnavailable) and e.fault is Fault.METER_IMPLAUSIBLE for e in ears.events)
        task.cancel()

    run_virtual(story())


def test_a_new_base_of_the_register_is_remembered() -> None:
    async def story() -> None:
        meter, ears, book = FakeMeter(), Ears(), MeterBook()
        task = asyncio.create_task(poller_of(meter, ears, book).run())
        await asyncio.sleep(3.5)
        meter.offset_wh = -1000.0
        await asyncio.sleep(30)
        registers = [event.reading.energy_import_wh or 0.0 for event in ears.events if isinstance(event, MeterRead)]
        assert registers == sorted(registers)
        assert book.recall("meter").offset_wh > 0.0
        assert [type(event) for event in ears.events if isinstance(event, MeterRebased)] == [MeterRebased]
        task.cancel()

    run_virtual(story())


class FakeReader:
    """A serial reader: what a story puts in comes out; an error is raised."""

    def __init__(self) -> None:
        self.name = "reader"
        self.script: queue.Queue[TokenSighting | Exception] = queue.Queue()
        self.closed = 0

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        try:
            item = self.script.get(timeout=0.01)
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self.closed += 1


CARD = TokenSighting("04A1B2C3", "ISO14443")


async def test_a_card_that_is_held_is_one_presentation() -> None:
    reader, ears = FakeReader(), Ears()
    task = asyncio.create_task(TokenListener(reader, (ONE,), ears).run())
    for _ in range(50):
        reader.script.put(CARD)
    reader.script.put(replace(CARD, value="04FFFFFF"))
    async with asyncio.timeout(20):
        await ears.hear(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ears.events == [
        TokenPresented(IdToken("04A1B2C3"), (ONE,)),
        TokenPresented(IdToken("04FFFFFF"), (ONE,)),
    ]


async def test_a_reader_that_fails_is_told_once_and_listened_to_again() -> None:
    reader, ears = FakeReader(), Ears()
    task = asyncio.create_task(TokenListener(reader, (ONE,), ears).run())
    reader.script.put(HardwareError(Fault.READER_SILENT, "reader: the port is gone"))
    reader.script.put(HardwareError(Fault.READER_SILENT, "reader: the port is gone"))
    reader.script.put(CARD)
    async with asyncio.timeout(20):
        await ears.hear(3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [type(event) for event in ears.events] == [StationFaultRaised, StationFaultCleared, TokenPresented]


async def test_a_driver_that_breaks_is_a_silent_reader_and_is_opened_anew(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it raises; and whatever the first try to open it again raises."""
    broken, whole, ears = FakeReader(), FakeReader(), Ears()
    openings: Iterator[FakeReader | OSError] = iter([OSError("the port is busy"), whole])

    def open_again() -> FakeReader:
        opened = next(openings)
        if isinstance(opened, Exception):
            raise opened
        return opened

    task = asyncio.create_task(TokenListener(broken, (ONE,), ears, open_again).run())
    broken.script.put(TypeError("'NoneType' object cannot be interpreted as an integer"))
    whole.script.put(CARD)
    async with asyncio.timeout(20):
        await ears.hear(3)
    assert (broken.closed, whole.closed) == (1, 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    raised, cleared, presented = ears.events
    assert isinstance(raised, StationFaultRaised)
    assert raised.fault is Fault.READER_SILENT
    assert "TypeError: 'NoneType' object" in raised.reason
    assert isinstance(cleared, StationFaultCleared)
    assert presented == TokenPresented(IdToken(CARD.value), (ONE,))
    assert len([record for record in caplog.records if record.exc_info]) == 1, "told once, and with its place"


async def test_a_listener_that_was_started_again_still_hears() -> None:
    reader, ears = FakeReader(), Ears()
    heard = ears.note

    class Failing:
        def note(self, event: Event) -> None:
            if not ears.events:
                heard(event)
                raise OSError("the core could not take it")
            heard(event)

    listener = TokenListener(reader, (ONE,), Failing())
    reader.script.put(CARD)
    with pytest.raises(OSError, match="could not take it"):
        await listener.run()
    task = asyncio.create_task(listener.run())
    reader.script.put(replace(CARD, value="04FFFFFF"))
    async with asyncio.timeout(20):
        await ears.hear(2)
    assert reader.closed == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (" 04A1 ", "ISO14443", IdToken("04A1", TokenKind.ISO14443)),
        ("1234", "KeyCode", IdToken("1234", TokenKind.KEY_CODE)),
        ("1234", "something else", None),
        ("1234", "local", None),
        ("1234", "NoAuthorization", None),
        ("", "ISO14443", None),
        ("   ", "ISO14443", None),
        ("A" * 37, "ISO14443", None),
        ("04\x00A1", "ISO14443", None),
    ],
)
def test_what_a_reader_gives_is_a_token_or_nothing(value: str, kind: str, expected: IdToken | None) -> None:
    token = token_of(TokenSighting(value, kind))
    assert token == expected
    assert token is None or (expected is not None and token.kind is expected.kind)


async def test_a_card_of_a_type_that_is_none_is_refused_and_said(caplog: pytest.LogCaptureFixture) -> None:
    reader, ears = FakeReader(), Ears()
    task = asyncio.create_task(TokenListener(reader, (ONE,), ears).run())
    reader.script.put(TokenSighting("04A1B2C3", "XX"))
    reader.script.put(replace(CARD, value="04FFFFFF"))
    async with asyncio.timeout(20):
        await ears.hear(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [event.token.value for event in ears.events if isinstance(event, TokenPresented)] == ["04FFFFFF"]
    (said,) = [record.getMessage() for record in caplog.records if "type" in record.getMessage()]
    assert "'XX'" in said
    assert "ISO14443" in said
    assert "04A1B2C3" not in said
