"""Things that move and take their time: the contactor and the connector lock. Pure."""

from dataclasses import dataclass

from chargepoint_hal.bench.quirks import TIME_GRAIN_SECONDS
from chargepoint_hal.contract import LockPosition

CONTACTOR_CLOSING_SECONDS = 0.025
CONTACTOR_OPENING_SECONDS = 0.015
LOCK_MOTOR_SECONDS = 0.3


@dataclass(slots=True)
class ContactorModel:
    """Coil in, contacts out. `phases` is what the contacts connect while they are closed."""

    is_closed: bool = False
    phases: int = 3
    _due: float | None = None

    def update(self, now: float, coil_phases: int, welded: bool, stuck_open: bool) -> None:
        """`coil_phases` is 0 while the coil has no current."""
        if welded:
            self.is_closed, self._due = True, None
            return
        wanted = coil_phases > 0 and not stuck_open
        if wanted == self.is_closed:
            self._due = None
            self.phases = coil_phases if wanted else self.phases
            return
        if self._due is None:
            self._due = now + (CONTACTOR_CLOSING_SECONDS if wanted else CONTACTOR_OPENING_SECONDS)
        if now >= self._due - TIME_GRAIN_SECONDS:
            self.is_closed, self._due = wanted, None
            self.phases = coil_phases if wanted else self.phases

    def next_change(self) -> float | None:
        return self._due


@dataclass(slots=True)
class LockModel:
    """A motor with end switches; jammed, it stays where it is."""

    position: LockPosition = LockPosition.UNLOCKED
    _target: LockPosition = LockPosition.UNLOCKED
    _due: float | None = None

    def update(self, now: float, lock_commanded: bool, jammed: bool) -> None:
        target = LockPosition.LOCKED if lock_commanded else LockPosition.UNLOCKED
        if jammed:
            self._due = None
            return
        if target is self.position:
            self._due, self._target = None, target
            return
        if self._due is None or target is not self._target:
            self._due, self._target, self.position = now + LOCK_MOTOR_SECONDS, target, LockPosition.MOVING
        if now >= self._due - TIME_GRAIN_SECONDS:
            self.position, self._due = target, None

    def next_change(self) -> float | None:
        return self._due


@dataclass(slots=True)
class MonoflopModel:
    """Drops every contactor when the alive line stops toggling; `seconds` None is not fitted."""

    seconds: float | None
    _last_counter: float | None = None
    _expires_at: float | None = None

    def look(self, counter: float, now: float) -> None:
        """See the alive counter; a change reloads the monoflop. The first look only learns the counter."""
        if self._last_counter is not None and counter != self._last_counter and self.seconds is not None:
            self._expires_at = now + self.seconds
        self._last_counter = counter

    def expires_at(self) -> float | None:
        """When the contactors drop unless the line is toggled before; None when not fitted or not running."""
        return self._expires_at

    def holds(self, now: float) -> bool:
        """True while contactors may be energised."""
        if self.seconds is None:
            return True
        return self._expires_at is not None and now < self._expires_at - TIME_GRAIN_SECONDS
