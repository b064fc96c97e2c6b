"""Installing, replacing and clearing: what is allowed, what goes, and why not."""

from dataclasses import replace

import pytest

from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    ChargingProfile,
    ChargingSchedule,
    LimitSource,
    ProfileFilter,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.smart_charging.profile_set import Placement, ProfileRules, ProfileSet, Refusal
from unit.smart_charging.profiles import NOON, ONE, RULES, RUNNING, TWO, at, profile, schedule, seconds

DEFAULT, STATION, TX = ProfilePurpose.TX_DEFAULT, ProfilePurpose.STATION_MAX, ProfilePurpose.TX
PLAN = schedule((0, 16))
STRICT = replace(RULES, same_level_replaces=False)
A_SECOND_BEFORE = Placement(ONE, NOON - seconds(1))


def ids(profiles: ProfileSet) -> list[int]:
    return sorted(one.profile.profile_id for one in profiles.installed)


def install(profiles: ProfileSet, one: ChargingProfile, place: Placement, rules: ProfileRules = RULES) -> ProfileSet:
    installation = profiles.install(one, place, rules)
    assert installation.refusal is None
    return installation.profiles


def refusal(one: ChargingProfile, place: Placement, rules: ProfileRules = RULES) -> Refusal | None:
    return ProfileSet().install(one, place, rules).refusal


def test_the_stations_limit_stands_at_the_station_alone() -> None:
    assert refusal(profile(1, STATION, PLAN), at(ONE)) is Refusal.WRONG_PLACE
    assert refusal(profile(1, STATION, PLAN), at(WHOLE_STATION)) is None


@pytest.mark.requirement("K01.FR.09", "K01.FR.16", "K01.FR.33")
def test_a_transactions_profile_needs_that_transaction() -> None:
    one = profile(0, TX, PLAN)
    assert refusal(one, at(ONE)) is Refusal.NO_TRANSACTION
    assert refusal(one, at(WHOLE_STATION, RUNNING)) is Refusal.WRONG_PLACE
    named_other = Placement(ONE, NOON, RUNNING, TransactionId("another"))
    assert refusal(one, named_other) is Refusal.OTHER_TRANSACTION
    assert refusal(one, at(ONE, RUNNING)) is None


@pytest.mark.requirement("K01.FR.22", "K01.FR.28")
def test_unknown_places_and_foreign_purposes_are_refused() -> None:
    assert refusal(profile(1, DEFAULT, PLAN), at(EvseId(9))) is Refusal.UNKNOWN_EVSE
    assert refusal(profile(1, ProfilePurpose.EXTERNAL, PLAN), at(WHOLE_STATION)) is Refusal.PURPOSE_NOT_SETTABLE


def test_the_highest_stack_level_is_itself_allowed_and_the_lowest_is_0() -> None:
    assert refusal(profile(1, DEFAULT, PLAN, level=100), at(ONE)) is None
    assert refusal(profile(1, DEFAULT, PLAN, level=101), at(ONE)) is Refusal.STACK_LEVEL_TOO_HIGH
    assert refusal(profile(1, DEFAULT, PLAN, level=0), at(ONE)) is None


@pytest.mark.parametrize(
    "plan",
    [
        schedule(),
        schedule((5, 16)),
        schedule((0, 16), (60, 8), (60, 10)),
        schedule((0, 16), (60, 8), (30, 10)),
        schedule((0, -1)),
        schedule((0, float("nan"))),
        schedule((0, float("inf"))),
        schedule((0, 16), phases=0),
        schedule((0, 16), lasts=-1),
    ],
)
@pytest.mark.requirement("K01.FR.31", "K01.FR.35")
def test_a_schedule_that_cannot_be_followed_is_refused(plan: ChargingSchedule) -> None:
    assert refusal(profile(1, DEFAULT, plan), at(ONE)) is Refusal.BAD_SCHEDULE


def test_a_recurring_schedule_needs_its_recurrence_and_its_start() -> None:
    recurring = profile(1, DEFAULT, PLAN, kind=ProfileKind.RECURRING)
    assert refusal(recurring, at(ONE)) is None
    assert refusal(replace(recurring, recurrency=None), at(ONE)) is Refusal.BAD_SCHEDULE
    assert refusal(replace(recurring, schedule=schedule((0, 16), start=None)), at(ONE)) is Refusal.BAD_SCHEDULE
    daily_absolute = replace(profile(1, DEFAULT, PLAN), recurrency=Recurrency.DAILY)
    assert refusal(daily_absolute, at(ONE)) is Refusal.BAD_SCHEDULE


