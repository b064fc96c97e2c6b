"""One meter's lifetime register over restarts, polled as the daemon does: it never falls, never jumps, never lies."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from chargepoint.charging.events import Event, MeterRead, MeterRebased, MeterUnavailable
from chargepoint.daemon.meter_poller import MeterPoller
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterMemo
from chargepoint_hal.contract import MeterReading
from support.virtual_time import run_virtual
from unit.daemon.register_book import MeterBook

NAME = "main"


@dataclass
class Meter:
    """A register that counts 2 Wh a second while the station runs."""

    register_wh: float = 50_000.0
    serial_number: str | None = "A1"
    name: str = NAME

    async def read(self) -> MeterReading:
        self.register_wh += 2.0
        now = asyncio.get_running_loop().time()
        return MeterReading(now, energy_import_wh=self.register_wh, serial_number=self.serial_number)

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class Run:
    """What one run of the daemon heard."""

    events: list[Event] = field(default_factory=list)

    def note(self, event: Event) -> None:
        self.events.append(event)

    @property
    def registers(self) -> list[float]:
        return [event.reading.energy_import_wh or -1.0 for event in self.events if isinstance(event, MeterRead)]

    @property
    def was_held(self) -> bool:
        return any(isinstance(e, MeterUnavailable) and e.fault is Fault.METER_IMPLAUSIBLE for e in self.events)

    @property
    def was_rebased(self) -> bool:
        return any(isinstance(event, MeterRebased) for event in self.events)


async def polled(meter: Meter, book: MeterBook, seconds: float = 20.0) -> Run:
    """One run, ended without a word; the last checkpoint was committed a moment before."""
    run = Run()
    poller = MeterPoller(meter, EvseId(1), run, book.memory_of(NAME), 1.0)
    task = asyncio.create_task(poller.run())
    await asyncio.sleep(seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    book.flush()
    return run


CASES = [
    # rise while off, seconds off, machine too, clock trusted, is believed
    (300.0, 30.0, True, True, True),
    (900_000.0, 30.0, True, True, False),
    (4_000.0, 500.0, True, True, True),
    (6_000.0, 500.0, True, True, False),
    (300.0, 5.0, False, False, False),
    (150.0, 5.0, False, False, True),
    (900.0, 36_000.0, True, False, True),
    (2_000.0, 36_000.0, True, False, False),
    (-50.0, 30.0, True, True, False),
]


@pytest.mark.parametrize(("rise_wh", "off_seconds", "machine_too", "clock_is_trusted", "is_believed"), CASES)
def test_a_rise_over_an_outage_is_believed_as_far_as_power_can_have_flowed(
    rise_wh: float, off_seconds: float, machine_too: bool, clock_is_trusted: bool, is_believed: bool
) -> None:
    async def story() -> None:
        meter, book = Meter(), MeterBook()
        before = await polled(meter, book)
        meter.register_wh += rise_wh
        book.restart(machine_too=machine_too, off_seconds=off_seconds, clock_is_trusted=clock_is_trusted)
        after = await polled(meter, book)
        assert after.was_held is after.was_rebased is not is_believed
        first_wh = before.registers[-1]
        expected_wh = first_wh + rise_wh + 2.0 if is_believed else first_wh
        assert first_wh <= after.registers[0] <= expected_wh + 12.0
        assert after.registers == sorted(after.registers)

    run_virtual(story())


def test_another_meter_goes_on_from_the_lifetime_register_and_not_from_0() -> None:
    async def story() -> None:
        meter, book = Meter(), MeterBook()
        before = await polled(meter, book)
        book.restart(machine_too=True, off_seconds=60.0)
        after = await polled(Meter(7.0, "B2"), book)
        assert before.registers[-1] <= after.registers[0] <= before.registers[-1] + 12.0
        assert after.was_rebased
        book.restart(machine_too=True, off_seconds=60.0)
        third = await polled(Meter(after.registers[-1] - book.recall(NAME).offset_wh, "B2"), book)
        assert not third.was_held
        assert third.registers[0] == pytest.approx(after.registers[-1] + 2.0)

    run_virtual(story())


def test_what_an_older_release_kept_of_a_meter_is_no_reason_to_begin_at_0() -> None:
    async def story() -> None:
        book = MeterBook(stored={NAME: MeterMemo(12.5, "A1")})
        same = await polled(Meter(), book)
        assert same.registers[0] == 50_014.5
        other = await polled(Meter(800.0, "B2"), MeterBook(stored={NAME: MeterMemo(12.5, "A1")}))
        assert other.registers[0] > 800.0

    run_virtual(story())


def test_an_hour_of_charging_costs_the_disk_one_commit_of_its_own() -> None:
    async def story() -> None:
        book = MeterBook()
        run = Run()
        task = asyncio.create_task(MeterPoller(Meter(), EvseId(1), run, book.memory_of(NAME), 1.0).run())
        for _ in range(60):
            await asyncio.sleep(60.0)
            book.flush()
        task.cancel()
        assert book.commits == 1, "the first reading of a meter never seen"

    run_virtual(story())


def test_a_register_that_rises_without_any_transaction_is_stored_now_and_then() -> None:
    async def story() -> None:
        book = MeterBook()
        task = asyncio.create_task(MeterPoller(Meter(), EvseId(1), Run(), book.memory_of(NAME), 1.0).run())
        await asyncio.sleep(3600.0)
        task.cancel()
        assert 10 <= book.commits <= 13
        stored = book.recall(NAME).last_energy_wh
        assert stored is not None
        assert stored > 50_000.0 + 3000 * 2.0

    run_virtual(story())


def test_a_disk_that_refuses_keeps_nobody_from_reading_the_meter() -> None:
    async def story() -> None:
        run = await polled(Meter(), MeterBook(is_full=True))
        assert len(run.registers) >= 19

    run_virtual(story())
