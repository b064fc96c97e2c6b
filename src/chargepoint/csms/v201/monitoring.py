"""Block N: SetVariableMonitoring, ClearVariableMonitoring, SetMonitoringBase and SetMonitoringLevel (N03 to N06)."""

from collections.abc import Mapping

from chargepoint.csms.dialect import JsonObject
from chargepoint.csms.monitoring_port import MonitoringPort
from chargepoint.csms.v201.answers import answer, status_info
from chargepoint.csms.v201.device_model import (
    Characteristics,
    Component,
    DataType,
    DeviceModel,
    LiveReader,
    Missing,
    ModelVariable,
)
from chargepoint.csms.v201.events import subject_of
from chargepoint.csms.v201.live_readers import BOOLEAN, always, live
from chargepoint.csms.v201.message_limits import refuse_beyond
from chargepoint.csms.v201.monitored_model import traits_of
from chargepoint.csms.v201.variables import read_component, read_variable
from chargepoint.model.monitoring import (
    LEAST_SEVERE,
    MOST_SEVERE,
    ClearOutcome,
    InstallAnswer,
    InstallOutcome,
    MonitoringBase,
    MonitorKind,
    MonitorWish,
)
from chargepoint.monitoring.rules import kinds_of

CONTROLLER = "MonitoringCtrlr"

KIND: Mapping[str, MonitorKind] = {
    "UpperThreshold": MonitorKind.UPPER_THRESHOLD,
    "LowerThreshold": MonitorKind.LOWER_THRESHOLD,
    "Delta": MonitorKind.DELTA,
    "Periodic": MonitorKind.PERIODIC,
    "PeriodicClockAligned": MonitorKind.CLOCK_ALIGNED,
}
KIND_NAME: Mapping[MonitorKind, str] = {kind: name for name, kind in KIND.items()}
BASE: Mapping[str, MonitoringBase] = {
    "All": MonitoringBase.ALL,
    "FactoryDefault": MonitoringBase.FACTORY_DEFAULT,
    "HardWiredOnly": MonitoringBase.HARD_WIRED_ONLY,
}
BASE_NAME: Mapping[MonitoringBase, str] = {base: name for name, base in BASE.items()}
SET_STATUS: Mapping[InstallOutcome, tuple[str, str | None]] = {
    InstallOutcome.ACCEPTED: ("Accepted", None),
    InstallOutcome.UNSUPPORTED_KIND: ("UnsupportedMonitorType", "UnsupportedParam"),
    InstallOutcome.DUPLICATE: ("Duplicate", "InvalidValue"),
    InstallOutcome.UNKNOWN_ID: ("Rejected", "NotFound"),
    InstallOutcome.OTHER_VARIABLE: ("Rejected", "InvalidValue"),
    InstallOutcome.HARD_WIRED: ("Rejected", "ReadOnly"),
    InstallOutcome.OUT_OF_RANGE: ("Rejected", "ValueOutOfRange"),
    InstallOutcome.NOT_POSITIVE: ("Rejected", "ValuePositiveOnly"),
    InstallOutcome.BAD_SEVERITY: ("Rejected", "ValueOutOfRange"),
    InstallOutcome.TOO_MANY: ("Rejected", "TooManyElements"),
}
"""SetMonitoringStatusEnumType, and the reason code."""
CLEAR_STATUS: Mapping[ClearOutcome, JsonObject] = {
    ClearOutcome.CLEARED: {"status": "Accepted"},
    ClearOutcome.NOT_FOUND: answer("NotFound", "NotFound"),
    ClearOutcome.HARD_WIRED: answer("Rejected", "ReadOnly", "it is hard-wired"),
}
UNKNOWN_BASE = answer("NotSupported", "InvalidValue")
"""N03.FR.02."""


