"""The device model against the tables of the appendices, and its live parts against the station."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from chargepoint.csms.v201.device_model import Component as Part
from chargepoint.csms.v201.device_model import DataType, DeviceModel, Missing, ModelVariable, Mutability, Variable
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.csms.v201.standard_variables import STANDARD_COMPONENTS, STANDARD_VARIABLES, StandardVariable
from chargepoint.csms.v201.station_model import station_model
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.setting import Setting
from chargepoint.settings.store import SettingsStore
from chargepoint_hal.contract import MeterReading
from unit.csms.v201.fakes import Surroundings

OUR_OWN = {
    ("EVSE", "ResidualCurrentSelfTest"),
    ("AuthCtrlr", "AuthorizationTimeout"),
    ("AuthCtrlr", "FreeVendActive"),
    ("AlignedDataCtrlr", "SignUpdatedReadings"),
    ("ChargingStation", "MaximumCurrent"),
    ("SampledDataCtrlr", "SignStartedReadings"),
    ("SampledDataCtrlr", "SignUpdatedReadings"),
    ("SecurityCtrlr", "AllowCSMSTLSWildcards"),
    ("TxCtrlr", "ResumeTransactionsOnBoot"),
}
"""Variables that the table of the standard does not have, on components that it has: one is in its errata, three in
the OCA note on signed meter values."""

LISTS = (DataType.OPTION_LIST, DataType.SEQUENCE_LIST, DataType.MEMBER_LIST)


@pytest.fixture
def station(around: Surroundings) -> Surroundings:
    around.settings.store = SettingsStore(CATALOGUE)
    return around


@pytest.fixture
def model(station: Surroundings) -> DeviceModel:
    rating = EvseRating(phases=3, maximum_amps=32.0, connector_type="sType2", has_meter=True)
    ratings = Ratings({1: rating, 2: rating}, readers=("door",))
    return station_model(station.context(), ratings)


def standard_of(item: ModelVariable) -> StandardVariable | None:
    """The component's own row before the generic one; an instance that the table does not name is any."""
    rows = [row for row in STANDARD_VARIABLES if row.variable == item.variable.name]
    for component in (item.component.name, None):
        for instance in (item.variable.instance, None):
            found = [row for row in rows if row.component == component and row.instance == instance]
            if found:
                return found[0]
    return None


def shown(items: Iterable[ModelVariable]) -> list[str]:
    return [f"{item.component.name}.{item.variable.name}" for item in items]


def test_every_component_is_one_of_the_standard(model: DeviceModel) -> None:
    assert {item.component.name for item in model.variables} - STANDARD_COMPONENTS == set()


def test_every_variable_is_the_standards_or_declared_our_own(model: DeviceModel) -> None:
    strange = {(v.component.name, v.variable.name) for v in model.variables if standard_of(v) is None}
    assert strange == OUR_OWN


@pytest.mark.requirement("B07.FR.08")
def test_types_and_units_are_those_of_the_tables(model: DeviceModel) -> None:
    for item in model.variables:
        standard = standard_of(item)
        if standard is None:
            continue
        name = f"{item.component.name}.{item.variable.name}"
        assert item.characteristics.data_type == standard.data_type, name
        if standard.unit is not None:
            assert item.characteristics.unit == standard.unit, name


@pytest.mark.requirement("B07.FR.08")
def test_all_that_is_required_of_a_component_is_there(model: DeviceModel) -> None:
    """TC_B_53_CS: the required variables of each component that this station has."""
    for component in {item.component for item in model.variables}:
        for row in STANDARD_VARIABLES:
            if row.component == component.name and row.is_required:
                found = model.find(component, Variable(row.variable, row.instance))
                assert isinstance(found, ModelVariable), f"{component} lacks {row.variable} {row.instance or ''}"


@pytest.mark.requirement("B07.FR.08")
def test_lists_say_what_may_be_in_them_and_hold_nothing_else(model: DeviceModel) -> None:
    """TC_B_53_CS: valuesList is there, and each value is of it."""
    reading = model.reading()
    for item in model.variables:
        if item.characteristics.data_type in LISTS:
            text = reading.text(item.attributes["Actual"])
            assert item.characteristics.choices, shown([item])
            assert set(text.split(",") if text else ()) <= set(item.characteristics.choices), shown([item])


def test_only_the_one_way_to_make_room_in_the_cache_is_named(model: DeviceModel) -> None:
    policy = model.find(Part("AuthCacheCtrlr"), Variable("Policy"))
    assert isinstance(policy, ModelVariable)
    assert list(policy.characteristics.choices) == ["CUSTOM"]


def test_every_number_has_its_limits(model: DeviceModel) -> None:
    """What can be set says between which limits; there is always a smallest."""
    unlimited = [
        item
        for item in model.variables
        if item.is_writable
        and item.characteristics.data_type in (DataType.INTEGER, DataType.DECIMAL)
        and (item.characteristics.minimum is None or item.characteristics.maximum is None)
    ]
    assert shown(unlimited) == []


def test_what_is_measured_can_not_be_set(model: DeviceModel) -> None:
    for component in ("EVSE", "Connector", "PowerContactor", "FiscalMetering", "ChargingStation", "Controller"):
        items = [item for item in model.variables if item.component.name == component]
        assert items
        measured = [item for item in items if not isinstance(item.attributes["Actual"].source, Setting)]
        assert {a.mutability for item in measured for a in item.attributes.values()} == {Mutability.READ_ONLY}


