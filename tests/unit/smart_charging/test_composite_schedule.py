"""The rules of the composite schedule one by one, with numbers that a person can check."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    LimitSource,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
)
from chargepoint.model.identifiers import EvseId
from chargepoint.smart_charging.composite_schedule import (
    MAX_WINDOW_SECONDS,
    Circumstances,
    StationPart,
    Window,
    composite,
    composite_of_station,
    limit_at,
    next_change,
)
from chargepoint.smart_charging.profile_set import Placement, ProfileSet
from chargepoint.smart_charging.rates import Rate, Wiring
from unit.smart_charging.profiles import NOON, ONE, RULES, RUNNING, TWO, at, profile, schedule, seconds

BOARD = Rate(32.0, RateUnit.AMPS, 3, 230.0)
DEFAULT, STATION, TX = ProfilePurpose.TX_DEFAULT, ProfilePurpose.STATION_MAX, ProfilePurpose.TX
CHARGING = Circumstances(ONE, RUNNING, NOON)


def amps(profiles: ProfileSet, after_seconds: float, circumstances: Circumstances = CHARGING) -> float | None:
    limit = limit_at(profiles, circumstances, NOON + seconds(after_seconds))
    return None if limit is None else limit.amps


def installed(*wanted: tuple[object, Placement]) -> ProfileSet:
    profiles = ProfileSet()
    for one, place in wanted:
        installation = profiles.install(one, place, RULES)  # type: ignore[arg-type]  # pairs of profile and place
        assert installation.refusal is None
        profiles = installation.profiles
    return profiles


def test_without_profiles_there_is_no_limit_and_nothing_to_wait_for() -> None:
    assert amps(ProfileSet(), 0) is None
    assert next_change(ProfileSet(), CHARGING, NOON) is None
    answer = composite(ProfileSet(), CHARGING, Window(NOON, 600, RateUnit.AMPS), BOARD)
    assert [(period.start_seconds, period.limit) for period in answer.periods] == [(0, 32.0)]


def test_a_period_that_starts_inside_the_window_is_in_the_answer() -> None:
    profiles = installed((profile(1, DEFAULT, schedule((0, 16), (300, 10))), at(ONE)))
    answer = composite(profiles, CHARGING, Window(NOON + seconds(100), 600, RateUnit.AMPS), BOARD)
    assert [(period.start_seconds, period.limit) for period in answer.periods] == [(0, 16.0), (200, 10.0)]
    assert answer.duration_seconds == 600


def test_a_window_of_no_seconds_tells_the_limit_now() -> None:
    profiles = installed((profile(1, DEFAULT, schedule((0, 16), (300, 10))), at(ONE)))
    answer = composite(profiles, CHARGING, Window(NOON + seconds(300), 0, RateUnit.AMPS), BOARD)
    assert [(period.start_seconds, period.limit) for period in answer.periods] == [(0, 10.0)]


def test_a_daily_schedule_is_anchored_at_its_start_and_not_at_midnight() -> None:
    plan = schedule((0, 8), (3600, 12), start=NOON - timedelta(days=9, hours=2), lasts=7200)
    profiles = installed((profile(1, DEFAULT, plan, kind=ProfileKind.RECURRING), at(ONE)))
    assert amps(profiles, -7200) == 8.0
    assert amps(profiles, -3600) == 12.0
    assert amps(profiles, 0) is None
    assert amps(profiles, 22 * 3600) == 8.0
    assert next_change(profiles, CHARGING, NOON) == NOON + timedelta(hours=22)


def test_what_is_longer_than_the_recurrence_is_not_executed() -> None:
    plan = schedule((0, 8), (90_000, 20), start=NOON, lasts=100_000)
    profiles = installed((profile(1, DEFAULT, plan, kind=ProfileKind.RECURRING), at(ONE)))
    assert amps(profiles, 90_000) == 8.0


def test_a_weekly_schedule_comes_back_after_a_week() -> None:
    plan = schedule((0, 8), start=NOON, lasts=60)
    weekly = replace(profile(1, DEFAULT, plan, kind=ProfileKind.RECURRING), recurrency=Recurrency.WEEKLY)
    profiles = installed((weekly, at(ONE)))
    assert amps(profiles, 86_400) is None
    assert amps(profiles, 7 * 86_400 + 59) == 8.0


def test_when_the_higher_level_has_run_out_the_lower_one_holds_again() -> None:
    profiles = installed(
        (profile(1, DEFAULT, schedule((0, 16)), level=0), at(ONE)),
        (profile(2, DEFAULT, schedule((0, 20), lasts=60), level=1), at(ONE)),
    )
    assert (amps(profiles, 59), amps(profiles, 60)) == (20.0, 16.0)


def test_the_transactions_own_profile_overrules_the_default_even_upwards() -> None:
    profiles = installed(
        (profile(1, DEFAULT, schedule((0, 10)), level=5), at(WHOLE_STATION)),
        (profile(2, TX, schedule((0, 20), start=None), kind=ProfileKind.RELATIVE), at(ONE, RUNNING)),
    )
    assert amps(profiles, 5) == 20.0
    assert amps(profiles, 5, Circumstances(TWO, None)) == 10.0


def test_the_default_of_one_evse_replaces_the_stations_for_that_evse_alone() -> None:
    profiles = installed(
        (profile(1, DEFAULT, schedule((0, 10)), level=5), at(WHOLE_STATION)),
        (profile(2, DEFAULT, schedule((0, 20), lasts=60)), at(ONE)),
        (profile(3, DEFAULT, schedule((0, 16), lasts=30), level=1), at(ONE)),
    )
    assert [amps(profiles, second) for second in (0, 30, 60)] == [16.0, 20.0, 10.0]
    assert amps(profiles, 0, Circumstances(TWO)) == 10.0


def test_in_2_0_1_the_defaults_of_the_station_and_of_one_evse_are_one_stack() -> None:
    profiles = installed(
        (replace(profile(1, DEFAULT, schedule((0, 10)), level=5), is_in_one_stack=True), at(WHOLE_STATION)),
        (replace(profile(2, DEFAULT, schedule((0, 20)), level=1), is_in_one_stack=True), at(ONE)),
        (replace(profile(3, DEFAULT, schedule((0, 16), lasts=30), level=6), is_in_one_stack=True), at(ONE)),
    )
    assert [amps(profiles, second) for second in (0, 30)] == [16.0, 10.0]


def test_a_relative_schedule_counts_from_the_start_of_the_transaction() -> None:
    plan = schedule((0, 16), (600, 8), start=None)
    profiles = installed((profile(1, DEFAULT, plan, kind=ProfileKind.RELATIVE), at(ONE)))
    started = replace(CHARGING, started_at=NOON + seconds(100))
    assert amps(profiles, 699, started) == 16.0
    assert amps(profiles, 700, started) == 8.0
    assert next_change(profiles, started, NOON + seconds(100)) == NOON + seconds(700)


def test_a_relative_limit_of_the_station_holds_from_its_installation() -> None:
    plan = schedule((0, 16), (600, 8), start=None)
    profiles = installed((profile(1, STATION, plan, kind=ProfileKind.RELATIVE), at(WHOLE_STATION)))
    late = replace(CHARGING, started_at=NOON + seconds(500))
    assert amps(profiles, 600, late) == 8.0


def test_a_schedule_of_no_duration_never_runs() -> None:
    profiles = installed((profile(1, DEFAULT, schedule((0, 0), lasts=0)), at(ONE)))
    assert amps(profiles, 0) is None
    assert amps(profiles, 0, replace(CHARGING, is_clock_trusted=False)) is None


@pytest.mark.parametrize(
    ("claimants", "parts"),
    [(1, [20.0]), (2, [10.0, 10.0]), (3, [6.6, 6.6, 6.6]), (4, [6.6, 6.6, 6.6, 0.0])],
)
def test_the_stations_limit_is_shared_and_the_last_to_come_waits_when_it_is_not_enough(
    claimants: int, parts: list[float]
) -> None:
    profiles = installed((profile(1, STATION, schedule((0, 20))), at(WHOLE_STATION)))
    found = [amps(profiles, 0, replace(CHARGING, claimants=claimants, place=place)) for place in range(claimants)]
    assert found == parts
    assert amps(profiles, 0, Circumstances(WHOLE_STATION)) == 20.0


@pytest.mark.parametrize(
    ("watts", "named", "wired", "expected"),
    [
        (11_040, 3, 3, 16.0),
        (11_040, None, 3, 16.0),
        (7_000, 3, 3, 10.1),
        (4_139, 3, 3, 5.9),
        (3_680, 1, 3, 5.3),
        (1_380, 1, 1, 6.0),
        (7_360, 3, 1, 10.6),
        (7_360, None, 1, 10.6),
        (7_360, 1, 1, 32.0),
        (11_040, 3, 1, 16.0),
    ],
)
@pytest.mark.requirement("K01.FR.49", "K01.FR.50", "K01.FR.51")
@pytest.mark.parametrize(("purpose", "place"), [(DEFAULT, ONE), (STATION, WHOLE_STATION)])
def test_watts_are_divided_by_the_phases_that_are_named_and_never_by_fewer_than_are_wired(
    watts: float, named: int | None, wired: int, expected: float, purpose: ProfilePurpose, place: EvseId
) -> None:
    plan = schedule((0, watts), unit=RateUnit.WATTS, phases=named)
    profiles = installed((profile(1, purpose, plan), at(place)))
    assert amps(profiles, 0, replace(CHARGING, wiring=Wiring(wired))) == expected


def test_watts_of_the_station_are_never_given_twice_where_one_evse_has_fewer_phases() -> None:
    profiles = installed((profile(1, STATION, schedule((0, 8000), unit=RateUnit.WATTS)), at(WHOLE_STATION)))
    drawn = [
        (amps(profiles, 0, replace(CHARGING, claimants=2, place=place, wiring=Wiring(wired))) or 0) * 230 * wired
        for place, wired in enumerate((1, 3))
    ]
    assert drawn == [pytest.approx(8000 / 3, abs=25), 0]
    alone = amps(profiles, 0, replace(CHARGING, wiring=Wiring(3)))
    assert alone == 11.5


def test_watts_that_the_site_imposes_are_what_is_measured_at_the_wires() -> None:
    profiles = ProfileSet().impose(schedule((0, 3680), unit=RateUnit.WATTS, start=None), LimitSource.EMS, NOON)
    assert amps(profiles, 0, replace(CHARGING, wiring=Wiring(1, 1))) == 16.0
    assert amps(profiles, 0, replace(CHARGING, wiring=Wiring(3))) == 5.3


@pytest.mark.parametrize("wired", [1, 3])
def test_the_answer_in_watts_is_what_the_phases_of_the_evse_can_take(wired: int) -> None:
    profiles = installed((profile(1, DEFAULT, schedule((0, 16), (60, 40))), at(ONE)))
    wires = replace(CHARGING, wiring=Wiring(wired))
    found = composite(profiles, wires, Window(NOON, 90, RateUnit.WATTS), replace(BOARD, phases=wired))
    assert [(one.limit, one.phases) for one in found.periods] == [(3680.0 * wired, wired), (7360.0 * wired, wired)]


@pytest.mark.parametrize(
    ("unit", "limit", "asked", "answer"),
    [
        (RateUnit.WATTS, 7000.0, RateUnit.WATTS, 7000.0),
        (RateUnit.WATTS, 7000.0, RateUnit.AMPS, 10.1),
        (RateUnit.AMPS, 10.0, RateUnit.WATTS, 6900.0),
        (RateUnit.AMPS, 8.1, RateUnit.AMPS, 8.1),
    ],
)
def test_the_answer_is_in_the_unit_that_was_asked_for(
    unit: RateUnit, limit: float, asked: RateUnit, answer: float
) -> None:
    profiles = installed((profile(1, DEFAULT, schedule((0, limit), unit=unit)), at(ONE)))
    found = composite(profiles, CHARGING, Window(NOON, 60, asked), BOARD)
    assert [period.limit for period in found.periods] == [answer]
    assert found.unit is asked


def test_a_long_answer_is_cut_and_says_so() -> None:
    plan = schedule(*((second, 6 + second % 7) for second in range(100)))
    profiles = installed((profile(1, DEFAULT, plan), at(ONE)))
    found = composite(profiles, CHARGING, Window(NOON, 10**9, RateUnit.AMPS, max_periods=10), BOARD)
    assert (len(found.periods), found.duration_seconds) == (10, 10)
    short = composite(ProfileSet(), CHARGING, Window(NOON, 10**9, RateUnit.AMPS), BOARD)
    assert short.duration_seconds == MAX_WINDOW_SECONDS


def test_a_schedule_beyond_the_end_of_the_calendar_changes_nothing() -> None:
    profiles = installed((profile(1, DEFAULT, schedule((0, 16), (10**12, 8))), at(ONE)))
    assert next_change(profiles, CHARGING, NOON) is None


def test_without_a_clock_the_lowest_possible_limit_holds_and_the_certain_one_still_counts() -> None:
    dated = profile(1, DEFAULT, schedule((0, 16), (600, 7), (1200, 25)), level=1)
    sure = profile(2, DEFAULT, schedule((0, 12), (60, 9), start=None), kind=ProfileKind.RELATIVE)
    below = profile(3, DEFAULT, schedule((0, 3)), level=0)
    untrusted = replace(CHARGING, is_clock_trusted=False)
    profiles = installed((dated, at(ONE)), (replace(sure, stack_level=0), at(ONE)))
    assert amps(profiles, 0, untrusted) == 7.0
    profiles = installed((replace(dated, stack_level=0), at(ONE)), (replace(sure, stack_level=1), at(ONE)))
    assert amps(profiles, 0, untrusted) == 12.0
    assert amps(profiles, 60, untrusted) == 9.0
    assert next_change(profiles, untrusted, NOON) == NOON + seconds(60)
    assert amps(installed((below, at(ONE))), 0, untrusted) == 3.0


def test_of_several_sources_at_the_site_the_lowest_limit_holds_beside_the_operators() -> None:
    profiles = installed((profile(1, STATION, schedule((0, 20)), level=5), at(WHOLE_STATION)))
    assert amps(profiles, 0) == 20.0
    profiles = profiles.impose(schedule((0, 16), start=None), LimitSource.EMS, NOON)
    assert amps(profiles, 0) == 16.0
    profiles = profiles.impose(schedule((0, 24), start=None), LimitSource.SYSTEM_OPERATOR, NOON)
    assert amps(profiles, 0) == 16.0
    profiles, _ = profiles.released_by(LimitSource.EMS)
    limit = limit_at(profiles, CHARGING, NOON)
    assert limit is not None
    assert (limit.amps, limit.is_external) == (20.0, False)


@pytest.mark.parametrize("hours", [-1, -24 * 365 * 10])
def test_a_clock_that_is_set_back_does_not_undo_a_limit_of_the_station(hours: int) -> None:
    relative = profile(1, STATION, schedule((0, 10), (60, 20), start=None), kind=ProfileKind.RELATIVE)
    profiles = installed((relative, at(WHOLE_STATION)))
    assert amps(profiles, hours * 3600) == 10.0
    profiles = ProfileSet().impose(schedule((0, 12), start=None), LimitSource.EMS, NOON)
    assert amps(profiles, hours * 3600) == 12.0


@pytest.mark.requirement("K08.FR.03", "K08.FR.04")
def test_the_station_is_expected_to_take_what_its_evses_take_and_no_more_than_its_own_limit() -> None:
    profiles = installed(
        (profile(1, DEFAULT, schedule((0, 6), lasts=300)), at(WHOLE_STATION)),
        (profile(2, DEFAULT, schedule((0, 10), lasts=100), level=1), at(TWO)),
        (profile(3, STATION, schedule((0, 40), (500, 8))), at(WHOLE_STATION)),
    )
    parts = [StationPart(replace(CHARGING, evse_id=evse), BOARD) for evse in (ONE, TWO)]
    station = Circumstances(WHOLE_STATION)
    answer = composite_of_station(profiles, station, parts, Window(NOON, 600, RateUnit.AMPS))
    assert [(period.start_seconds, period.limit) for period in answer.periods] == [
        (0, 16.0),
        (100, 12.0),
        (300, 40.0),
        (500, 8.0),
    ]
    in_watts = composite_of_station(profiles, station, parts, Window(NOON, 100, RateUnit.WATTS))
    assert [(period.limit, period.phases) for period in in_watts.periods] == [(16.0 * 690, 3)]
