"""Short words for profiles in tests, and Hypothesis strategies of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.smart_charging.profile_set import Placement, ProfileRules

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
ONE, TWO = EvseId(1), EvseId(2)
RUNNING = TransactionId("a-transaction")
RULES = ProfileRules(frozenset({ONE, TWO}), max_installed=100, max_stack_level=100, max_periods=100)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def schedule(
    *steps: tuple[int, float],
    unit: RateUnit = RateUnit.AMPS,
    start: datetime | None = NOON,
    lasts: int | None = None,
    phases: int | None = None,
) -> ChargingSchedule:
    periods = tuple(SchedulePeriod(at, limit, phases) for at, limit in steps)
    return ChargingSchedule(unit, periods, start, lasts)


def profile(
    number: int,
    purpose: ProfilePurpose,
    plan: ChargingSchedule,
    level: int = 0,
    kind: ProfileKind = ProfileKind.ABSOLUTE,
) -> ChargingProfile:
    recurrency = Recurrency.DAILY if kind is ProfileKind.RECURRING else None
    return ChargingProfile(number, level, purpose, kind, plan, recurrency)


def at(evse: EvseId, transaction: TransactionId | None = None) -> Placement:
    return Placement(evse, NOON, transaction)


@st.composite
def plans(draw: st.DrawFn, kind: ProfileKind, span: int) -> ChargingSchedule:
    starts = sorted(draw(st.sets(st.integers(1, span), max_size=4)))
    limits = draw(st.lists(st.integers(0, 400), min_size=len(starts) + 1, max_size=len(starts) + 1))
    unit = draw(st.sampled_from(RateUnit))
    phases = draw(st.sampled_from((None, 1, 3)))
    scale = 0.1 if unit is RateUnit.AMPS else 50.0
    periods = (SchedulePeriod(start, limit * scale, phases) for start, limit in zip([0, *starts], limits, strict=True))
    start = NOON + seconds(draw(st.integers(-span, span)))
    if kind is ProfileKind.RECURRING:
        start -= timedelta(days=draw(st.integers(-1, 15)))
    is_anchored = kind is ProfileKind.RECURRING or (kind is ProfileKind.ABSOLUTE and draw(st.booleans()))
    lasts = draw(st.none() | st.integers(0, 2 * span) | st.just(100_000))
    return ChargingSchedule(unit, tuple(periods), start if is_anchored else None, lasts)


@st.composite
def any_profile(draw: st.DrawFn, number: int, span: int = 60) -> ChargingProfile:
    kind = draw(st.sampled_from(ProfileKind))
    edge = st.none() | st.integers(-span, span).map(lambda offset: NOON + seconds(offset))
    recurrency = draw(st.sampled_from(Recurrency)) if kind is ProfileKind.RECURRING else None
    return ChargingProfile(
        number,
        draw(st.integers(0, 3)),
        draw(st.sampled_from((ProfilePurpose.STATION_MAX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.TX))),
        kind,
        draw(plans(kind, span)),
        recurrency,
        draw(edge),
        draw(edge),
        is_in_one_stack=draw(st.booleans()),
    )