@pytest.mark.requirement("K01.FR.26")
def test_units_and_numbers_of_periods_have_their_limits() -> None:
    amps_only = replace(RULES, units=frozenset({RateUnit.AMPS}))
    in_watts = profile(1, DEFAULT, schedule((0, 7000), unit=RateUnit.WATTS))
    assert refusal(in_watts, at(ONE), amps_only) is Refusal.UNIT_NOT_SUPPORTED
    many = ChargingSchedule(RateUnit.AMPS, tuple(SchedulePeriod(at_, 16) for at_ in range(101)), NOON)
    assert refusal(profile(1, DEFAULT, many), at(ONE)) is Refusal.TOO_MANY_PERIODS


def test_the_same_level_and_purpose_at_the_same_place_replaces() -> None:
    profiles = install(ProfileSet(), profile(1, DEFAULT, PLAN), at(ONE))
    profiles = install(profiles, profile(2, DEFAULT, PLAN), at(TWO))
    profiles = install(profiles, profile(3, DEFAULT, PLAN), at(WHOLE_STATION))
    profiles = install(profiles, profile(4, DEFAULT, PLAN, level=1), at(ONE))
    installation = profiles.install(profile(5, DEFAULT, PLAN), at(ONE), RULES)
    assert [one.profile.profile_id for one in installation.replaced] == [1]
    assert ids(installation.profiles) == [2, 3, 4, 5]


@pytest.mark.requirement("K01.FR.05")
def test_the_same_id_replaces_wherever_it_stood() -> None:
    profiles = install(ProfileSet(), profile(0, DEFAULT, PLAN, level=3), at(ONE))
    profiles = install(profiles, profile(0, STATION, PLAN), at(WHOLE_STATION))
    assert [(one.profile.purpose, one.evse_id) for one in profiles.installed] == [(STATION, WHOLE_STATION)]


@pytest.mark.requirement("K01.FR.06", "K01.FR.39", "K01.FR.52", "K01.FR.53")
def test_where_duplicates_are_refused_only_what_overlaps_in_time_is_one() -> None:
    profiles = install(ProfileSet(), profile(1, DEFAULT, PLAN), at(WHOLE_STATION), STRICT)
    assert profiles.install(profile(2, DEFAULT, PLAN), at(ONE), STRICT).refusal is Refusal.DUPLICATE
    assert profiles.install(profile(2, DEFAULT, PLAN), at(WHOLE_STATION), STRICT).refusal is Refusal.DUPLICATE
    assert profiles.install(profile(1, DEFAULT, PLAN), at(ONE), STRICT).refusal is None
    early = replace(profile(3, STATION, PLAN), valid_to=NOON)
    late = replace(profile(4, STATION, PLAN), valid_from=NOON)
    before = replace(at(WHOLE_STATION), at=NOON - seconds(1))
    both = install(install(profiles, early, before, STRICT), late, at(WHOLE_STATION), STRICT)
    assert ids(both) == [1, 3, 4]


@pytest.mark.requirement("K01.FR.36", "K01.FR.37")
@pytest.mark.parametrize("lasts_seconds", [0, -1, -86_400])
def test_what_ends_before_it_begins_is_never_valid(lasts_seconds: int) -> None:
    begins = NOON + seconds(3600)
    one = replace(profile(1, DEFAULT, PLAN), valid_from=begins, valid_to=begins + seconds(lasts_seconds))
    assert refusal(one, at(ONE)) is Refusal.NEVER_VALID
    assert refusal(replace(one, valid_to=begins + seconds(1)), at(ONE)) is None


@pytest.mark.requirement("K01.FR.37")
@pytest.mark.parametrize("rules", [RULES, STRICT])
def test_what_has_expired_is_not_taken_by_a_sure_clock(rules: ProfileRules) -> None:
    past = replace(profile(1, DEFAULT, PLAN), valid_to=NOON)
    assert refusal(past, at(ONE), rules) is Refusal.EXPIRED
    assert refusal(past, replace(at(ONE), is_clock_trusted=False), rules) is None
    assert refusal(replace(past, valid_to=NOON + seconds(1)), at(ONE), rules) is None


