"""The limit that results from all profiles, now and over a window, and when it changes next.

Per purpose the highest stack level whose schedule runs at that instant prevails; one that has run out leaves the
word to the next lower (1.6 errata 3.43). In 1.6 the TX_DEFAULT profiles of the connector itself come before those of
connector 0, whatever the levels (§3.13.1); in 2.0.1 they are one stack (K section 3.4). A TX profile that holds
overrules TX_DEFAULT; the rest is the minimum.
What the whole station may take (STATION_MAX, EXTERNAL) is shared by `Rate.shared` between the EVSEs that claim it.
Without a trusted clock the lowest limit that could be active holds: of a profile tied to the calendar every period
may be the present one, and the profile itself may not be valid at all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    CompositePeriod,
    CompositeSchedule,
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.smart_charging.profile_set import ProfileSet
from chargepoint.smart_charging.rates import Rate, Wiring, rate_of, smallest
from chargepoint.smart_charging.schedule_walk import anchor_of, next_boundary, period_at

STATION_PURPOSES = (ProfilePurpose.STATION_MAX, ProfilePurpose.EXTERNAL)
MAX_WINDOW_SECONDS = 8 * 86_400
"""A longer composite schedule is cut here and says so in its duration: a week and a day show every recurrence."""
MAX_BOUNDARIES = 2000
"""So many are looked at for one composite schedule, which is cut there: nobody else waits for long. Of the whole
station each is looked at once for every EVSE."""


FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else decides: whose limit, which transaction, and how the station's limit is shared."""

    evse_id: EvseId
    """`WHOLE_STATION` asks for the station's own limit alone."""
    transaction_id: TransactionId | None = None
    started_at: datetime | None = None
    """The transaction's start on the present time line: now less the time it has lasted. None without one."""
    is_clock_trusted: bool = True
    claimants: int = 1
    """EVSEs that share the station's limit, this one among them."""
    place: int = 0
    """This one's, from 0, in the order in which they came."""
    wiring: Wiring = field(default_factory=Wiring)
    is_start_known: bool = True
    """False: how long the transaction has lasted is not sure, as it began before a restart by an unset clock."""
    one_phase_until: datetime | None = None
    """Before it one phase is used, whatever the profiles say; None: as they say."""


def limit_at(profiles: ProfileSet, circumstances: Circumstances, at: datetime) -> Rate | None:
    """The limit that the profiles set at `at`; None when none does."""
    return _Reading(profiles, circumstances).at(at)


def next_change(profiles: ProfileSet, circumstances: Circumstances, after: datetime) -> datetime | None:
    """The first instant later than `after` at which `limit_at` may differ; None when it never will."""
    return _Reading(profiles, circumstances).next_change(after)


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch that a composite schedule is asked for."""

    start: datetime
    duration_seconds: int
    unit: RateUnit
    max_periods: int = 1000
    """A schedule of more periods is cut where it is full, and its duration with it."""

    @property
    def first_second(self) -> datetime:
        return self.start.replace(microsecond=0)


def composite(profiles: ProfileSet, circumstances: Circumstances, window: Window, ceiling: Rate) -> CompositeSchedule:
    """The limit over a window from the whole second of its start; `ceiling` is what holds without profiles.

    A window of 0 seconds has one period: the limit now.
    """
    course = _Capped(_Reading(profiles, _as_if_started(circumstances, window.first_second)), ceiling)
    return _listed(circumstances.evse_id, course, window)


@dataclass(frozen=True, slots=True)
class StationPart:
    """One EVSE of the station, and what it can take without profiles."""

    circumstances: Circumstances
    ceiling: Rate


def composite_of_station(
    profiles: ProfileSet, station: Circumstances, parts: Iterable[StationPart], window: Window
) -> CompositeSchedule:
    """What the whole station is expected to take: its EVSEs together, no more than its own limit (K08.FR.03)."""
    each = tuple(parts)
    most = MAX_BOUNDARIES // (1 + len(each))
    return _listed(WHOLE_STATION, _Together(profiles, station, each, window), window, most)


def _listed(
    evse_id: EvseId, course: "_Course", window: Window, most_boundaries: int = MAX_BOUNDARIES
) -> CompositeSchedule:
    start = window.first_second
    length = max(0, min(window.duration_seconds, MAX_WINDOW_SECONDS))
    periods: list[CompositePeriod] = []
    for seen, (offset, rate) in enumerate(_over(course, start, length)):
        phases = rate.counted_phases if window.unit is RateUnit.WATTS else rate.phases
        period = CompositePeriod(offset, rate.in_unit(window.unit), phases)
        is_same = bool(periods) and (periods[-1].limit, periods[-1].phases) == (period.limit, period.phases)
        if seen >= most_boundaries or (not is_same and len(periods) == window.max_periods):
            length = offset
            break
        if not is_same:
            periods.append(period)
    return CompositeSchedule(evse_id, start, length, window.unit, tuple(periods))


class _Course(Protocol):
    """A limit over time."""

    def at(self, at: datetime) -> Rate: ...

    def next_change(self, after: datetime) -> datetime | None: ...


def _over(course: _Course, start: datetime, length_seconds: int) -> Iterator[tuple[int, Rate]]:
    """The limit at the start and after every boundary of the window."""
    at: datetime | None = start
    end = start + timedelta(seconds=length_seconds)
    while at is not None and (at < end or at == start):
        yield int((at - start).total_seconds()), course.at(at)
        at = course.next_change(at)


class _Capped:
    """What the profiles set for one place, and never more than its ceiling."""

    def __init__(self, reading: "_Reading", ceiling: Rate) -> None:
        self._reading = reading
        self._ceiling = ceiling

    def at(self, at: datetime) -> Rate:
        return self._capped(self._reading.at(at), at)

    def own_at(self, at: datetime) -> Rate:
        """Whatever the station's limit is."""
        return self._capped(self._reading.own_limit(at), at)

    def _capped(self, rate: Rate | None, at: datetime) -> Rate:
        """On the phases that the profiles leave."""
        ceiling = replace(
            self._ceiling, phases=self._reading.phases_without_profile(at) if rate is None else rate.phases
        )
        return smallest(rate, ceiling) or ceiling

    def next_change(self, after: datetime) -> datetime | None:
        return self._reading.next_change(after)


