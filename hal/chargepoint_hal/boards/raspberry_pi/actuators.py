"""What moves: the contactor, with a second one for three phases, and the plug lock's motor."""

from collections.abc import Callable
from dataclasses import dataclass

from chargepoint_hal.boards.raspberry_pi.pins import PinInput, PinOutput
from chargepoint_hal.contract import LockPosition
from chargepoint_hal.faults import Fault, HardwareError


@dataclass(frozen=True, slots=True)
class ContactorFeedback:
    """The auxiliary contact; `opens_with_mains` for a mirror contact, which is closed while the contactor is open."""

    contact: PinInput
    is_mirror: bool

    def says_closed(self) -> bool:
        return self.contact.is_active is not self.is_mirror


class PiContactor:
    """One contactor for everything."""

    def __init__(self, coil: PinOutput, feedback: ContactorFeedback | None) -> None:
        self._coil = coil
        self._feedback = feedback

    def open(self) -> None:
        self._coil.off()

    def close(self, phases: int) -> None:
        if phases not in (1, 3):
            raise ValueError(f"{phases} phases asked for: a contactor closes 1 or 3")
        self._coil.on()

    def is_closed(self) -> bool | None:
        return None if self._feedback is None else self._feedback.says_closed()


class PhaseSwitchingContactor:
    """A first contactor for N and L1, a second one for L2 and L3.

    N and L1 are seen closed before the second coil is driven: L2 and L3 are never live without N by a coil that was
    slower. Both open at once, as an opening waits for nothing.

    Never switched over under load: an EV that bridges its inputs on one phase would short two others. How long the EV
    rests in between is the supply machine's rule, which knows when the EV is another one. Both contactors must have
    feedback: without it nobody could say that the second is really open.
    """

    def __init__(
        self, coils: tuple[PinOutput, PinOutput], feedbacks: tuple[ContactorFeedback, ContactorFeedback]
    ) -> None:
        self._first, self._second = coils
        self._feedbacks = feedbacks
        self._live_phases = 0
        self._second_is_due = False

    def open(self) -> None:
        """Both are tried, whatever becomes of the first try."""
        self._live_phases, self._second_is_due = 0, False
        try:
            self._second.off()
        finally:
            self._first.off()

    def close(self, phases: int) -> None:
        """HardwareError while the rules of switching over forbid it, CONTACTOR_WELDED where the second contactor does
        not open; both are commanded open then."""
        if phases not in (1, 3):
            raise ValueError(f"{phases} phases asked for: a contactor closes 1 or 3")
        if phases == self._live_phases:
            return
        if self._live_phases:
            already = self._live_phases
            self.open()
            raise HardwareError(Fault.CONTACTOR_STUCK_OPEN, f"{phases} phases wanted, {already} are live: open first")
        if phases == 1 and self._feedbacks[1].says_closed():
            self.open()
            raise HardwareError(Fault.CONTACTOR_WELDED, "one phase wanted and the contactor of L2 and L3 is closed")
        self._live_phases, self._second_is_due = phases, phases == 3
        self._first.on()

    def is_closed(self) -> bool | None:
        """Commanded open: any of the two is closed. Commanded closed: both are as the phases want them.

        The loop asks with each tick, and the first asking that sees N and L1 closed drives the second coil; one that
        sees them dropped out lets it go.
        """
        first, second = (feedback.says_closed() for feedback in self._feedbacks)
        if self._second_is_due and first:
            self._second.on()
            self._second_is_due = False
        elif self._live_phases == 3 and not first and not self._second_is_due:
            self._second.off()
        if not self._live_phases:
            return first or second
        return first and second is (self._live_phases == 3)


class PiConnectorLock:
    """A motor on an H-bridge: a pulse one way or the other, then off. Its position switch is closed when locked.

    The loop asks for the position with each tick, and each asking ends a pulse that is over.
    """

    def __init__(
        self, motor: tuple[PinOutput, PinOutput], locked: PinInput, pulse_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._to_lock, self._to_unlock = motor
        self._locked = locked
        self._pulse_seconds = pulse_seconds
        self._clock = clock
        self._pulse_ends_at: float | None = None

    def lock(self) -> None:
        self._drive(self._to_lock)

    def unlock(self) -> None:
        self._drive(self._to_unlock)

    def position(self) -> LockPosition:
        if self._pulse_ends_at is not None:
            if self._clock() < self._pulse_ends_at:
                return LockPosition.MOVING
            self.rest()
        return LockPosition.LOCKED if self._locked.is_active else LockPosition.UNLOCKED

    def rest(self) -> None:
        """The motor off; the plug stays where it is."""
        self._to_lock.off()
        self._to_unlock.off()
        self._pulse_ends_at = None

    def _drive(self, way: PinOutput) -> None:
        self.rest()
        self._pulse_ends_at = self._clock() + self._pulse_seconds
        way.on()
