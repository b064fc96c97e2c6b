"""The resistor in the cable's plug → what the cable may carry (IEC 61851-1 annex B). Socket outlets only."""

from enum import StrEnum
from math import isnan


class Cable(StrEnum):
    """What is in the socket. Short and none are two things, and neither is 0 A."""

    SHORT = "short"
    AMPS_63 = "63"
    AMPS_32 = "32"
    AMPS_20 = "20"
    AMPS_13 = "13"
    NONE = "none"


WINDOWS = (
    (75.0, Cable.SHORT),
    (150.0, Cable.AMPS_63),
    (330.0, Cable.AMPS_32),
    (1000.0, Cable.AMPS_20),
    (2200.0, Cable.AMPS_13),
)
"""Below these ohms it is that cable; above the last nothing is plugged in."""

RATING_AMPS: dict[Cable, float | None] = {
    Cable.SHORT: None,
    Cable.AMPS_63: 63.0,
    Cable.AMPS_32: 32.0,
    Cable.AMPS_20: 20.0,
    Cable.AMPS_13: 13.0,
    Cable.NONE: None,
}


def cable_for(resistance_ohms: float) -> Cable:
    """Total: NaN and negative ohms are a fault of the reading, hence SHORT; infinite ohms are NONE."""
    if isnan(resistance_ohms):
        return Cable.SHORT
    for upper_ohms, cable in WINDOWS:
        if resistance_ohms < upper_ohms:
            return cable
    return Cable.NONE