class _Together:
    """What several EVSEs take, and never more than the station's limit."""

    def __init__(
        self, profiles: ProfileSet, station: Circumstances, parts: tuple[StationPart, ...], window: Window
    ) -> None:
        self._station = _Reading(profiles, station)
        self._wiring = station.wiring
        self._unit = window.unit
        self._parts = [
            _Capped(_Reading(profiles, _as_if_started(part.circumstances, window.first_second)), part.ceiling)
            for part in parts
        ]

    def at(self, at: datetime) -> Rate:
        total = sum(part.own_at(at).in_unit(self._unit) for part in self._parts)
        together = Rate(total, self._unit, self._wiring.phases, self._wiring.volts)
        return smallest(self._station.at(at), together) or together

    def next_change(self, after: datetime) -> datetime | None:
        changes = [self._station.next_change(after), *(part.next_change(after) for part in self._parts)]
        return min((change for change in changes if change is not None), default=None)


def _as_if_started(circumstances: Circumstances, start: datetime) -> Circumstances:
    """Without a transaction the schedule is that of one that started with the window (K08.FR.06)."""
    if circumstances.started_at is not None:
        return circumstances
    return replace(circumstances, started_at=start)


_Prevailing = tuple[InstalledProfile, SchedulePeriod]
"""A profile and the period of it that holds."""


