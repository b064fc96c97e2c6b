"""The parts inside an EVSE that the device model shows: contactor, pilot, lock, meter, supply; and the card readers.

Only what the station truly has: a part that nothing is known of is not listed.
"""

from chargepoint.charging.snapshot import EvseSnapshot
from chargepoint.csms.v201.device_model import Characteristics, Component, DataType, ModelVariable
from chargepoint.csms.v201.live_readers import (
    BOOLEAN,
    TEXT,
    EvseReader,
    always,
    has_fault,
    live,
    number,
    of_evse,
    truth,
)
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, LockState, SelfTest
from chargepoint.model.self_test import CAUSE_WORDS

PILOT_STATE = Characteristics(DataType.STRING)
WATT_HOURS = Characteristics(DataType.DECIMAL, unit="Wh")
AMPS = Characteristics(DataType.DECIMAL, unit="A")
VOLTS = Characteristics(DataType.DECIMAL, unit="V")
CELSIUS = Characteristics(DataType.DECIMAL, unit="Celsius")

TIME = Characteristics(DataType.DATE_TIME)
SELF_TEST_RESULTS: dict[SelfTest, str] = {
    SelfTest.ABSENT: "NotFitted",
    SelfTest.DUE: "NeverTested",
    SelfTest.PASSED: "Passed",
    SelfTest.FAILED: "Failed",
    SelfTest.MISSED: "Missed",
}
"""Without a stored verdict the one of the present life of the safety process."""
SELF_TEST_RESULT = Characteristics(DataType.OPTION_LIST, choices=tuple(SELF_TEST_RESULTS.values()))

CONTACTOR_FAULTS = (Fault.CONTACTOR_WELDED, Fault.CONTACTOR_STUCK_OPEN, Fault.CONTACTOR_FEEDBACK_MISSING)
PILOT_FAULTS = (Fault.DIODE, Fault.PILOT_SHORT, Fault.PILOT_FAULT)
METER_FAULTS = (Fault.METER_SILENT, Fault.METER_FROZEN, Fault.METER_IMPLAUSIBLE)
SUPPLY_FAULTS = (Fault.MAINS_LOST, Fault.UNDER_VOLTAGE, Fault.OVER_VOLTAGE)


def parts_of_evse(evse_id: EvseId, phases: int, has_meter: bool) -> list[ModelVariable]:
    """Everything behind one EVSE; `phases` 0 where they are not known."""
    return [
        *_contactor(evse_id),
        *_pilot(evse_id),
        *_lock(evse_id),
        *_supply(evse_id),
        *(_meter(evse_id, phases) if has_meter else ()),
    ]


def _contactor(evse_id: EvseId) -> list[ModelVariable]:
    component = Component("PowerContactor", evse_id=evse_id)
    return [
        live(component, "Active", of_evse(evse_id, _is_closed), BOOLEAN),
        live(component, "Problem", has_fault(evse_id, *CONTACTOR_FAULTS), BOOLEAN),
    ]


def _pilot(evse_id: EvseId) -> list[ModelVariable]:
    component = Component("CPPWMController", evse_id=evse_id)
    return [
        live(component, "State", of_evse(evse_id, _pilot_state), PILOT_STATE),
        live(component, "Problem", has_fault(evse_id, *PILOT_FAULTS), BOOLEAN),
    ]


def _lock(evse_id: EvseId) -> list[ModelVariable]:
    component = Component("ConnectorPlugRetentionLock", evse_id=evse_id, connector_id=1)
    return [
        live(component, "Available", of_evse(evse_id, _has_lock), BOOLEAN),
        live(component, "Active", of_evse(evse_id, _is_locked), BOOLEAN),
        live(component, "Problem", has_fault(evse_id, Fault.LOCK_JAMMED), BOOLEAN),
    ]


def _supply(evse_id: EvseId) -> list[ModelVariable]:
    component = Component("ElectricalFeed", evse_id=evse_id)
    return [
        live(component, "Active", of_evse(evse_id, _has_mains), BOOLEAN),
        live(component, "Problem", has_fault(evse_id, *SUPPLY_FAULTS), BOOLEAN),
    ]


