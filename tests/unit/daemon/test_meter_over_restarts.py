"""One meter's lifetime register over restarts, polled as the daemon does: it never falls, never jumps, never lies."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from chargepoint.charging.events import Event, MeterRead, MeterRebased, MeterUnavailable
from chargepoint.daemon.meter_poller import FittedMeter, MeterPoller
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterMemo
from chargepoint_hal.contract import MeterReading
from chargepoint_hal.meters.plausibility import GatePolicy
from support.virtual_time import run_virtual
from unit.daemon.register_book import MeterBook

NAME = "main"


@dataclass
class Meter:
    """A register that counts 2 Wh a second while the station runs."""

    register_wh: float = 50_000.0
    serial_number: str | None = "A1"
    name: str = "a map unit 1 on 10.0.0.7:502"
    others: tuple[str, ...] = ()
    """The names of the station's other meters."""

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


def poller_of(meter: Meter, book: MeterBook, run: Run, rating_amps: float = 32.0) -> MeterPoller:
    policy = GatePolicy.of_outlet(rating_amps, lease_seconds=20.0, cycle_seconds=1.0)
    fitted = FittedMeter(NAME, meter, EvseId(1))
    return MeterPoller(fitted, run, book.memory_of(NAME, meter.name, meter.others), policy)


async def polled(meter: Meter, book: MeterBook, rating_amps: float = 32.0) -> Run:
    """One run, ended without a word; the last checkpoint was committed a moment before."""
    run = Run()
    task = asyncio.create_task(poller_of(meter, book, run, rating_amps).run())
    await asyncio.sleep(20.0)
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


RATED = [
    # rating, rise while off, seconds off, clock trusted, is believed
    (63.0, 778.0, 64.0, True, True),
    (63.0, 778.0, 64.0, False, True),
    (80.0, 55_200.0 * 85 / 3600, 36_000.0, False, True),
    (63.0, 1_600.0, 64.0, True, False),
    (32.0, 800.0, 64.0, True, False),
    (10.0, 700.0, 64.0, True, True),
]


@pytest.mark.parametrize(("rating_amps", "rise_wh", "off_seconds", "clock_is_trusted", "is_believed"), RATED)
def test_what_is_believed_of_a_rise_is_what_the_outlet_can_deliver(
    rating_amps: float, rise_wh: float, off_seconds: float, clock_is_trusted: bool, is_believed: bool
) -> None:
    async def story() -> None:
        meter, book = Meter(), MeterBook()
        before = await polled(meter, book, rating_amps)
        meter.register_wh += rise_wh
        book.restart(machine_too=True, off_seconds=off_seconds, clock_is_trusted=clock_is_trusted)
        after = await polled(meter, book, rating_amps)
        assert after.was_held is after.was_rebased is not is_believed
        assert (after.registers[0] >= before.registers[-1] + rise_wh) is is_believed

    run_virtual(story())


def test_power_that_outlives_its_controller_for_longer_can_have_counted_more() -> None:
    def most_wh(lease_seconds: float) -> float:
        policy = GatePolicy.of_outlet(32.0, lease_seconds, cycle_seconds=1.0)
        return policy.max_power_watts * policy.unknown_gap_seconds / 3600.0

    assert most_wh(600.0) - most_wh(20.0) == pytest.approx(30_000.0 * 580 / 3600)


KEPT = MeterMemo(12.5, "A1", 50_012.5)
OF_ANOTHER = MeterMemo(7.0, "C3", 90_000.0)
MOVED = [
    ("the address of an older release", {"a map unit 1 on 10.0.0.7:502": KEPT}),
    ("another address", {"a map unit 1 on /dev/ttyUSB0": KEPT, "b": OF_ANOTHER}),
    ("several addresses", {"x on /dev/ttyUSB0": MeterMemo(12.5, "A1", 50_000.0), "y on /dev/ttyUSB1": KEPT}),
    ("another name", {"garage": KEPT}),
]


@pytest.mark.parametrize(("where", "stored"), MOVED, ids=[where for where, _ in MOVED])
def test_a_register_that_was_kept_elsewhere_is_taken_over_once(where: str, stored: dict[str, MeterMemo]) -> None:
    async def story() -> None:
        book = MeterBook(stored=dict(stored))
        first = await polled(Meter(), book)
        assert first.registers[0] == 50_014.5, f"with the offset that was kept by {where}"
        assert not first.was_held
        book.restart(machine_too=True, off_seconds=10.0)
        second = await polled(Meter(first.registers[-1] - 12.5, name="elsewhere"), book)
        assert second.registers[0] == first.registers[-1] + 2.0
        assert not second.was_held

    run_virtual(story())


def test_what_a_fitted_meter_keeps_is_no_other_meters_even_of_the_same_serial_number() -> None:
    async def story() -> None:
        book = MeterBook(stored={"right": MeterMemo(12.5, "A1", 70_000.0)})
        run = await polled(Meter(others=("right",)), book)
        assert run.registers[0] == 50_002.0

    run_virtual(story())


def test_a_meter_without_a_serial_number_goes_on_where_its_address_is_known() -> None:
    async def story() -> None:
        meter = Meter(serial_number=None)
        run = await polled(meter, MeterBook(stored={meter.name: MeterMemo(12.5, None, 50_012.5), "b": OF_ANOTHER}))
        assert run.registers[0] == 50_014.5
        assert (await polled(Meter(serial_number=None), MeterBook(stored={"b": OF_ANOTHER}))).registers[0] == 50_002.0

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
        task = asyncio.create_task(poller_of(Meter(), book, run).run())
        for _ in range(60):
            await asyncio.sleep(60.0)
            book.flush()
        task.cancel()
        assert book.commits == 1, "the first reading of a meter never seen"

    run_virtual(story())


def test_a_register_that_rises_without_any_transaction_is_stored_now_and_then() -> None:
    async def story() -> None:
        book = MeterBook()
        task = asyncio.create_task(poller_of(Meter(), book, Run()).run())
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
