"""Every second of every window equals the brute-force oracle, whatever profiles are installed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.model.charging_profiles import WHOLE_STATION, LimitSource, ProfileKind, ProfilePurpose, RateUnit
from chargepoint.smart_charging.composite_schedule import (
    Circumstances,
    StationPart,
    Window,
    composite,
    composite_of_station,
    limit_at,
    next_change,
)
from chargepoint.smart_charging.current_limit import round_down_amps
from chargepoint.smart_charging.profile_set import Placement, ProfileSet, Refusal
from chargepoint.smart_charging.rates import Rate, Wiring
from unit.smart_charging.oracle import oracle_amps, oracle_watts
from unit.smart_charging.profiles import NOON, ONE, RULES, RUNNING, TWO, any_profile, plans, seconds

PHASES = st.sampled_from((1, 3))
WINDOW_SECONDS = 90


@st.composite
def sets(draw: st.DrawFn) -> ProfileSet:
    profiles = ProfileSet()
    for number in range(draw(st.integers(0, 7))):
        one = draw(any_profile(number))
        places = {
            ProfilePurpose.STATION_MAX: [WHOLE_STATION],
            ProfilePurpose.TX_DEFAULT: [WHOLE_STATION, ONE, TWO],
        }.get(one.purpose, [ONE, TWO])
        at = NOON + seconds(draw(st.integers(-40, 0)))
        place = Placement(draw(st.sampled_from(places)), at, RUNNING, is_clock_trusted=False)
        installation = profiles.install(one, place, RULES)
        assert installation.refusal in (None, Refusal.NEVER_VALID)
        profiles = installation.profiles
    for source in draw(st.sets(st.sampled_from((LimitSource.EMS, LimitSource.OTHER)))):
        plan = draw(plans(ProfileKind.ABSOLUTE, 60))
        profiles = profiles.impose(plan, source, NOON + seconds(draw(st.integers(-40, 0))))
    return profiles


@settings(max_examples=60, deadline=None)
@given(sets(), st.integers(-50, 0), st.booleans(), PHASES)
def test_the_composite_schedule_equals_the_oracle_in_every_second(
    profiles: ProfileSet, started: int, has_transaction: bool, phases: int
) -> None:
    started_at = NOON + seconds(started)
    transaction = RUNNING if has_transaction else None
    circumstances = Circumstances(ONE, transaction, started_at, wiring=Wiring(phases))
    ceiling = Rate(1000.0, RateUnit.AMPS, phases, 230.0)
    answer = composite(profiles, circumstances, Window(NOON, WINDOW_SECONDS, RateUnit.AMPS), ceiling)
    assert answer.periods[0].start_seconds == 0
    for second in range(WINDOW_SECONDS):
        moment = NOON + seconds(second)
        expected = oracle_amps(list(profiles.installed), ONE, transaction, started_at, moment, phases)
        rounded = 1000.0 if expected is None else round_down_amps(expected)
        stated = [period for period in answer.periods if period.start_seconds <= second][-1]
        assert stated.limit == rounded, second
        limit = limit_at(profiles, circumstances, moment)
        assert (1000.0 if limit is None else limit.amps) == rounded, second


@settings(max_examples=60, deadline=None)
@given(sets(), st.integers(-50, 0), PHASES)
def test_what_a_car_draws_on_every_phase_is_never_more_than_the_watts_allowed(
    profiles: ProfileSet, started: int, phases: int
) -> None:
    started_at = NOON + seconds(started)
    limit = limit_at(profiles, Circumstances(ONE, RUNNING, started_at, wiring=Wiring(phases)), NOON)
    allowed = oracle_watts(list(profiles.installed), ONE, RUNNING, started_at, NOON, phases)
    if allowed is not None:
        assert limit is not None
        assert limit.amps * 230.0 * phases <= allowed + 1e-3


@settings(max_examples=40, deadline=None)
@given(sets(), st.integers(-50, 0))
def test_what_is_told_of_all_evses_together_lies_between_the_largest_and_the_sum_of_them(
    profiles: ProfileSet, started: int
) -> None:
    station, start = Circumstances(WHOLE_STATION), NOON + seconds(started)
    ceiling = Rate(32.0, RateUnit.AMPS, 3, 230.0)
    each = [Circumstances(evse, None, start) for evse in (ONE, TWO)]
    window = Window(NOON, WINDOW_SECONDS, RateUnit.AMPS)
    answer = composite_of_station(profiles, station, [StationPart(one, ceiling) for one in each], window)
    for second in range(WINDOW_SECONDS):
        moment = NOON + seconds(second)
        limits = [limit_at(profiles, one, moment) for one in each]
        alone = [32.0 if limit is None else min(32.0, limit.amps) for limit in limits]
        told = [period for period in answer.periods if period.start_seconds <= second][-1].limit
        assert max(alone) <= told <= sum(alone) + 1e-6
        of_station = limit_at(profiles, station, moment)
        assert of_station is None or told <= of_station.amps


@settings(max_examples=30, deadline=None)
@given(sets(), st.integers(-50, 0))
def test_between_two_changes_the_limit_stays(profiles: ProfileSet, started: int) -> None:
    circumstances = Circumstances(ONE, RUNNING, NOON + seconds(started))
    change = next_change(profiles, circumstances, NOON)
    limit = limit_at(profiles, circumstances, NOON)
    for second in range(WINDOW_SECONDS):
        moment = NOON + seconds(second)
        if change is not None and moment >= change:
            break
        assert limit_at(profiles, circumstances, moment) == limit


@settings(max_examples=30, deadline=None)
@given(sets(), st.integers(-50, 0), st.integers(-400_000, 400_000))
def test_without_a_trusted_clock_no_limit_of_any_possible_time_is_exceeded(
    profiles: ProfileSet, lasted: int, wrong_by: int
) -> None:
    guess = NOON
    untrusted = Circumstances(ONE, RUNNING, guess + seconds(lasted), is_clock_trusted=False)
    held = limit_at(profiles, untrusted, guess)
    truth = guess + seconds(wrong_by)
    # The station's own relative schedules are anchored at an instant of the calendar; all else moves with the truth.
    possible = oracle_amps(list(profiles.installed), ONE, RUNNING, truth + seconds(lasted), truth)
    if possible is not None:
        assert held is not None
        assert held.exact_amps <= possible + 1e-9
