"""What a person is told of each fault: one sentence that says what is wrong, and one that says what to do."""

from collections.abc import Mapping

from chargepoint.model.fault_clearing import CLEARS, ClearsWhen
from chargepoint.model.faults import Fault

FAULT_WORDS: Mapping[Fault, str] = {
    Fault.RESIDUAL_CURRENT: "Current leaks to earth. Unplug; if it comes back, have cable and EV looked at.",
    Fault.RESIDUAL_CURRENT_SELF_TEST: "The leakage monitor failed its own test. Call the installer.",
    Fault.CONTACTOR_WELDED: "The contactor does not open. Switch the station's breaker off and call the installer.",
    Fault.CONTACTOR_STUCK_OPEN: "The contactor does not close. Unplug and try again, then call the installer.",
    Fault.CONTACTOR_FEEDBACK_MISSING: "The contactor's position is not known. Call the installer.",
    Fault.LOCK_JAMMED: "The plug can not be locked or unlocked. Push it fully in, or take it out and try again.",
    Fault.PE_LOST: "The protective earth is missing. Do not use the station; call the installer.",
    Fault.OVER_TEMPERATURE: "The station is too hot. Charging goes on when it has cooled down.",
    Fault.TEMPERATURE_SENSOR: "The temperature is not known. Call the installer.",
    Fault.EMERGENCY_STOP: "The emergency stop is pressed. Release it, then unplug or acknowledge.",
    Fault.UNDER_VOLTAGE: "The supply's voltage is too low. Charging goes on when it is back.",
    Fault.OVER_VOLTAGE: "The supply's voltage is too high. Charging goes on when it is normal again.",
    Fault.OVER_CURRENT: "The EV draws more than it was offered. Unplug it.",
    Fault.MAINS_LOST: "There is no mains power. Charging goes on when it is back.",
    Fault.DIODE: "The EV's control pilot has no diode. Unplug, and have cable and EV looked at.",
    Fault.PILOT_SHORT: "The control pilot is shorted. Unplug, and have cable and EV looked at.",
    Fault.PILOT_FAULT: "The control pilot has no valid voltage. Unplug and try again, then call the installer.",
    Fault.PROXIMITY_SHORT: "The cable's coding is shorted. Use another cable.",
    Fault.PROXIMITY_LOST: "The cable's coding was lost while charging. Unplug, and use another cable if it comes back.",
    Fault.VENTILATION_UNAVAILABLE: "The EV asks for a ventilated room, which this is not. It can not be charged here.",
    Fault.CHATTER_LOCKOUT: "The EV switched on and off too often. Charging goes on after a rest.",
    Fault.BOARD_SILENT: "The board does not answer. Switch the station off and on, then call the installer.",
    Fault.SAFETY_LINK_LOST: "The safety process is not heard. Its service is started again by itself.",
    Fault.METER_SILENT: "The meter does not answer. Charging goes on when it does; if not, call the installer.",
    Fault.METER_FROZEN: "The meter does not count although power flows. Call the installer.",
    Fault.METER_IMPLAUSIBLE: "The meter's values can not be true. Call the installer.",
    Fault.READER_SILENT: "The card reader does not answer. Start from the app, and call the installer.",
    Fault.FAULT_MEMORY_LOST: "The station has lost its memory of earlier faults. Unplug, then it can charge again.",
    Fault.STORAGE_CORRUPT: "The station's memory was damaged and has been put aside. Tell the operator.",
    Fault.STORAGE_FULL: "The station can not write to its disk. Tell the operator.",
}
"""Total over the vocabulary."""


def waits_for_unplugging(latched: frozenset[Fault]) -> frozenset[Fault]:
    """The part that no person's word ends."""
    return frozenset(fault for fault in latched if CLEARS[fault] is ClearsWhen.UNPLUGGED)


def acknowledgement_words(acknowledged: frozenset[Fault], waiting: frozenset[Fault]) -> str:
    """What a person's acknowledgement did, and what it can not do."""
    parts = [
        text + ", ".join(sorted(faults))
        for text, faults in (("acknowledged: ", acknowledged), ("ends when the EV is unplugged: ", waiting))
        if faults
    ]
    return "; ".join(parts) or "acknowledged: nothing is latched"
