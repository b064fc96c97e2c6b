"""A limit in the unit in which it was given, and what it is in the other: I = P / (U x n), rounded down."""

from dataclasses import dataclass
from math import floor

from chargepoint.model.charging_profiles import ChargingSchedule, RateUnit, SchedulePeriod
from chargepoint.smart_charging.current_limit import round_down_amps
from chargepoint.smart_charging.schedule_walk import ASSUMED_PHASES

MIN_CURRENT_AMPS = 6.0  # IEC 61851-1: a pilot cannot offer less


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` in `unit`, for `phases` phases at the nominal `volts` of the area (K01.FR.50)."""

    amount: float
    unit: RateUnit
    phases: int
    volts: float

    @property
    def exact_amps(self) -> float:
        """Per phase, not rounded: what rates are compared by."""
        if self.unit is RateUnit.AMPS:
            return self.amount
        return self.amount / (self.volts * self.phases)

    @property
    def amps(self) -> float:
        """Per phase, rounded down to 0.1 A."""
        return round_down_amps(self.exact_amps)

    def in_unit(self, unit: RateUnit) -> float:
        """The amount in the unit asked for, rounded down to one decimal; in its own unit nothing is lost."""
        if unit is RateUnit.AMPS:
            return self.amps
        watts = self.amount if self.unit is RateUnit.WATTS else self.amount * self.volts * self.phases
        return max(0.0, floor(watts * 10.0 + 1e-6) / 10.0)

    def shared(self, claimants: int, place: int) -> "Rate":
        """The part of one of `claimants` EVSEs, `place` counted from 0 in the order in which they came.

        Equal parts, but never parts that nobody can use: as many of the first come as can have 6 A get it,
        the others wait with 0. The parts never add up to more than the whole (1.6 §3.13.3).
        """
        served = min(claimants, max(1, floor(self.exact_amps / MIN_CURRENT_AMPS + 1e-9)))
        return Rate(self.amount / served if place < served else 0.0, self.unit, self.phases, self.volts)


def rate_of(schedule: ChargingSchedule, period: SchedulePeriod, volts: float) -> Rate:
    """The period's own number of phases counts, whatever the EVSE has (1.6 errata 3.34, 2.0.1 errata 2.40)."""
    phases = ASSUMED_PHASES if period.phases is None else period.phases
    return Rate(period.limit, schedule.unit, phases, volts)


def smallest(*rates: Rate | None) -> Rate | None:
    """The lowest of those that are there, compared per phase; the first named where equal."""
    return min((rate for rate in rates if rate is not None), key=lambda rate: rate.exact_amps, default=None)