class _Reading:
    """The profiles that concern one EVSE, in precedence, by purpose."""

    def __init__(self, profiles: ProfileSet, circumstances: Circumstances) -> None:
        self._circumstances = circumstances
        is_all_known = circumstances.is_clock_trusted and circumstances.is_start_known
        self._lowest = {} if is_all_known else profiles.lowest_periods
        started = circumstances.started_at
        self._started_at = None if started is None else started.replace(microsecond=0)
        self._by_purpose: dict[ProfilePurpose, list[InstalledProfile]] = {purpose: [] for purpose in ProfilePurpose}
        for installed in profiles.installed:
            if self._concerns(installed):
                self._by_purpose[installed.profile.purpose].append(installed)

    def at(self, at: datetime) -> Rate | None:
        """By all of them. Where three phases have too little for each of them and one alone has enough, on that."""
        own = self._own_periods(at)
        station = [each for group in self._of_station() for each in self._prevailing(group, at)[0]]
        phases = self._phases_used(own + station, at)
        rate = self._least(own, station, phases)
        wiring = self._circumstances.wiring
        if rate is None or not wiring.switches_phases or phases == 1 or rate.exact_amps >= wiring.least_amps:
            return rate
        narrow = self._least(own, station, 1)
        return rate if narrow is None or narrow.exact_amps < wiring.least_amps else replace(narrow, is_narrowed=True)

    def next_change(self, after: datetime) -> datetime | None:
        edges = (next_boundary(one, self._anchor(one, after), after) for one in self._all() if self._is_certain(one))
        until = self._circumstances.one_phase_until
        kept = until if until is not None and after < until < FOREVER else None
        return min((edge for edge in (kept, *edges) if edge is not None), default=None)

    def own_limit(self, at: datetime) -> Rate | None:
        """By the profiles for transactions alone."""
        own = self._own_periods(at)
        return self._least(own, [], self._phases_used(own, at))

    def phases_without_profile(self, at: datetime) -> int:
        """Where nothing limits it."""
        return self._phases_used([], at)

    def _own_periods(self, at: datetime) -> list[_Prevailing]:
        own, is_certain = self._prevailing(self._by_purpose[ProfilePurpose.TX], at)
        return own if is_certain else own + self._prevailing(self._by_purpose[ProfilePurpose.TX_DEFAULT], at)[0]

    def _phases_used(self, prevailing: list[_Prevailing], at: datetime) -> int:
        until = self._circumstances.one_phase_until
        if until is not None and at < until:
            return 1
        return self._circumstances.wiring.used(self._named_phases(one, period) for one, period in prevailing)

    def _named_phases(self, one: InstalledProfile, period: SchedulePeriod) -> int | None:
        """Where it is not known which period holds, the fewest that any of them names."""
        if self._is_certain(one):
            return period.phases
        return min((each.phases for each in one.profile.schedule.periods if each.phases is not None), default=None)

    def _least(self, own: list[_Prevailing], station: list[_Prevailing], phases: int) -> Rate | None:
        """The lowest of them, used on so many phases; what the whole station may take is shared out to its places."""
        rates = [replace(self._rate(one, period), phases=phases) for one, period in own]
        of_station = [self._rate(one, period) for one, period in station]
        if self._circumstances.evse_id != WHOLE_STATION:
            claimants, place = self._circumstances.claimants, self._circumstances.place
            of_station = [replace(rate.shared(claimants, place), phases=phases) for rate in of_station]
        return smallest(*rates, *of_station)

    def _of_station(self) -> Iterable[list[InstalledProfile]]:
        """Every source of a site limit counts for itself: none overrules another."""
        return self._by_purpose[ProfilePurpose.STATION_MAX], *(
            [one] for one in self._by_purpose[ProfilePurpose.EXTERNAL]
        )

    def _prevailing(self, group: list[InstalledProfile], at: datetime) -> tuple[list[_Prevailing], bool]:
        """The limits of profiles of one purpose that hold or may, and whether the last surely does (then nothing below
        it counts)."""
        found: list[_Prevailing] = []
        for one in group:
            if self._is_certain(one):
                period = period_at(one, self._anchor(one, at), at)
                if period is not None:
                    return [*found, (one, period)], True
            elif one.profile.profile_id in self._lowest:
                found.append((one, self._lowest[one.profile.profile_id]))
        return found, False

    def _rate(self, one: InstalledProfile, period: SchedulePeriod) -> Rate:
        """What the station may take is counted by its widest EVSE, so that all that share it find the same parts."""
        wiring = self._circumstances.wiring
        is_station = one.profile.purpose in STATION_PURPOSES
        phases = wiring.station_phases if is_station else wiring.phases
        if one.profile.purpose is ProfilePurpose.EXTERNAL:
            return Rate(period.limit, one.profile.schedule.unit, phases, wiring.volts, is_external=True)
        return rate_of(one.profile.schedule.unit, period, phases, wiring.volts)

    def _is_certain(self, one: InstalledProfile) -> bool:
        """What it says of now is sure: by the clock, or by elapsed time alone, which a wrong clock does not touch."""
        is_known = self._circumstances.is_start_known
        return (self._circumstances.is_clock_trusted and is_known) or _is_dateless(one, is_known)

    def _anchor(self, installed: InstalledProfile, at: datetime) -> datetime:
        return anchor_of(installed, self._started_at, at.replace(microsecond=0))

    def _all(self) -> Iterable[InstalledProfile]:
        return (one for group in self._by_purpose.values() for one in group)

    def _concerns(self, installed: InstalledProfile) -> bool:
        evse_id = self._circumstances.evse_id
        match installed.profile.purpose:
            case ProfilePurpose.STATION_MAX | ProfilePurpose.EXTERNAL:
                return True
            case ProfilePurpose.TX_DEFAULT:
                return evse_id != WHOLE_STATION and installed.evse_id in (WHOLE_STATION, evse_id)
            case ProfilePurpose.TX:
                return (
                    evse_id == installed.evse_id
                    and installed.transaction_id is not None
                    and installed.transaction_id == self._circumstances.transaction_id
                )


def _is_dateless(installed: InstalledProfile, is_start_known: bool) -> bool:
    """It depends on the transaction's time alone, or on no time at all."""
    profile = installed.profile
    schedule = profile.schedule
    if profile.valid_from is not None or profile.valid_to is not None:
        return False
    if schedule.start is not None and profile.kind is not ProfileKind.RELATIVE:
        return False
    is_constant = len(schedule.periods) == 1 and schedule.duration_seconds is None
    return is_constant or (is_start_known and profile.purpose not in STATION_PURPOSES)
