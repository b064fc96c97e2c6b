"""The controller of a recorded board that owned its pilot: its word in place of volts."""

from collections.abc import Callable

from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.pilot_controller import PilotLetter
from chargepoint_hal.recording.events import BoardSeen

TOLD_FAULTS = frozenset(
    {
        Fault.DIODE,
        Fault.PILOT_FAULT,
        Fault.RESIDUAL_CURRENT_SELF_TEST,
        Fault.CONTACTOR_WELDED,
        Fault.CONTACTOR_STUCK_OPEN,
        Fault.OVER_TEMPERATURE,
        Fault.OVER_CURRENT,
    }
)
"""What a controller may have said; what a sensor shows comes from the replayed sensor."""


class ReplayController:
    """A PilotController. `now`: what the recorded board showed by this time."""

    def __init__(self, now: Callable[[], BoardSeen]) -> None:
        self._now = now

    def pilot_letter(self) -> PilotLetter | None:
        return self._heard().letter

    def faults(self) -> frozenset[Fault]:
        return self._heard().faults & TOLD_FAULTS

    def _heard(self) -> BoardSeen:
        seen = self._now()
        if Fault.BOARD_SILENT in seen.faults:
            raise HardwareError(Fault.BOARD_SILENT, "the recorded controller did not answer")
        return seen
