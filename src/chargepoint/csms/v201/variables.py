"""Block B: GetVariables and SetVariables over the device model. Every item gets its own answer, in order."""

from chargepoint.charging.ports import SettingsPort
from chargepoint.csms.dialect import JsonObject
from chargepoint.csms.v201.answers import status_info
from chargepoint.csms.v201.device_model import Component, DeviceModel, Missing, Mutability, Reading, Variable
from chargepoint.csms.v201.message_limits import refuse_beyond_limits
from chargepoint.model.errors import StorageError
from chargepoint.settings.setting import AnySetting, SetOutcome, Setting

ACTUAL = "Actual"

SET_STATUS = {
    SetOutcome.ACCEPTED: "Accepted",
    SetOutcome.REBOOT_REQUIRED: "RebootRequired",
    SetOutcome.REJECTED: "Rejected",
    SetOutcome.READ_ONLY: "Rejected",
    SetOutcome.UNKNOWN: "UnknownVariable",
}
SET_REASON: dict[SetOutcome, str | None] = {
    SetOutcome.ACCEPTED: None,
    SetOutcome.REBOOT_REQUIRED: None,
    SetOutcome.REJECTED: "InvalidValue",
    SetOutcome.READ_ONLY: "ReadOnly",
    SetOutcome.UNKNOWN: "NotFound",
}


def read_component(wire: JsonObject) -> Component:
    """ComponentType."""
    evse: JsonObject = wire.get("evse") or {}
    return Component(wire["name"], wire.get("instance"), evse.get("id"), evse.get("connectorId"))


def read_variable(wire: JsonObject) -> Variable:
    """VariableType."""
    return Variable(wire["name"], wire.get("instance"))


class VariablesBlock:
    """Reads and changes single variables."""

    def __init__(self, model: DeviceModel, settings: SettingsPort) -> None:
        self._model = model
        self._settings = settings

    async def get_variables(self, payload: JsonObject) -> JsonObject:
        """B06."""
        wanted = payload["getVariableData"]
        refuse_beyond_limits(self._model, "GetVariables", payload, len(wanted))
        reading = self._model.reading()
        return {"getVariableResult": [self._get(item, reading) for item in wanted]}

    def _get(self, item: JsonObject, reading: Reading) -> JsonObject:
        result = _result(item)
        found = self._model.find(read_component(item["component"]), read_variable(item["variable"]))
        if isinstance(found, Missing):
            return result | {"attributeStatus": found.value}
        attribute = found.attributes.get(result["attributeType"])
        if attribute is None:
            return result | {"attributeStatus": "NotSupportedAttributeType"}
        if attribute.mutability is Mutability.WRITE_ONLY:
            return result | {"attributeStatus": "Rejected", "attributeStatusInfo": status_info("WriteOnly")}
        return result | {"attributeStatus": "Accepted", "attributeValue": reading.text(attribute)}

    async def set_variables(self, payload: JsonObject) -> JsonObject:
        """B05, in the order given."""
        wanted = payload["setVariableData"]
        refuse_beyond_limits(self._model, "SetVariables", payload, len(wanted))
        return {"setVariableResult": [await self._set(item) for item in wanted]}

    async def _set(self, item: JsonObject) -> JsonObject:
        result = _result(item)
        found = self._model.find(read_component(item["component"]), read_variable(item["variable"]))
        if isinstance(found, Missing):
            return result | {"attributeStatus": found.value}
        attribute = found.attributes.get(result["attributeType"])
        if attribute is None:
            return result | {"attributeStatus": "NotSupportedAttributeType"}
        if attribute.mutability is Mutability.READ_ONLY or not isinstance(attribute.source, Setting):
            return result | {"attributeStatus": "Rejected", "attributeStatusInfo": status_info("ReadOnly")}
        return result | await self._change(attribute.source, item["attributeValue"])

    async def _change(self, setting: AnySetting, text: str) -> JsonObject:
        if _is_of_1_6(setting, text):
            info = status_info(
                SET_REASON[SetOutcome.REJECTED] or "", "a measurand with a phase is 1.6's: name it alone"
            )
            return {"attributeStatus": SET_STATUS[SetOutcome.REJECTED], "attributeStatusInfo": info}
        try:
            outcome, why = await self._settings.change(setting, text)
        except StorageError as error:
            info = status_info("InternalError", f"not stored, try again later: {error}")
            return {"attributeStatus": "Rejected", "attributeStatusInfo": info}
        status: JsonObject = {"attributeStatus": SET_STATUS[outcome]}
        reason = SET_REASON[outcome]
        if reason is not None:
            # The reason may quote the value, and a secret is not repeated.
            status["attributeStatusInfo"] = status_info(reason, "" if setting.is_secret else why)
        return status


def _is_of_1_6(setting: AnySetting, text: str) -> bool:
    only_1_6 = {choice.casefold() for choice in setting.choices_1_6}
    return any(member.strip().casefold() in only_1_6 for member in text.split(","))


def _result(item: JsonObject) -> JsonObject:
    """What the answer repeats of the request; without an attribute type it is Actual (B05.FR.12, B06.FR.11)."""
    return {
        "attributeType": item.get("attributeType", ACTUAL),
        "component": item["component"],
        "variable": item["variable"],
    }
