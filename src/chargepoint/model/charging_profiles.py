"""Limits over time as the CSMS words them: profiles, schedules, periods (1.6 §7.8-7.14, 2.0.1 K). Values only.

A superset of both OCPP versions; ids and stack levels of 0 are as good as any. Instants are aware UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargepoint.model.identifiers import EvseId, TransactionId

WHOLE_STATION = EvseId(0)
"""Where a profile for the whole station is installed: connector 0 of 1.6, EVSE 0 of 2.0.1."""


class ProfilePurpose(StrEnum):
    STATION_MAX = "station_max"
    """The whole station's limit, shared by its EVSEs."""
    TX_DEFAULT = "tx_default"
    """For every transaction without a profile of its own."""
    TX = "tx"
    """For one transaction; gone with it."""
    EXTERNAL = "external"
    """Set at the site, not by the CSMS; the CSMS can neither set nor clear it (2.0.1 alone)."""


class ProfileKind(StrEnum):
    ABSOLUTE = "absolute"
    """From `ChargingSchedule.start`; without one (1.6 allows it) as RELATIVE."""
    RECURRING = "recurring"
    """From `ChargingSchedule.start`, anew each day or week after it."""
    RELATIVE = "relative"
    """From the start of the transaction; for the whole station from its installation."""


class Recurrency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


class RateUnit(StrEnum):
    AMPS = "A"
    """Per phase."""
    WATTS = "W"
    """Of all phases together."""


class LimitSource(StrEnum):
    """Who set a limit (2.0.1 ChargingLimitSourceEnumType)."""

    CSO = "CSO"
    """The operator, through the CSMS."""
    EMS = "EMS"
    """The energy management of the building."""
    SYSTEM_OPERATOR = "SO"
    """The grid's operator."""
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class SchedulePeriod:
    """A limit that holds from `start_seconds` after the schedule's start until the next period or the end."""

    start_seconds: int
    limit: float
    """In the schedule's unit."""
    phases: int | None = None
    """As the CSMS names them; None: 3 are assumed (1.6 errata 3.69, K01.FR.49). The station charges on all phases that
    an EVSE has: these say only by how many watts are divided."""
    phase_to_use: int | None = None


@dataclass(frozen=True, slots=True)
class ChargingSchedule:
    """Periods in order, the first at 0."""

    unit: RateUnit
    periods: tuple[SchedulePeriod, ...]
    start: datetime | None = None
    duration_seconds: int | None = None
    """None: the last period goes on without end, or until the recurrence starts anew."""
    min_charging_rate: float | None = None
    """Kept for the record; it never raises a limit (K01.FR.21)."""
    schedule_id: int = 0
    """2.0.1's; 1.6 has none."""
    binds_phases: bool = False
    """2.0.1: a period may not name fewer phases than will be used (K01.FR.43), nor the one to use (K01.FR.20)."""


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """One schedule with its purpose, precedence and validity (`valid_from` inclusive, `valid_to` exclusive)."""

    profile_id: int
    stack_level: int
    purpose: ProfilePurpose
    kind: ProfileKind
    schedule: ChargingSchedule
    recurrency: Recurrency | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    is_in_one_stack: bool = False
    """2.0.1: a TX_DEFAULT of one EVSE and those of the whole station are one stack (K section 3.4). 1.6: it replaces
    those of connector 0 for its connector, whatever the levels (3.13.1)."""


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    """A profile at its place. `transaction_id` is ours and set exactly for the purpose TX."""

    profile: ChargingProfile
    evse_id: EvseId
    installed_at: datetime
    transaction_id: TransactionId | None = None
    source: LimitSource = LimitSource.CSO
    """Another than the CSO exactly for the purpose EXTERNAL."""


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Which profiles are meant: every field given must match; ids, where given, alone decide (1.6 errata 3.26)."""

    profile_ids: frozenset[int] | None = None
    evse_id: EvseId | None = None
    """`WHOLE_STATION` means that place alone; None means any."""
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None

    def matches(self, installed: InstalledProfile) -> bool:
        profile = installed.profile
        if self.profile_ids is not None:
            return profile.profile_id in self.profile_ids
        return (
            self.evse_id in (None, installed.evse_id)
            and self.purpose in (None, profile.purpose)
            and self.stack_level in (None, profile.stack_level)
        )


@dataclass(frozen=True, slots=True)
class CompositePeriod:
    """A stretch of a composite schedule, in the unit that was asked for."""

    start_seconds: int
    limit: float
    phases: int


@dataclass(frozen=True, slots=True)
class CompositeSchedule:
    """What an EVSE, or the whole station, may take from `start` on; periods of equal limits are joined."""

    evse_id: EvseId
    start: datetime
    duration_seconds: int
    unit: RateUnit
    periods: tuple[CompositePeriod, ...]
