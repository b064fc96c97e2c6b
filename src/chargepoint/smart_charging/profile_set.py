"""Which profiles are installed, and the rules of installing, replacing and clearing (1.6 §3.13, §5.16; 2.0.1 K01, K10).

A value: every change is a new set and says what it did or why not.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import count, pairwise
from math import isfinite

from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    ChargingProfile,
    ChargingSchedule,
    InstalledProfile,
    LimitSource,
    ProfileFilter,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.smart_charging.schedule_walk import lowest_period


class Refusal(StrEnum):
    """Why a profile was not installed."""

    PURPOSE_NOT_SETTABLE = "purpose_not_settable"
    WRONG_PLACE = "wrong_place"
    UNKNOWN_EVSE = "unknown_evse"
    NO_TRANSACTION = "no_transaction"
    OTHER_TRANSACTION = "other_transaction"
    STACK_LEVEL_TOO_HIGH = "stack_level_too_high"
    NEVER_VALID = "never_valid"
    EXPIRED = "expired"
    BAD_SCHEDULE = "bad_schedule"
    TOO_MANY_PERIODS = "too_many_periods"
    UNIT_NOT_SUPPORTED = "unit_not_supported"
    MORE_PHASES_ARE_USED = "more_phases_are_used"
    PHASE_NOT_SELECTABLE = "phase_not_selectable"
    DUPLICATE = "duplicate"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """The station's maximums and the dialect's rule for two profiles of one level."""

    evse_ids: frozenset[EvseId]
    max_installed: int
    max_stack_level: int
    """Itself allowed."""
    max_periods: int
    units: frozenset[RateUnit] = frozenset(RateUnit)
    same_level_replaces: bool = True
    """1.6 replaces (§3.13.2); 2.0.1 refuses another id that overlaps in time (K01.FR.06, .39, .52, .53)."""
    least_phases: Mapping[EvseId, int] = field(default_factory=dict)
    """The fewest that each EVSE can be held to; one that is not here is not judged by them."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and when a profile is to be installed, and the transaction that it is for."""

    evse_id: EvseId
    at: datetime
    transaction_id: TransactionId | None = None
    """The one that runs (or is starting) on the EVSE; None when none does."""
    wanted_transaction_id: TransactionId | None = None
    """The one that the request names; None where it names none."""
    is_clock_trusted: bool = True
    """False: what has expired at `at` may not have."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What came of it: the set from now on, what it displaced, and the refusal if it was refused."""

    profiles: "ProfileSet"
    replaced: tuple[InstalledProfile, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class ProfileSet:
    """Installed profiles, each id once, in precedence."""

    installed: tuple[InstalledProfile, ...] = ()

    @classmethod
    def of(cls, installed: Iterable[InstalledProfile]) -> "ProfileSet":
        """As remembered; the latest first."""
        return cls(in_precedence(installed))

    @cached_property
    def lowest_periods(self) -> Mapping[int, SchedulePeriod]:
        """By profile id the lowest period that can ever hold; none for a schedule that never runs."""
        lowest = ((one.profile.profile_id, lowest_period(one)) for one in self.installed)
        return {profile_id: period for profile_id, period in lowest if period is not None}

    def install(self, profile: ChargingProfile, place: Placement, rules: ProfileRules) -> Installation:
        """Add or replace; a refusal leaves the set as it was."""
        refusal = refusal_of(profile, place, rules)
        if refusal is not None:
            return Installation(self, refusal=refusal)
        is_tx = profile.purpose is ProfilePurpose.TX
        new = InstalledProfile(
            in_whole_seconds(profile),
            place.evse_id,
            place.at.replace(microsecond=0),
            place.transaction_id if is_tx else None,
        )
        same_id = [old for old in self.installed if old.profile.profile_id == profile.profile_id]
        if any(old.profile.purpose is ProfilePurpose.EXTERNAL for old in same_id):
            return Installation(self, refusal=Refusal.DUPLICATE)
        rivals = [old for old in self.installed if old not in same_id and is_rival(old, new, rules)]
        are_past = place.is_clock_trusted and all(has_expired(rival, place.at) for rival in rivals)
        if rivals and not rules.same_level_replaces and not are_past:
            return Installation(self, refusal=Refusal.DUPLICATE)
        ends_another = bool(same_id or (rivals and rules.same_level_replaces))  # 1.6 3.13.2, K01.FR.05
        if place.is_clock_trusted and has_expired(new, place.at) and not ends_another:
            return Installation(self, refusal=Refusal.EXPIRED)
        replaced = (*same_id, *rivals)
        kept = [old for old in self.installed if old not in replaced]
        if is_full(kept, rules) and place.is_clock_trusted:
            replaced += tuple(old for old in kept if has_expired(old, place.at))
            kept = [old for old in kept if old not in replaced]
        if is_full(kept, rules):
            return Installation(self, refusal=Refusal.FULL)
        return Installation(ProfileSet.of([new, *kept]), replaced)

    def impose(self, schedule: ChargingSchedule, source: LimitSource, at: datetime) -> "ProfileSet":
        """What the site imposes on the whole station; no rule of the CSMS applies. One of each source: the latest.

        Its id is negative, and none that the CSMS uses already (K11.FR.06). The same limit again changes nothing.
        """
        if any(is_imposed_by(old, source) and old.profile.schedule == schedule for old in self.installed):
            return self
        kept = [old for old in self.installed if not is_imposed_by(old, source)]
        taken = {old.profile.profile_id for old in kept}
        number = next(number for number in count(-1, -1) if number not in taken)
        kind = ProfileKind.RELATIVE if schedule.start is None else ProfileKind.ABSOLUTE
        profile = in_whole_seconds(ChargingProfile(number, 0, ProfilePurpose.EXTERNAL, kind, schedule))
        new = InstalledProfile(profile, WHOLE_STATION, at.replace(microsecond=0), source=source)
        return ProfileSet.of([new, *kept])

    def released_by(self, source: LimitSource) -> tuple["ProfileSet", tuple[InstalledProfile, ...]]:
        """Without what this source imposes, and that."""
        return self._without(lambda old: is_imposed_by(old, source))

    def imposed_by_site(self) -> "ProfileSet":
        """Nothing of the CSMS."""
        return ProfileSet(tuple(one for one in self.installed if one.profile.purpose is ProfilePurpose.EXTERNAL))

    def clear(self, wanted: ProfileFilter) -> tuple["ProfileSet", tuple[InstalledProfile, ...]]:
        """Without those that match, and those; what the site imposes is never among them (K10.FR.03, .04)."""
        return self._without(lambda old: old.profile.purpose is not ProfilePurpose.EXTERNAL and wanted.matches(old))

    def without_transaction(self, transaction_id: TransactionId) -> tuple["ProfileSet", tuple[InstalledProfile, ...]]:
        """A transaction's own profiles end with it."""
        return self._without(lambda old: old.transaction_id == transaction_id)

    def matching(self, wanted: ProfileFilter) -> tuple[InstalledProfile, ...]:
        return tuple(old for old in self.installed if wanted.matches(old))

    def _without(self, goes: Callable[[InstalledProfile], bool]) -> tuple["ProfileSet", tuple[InstalledProfile, ...]]:
        gone = tuple(old for old in self.installed if goes(old))
        return (ProfileSet(tuple(old for old in self.installed if old not in gone)) if gone else self), gone


def in_precedence(installed: Iterable[InstalledProfile]) -> tuple[InstalledProfile, ...]:
    """The highest level first; on one level a place of its own before the whole station, then the latest.

    What replaces the whole station's comes before all of it (1.6 §3.13.1).
    """
    return tuple(
        sorted(
            installed,
            key=lambda one: (not replaces_station(one), -one.profile.stack_level, one.evse_id == WHOLE_STATION),
        )
    )


def replaces_station(installed: InstalledProfile) -> bool:
    """While it gives a limit, no TX_DEFAULT of the whole station counts at its place (1.6 §3.13.1)."""
    profile = installed.profile
    is_own = installed.evse_id != WHOLE_STATION
    return profile.purpose is ProfilePurpose.TX_DEFAULT and is_own and not profile.is_in_one_stack


def is_imposed_by(installed: InstalledProfile, source: LimitSource) -> bool:
    return installed.profile.purpose is ProfilePurpose.EXTERNAL and installed.source is source


def refusal_of(profile: ChargingProfile, place: Placement, rules: ProfileRules) -> Refusal | None:
    """Why this profile cannot stand at this place, whatever else is installed."""
    is_whole_station = place.evse_id == WHOLE_STATION
    if not is_whole_station and place.evse_id not in rules.evse_ids:
        return Refusal.UNKNOWN_EVSE
    match profile.purpose:
        case ProfilePurpose.EXTERNAL:
            return Refusal.PURPOSE_NOT_SETTABLE  # K01.FR.22
        case ProfilePurpose.STATION_MAX if not is_whole_station:
            return Refusal.WRONG_PLACE
        case ProfilePurpose.TX if is_whole_station:
            return Refusal.WRONG_PLACE  # K01.FR.16
        case ProfilePurpose.TX if place.transaction_id is None:
            return Refusal.NO_TRANSACTION  # 1.6 §3.13.1, K01.FR.09
        case ProfilePurpose.TX if place.wanted_transaction_id not in (None, place.transaction_id):
            return Refusal.OTHER_TRANSACTION  # K01.FR.33
        case _:
            pass
    if not 0 <= profile.stack_level <= rules.max_stack_level:
        return Refusal.STACK_LEVEL_TOO_HIGH
    begins, ends = _cut(profile.valid_from), _cut(profile.valid_to)
    if begins is not None and ends is not None and ends <= begins:
        return Refusal.NEVER_VALID  # K01.FR.36, K01.FR.37
    return phase_refusal(profile.schedule, place.evse_id, rules) or schedule_refusal(profile, rules)


def phase_refusal(schedule: ChargingSchedule, evse_id: EvseId, rules: ProfileRules) -> Refusal | None:
    """Why the phases that a schedule of 2.0.1 names can not be kept to: which one is used can not be chosen."""
    if not schedule.binds_phases:
        return None
    if any(period.phase_to_use is not None for period in schedule.periods):
        return Refusal.PHASE_NOT_SELECTABLE  # K01.FR.19, K01.FR.20, K01.FR.48
    least = max((phases for key, phases in rules.least_phases.items() if evse_id in (WHOLE_STATION, key)), default=0)
    if any(period.phases is not None and period.phases < least for period in schedule.periods):
        return Refusal.MORE_PHASES_ARE_USED  # K01.FR.43
    return None


def schedule_refusal(profile: ChargingProfile, rules: ProfileRules) -> Refusal | None:
    """Why this schedule cannot be followed."""
    schedule = profile.schedule
    if schedule.unit not in rules.units:
        return Refusal.UNIT_NOT_SUPPORTED  # K01.FR.26
    if len(schedule.periods) > rules.max_periods:
        return Refusal.TOO_MANY_PERIODS
    is_recurring = profile.kind is ProfileKind.RECURRING
    if is_recurring != (profile.recurrency is not None) or (is_recurring and schedule.start is None):
        return Refusal.BAD_SCHEDULE
    return None if is_well_formed(schedule) else Refusal.BAD_SCHEDULE


def is_well_formed(schedule: ChargingSchedule) -> bool:
    """From 0 on, in order, nothing negative (1.6 errata 3.45, K01.FR.31, .35)."""
    starts = [period.start_seconds for period in schedule.periods]
    return (
        bool(starts)
        and starts[0] == 0
        and all(early < late for early, late in pairwise(starts))
        and all(is_possible(period) for period in schedule.periods)
        and (schedule.duration_seconds is None or schedule.duration_seconds >= 0)
    )


def is_possible(period: SchedulePeriod) -> bool:
    """A limit that a number can be, on phases that there are."""
    return isfinite(period.limit) and period.limit >= 0 and period.phases in (None, 1, 2, 3)


def is_full(installed: Iterable[InstalledProfile], rules: ProfileRules) -> bool:
    """No place is left; what the site imposes takes none."""
    return sum(one.profile.purpose is not ProfilePurpose.EXTERNAL for one in installed) >= rules.max_installed


def has_expired(installed: InstalledProfile, at: datetime) -> bool:
    """It will never hold again: it keeps its place only while nobody needs it."""
    profile = installed.profile
    return profile.purpose is not ProfilePurpose.EXTERNAL and profile.valid_to is not None and profile.valid_to <= at


def is_rival(old: InstalledProfile, new: InstalledProfile, rules: ProfileRules) -> bool:
    """Another id on the same purpose and level where only one may stand."""
    ours, theirs = new.profile, old.profile
    if (theirs.purpose, theirs.stack_level) != (ours.purpose, ours.stack_level):
        return False
    if rules.same_level_replaces:
        return old.evse_id == new.evse_id
    if old.evse_id != new.evse_id:  # K01.FR.52, .53: also where they are never valid together
        return ours.purpose is ProfilePurpose.TX_DEFAULT and WHOLE_STATION in (old.evse_id, new.evse_id)
    return ours.purpose is ProfilePurpose.TX or overlaps(ours, theirs)


def overlaps(one: ChargingProfile, other: ChargingProfile) -> bool:
    """There is an instant at which both are valid."""
    return not (
        (one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from)
        or (other.valid_to is not None and one.valid_from is not None and other.valid_to <= one.valid_from)
    )


def in_whole_seconds(profile: ChargingProfile) -> ChargingProfile:
    """Fractions of seconds are cut off, so that every boundary stands on a second."""
    return replace(
        profile,
        schedule=replace(profile.schedule, start=_cut(profile.schedule.start)),
        valid_from=_cut(profile.valid_from),
        valid_to=_cut(profile.valid_to),
    )


def _cut(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(microsecond=0)
