"""The fault vocabulary is the hardware layer's; this room re-exports it so that there is one name for each."""

from chargepoint_hal.contract import PilotSignal
from chargepoint_hal.faults import Fault

__all__ = ["Fault", "PilotSignal"]