def _meter(evse_id: EvseId, phases: int) -> list[ModelVariable]:
    component = Component("FiscalMetering", evse_id=evse_id)
    found = [
        live(component, "Available", always("true"), BOOLEAN),
        live(component, "Problem", has_fault(evse_id, *METER_FAULTS), BOOLEAN),
        live(component, "EnergyImportRegister", of_evse(evse_id, _energy_import), WATT_HOURS),
        live(component, "SerialNumber", of_evse(evse_id, _meter_serial), TEXT),
    ]
    for phase in range(1, phases + 1):
        found.append(live(component, "ACCurrent", of_evse(evse_id, _current(phase)), AMPS, f"L{phase}"))
        found.append(live(component, "ACVoltage", of_evse(evse_id, _voltage(phase)), VOLTS, f"L{phase}"))
    return found


def token_reader(name: str) -> list[ModelVariable]:
    """One card reader; the station does not tell which of several is silent."""
    component = Component("TokenReader", name)
    return [
        live(component, "Available", always("true"), BOOLEAN),
        live(component, "Problem", lambda snapshot, _utc: truth(Fault.READER_SILENT in snapshot.faults), BOOLEAN),
    ]


def self_test(evse_id: EvseId) -> list[ModelVariable]:
    """The last verdict on the residual-current monitor; the standard has no variable for it."""
    component, name = Component("EVSE", evse_id=evse_id), "ResidualCurrentSelfTest"
    return [
        live(component, name, of_evse(evse_id, _self_test_result), SELF_TEST_RESULT, "Result"),
        live(component, name, of_evse(evse_id, _self_test_time), TIME, "Time"),
        live(component, name, of_evse(evse_id, _self_test_cause), TEXT, "Cause"),
    ]


def temperature(evse_id: EvseId) -> ModelVariable:
    return live(Component("EVSE", evse_id=evse_id), "Temperature", of_evse(evse_id, _temperature), CELSIUS)


def _is_closed(evse: EvseSnapshot) -> str | None:
    seen = evse.observation
    if seen is None or seen.contactor is ContactorState.UNKNOWN:
        return None
    return truth(seen.contactor.may_be_live)


def _pilot_state(evse: EvseSnapshot) -> str | None:
    seen = evse.observation
    if seen is None or not seen.is_settled or seen.pilot_state is PilotState.FAULT:
        return None
    return seen.pilot_state.value


def _has_lock(evse: EvseSnapshot) -> str | None:
    return None if evse.observation is None else truth(evse.observation.lock is not LockState.ABSENT)


def _is_locked(evse: EvseSnapshot) -> str | None:
    seen = evse.observation
    if seen is None or seen.lock is LockState.UNKNOWN:
        return None
    return truth(seen.lock is LockState.LOCKED)


def _has_mains(evse: EvseSnapshot) -> str | None:
    return None if evse.observation is None else truth(evse.observation.mains_present)


def _energy_import(evse: EvseSnapshot) -> str | None:
    return None if evse.meter is None else number(evse.meter.energy_import_wh)


def _meter_serial(evse: EvseSnapshot) -> str | None:
    return None if evse.meter is None else evse.meter.serial_number


def _temperature(evse: EvseSnapshot) -> str | None:
    return None if evse.observation is None else number(evse.observation.temperature_celsius)


def _self_test_result(evse: EvseSnapshot) -> str | None:
    if evse.self_test is not None:
        return SELF_TEST_RESULTS[evse.self_test.verdict]
    return None if evse.observation is None else SELF_TEST_RESULTS[evse.observation.self_test]


def _self_test_time(evse: EvseSnapshot) -> str | None:
    """None too where the clock was not set."""
    record = evse.self_test
    return None if record is None or not record.stamp.trusted else write_time(record.stamp.utc)


def _self_test_cause(evse: EvseSnapshot) -> str | None:
    return None if evse.self_test is None else CAUSE_WORDS[evse.self_test.cause] or None


def _current(phase: int) -> EvseReader:
    return lambda evse: None if evse.meter is None else number(_of_phase(evse.meter.currents_amps, phase), 2)


def _voltage(phase: int) -> EvseReader:
    return lambda evse: None if evse.meter is None else number(_of_phase(evse.meter.voltages_volts, phase))


def _of_phase(values: tuple[float | None, ...], phase: int) -> float | None:
    return values[phase - 1] if len(values) >= phase else None