@pytest.mark.requirement("K01.FR.05")
@pytest.mark.parametrize("rules", [RULES, STRICT])
def test_what_has_expired_still_ends_the_one_that_it_replaces(rules: ProfileRules) -> None:
    profiles = install(ProfileSet(), profile(1, DEFAULT, PLAN), at(ONE), rules)
    past = replace(profile(1, DEFAULT, PLAN), valid_to=NOON)
    assert [one.profile for one in install(profiles, past, at(ONE), rules).installed] == [past]


def test_a_full_set_refuses_one_more_and_takes_a_replacement() -> None:
    two_at_most = replace(RULES, max_installed=2)
    profiles = install(ProfileSet(), profile(1, DEFAULT, PLAN), at(ONE))
    profiles = install(profiles, profile(2, DEFAULT, PLAN, level=1), at(ONE))
    more = profile(3, DEFAULT, PLAN, level=2)
    assert profiles.install(more, at(ONE), two_at_most).refusal is Refusal.FULL
    assert ids(profiles.install(profile(3, DEFAULT, PLAN), at(ONE), two_at_most).profiles) == [2, 3]


def test_what_has_expired_gives_its_place_to_who_needs_it_and_by_a_sure_clock_alone() -> None:
    two_at_most = replace(RULES, max_installed=2)
    past = replace(profile(1, DEFAULT, PLAN), valid_to=NOON)
    future = replace(profile(2, DEFAULT, PLAN, level=1), valid_to=NOON + seconds(1))
    profiles = install(install(ProfileSet(), past, A_SECOND_BEFORE), future, at(ONE))
    more = profile(3, DEFAULT, PLAN, level=2)
    unsure = replace(at(ONE), is_clock_trusted=False)
    assert profiles.install(more, unsure, two_at_most).refusal is Refusal.FULL
    installation = profiles.install(more, at(ONE), two_at_most)
    assert [one.profile.profile_id for one in installation.replaced] == [1]
    assert ids(installation.profiles) == [2, 3]
    last = replace(profile(4, DEFAULT, PLAN, level=3))
    assert installation.profiles.install(last, at(ONE), two_at_most).refusal is Refusal.FULL


def stocked() -> ProfileSet:
    profiles = install(ProfileSet(), profile(0, STATION, PLAN), at(WHOLE_STATION))
    profiles = install(profiles, profile(1, DEFAULT, PLAN), at(WHOLE_STATION))
    profiles = install(profiles, profile(2, DEFAULT, PLAN, level=1), at(ONE))
    profiles = install(profiles, profile(3, TX, PLAN), at(ONE, RUNNING))
    return profiles.impose(PLAN, LimitSource.EMS, NOON)


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        (ProfileFilter(), [0, 1, 2, 3]),
        (ProfileFilter(profile_ids=frozenset({0})), [0]),
        (ProfileFilter(profile_ids=frozenset({2}), evse_id=TWO, stack_level=7), [2]),
        (ProfileFilter(profile_ids=frozenset({-1})), []),
        (ProfileFilter(stack_level=0), [0, 1, 3]),
        (ProfileFilter(evse_id=WHOLE_STATION), [0, 1]),
        (ProfileFilter(evse_id=ONE, purpose=DEFAULT), [2]),
        (ProfileFilter(evse_id=ONE, purpose=DEFAULT, stack_level=0), []),
        (ProfileFilter(purpose=ProfilePurpose.EXTERNAL), []),
    ],
)
@pytest.mark.requirement("K10.FR.03", "K10.FR.04", "K10.FR.08", "K10.FR.09")
def test_clearing_takes_what_matches_every_field_but_never_what_the_site_set(
    wanted: ProfileFilter, gone: list[int]
) -> None:
    profiles, cleared = stocked().clear(wanted)
    assert sorted(one.profile.profile_id for one in cleared) == gone
    assert ids(profiles) == sorted({-1, 0, 1, 2, 3} - set(gone))


def test_a_transactions_profiles_end_with_it() -> None:
    profiles, gone = stocked().without_transaction(RUNNING)
    assert [one.profile.profile_id for one in gone] == [3]
    assert ids(profiles) == [-1, 0, 1, 2]
    assert profiles.without_transaction(RUNNING) == (profiles, ())


def test_what_the_site_set_cannot_be_replaced_by_the_csms() -> None:
    assert stocked().install(profile(-1, DEFAULT, PLAN), at(ONE), RULES).refusal is Refusal.DUPLICATE