SEEN = EvseObservation(
    evse_id=EvseId(1),
    at_monotonic=999.9,
    pilot_state=PilotState.C,
    pilot_signal=PilotSignal.PWM,
    duty_percent=26.7,
    contactor=ContactorState.CLOSED,
    contactor_commanded=True,
    lock=LockState.LOCKED,
    faults=frozenset(),
    why_open=(),
    temperature_celsius=31.25,
)
METERED = MeterReading(
    at_monotonic=999.0,
    energy_import_wh=123456.7,
    power_watts=10_950.0,
    currents_amps=(15.9, 16.0, None),
    voltages_volts=(230.1, 229.8, 231.0),
    serial_number="M-77",
)


def value(model: DeviceModel, component: Part, variable: str, instance: str | None = None) -> str:
    found = model.find(component, Variable(variable, instance))
    assert not isinstance(found, Missing), f"{component} {variable}"
    return model.reading().text(found.attributes["Actual"])


def test_the_parts_of_an_evse_are_read_live(model: DeviceModel, station: Surroundings) -> None:
    evses = station.station.evses
    evses[EvseId(1)] = replace(evses[EvseId(1)], observation=SEEN, meter=METERED)
    meter = Part("FiscalMetering", evse_id=1)
    assert value(model, Part("PowerContactor", evse_id=1), "Active") == "true"
    assert value(model, Part("CPPWMController", evse_id=1), "State") == "C"
    assert value(model, Part("ConnectorPlugRetentionLock", None, 1, 1), "Active") == "true"
    assert value(model, Part("ElectricalFeed", evse_id=1), "Active") == "true"
    assert value(model, Part("EVSE", evse_id=1), "Temperature") == "31.2"
    assert value(model, Part("EVSE", evse_id=1), "Power") == "10950.0"
    assert value(model, meter, "EnergyImportRegister") == "123456.7"
    assert value(model, meter, "SerialNumber") == "M-77"
    assert value(model, meter, "ACCurrent", "L2") == "16.00"
    assert value(model, meter, "ACVoltage", "L1") == "230.1"


@pytest.mark.requirement("B06.FR.13")
def test_unknown_is_empty_and_never_a_guess(model: DeviceModel, station: Surroundings) -> None:
    evses = station.station.evses
    unsure = replace(SEEN, contactor=ContactorState.UNKNOWN, is_settled=False, lock=LockState.UNKNOWN)
    evses[EvseId(1)] = replace(evses[EvseId(1)], observation=unsure, meter=METERED)
    assert value(model, Part("PowerContactor", evse_id=1), "Active") == ""
    assert value(model, Part("CPPWMController", evse_id=1), "State") == ""
    assert value(model, Part("ConnectorPlugRetentionLock", None, 1, 1), "Active") == ""
    assert value(model, Part("FiscalMetering", evse_id=1), "ACCurrent", "L3") == ""
    evses[EvseId(1)] = replace(evses[EvseId(1)], observation=None, meter=None)
    for component, variable in (("PowerContactor", "Active"), ("EVSE", "Tripped"), ("ElectricalFeed", "Active")):
        assert value(model, Part(component, evse_id=1), variable) == ""
    assert value(model, Part("FiscalMetering", evse_id=1), "EnergyImportRegister") == ""


@pytest.mark.parametrize(
    ("fault", "component"),
    [
        (Fault.CONTACTOR_WELDED, Part("PowerContactor", evse_id=1)),
        (Fault.DIODE, Part("CPPWMController", evse_id=1)),
        (Fault.LOCK_JAMMED, Part("ConnectorPlugRetentionLock", None, 1, 1)),
        (Fault.METER_FROZEN, Part("FiscalMetering", evse_id=1)),
        (Fault.MAINS_LOST, Part("ElectricalFeed", evse_id=1)),
        (Fault.READER_SILENT, Part("TokenReader", "door")),
    ],
)
def test_a_fault_is_the_problem_of_the_part_that_has_it(
    model: DeviceModel, station: Surroundings, fault: Fault, component: Part
) -> None:
    assert value(model, component, "Problem") == "false"
    evses = station.station.evses
    evses[EvseId(1)] = replace(evses[EvseId(1)], faults=frozenset({fault}))
    assert value(model, component, "Problem") == "true"
    assert value(model, Part("EVSE", evse_id=1), "Problem") == "true"
    assert value(model, Part("EVSE", evse_id=2), "Problem") == "false"


def test_what_is_latched_is_tripped(model: DeviceModel, station: Surroundings) -> None:
    evses = station.station.evses
    leaks = frozenset({Fault.RESIDUAL_CURRENT})
    evses[EvseId(1)] = replace(evses[EvseId(1)], latched_faults=leaks, faults=leaks | {Fault.OVER_CURRENT})
    assert value(model, Part("EVSE", evse_id=1), "Tripped") == "true"
    assert value(model, Part("EVSE", evse_id=1), "Overload") == "true"


def test_a_station_without_meter_and_reader_claims_none(station: Surroundings) -> None:
    bare = station_model(station.context(), Ratings({1: EvseRating(phases=1, maximum_amps=16.0)}))
    assert {"FiscalMetering", "TokenReader"}.isdisjoint(item.component.name for item in bare.variables)
