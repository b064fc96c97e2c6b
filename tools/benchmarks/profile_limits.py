"""How long one limit takes with many charging profiles of many periods: pure, measured in this process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from benchmarks.report import Row
from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId
from chargepoint.smart_charging.composite_schedule import Circumstances, limit_at
from chargepoint.smart_charging.profile_set import Placement, ProfileRules, ProfileSet

PROFILES = 100
PERIODS = 100
ROUNDS = 500
START = datetime(2026, 1, 1, tzinfo=UTC)


def worst_case() -> ProfileSet:
    """Recurring profiles of which none runs at the instant asked for, so that every one is looked at."""
    rules = ProfileRules(frozenset({EvseId(1)}), PROFILES, PROFILES, PERIODS)
    periods = tuple(SchedulePeriod(number * 600, 6.0 + number % 20) for number in range(PERIODS))
    schedule = ChargingSchedule(RateUnit.AMPS, periods, START, duration_seconds=PERIODS * 600)
    profiles = ProfileSet()
    for number in range(PROFILES):
        profile = ChargingProfile(
            number, number, ProfilePurpose.TX_DEFAULT, ProfileKind.RECURRING, schedule, Recurrency.DAILY
        )
        profiles = profiles.install(profile, Placement(EvseId(1), START), rules).profiles
    return profiles


async def measure(is_quick: bool) -> list[Row]:
    """One row for each case; quick or not makes no difference."""
    del is_quick
    return [
        Row(f"limit of {PROFILES} profiles of {PERIODS} periods, {case}", "< 1 ms", f"{took:.2f} ms", took < 1.0)
        for case, took in limit_milliseconds().items()
    ]


def limit_milliseconds() -> dict[str, float]:
    """Median milliseconds of `limit_at` while every profile is looked at, by what is the case."""
    profiles = worst_case()
    silent = START + timedelta(days=3, seconds=PERIODS * 600 + 60)
    running = START + timedelta(days=3, seconds=60)
    known, unknown = Circumstances(EvseId(1)), Circumstances(EvseId(1), is_clock_trusted=False)
    return {
        "no profile runs": _median(lambda: limit_at(profiles, known, silent)),
        "the highest runs": _median(lambda: limit_at(profiles, known, running)),
        "clock not trusted": _median(lambda: limit_at(profiles, unknown, running)),
    }


def _median(act: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        act()
        took.append((perf_counter() - begin) * 1000.0)
    return median(took)
