"""Which names of the fault catalogue the world can raise, and why it can not raise the others. Pure tables."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from chargepoint_hal.faults import Fault

WORLD_FAULTS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.RESIDUAL_CURRENT: "the RCD trips: its output is set and the contactor's coil loses its current",
        Fault.RESIDUAL_CURRENT_SELF_TEST: "the RCD does not trip in its own test, where rcd_test_fitted is set",
        Fault.CONTACTOR_WELDED: "the contacts are closed whatever is commanded",
        Fault.CONTACTOR_STUCK_OPEN: "the contacts stay open whatever is commanded",
        Fault.CONTACTOR_FEEDBACK_MISSING: "the mirror contact gives no answer",
        Fault.LOCK_JAMMED: "the lock stays where it is",
        Fault.PE_LOST: "the protective earth monitor sees no earth",
        Fault.OVER_TEMPERATURE: "the thermometer reads 95 °C",
        Fault.TEMPERATURE_SENSOR: "the thermometer gives no value",
        Fault.EMERGENCY_STOP: "the button is pressed: its contact also interrupts the coil",
        Fault.UNDER_VOLTAGE: "the supply is at 80 % of its nominal volts",
        Fault.OVER_VOLTAGE: "the supply is at 117 % of its nominal volts",
        Fault.OVER_CURRENT: "the EV draws 1.3 times what it is offered",
        Fault.MAINS_LOST: "mains power is off for the whole station",
        Fault.DIODE: "the EV's diode is missing",
        Fault.PILOT_SHORT: "control pilot and PE are connected",
        Fault.PILOT_FAULT: "the pilot shows volts that no state allows",
        Fault.PROXIMITY_SHORT: "proximity pilot and PE are connected",
        Fault.PROXIMITY_LOST: "the cable's resistor is not seen",
        Fault.VENTILATION_UNAVAILABLE: "the EV asks for ventilation",
        Fault.BOARD_SILENT: "the wires' heartbeat stops for the whole station",
        Fault.METER_SILENT: "the meter does not answer",
        Fault.METER_FROZEN: "the meter answers with the same values for ever",
        Fault.METER_IMPLAUSIBLE: "the energy register reads 5 MWh too much",
        Fault.READER_SILENT: "readers that serve the EVSE send nothing",
    }
)

NOT_OF_THE_WORLD: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.CHATTER_LOCKOUT: "a decision of the station; plug in an EV with quirk chatter",
        Fault.SAFETY_LINK_LOST: "between two processes of the station",
        Fault.FAULT_MEMORY_LOST: "the station's disk",
        Fault.STORAGE_CORRUPT: "the station's disk",
        Fault.STORAGE_FULL: "the station's disk",
    }
)

STATION_WIDE = frozenset({Fault.MAINS_LOST, Fault.BOARD_SILENT})
"""Faults that concern every EVSE at whichever they are raised."""


class BenchError(ValueError):
    """A request to the bench that makes no sense; the text says what, where and what to do."""


class NoSuchEvseError(BenchError):
    """The EVSE asked for does not stand on this bench."""


def world_fault(name: str) -> Fault:
    """The fault of that name; BenchError that lists all names otherwise."""
    known = sorted(fault.value for fault in WORLD_FAULTS)
    if name in known:
        return Fault(name)
    outside = {fault.value: why for fault, why in NOT_OF_THE_WORLD.items()}
    near = get_close_matches(name, known, n=1)
    hint = f"not a thing of the world ({outside[name]})" if name in outside else "unknown"
    hint += f", did you mean {near[0]!r}?" if near else ""
    raise BenchError(f"fault {name[:80]!r} is {hint}; the bench can raise {', '.join(known)}")
