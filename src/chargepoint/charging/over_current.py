"""Does the EV draw more than the pilot offers? Pure: observations and readings carry their own times.

The measure is what the pilot really signals, never a limit that is only wanted: no message can raise the threshold
without the EV being told first. For the time that the EV has to follow a lower offer the higher one before it is the
measure, and what was too high before stays so: however often the offer moves, too much is too much after seven seconds.

The seven seconds are those that readings have proven, and only a reading that is not too high ends them. So lost cycles
of the meter delay the trip (`reading_gaps`) and never hold it off; a lone high reading trips nothing, nor does one that
a frozen meter repeats; and readings that stay away altogether are METER_SILENT's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chargepoint.charging.drawn_current import drawn_amps
from chargepoint.charging.reading_gaps import proven_seconds
from chargepoint.charging.supply_voltage import SupplyLimits
from chargepoint.iec61851.duty_cycle import offered_amps
from chargepoint.iec61851.timing import DUTY_CHANGE_INTERVAL_SECONDS
from chargepoint.model.faults import PilotSignal
from chargepoint.model.power import EvseObservation
from chargepoint_hal.contract import MeterReading

MEASUREMENT_NOISE_AMPS = 0.5
TOLERATED_SHARE = 1.1
TRIPS_AFTER_SECONDS = 7.0
"""More than the EV's five seconds to follow, so that a change of the limit never trips."""
EV_FOLLOWS_SECONDS = DUTY_CHANGE_INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class FormerOffer:
    """A higher offer that the EV need not have left yet."""

    amps: float
    until: float


@dataclass(frozen=True, slots=True)
class OverCurrentWatch:
    """One EVSE's. `is_tripped` stays until `acknowledged`: the safety process latches it then."""

    offered_amps: float | None = None
    """The last that the pilot has signalled to this EV; without PWM it stays the measure until the EV has left.
    None: nothing was offered yet."""
    former: tuple[FormerOffer, ...] = ()
    """The later the end, the lower; all above `offered_amps`."""
    above: MeterReading | None = None
    """The first of the readings in a row that are too high."""
    above_seconds: float = 0.0
    """What those readings prove."""
    read_at: float | None = None
    is_tripped: bool = False

    def seen(self, observation: EvseObservation) -> "OverCurrentWatch":
        """What the pilot signals now."""
        duty, at = observation.duty_percent, observation.at_monotonic
        if observation.pilot_signal is not PilotSignal.PWM or duty is None:
            return self
        amps, before = offered_amps(duty), self.offered_amps
        if amps == before:
            return self
        known = self.former if before is None else (*self.former, FormerOffer(before, at + EV_FOLLOWS_SECONDS))
        former = tuple(each for each in known if each.amps > amps and each.until > at)
        return replace(self, offered_amps=amps, former=former)

    def measured(
        self, reading: MeterReading, phases: int, supply: SupplyLimits, fresh_seconds: float
    ) -> "OverCurrentWatch":
        """One reading later; one that comes later than `fresh_seconds` after the last proves no more than those."""
        at = reading.at_monotonic
        if not self._is_too_high(at, drawn_amps(reading, phases, supply)):
            return replace(self, above=None, above_seconds=0.0, read_at=at)
        proven = proven_seconds(self.read_at, at, fresh_seconds)
        if self.above is None or proven is None:
            return replace(self, above=reading, above_seconds=0.0, read_at=at)
        seconds = self.above_seconds + proven
        # A frozen meter repeats itself with fresh times: something must have moved since the first reading.
        is_alive = replace(reading, at_monotonic=self.above.at_monotonic) != self.above
        is_tripped = self.is_tripped or (seconds >= TRIPS_AFTER_SECONDS and is_alive)
        return replace(self, above_seconds=seconds, read_at=at, is_tripped=is_tripped)

    def _is_too_high(self, at: float, drawn: Iterable[float]) -> bool:
        if self.offered_amps is None:
            return False
        allowed = (each.amps for each in self.former if at < each.until)
        limit_amps = (max(self.offered_amps, *allowed, 0.0) + MEASUREMENT_NOISE_AMPS) * TOLERATED_SHARE
        return any(amps > limit_amps for amps in drawn)

    def acknowledged(self) -> "OverCurrentWatch":
        """Somebody else keeps the fault from here."""
        return replace(self, is_tripped=False, above=None, above_seconds=0.0)
