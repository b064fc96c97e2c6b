"""One name for each thing that can fail. Every board, reader, meter, report and document uses these names."""

from enum import StrEnum


class Fault(StrEnum):
    """A thing about the hardware, the wiring or the EV that is wrong now (an *error* is code or a peer)."""

    RESIDUAL_CURRENT = "residual_current"
    RESIDUAL_CURRENT_SELF_TEST = "residual_current_self_test"
    CONTACTOR_WELDED = "contactor_welded"
    CONTACTOR_STUCK_OPEN = "contactor_stuck_open"
    CONTACTOR_FEEDBACK_MISSING = "contactor_feedback_missing"
    LOCK_JAMMED = "lock_jammed"
    PE_LOST = "pe_lost"
    OVER_TEMPERATURE = "over_temperature"
    TEMPERATURE_SENSOR = "temperature_sensor"
    EMERGENCY_STOP = "emergency_stop"
    UNDER_VOLTAGE = "under_voltage"
    OVER_VOLTAGE = "over_voltage"
    OVER_CURRENT = "over_current"
    MAINS_LOST = "mains_lost"
    DIODE = "diode"
    PILOT_SHORT = "pilot_short"
    PILOT_FAULT = "pilot_fault"
    PROXIMITY_SHORT = "proximity_short"
    PROXIMITY_LOST = "proximity_lost"
    VENTILATION_UNAVAILABLE = "ventilation_unavailable"
    CHATTER_LOCKOUT = "chatter_lockout"
    BOARD_SILENT = "board_silent"
    SAFETY_LINK_LOST = "safety_link_lost"
    METER_SILENT = "meter_silent"
    METER_FROZEN = "meter_frozen"
    METER_IMPLAUSIBLE = "meter_implausible"
    READER_SILENT = "reader_silent"
    FAULT_MEMORY_LOST = "fault_memory_lost"
    STORAGE_CORRUPT = "storage_corrupt"
    STORAGE_FULL = "storage_full"


class HardwareError(Exception):
    """The hardware did not do what was asked. Carries the fault's one name and a text for a person."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class HardwareTimeoutError(HardwareError, TimeoutError):
    """A device gave no answer in time."""


class HardwareValueError(HardwareError, ValueError):
    """A device answered something that its contract does not allow."""
