"""The limit of one second by the text of the specification: slow, plain, and without any code of the room it judges."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chargepoint.model.charging_profiles import (
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)


def oracle_amps(
    installed: list[InstalledProfile],
    evse: int,
    transaction: str | None,
    started: datetime,
    second: datetime,
    phases: int = 3,
) -> float | None:
    """Amps per phase, not rounded; None without a limit. One EVSE alone uses the station, on its `phases` phases."""
    watts = oracle_watts(installed, evse, transaction, started, second, phases)
    return None if watts is None else watts / 230.0 / phases


def oracle_watts(
    installed: list[InstalledProfile],
    evse: int,
    transaction: str | None,
    started: datetime,
    second: datetime,
    phases: int,
) -> float | None:
    """What may be measured at the wires of all phases together."""

    def watts_of(one: InstalledProfile) -> float | None:
        period = _period_of(one, started, second)
        if period is None:
            return None
        if one.profile.schedule.unit is RateUnit.AMPS:
            return period.limit * 230.0 * phases
        if one.profile.purpose is ProfilePurpose.EXTERNAL:
            return period.limit
        stated = 3 if period.phases is None else period.phases
        return period.limit * phases / max(phases, stated)

    station = [one for one in installed if one.profile.purpose is ProfilePurpose.STATION_MAX]
    site = [one for one in installed if one.profile.purpose is ProfilePurpose.EXTERNAL]
    found = [limit for limit in (_prevailing(station, watts_of), *map(watts_of, site)) if limit is not None]
    own = [
        one
        for one in installed
        if one.profile.purpose is ProfilePurpose.TX and one.evse_id == evse and one.transaction_id == transaction
    ]
    limit = _prevailing(own, watts_of) if transaction is not None else None
    if limit is None:
        defaults = [
            one for one in installed if one.profile.purpose is ProfilePurpose.TX_DEFAULT and one.evse_id in (0, evse)
        ]
        replacing = [one for one in defaults if one.evse_id != 0 and not one.profile.is_in_one_stack]
        limit = _prevailing(replacing, watts_of)
        if limit is None:
            limit = _prevailing([one for one in defaults if one not in replacing], watts_of)
    if limit is not None:
        found.append(limit)
    return min(found) if found else None


def _prevailing(
    candidates: list[InstalledProfile], watts_of: Callable[[InstalledProfile], float | None]
) -> float | None:
    best: tuple[int, bool] | None = None
    best_limit: float | None = None
    for one in candidates:
        limit = watts_of(one)
        rank = (one.profile.stack_level, one.evse_id != 0)
        if limit is not None and (best is None or rank > best):
            best, best_limit = rank, limit
    return best_limit


def _period_of(one: InstalledProfile, started: datetime, second: datetime) -> SchedulePeriod | None:
    profile = one.profile
    schedule = profile.schedule
    if profile.valid_from and second < profile.valid_from:
        return None
    if profile.valid_to and not second < profile.valid_to:
        return None
    if profile.kind is ProfileKind.RELATIVE or schedule.start is None:
        is_station = profile.purpose in (ProfilePurpose.STATION_MAX, ProfilePurpose.EXTERNAL)
        start = min(one.installed_at, second) if is_station else started
    else:
        start = schedule.start
    if second < start:
        return None
    if profile.kind is ProfileKind.RECURRING:
        step = timedelta(days=1) if profile.recurrency is Recurrency.DAILY else timedelta(weeks=1)
        while start + step <= second:
            start += step
    if schedule.duration_seconds is not None and second >= start + timedelta(seconds=schedule.duration_seconds):
        return None
    current = None
    for period in schedule.periods:
        if start + timedelta(seconds=period.start_seconds) <= second:
            current = period
    assert current is not None
    return current