class MonitoringBlock:
    """Which monitors there are, by order of the CSMS."""

    def __init__(self, monitoring: MonitoringPort, model: DeviceModel) -> None:
        self._monitoring = monitoring
        self._model = model

    async def set_variable_monitoring(self, payload: JsonObject) -> JsonObject:
        """N04; one result for each item, in order."""
        items = payload["setMonitoringData"]
        refuse_beyond(self._model, (CONTROLLER, "SetVariableMonitoring"), payload, len(items))
        read = [self._read(item) for item in items]
        answers = iter(await self._monitoring.install([each for each in read if isinstance(each, MonitorWish)]))
        results = []
        for item, each in zip(items, read, strict=True):
            stated = _stated(next(answers)) if isinstance(each, MonitorWish) else each
            results.append({name: item[name] for name in ("type", "severity", "component", "variable")} | stated)
        return {"setMonitoringResult": results}

    def _read(self, item: JsonObject) -> MonitorWish | JsonObject:
        """What is wanted, or why that can not be."""
        component, variable = read_component(item["component"]), read_variable(item["variable"])
        kind = KIND[item["type"]]
        found = self._model.find(component, variable)
        if isinstance(found, Missing):
            return self._missing(found, component, variable.key, kind)
        traits = traits_of(found)
        if traits is None:
            return _result("UnsupportedMonitorType", "UnsupportedParam")
        return MonitorWish(
            subject=subject_of(found.component, found.variable),
            traits=traits,
            kind=kind,
            value=float(item["value"]),
            severity=item["severity"],
            only_in_transaction=item.get("transaction", False),
            monitor_id=item.get("id"),
        )

    def _missing(
        self, missing: Missing, component: Component, variable_key: tuple[str, str], kind: MonitorKind
    ) -> JsonObject:
        """A component that was named without its EVSE is known by name: then the rest is to blame, if it is wrong."""
        if missing is Missing.VARIABLE or component.evse_id is not None:
            return _result(missing.value, "NotFound")
        alike = [each for each in self._model.variables if each.component.key[:2] == component.key[:2]]
        named = [each for each in alike if each.variable.key == variable_key]
        if alike and not named:
            return _result(Missing.VARIABLE.value, "NotFound")
        if named and all(_excludes(each, kind) for each in named):
            return _result("UnsupportedMonitorType", "UnsupportedParam")
        return _result(Missing.COMPONENT.value, "NotFound", "name its EVSE" if named else "")

    async def clear_variable_monitoring(self, payload: JsonObject) -> JsonObject:
        """N06; one result for each id, in order."""
        ids = payload["id"]
        refuse_beyond(self._model, (CONTROLLER, "ClearVariableMonitoring"), payload, len(ids))
        outcomes = await self._monitoring.clear(ids)
        return {
            "clearMonitoringResult": [
                {"id": monitor_id, **CLEAR_STATUS[outcome]} for monitor_id, outcome in zip(ids, outcomes, strict=True)
            ]
        }

    async def set_monitoring_base(self, payload: JsonObject) -> JsonObject:
        """N03."""
        await self._monitoring.set_base(BASE[payload["monitoringBase"]])
        return answer("Accepted")

    async def set_monitoring_level(self, payload: JsonObject) -> JsonObject:
        """N05."""
        if await self._monitoring.set_level(payload["severity"]):
            return answer("Accepted")
        return answer("Rejected", "ValueOutOfRange", f"{MOST_SEVERE} to {LEAST_SEVERE}")


def _excludes(variable: ModelVariable, kind: MonitorKind) -> bool:
    traits = traits_of(variable)
    return traits is None or kind not in kinds_of(traits)


def _stated(given: InstallAnswer) -> JsonObject:
    status, reason = SET_STATUS[given.outcome]
    if given.monitor_id is not None:
        return {"status": status, "id": given.monitor_id}
    return _result(status, reason or "Unspecified", given.why)


def _result(status: str, reason: str, text: str = "") -> JsonObject:
    return {"status": status, "statusInfo": status_info(reason, text)}


def monitoring_variables(monitoring: MonitoringPort | None) -> tuple[ModelVariable, ...]:
    """What is no setting: that variables can be monitored, and which base and level hold (2.11)."""
    if monitoring is None:
        return ()
    controller = Component(CONTROLLER)
    bases = Characteristics(DataType.OPTION_LIST, choices=tuple(BASE))
    levels = Characteristics(DataType.INTEGER, minimum=MOST_SEVERE, maximum=LEAST_SEVERE)
    return (
        live(controller, "Available", always("true"), BOOLEAN),
        live(controller, "ActiveMonitoringBase", _base_of(monitoring), bases),
        live(controller, "ActiveMonitoringLevel", _level_of(monitoring), levels),
    )


def _base_of(monitoring: MonitoringPort) -> LiveReader:
    return lambda _snapshot, _utc: BASE_NAME[monitoring.base]


def _level_of(monitoring: MonitoringPort) -> LiveReader:
    return lambda _snapshot, _utc: str(monitoring.level)
