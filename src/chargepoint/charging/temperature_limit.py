"""How much current the station's warmth leaves. Pure: observations carry their own times.

Less at once, more slowly; a sensor that says nothing is never taken for a cold one.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import floor

from chargepoint.model.faults import Fault
from chargepoint.model.power import EvseObservation

RAISE_STEP_AMPS = 1.0


@dataclass(frozen=True, slots=True)
class TemperatureRules:
    """What the installer wrote. Without a curve there is no such limit; a hot station is opened all the same."""

    curve: tuple[tuple[float, float], ...] = ()
    """°C and amps, the temperatures rising and the amps falling; linear between, constant outside."""
    hysteresis_kelvin: float = 3.0
    """More is allowed only when it would be so many kelvin warmer as well."""
    raise_seconds: float = 15.0
    """Between two steps up of one ampere."""
    stale_seconds: float = 10.0
    """The last reading counts for so long."""
    stale_limit_amps: float = 0.0
    """And then no more than this."""


@dataclass(frozen=True, slots=True)
class TemperatureLimit:
    """One EVSE's. `amps` None: no limit, or nothing was observed yet."""

    amps: float | None = None
    read_at: float | None = None
    """Of the last reading that can be believed."""
    changed_at: float = 0.0

    def seen(self, observation: EvseObservation, rules: TemperatureRules) -> "TemperatureLimit":
        """One observation later; the same one again changes nothing."""
        if not rules.curve:
            return self
        at, celsius = observation.at_monotonic, observation.temperature_celsius
        if celsius is None or Fault.TEMPERATURE_SENSOR in observation.faults:
            return self._unread(at, rules)
        wanted = _whole_amps(rules.curve, celsius)
        if self.amps is None or self.read_at is None or wanted < self.amps:
            return TemperatureLimit(wanted, at, at)
        known = replace(self, read_at=at)
        may_rise = _whole_amps(rules.curve, celsius + rules.hysteresis_kelvin)
        if may_rise <= self.amps or at - self.changed_at < rules.raise_seconds:
            return known
        return replace(known, amps=min(may_rise, self.amps + RAISE_STEP_AMPS), changed_at=at)

    def _unread(self, at: float, rules: TemperatureRules) -> "TemperatureLimit":
        if self.read_at is not None and at - self.read_at <= rules.stale_seconds:
            return self
        amps = rules.stale_limit_amps if self.amps is None else min(self.amps, rules.stale_limit_amps)
        return self if amps == self.amps else replace(self, amps=amps, changed_at=at)


def allowed_amps(curve: tuple[tuple[float, float], ...], celsius: float) -> float:
    """By the curve, which is not empty."""
    if celsius <= curve[0][0]:
        return curve[0][1]
    for (low_celsius, low_amps), (high_celsius, high_amps) in pairwise(curve):
        if celsius <= high_celsius:
            share = (celsius - low_celsius) / (high_celsius - low_celsius)
            return low_amps + share * (high_amps - low_amps)
    return curve[-1][1]


def _whole_amps(curve: tuple[tuple[float, float], ...], celsius: float) -> float:
    """Rounded down: the sensor's noise must not become a stream of changes."""
    return float(floor(allowed_amps(curve, celsius) + 1e-6))
