"""The neutral status and fault as ChargePointStatus (7.7) and ChargePointErrorCode (7.6). Total tables."""

from collections.abc import Mapping

from chargepoint.model.faults import Fault
from chargepoint.model.status import EvseStatus

NO_ERROR = "NoError"
OTHER_ERROR = "OtherError"
EV_COMMUNICATION_ERROR = "EVCommunicationError"
LIST_CONFLICT = "LocalListConflict"
"""Said of connector 0 alone (section 3.5.2)."""

CONNECTOR_STATUS: Mapping[EvseStatus, str] = {
    EvseStatus.AVAILABLE: "Available",
    EvseStatus.AWAITING_PLUG: "Preparing",
    EvseStatus.PREPARING: "Preparing",
    EvseStatus.CHARGING: "Charging",
    EvseStatus.SUSPENDED_EVSE: "SuspendedEVSE",
    EvseStatus.SUSPENDED_EV: "SuspendedEV",
    EvseStatus.FINISHING: "Finishing",
    EvseStatus.RESERVED: "Reserved",
    EvseStatus.UNAVAILABLE: "Unavailable",
    EvseStatus.FAULTED: "Faulted",
}

STATION_STATUS: Mapping[EvseStatus, str] = {
    EvseStatus.AVAILABLE: "Available",
    EvseStatus.AWAITING_PLUG: "Available",
    EvseStatus.PREPARING: "Available",
    EvseStatus.CHARGING: "Available",
    EvseStatus.SUSPENDED_EVSE: "Available",
    EvseStatus.SUSPENDED_EV: "Available",
    EvseStatus.FINISHING: "Available",
    EvseStatus.RESERVED: "Available",
    EvseStatus.UNAVAILABLE: "Unavailable",
    EvseStatus.FAULTED: "Faulted",
}
"""connectorId 0 knows three statuses only."""

ERROR_CODE: Mapping[Fault, str] = {
    Fault.RESIDUAL_CURRENT: "GroundFailure",
    Fault.RESIDUAL_CURRENT_SELF_TEST: "InternalError",
    Fault.CONTACTOR_WELDED: "PowerSwitchFailure",
    Fault.CONTACTOR_STUCK_OPEN: "PowerSwitchFailure",
    Fault.CONTACTOR_FEEDBACK_MISSING: "PowerSwitchFailure",
    Fault.LOCK_JAMMED: "ConnectorLockFailure",
    Fault.PE_LOST: "GroundFailure",
    Fault.OVER_TEMPERATURE: "HighTemperature",
    Fault.TEMPERATURE_SENSOR: "InternalError",
    Fault.EMERGENCY_STOP: OTHER_ERROR,
    Fault.UNDER_VOLTAGE: "UnderVoltage",
    Fault.OVER_VOLTAGE: "OverVoltage",
    Fault.OVER_CURRENT: "OverCurrentFailure",
    Fault.MAINS_LOST: "UnderVoltage",
    Fault.DIODE: EV_COMMUNICATION_ERROR,
    Fault.PILOT_SHORT: EV_COMMUNICATION_ERROR,
    Fault.PILOT_FAULT: EV_COMMUNICATION_ERROR,
    Fault.PROXIMITY_SHORT: OTHER_ERROR,
    Fault.PROXIMITY_LOST: OTHER_ERROR,
    Fault.VENTILATION_UNAVAILABLE: OTHER_ERROR,
    Fault.CHATTER_LOCKOUT: EV_COMMUNICATION_ERROR,
    Fault.BOARD_SILENT: "InternalError",
    Fault.SAFETY_LINK_LOST: "InternalError",
    Fault.METER_SILENT: "PowerMeterFailure",
    Fault.METER_FROZEN: "PowerMeterFailure",
    Fault.METER_IMPLAUSIBLE: "PowerMeterFailure",
    Fault.READER_SILENT: "ReaderFailure",
    Fault.FAULT_MEMORY_LOST: "InternalError",
    Fault.STORAGE_CORRUPT: "InternalError",
    Fault.STORAGE_FULL: "InternalError",
}
"""vendorErrorCode says the fault's own name, so that nothing is lost."""

MAY_HAVE_EV_COMMUNICATION_ERROR = frozenset(
    {
        EvseStatus.AWAITING_PLUG,
        EvseStatus.PREPARING,
        EvseStatus.SUSPENDED_EV,
        EvseStatus.SUSPENDED_EVSE,
        EvseStatus.FINISHING,
    }
)
"""Section 4.9: with any other status that code SHALL NOT be used."""


def error_code(status: EvseStatus, fault: Fault | None) -> str:
    """Faulted is never NoError, and EVCommunicationError is never said where section 4.9 forbids it."""
    if fault is None:
        return OTHER_ERROR if status is EvseStatus.FAULTED else NO_ERROR
    code = ERROR_CODE[fault]
    if code == EV_COMMUNICATION_ERROR and status not in MAY_HAVE_EV_COMMUNICATION_ERROR:
        return OTHER_ERROR
    return code
