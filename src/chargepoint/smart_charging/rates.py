"""A limit in the unit in which it was given, and what it is in the other: I = P / (U x n), rounded down."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import floor

from chargepoint.model.charging_profiles import RateUnit, SchedulePeriod
from chargepoint.smart_charging.current_limit import round_down_amps

MIN_CURRENT_AMPS = 6.0  # IEC 61851-1: a pilot cannot offer less
UNIT_OF_NAME = {"Current": RateUnit.AMPS, "Power": RateUnit.WATTS}
"""The names that the settings have for the units (1.6 ChargingScheduleAllowedChargingRateUnit)."""
ASSUMED_PHASES = 3  # 1.6 errata 3.69, 2.0.1 K01.FR.49


@dataclass(frozen=True, slots=True)
class Wiring:
    """By what watts and amps are told from each other at one place."""

    phases: int = 3
    """Those that the place has: it charges on all of them unless it switches phases."""
    station_phases: int = 3
    """Those of the EVSE that has the most: by these the station's own limit is shared out."""
    volts: float = 230.0
    """The nominal voltage of the area, never the measured one (K01.FR.50)."""
    switches_phases: bool = False
    """It charges on one phase where a limit names fewer than it has."""
    least_amps: float = MIN_CURRENT_AMPS
    """Less is a pause."""

    def used(self, named: Iterable[int | None]) -> int:
        """The phases that it charges on under limits that name so many: the lowest counts (2.0.1 errata 2.36)."""
        is_fewer = any(each is not None and each < self.phases for each in named)
        return 1 if self.switches_phases and is_fewer else self.phases


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` in `unit`, on the `phases` phases that are used, at the nominal `volts` of the area."""

    amount: float
    unit: RateUnit
    phases: int
    volts: float
    least_phases: int = 0
    """Watts are divided by no fewer: those that the CSMS names or leaves to be assumed (K01.FR.50)."""
    is_external: bool = False
    """The site set it, not the CSMS."""
    is_narrowed: bool = False
    """One phase is used because three would have too little each."""

    @property
    def counted_phases(self) -> int:
        """By which watts and amps are told from each other; never fewer than are used."""
        return max(self.phases, self.least_phases) if self.unit is RateUnit.WATTS else self.phases

    @property
    def exact_amps(self) -> float:
        """Per phase, not rounded: what rates are compared by."""
        if self.unit is RateUnit.AMPS:
            return self.amount
        return self.amount / (self.volts * self.counted_phases)

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
        return replace(self, amount=self.amount / served if place < served else 0.0)


def rate_of(unit: RateUnit, period: SchedulePeriod, phases: int, volts: float) -> Rate:
    """A limit of the CSMS: amps hold as they are given on the phases that are used, however many are named (1.6
    errata 3.34); watts are divided by the phases that the period names, 3 where it names none (errata 3.69, K01.FR.49).

    Fewer than are used are never counted: the wires would else carry as many times the watts as there are more.
    """
    return Rate(period.limit, unit, phases, volts, period.phases or ASSUMED_PHASES)


def smallest(*rates: Rate | None) -> Rate | None:
    """The lowest of those that are there, compared per phase; the first named where equal."""
    return min((rate for rate in rates if rate is not None), key=lambda rate: rate.exact_amps, default=None)
