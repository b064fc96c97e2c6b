"""One profile over time: whether it holds at an instant, which period, and when that changes next.

All in whole seconds: `ProfileSet.install` has cut the fractions off. Recurrences are anchored at the schedule's
start, never at midnight, and count UTC days and weeks.
"""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from operator import attrgetter

from chargepoint.model.charging_profiles import (
    ChargingSchedule,
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    Recurrency,
    SchedulePeriod,
)

RECURRENCE_SECONDS = {Recurrency.DAILY: 86_400, Recurrency.WEEKLY: 7 * 86_400}
_START = attrgetter("start_seconds")


def anchor_of(installed: InstalledProfile, started_at: datetime | None, at: datetime) -> datetime:
    """When the schedule's second 0 is; without a transaction, as if one started at `at` (K08.FR.06)."""
    schedule = installed.profile.schedule
    if schedule.start is not None and installed.profile.kind is not ProfileKind.RELATIVE:
        return schedule.start
    if installed.profile.purpose in (ProfilePurpose.STATION_MAX, ProfilePurpose.EXTERNAL):
        return min(installed.installed_at, at)  # a clock that was set back since does not undo the limit
    return at if started_at is None else started_at


def span_seconds(installed: InstalledProfile) -> int | None:
    """How long one run of the schedule lasts: its duration, cut at the recurrence (1.6 errata 3.44); None: endless."""
    profile = installed.profile
    duration = profile.schedule.duration_seconds
    if profile.recurrency is None:
        return duration
    recurrence = RECURRENCE_SECONDS[profile.recurrency]
    return recurrence if duration is None else min(duration, recurrence)


def period_at(installed: InstalledProfile, anchor: datetime, at: datetime) -> SchedulePeriod | None:
    """The period that holds at `at`; None while the profile is not valid or its schedule does not run."""
    profile = installed.profile
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    elapsed = (at - anchor).total_seconds()
    if elapsed < 0:
        return None
    if profile.recurrency is not None:
        elapsed %= RECURRENCE_SECONDS[profile.recurrency]
    span = span_seconds(installed)
    if span is not None and elapsed >= span:
        return None
    periods = profile.schedule.periods
    return periods[bisect_right(periods, elapsed, key=_START) - 1]


def lowest_period(installed: InstalledProfile) -> SchedulePeriod | None:
    """The lowest of those that ever hold: that start within one run (K01.FR.11). None: it never runs."""
    span = span_seconds(installed)
    periods = installed.profile.schedule.periods
    reachable = (period for period in periods if span is None or period.start_seconds < span)
    return min(reachable, key=attrgetter("limit"), default=None)


def next_boundary(installed: InstalledProfile, anchor: datetime, after: datetime) -> datetime | None:
    """The first instant later than `after` at which `period_at` may answer otherwise; None when never again."""
    profile = installed.profile
    edges = [edge for edge in (profile.valid_from, profile.valid_to) if edge is not None and edge > after]
    if profile.valid_to is None or after < profile.valid_to:
        edges.extend(_schedule_edges(installed, anchor, after))
    return min(edges, default=None)


def _schedule_edges(installed: InstalledProfile, anchor: datetime, after: datetime) -> Iterator[datetime]:
    elapsed = (after - anchor).total_seconds()
    if elapsed < 0:
        yield anchor
        return
    run = anchor
    recurrency = installed.profile.recurrency
    if recurrency is not None:
        recurrence = RECURRENCE_SECONDS[recurrency]
        past = int(elapsed // recurrence) * recurrence
        run, elapsed = anchor + timedelta(seconds=past), elapsed - past
        yield from _later(run, recurrence)
    offset = _next_offset(installed.profile.schedule, span_seconds(installed), elapsed)
    if offset is not None:
        yield from _later(run, offset)


def _later(instant: datetime, seconds: int) -> Iterator[datetime]:
    """Nothing where the calendar ends before."""
    with suppress(OverflowError):
        yield instant + timedelta(seconds=seconds)


def _next_offset(schedule: ChargingSchedule, span: int | None, elapsed: float) -> int | None:
    following = bisect_right(schedule.periods, elapsed, key=_START)
    if following < len(schedule.periods):
        start = schedule.periods[following].start_seconds
        if span is None or start < span:
            return start
    return span if span is not None and elapsed < span else None
