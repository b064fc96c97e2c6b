"""Block B: GetBaseReport and GetReport, answered at once and followed by NotifyReport in parts."""

from collections.abc import Callable, Iterable, Sequence

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.device_model import (
    Attribute,
    Component,
    DeviceModel,
    ModelVariable,
    Mutability,
    Reading,
    Variable,
)
from chargepoint.csms.v201.events import write_component, write_variable_name
from chargepoint.csms.v201.message_limits import refuse_beyond_limits
from chargepoint.csms.v201.variables import read_component, read_variable
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.settings.setting import Setting

VARIABLES_PER_PART = 20
"""Keeps each NotifyReport near 8 kB: small enough for any CSMS and for a slow modem."""
LONGEST_VALUES_LIST = 1000
LONGEST_UNIT = 16

ABNORMAL = frozenset({"Problem", "Tripped", "Overload", "Fallback"})

Selection = Callable[[ModelVariable, Reading], bool]


def _is_of_summary(item: ModelVariable, reading: Reading) -> bool:
    """B07.FR.09: availability, and what is abnormal where something is."""
    if item.variable.name in ABNORMAL:
        return reading.is_true(item)
    return item.variable.name == "AvailabilityState"


BASE_REPORT: dict[str, Selection] = {
    "FullInventory": lambda _item, _reading: True,
    "ConfigurationInventory": lambda item, _reading: item.is_writable,
    "SummaryInventory": _is_of_summary,
}

PRESENT_WITHOUT_VARIABLE = {"Active": True, "Available": True, "Enabled": True, "Problem": False}
"""ComponentCriterionEnumType: whether a component without that variable meets it (B08.FR.07 to B08.FR.10)."""


class ReportingBlock:
    """Tells the CSMS what the device model holds."""

    def __init__(
        self, model: DeviceModel, post: Callable[[OutgoingCall], None], *, supports_monitoring: bool = False
    ) -> None:
        self._model = model
        self._supports_monitoring = supports_monitoring
        self._post = post

    async def get_base_report(self, payload: JsonObject) -> JsonObject:
        """B07."""
        select = BASE_REPORT[payload["reportBase"]]
        reading = self._model.reading()
        return self._report(payload["requestId"], [v for v in self._model.variables if select(v, reading)], reading)

    async def get_report(self, payload: JsonObject) -> JsonObject:
        """B08; without criteria and without variables it is everything."""
        wanted = payload.get("componentVariable", [])
        refuse_beyond_limits(self._model, "GetReport", payload, len(wanted))
        reading = self._model.reading()
        variables: Iterable[ModelVariable] = self._model.variables
        if "componentCriteria" in payload:
            criteria = payload["componentCriteria"]
            meeting = self._components_meeting(criteria, reading)
            variables = [v for v in variables if v.component.key in meeting]
            if not wanted:  # the criteria themselves, where they are met (part 6, TC_B_16)
                variables = [v for v in variables if v.variable.name in criteria and reading.is_true(v)]
        if wanted:
            variables = [v for v in variables if any(is_asked_for(v.component, v.variable, item) for item in wanted)]
        return self._report(payload["requestId"], list(variables), reading)

    def _components_meeting(self, criteria: Sequence[str], reading: Reading) -> set[tuple[object, ...]]:
        """The components that meet at least one of the criteria (B08.FR.13)."""
        meeting: set[tuple[object, ...]] = set()
        components = {variable.component.key: variable.component for variable in self._model.variables}
        for key, component in components.items():
            if any(self._meets(component, criterion, reading) for criterion in criteria):
                meeting.add(key)
        return meeting

    def _meets(self, component: Component, criterion: str, reading: Reading) -> bool:
        found = self._model.find(component, Variable(criterion))
        if isinstance(found, ModelVariable):
            return reading.is_true(found)
        return PRESENT_WITHOUT_VARIABLE[criterion]

    def _report(self, request_id: int, variables: Sequence[ModelVariable], reading: Reading) -> JsonObject:
        if not variables:
            return answer("EmptyResultSet")
        for part in notify_reports(request_id, variables, reading, self._supports_monitoring):
            self._post(part)
        return answer("Accepted")


def is_asked_for(component: Component, variable: Variable, wanted: JsonObject) -> bool:
    """What the request leaves open matches everything (B08.FR.20 to B08.FR.25, N02.FR.16 to N02.FR.21)."""
    asked = read_component(wanted["component"])
    if component.name.casefold() != asked.name.casefold():
        return False
    if asked.instance and (component.instance or "").casefold() != asked.instance.casefold():
        return False
    if asked.evse_id is not None and component.evse_id != asked.evse_id:
        return False
    if asked.connector_id is not None and component.connector_id != asked.connector_id:
        return False
    if "variable" not in wanted:
        return True
    named = read_variable(wanted["variable"])
    if variable.name.casefold() != named.name.casefold():
        return False
    return not named.instance or (variable.instance or "").casefold() == named.instance.casefold()


def notify_reports(
    request_id: int, variables: Sequence[ModelVariable], reading: Reading, supports_monitoring: bool = False
) -> list[OutgoingCall]:
    """The parts in order: seqNo from 0, `tbc` in all but the last, one time for all."""
    starts = range(0, len(variables), VARIABLES_PER_PART)
    return [
        OutgoingCall(
            "NotifyReport",
            {
                "requestId": request_id,
                "generatedAt": write_time(reading.utc),
                "seqNo": number,
                "tbc": start != starts[-1],
                "reportData": [
                    write_variable(v, reading, supports_monitoring)
                    for v in variables[start : start + VARIABLES_PER_PART]
                ],
            },
        )
        for number, start in enumerate(starts)
    ]


def write_variable(item: ModelVariable, reading: Reading, supports_monitoring: bool = False) -> JsonObject:
    """ReportDataType, with every attribute that there is (B07.FR.11)."""
    return {
        "component": write_component(item.component),
        "variable": write_variable_name(item.variable),
        "variableAttribute": [_write_attribute(kind, item.attributes[kind], reading) for kind in item.attributes],
        "variableCharacteristics": _write_characteristics(item, supports_monitoring),
    }


def _write_attribute(kind: str, attribute: Attribute, reading: Reading) -> JsonObject:
    wire: JsonObject = {"type": kind, "mutability": attribute.mutability.value}
    if attribute.mutability is not Mutability.WRITE_ONLY:  # errata 2.10
        wire["value"] = reading.text(attribute)
    if isinstance(attribute.source, Setting):
        wire["persistent"] = True
    return wire


def _write_characteristics(item: ModelVariable, supports_monitoring: bool) -> JsonObject:
    """Where anything is monitored, whatever has an Actual value can be."""
    characteristics = item.characteristics
    can_be_monitored = supports_monitoring and "Actual" in item.attributes
    wire: JsonObject = {"dataType": characteristics.data_type.value, "supportsMonitoring": can_be_monitored}
    if characteristics.unit:
        wire["unit"] = characteristics.unit[:LONGEST_UNIT]
    if characteristics.minimum is not None:
        wire["minLimit"] = characteristics.minimum
    if characteristics.maximum is not None:
        wire["maxLimit"] = characteristics.maximum
    values = ",".join(characteristics.choices)
    if 0 < len(values) <= LONGEST_VALUES_LIST:
        wire["valuesList"] = values
    return wire
