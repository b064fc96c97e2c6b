"""The wall clock that is told the time, and the keeper of tasks."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from chargepoint.daemon.station_clock import StationClock
from chargepoint.daemon.supervisor import LONGEST_PAUSE_SECONDS, Supervisor
from support.virtual_time import run_virtual

TRUE_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)


class Machine:
    """The operating system's two clocks."""

    def __init__(self, utc: datetime) -> None:
        self.utc = utc
        self.monotonic = 50.0

    def pass_seconds(self, seconds: float) -> None:
        self.utc += timedelta(seconds=seconds)
        self.monotonic += seconds

    def clock(self, *, trusted: bool = False) -> StationClock:
        return StationClock(lambda: self.utc, lambda: self.monotonic, system_is_trusted=trusted)


def test_an_unset_clock_is_a_guess_until_the_csms_tells_the_time() -> None:
    machine = Machine(NO_CLOCK)
    clock = machine.clock()
    assert not clock.now().utc_trusted
    assert clock.synchronise(TRUE_TIME)
    machine.pass_seconds(90)
    now = clock.now()
    assert (now.utc, now.utc_trusted, clock.source) == (TRUE_TIME + timedelta(seconds=90), True, "csms")
    assert not clock.synchronise(TRUE_TIME + timedelta(seconds=90.5))


def test_a_step_of_the_system_clock_moves_nothing_after_that() -> None:
    machine = Machine(TRUE_TIME)
    clock = machine.clock()
    clock.synchronise(TRUE_TIME)
    machine.utc += timedelta(days=14)
    assert clock.now().utc == TRUE_TIME
    assert clock.now().monotonic == 50.0


def test_a_small_difference_is_the_journey_of_the_answer() -> None:
    machine = Machine(TRUE_TIME)
    clock = machine.clock(trusted=True)
    assert not clock.synchronise(TRUE_TIME + timedelta(seconds=0.8))
    assert clock.now().utc == TRUE_TIME
    clock.synchronise(TRUE_TIME + timedelta(seconds=30))
    assert clock.now().utc == TRUE_TIME + timedelta(seconds=30)


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "2026-03-01",
        datetime(2026, 3, 1),  # noqa: DTZ001 - a time without a zone is the point
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
        12345,
    ],
)
def test_nonsense_is_not_a_time(nonsense: object) -> None:
    clock = Machine(NO_CLOCK).clock()
    assert not clock.synchronise(nonsense)
    assert not clock.now().utc_trusted


def test_another_time_zone_is_the_same_moment() -> None:
    clock = Machine(NO_CLOCK).clock()
    clock.synchronise(TRUE_TIME.astimezone(timezone(timedelta(hours=5))))
    assert clock.now().utc == TRUE_TIME
    assert clock.now().utc.tzinfo is UTC


class Shaky:
    """A task that fails as often as told, living a while each time."""

    def __init__(self, failures: int, lives_seconds: float = 0.0) -> None:
        self.failures = failures
        self.lives_seconds = lives_seconds
        self.begun_at: list[float] = []

    async def run(self) -> None:
        self.begun_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.lives_seconds)
        if len(self.begun_at) <= self.failures:
            raise OSError("the port is gone")
        await asyncio.Event().wait()


async def keep(supervisor: Supervisor, seconds: float, **tasks: Shaky) -> None:
    keeping = asyncio.create_task(supervisor.run({name: task.run for name, task in tasks.items()}))
    await asyncio.sleep(seconds)
    assert not keeping.done()
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping


def test_a_failing_task_begins_again_later_each_time_and_disturbs_nobody() -> None:
    supervisor, shaky, steady = Supervisor(), Shaky(failures=4), Shaky(failures=0)
    run_virtual(keep(supervisor, 100, meter=shaky, reader=steady))
    assert shaky.begun_at == [0.0, 1.0, 3.0, 7.0, 15.0]
    assert steady.begun_at == [0.0]
    assert supervisor.restarts == {"meter": 4}


def test_it_never_gives_up() -> None:
    supervisor, shaky = Supervisor(), Shaky(failures=10_000)
    run_virtual(keep(supervisor, 24 * 3600, meter=shaky))
    pauses = [later - sooner for sooner, later in pairwise(shaky.begun_at)]
    assert max(pauses) == LONGEST_PAUSE_SECONDS
    assert len(pauses) > 1400


def test_a_task_that_had_worked_is_restarted_soon() -> None:
    shaky = Shaky(failures=10, lives_seconds=3600.0)
    run_virtual(keep(Supervisor(), 11 * 3601 + 10, meter=shaky))
    pauses = [later - sooner - 3600.0 for sooner, later in pairwise(shaky.begun_at)]
    assert pauses == [1.0] * 10
