"""When the CSMS wants a meter value beside the regular ones: at a time, an energy, a power or a status. Pure."""

from dataclasses import dataclass

from chargepoint.model.cost import MeterTriggers
from chargepoint.model.moment import Moment
from chargepoint.model.status import EvseStatus

POWER_HYSTERESIS = 0.05
"""Of the threshold, to both sides: a power that wavers around it is told once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the EVSE now; None is unknown, and triggers nothing."""

    consumed_wh: float | None
    power_watts: float | None
    status: EvseStatus | None


class TriggerWatch:
    """One message's triggers: time and energy come once, power and status at each crossing."""

    def __init__(self, triggers: MeterTriggers, seen: Seen, moment: Moment) -> None:
        self._triggers = triggers
        self.due_at: float | None = None
        """Monotonic; None once it has come, or was past already."""
        if triggers.at is not None and triggers.at > moment.utc:
            self.due_at = moment.monotonic + (triggers.at - moment.utc).total_seconds()
        self._energy_wh = triggers.consumed_wh
        if self._energy_wh is not None and seen.consumed_wh is not None and seen.consumed_wh >= self._energy_wh:
            self._energy_wh = None
        self._is_above = self._side(seen.power_watts, None)
        self._status = seen.status

    def has_come(self, seen: Seen, now: float) -> bool:
        """True when a meter value is wanted because of what has changed since the last call."""
        return any([self._time(now), self._energy(seen), self._power(seen), self._new_status(seen)])

    def _time(self, now: float) -> bool:
        if self.due_at is None or now < self.due_at:
            return False
        self.due_at = None
        return True

    def _energy(self, seen: Seen) -> bool:
        if self._energy_wh is None or seen.consumed_wh is None or seen.consumed_wh < self._energy_wh:
            return False
        self._energy_wh = None
        return True

    def _power(self, seen: Seen) -> bool:
        before, self._is_above = self._is_above, self._side(seen.power_watts, self._is_above)
        return before is not None and self._is_above is not before

    def _side(self, power_watts: float | None, before: bool | None) -> bool | None:
        threshold = self._triggers.power_watts
        if threshold is None or power_watts is None:
            return before
        if before is None:
            return power_watts >= threshold
        edge = threshold * (1.0 - POWER_HYSTERESIS if before else 1.0 + POWER_HYSTERESIS)
        return power_watts >= edge

    def _new_status(self, seen: Seen) -> bool:
        if seen.status is None or seen.status is self._status:
            return False
        self._status = seen.status
        return seen.status in self._triggers.statuses
