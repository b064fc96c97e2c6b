"""Control pilot vocabulary (IEC 61851-1 annex A)."""

from enum import StrEnum


class PilotState(StrEnum):
    """What the volts on the control pilot say (IEC 61851-1 table A.4)."""

    A = "A"
    """No EV."""
    B = "B"
    """EV connected, not ready."""
    C = "C"
    """EV asks for power."""
    D = "D"
    """EV asks for power and ventilation."""
    E = "E"
    """Pilot shorted or station without supply."""
    F = "F"
    """The station says that it is not available."""
    FAULT = "fault"
    """Volts that no state allows."""


PLUGGED_STATES = frozenset({PilotState.B, PilotState.C, PilotState.D})
DEMAND_STATES = frozenset({PilotState.C, PilotState.D})
