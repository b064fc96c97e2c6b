"""What a board's pilot controller tells: a device that owns pilot and contactor itself. Part of the contract."""

from enum import StrEnum
from typing import Protocol, runtime_checkable

from chargepoint_hal.faults import Fault


class PilotLetter(StrEnum):
    """A pilot state that somebody else has classified."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


@runtime_checkable
class PilotController(Protocol):
    """A device that owns pilot and contactor itself; the station allows, limits and watches it.

    Its word takes the place of classified samples, and it closes its contactor by itself while PWM is signalled and
    the EV asks for power. Both methods raise HardwareError(BOARD_SILENT) as soon as its last word is too old.
    """

    def pilot_letter(self) -> PilotLetter | None:
        """None: it does not tell at the moment, as under its own state F."""
        ...

    def faults(self) -> frozenset[Fault]:
        """What it says is wrong now."""
        ...