def test_fractions_of_seconds_are_cut_off_at_installation() -> None:
    half = replace(profile(1, DEFAULT, schedule((0, 16), start=NOON + seconds(0.5))), valid_from=NOON + seconds(0.9))
    (one,) = install(ProfileSet(), half, at(ONE)).installed
    assert (one.profile.schedule.start, one.profile.valid_from) == (NOON, NOON)


def test_a_query_finds_by_place_purpose_and_id() -> None:
    found = stocked().matching(ProfileFilter(evse_id=WHOLE_STATION))
    assert sorted(one.profile.profile_id for one in found) == [-1, 0, 1]
    assert stocked().matching(ProfileFilter(profile_ids=frozenset())) == ()


@pytest.mark.requirement("K01.FR.52", "K01.FR.53")
def test_a_default_of_the_station_and_one_of_an_evse_on_one_level_exclude_each_other_at_any_time() -> None:
    early = replace(profile(1, DEFAULT, PLAN), valid_to=NOON + seconds(60))
    late = replace(profile(2, DEFAULT, PLAN), valid_from=NOON + seconds(60))
    profiles = install(ProfileSet(), early, at(WHOLE_STATION), STRICT)
    assert profiles.install(late, at(ONE), STRICT).refusal is Refusal.DUPLICATE
    assert ids(install(profiles, late, at(WHOLE_STATION), STRICT)) == [1, 2], (
        "one place takes both, one after the other"
    )


def test_what_has_expired_stands_in_nobodys_way() -> None:
    past = replace(profile(1, DEFAULT, PLAN), valid_to=NOON)
    profiles = install(ProfileSet(), past, A_SECOND_BEFORE, STRICT)
    unsure = replace(at(ONE), is_clock_trusted=False)
    assert profiles.install(profile(2, DEFAULT, PLAN), unsure, STRICT).refusal is Refusal.DUPLICATE
    assert ids(install(profiles, profile(2, DEFAULT, PLAN), at(ONE), STRICT)) == [2]


@pytest.mark.requirement("K01.FR.19", "K01.FR.43", "K01.FR.45", "K01.FR.48")
@pytest.mark.parametrize(
    ("place", "phases", "which", "expected"),
    [
        (ONE, None, None, None),
        (ONE, 3, None, None),
        (ONE, 1, None, Refusal.MORE_PHASES_ARE_USED),
        (ONE, 2, None, Refusal.MORE_PHASES_ARE_USED),
        (TWO, 1, None, None),
        (TWO, 3, None, None),
        (TWO, 1, 2, Refusal.PHASE_NOT_SELECTABLE),
        (TWO, 3, 1, Refusal.PHASE_NOT_SELECTABLE),
        (WHOLE_STATION, 1, None, Refusal.MORE_PHASES_ARE_USED),
        (WHOLE_STATION, 3, None, None),
    ],
)
def test_phases_that_can_not_be_kept_to_are_refused(
    place: EvseId, phases: int | None, which: int | None, expected: Refusal | None
) -> None:
    wired = replace(RULES, least_phases={ONE: 3, TWO: 1})
    plan = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, 16, phases, which),), NOON, binds_phases=True)
    assert refusal(profile(1, DEFAULT, plan), at(place), wired) is expected
    as_in_1_6 = replace(plan, binds_phases=False)
    assert refusal(profile(1, DEFAULT, as_in_1_6), at(place), wired) is None


@pytest.mark.requirement("K11.FR.06", "K12.FR.05")
def test_each_source_at_the_site_has_one_limit_under_an_id_that_nobody_uses() -> None:
    profiles = install(ProfileSet(), profile(-1, DEFAULT, PLAN), at(ONE))
    profiles = profiles.impose(PLAN, LimitSource.EMS, NOON).impose(PLAN, LimitSource.SYSTEM_OPERATOR, NOON)
    profiles = profiles.impose(schedule((0, 10)), LimitSource.EMS, NOON)
    assert ids(profiles) == [-3, -2, -1]
    site = {one.source: one.profile.schedule.periods[0].limit for one in profiles.imposed_by_site().installed}
    assert site == {LimitSource.EMS: 10, LimitSource.SYSTEM_OPERATOR: 16}
    again = profiles.impose(schedule((0, 10)), LimitSource.EMS, NOON + seconds(60))
    assert again is profiles, "who says it again and again has nothing written again and again"
    left, gone = profiles.released_by(LimitSource.EMS)
    assert (len(gone), len(left.installed)) == (1, 2)
    assert left.released_by(LimitSource.EMS) == (left, ())
