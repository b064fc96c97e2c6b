"""The limit of one second by the text of the specification: slow, plain, and without any code of the room it judges."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chargepoint.model.charging_profiles import (
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
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
    """What may be measured at the wires of all phases together; a limit in watts as it is given."""

    def watts_of(one: InstalledProfile) -> float | None:
        limit = _limit_of(one, started, second)
        in_amps = one.profile.schedule.unit is RateUnit.AMPS
        return limit * 230.0 * phases if limit is not None and in_amps else limit

    found = []
    for purpose in (ProfilePurpose.STATION_MAX, ProfilePurpose.EXTERNAL):
        limit = _prevailing([one for one in installed if one.profile.purpose is purpose], watts_of)
        if limit is not None:
            found.append(limit)
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
        limit = _prevailing(defaults, watts_of)
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


def _limit_of(one: InstalledProfile, started: datetime, second: datetime) -> float | None:
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
    return current.limit
