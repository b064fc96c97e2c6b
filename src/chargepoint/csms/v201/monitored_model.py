"""The device model as the monitors see it: what can be watched, and the values of one moment."""

from collections.abc import Callable, Mapping
from datetime import datetime

from chargepoint.charging.ports import SettingsPort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.v201.device_model import (
    Attribute,
    DataType,
    DeviceModel,
    Missing,
    ModelVariable,
    Mutability,
    Reading,
)
from chargepoint.csms.v201.events import component_of, variable_of
from chargepoint.model.monitoring import MonitoredVariable, Nature, VariableTraits
from chargepoint.settings.setting import AnySetting, Setting

NATURE: Mapping[DataType, Nature] = {
    DataType.STRING: Nature.TEXT,
    DataType.DECIMAL: Nature.NUMBER,
    DataType.INTEGER: Nature.NUMBER,
    DataType.DATE_TIME: Nature.TIME,
    DataType.BOOLEAN: Nature.TEXT,
    DataType.OPTION_LIST: Nature.TEXT,
    DataType.SEQUENCE_LIST: Nature.TEXT,
    DataType.MEMBER_LIST: Nature.TEXT,
}
MONITORED_ATTRIBUTE = "Actual"

Revision = Callable[[AnySetting], int]
"""How often a setting was changed since the start."""


def traits_of(variable: ModelVariable) -> VariableTraits | None:
    """None for one without an Actual value: it can not be monitored."""
    actual = variable.attributes.get(MONITORED_ATTRIBUTE)
    if actual is None:
        return None
    characteristics = variable.characteristics
    nature = NATURE[characteristics.data_type]
    is_number = nature is Nature.NUMBER
    return VariableTraits(
        nature=nature,
        minimum=characteristics.minimum if is_number else None,
        maximum=characteristics.maximum if is_number else None,
        is_write_only=actual.mutability is Mutability.WRITE_ONLY,
    )


class MonitoredModel:
    """For as long as the station runs."""

    def __init__(self, model: DeviceModel, settings: SettingsPort, revision: Revision) -> None:
        self._model = model
        self._settings = settings
        self._revision = revision
        self._found: dict[MonitoredVariable, ModelVariable | None] = {}

    def values(self, snapshot: StationSnapshot, utc: datetime) -> "ModelValues":
        return ModelValues(self._find, Reading(self._settings, snapshot, utc), self._revision)

    def _find(self, subject: MonitoredVariable) -> ModelVariable | None:
        if subject not in self._found:
            found = self._model.find(component_of(subject), variable_of(subject))
            if isinstance(found, Missing):  # not remembered: whoever asks may ask for anything
                return None
            self._found[subject] = found
        return self._found[subject]


class ModelValues:
    """Implements `Values`."""

    def __init__(
        self, find: Callable[[MonitoredVariable], ModelVariable | None], reading: Reading, revision: Revision
    ) -> None:
        self._find = find
        self._reading = reading
        self._revision = revision
        self._texts: dict[MonitoredVariable, str | None] = {}

    def traits(self, subject: MonitoredVariable) -> VariableTraits | None:
        found = self._find(subject)
        return None if found is None else traits_of(found)

    def text(self, subject: MonitoredVariable) -> str | None:
        """Read once, however many monitors are on it."""
        if subject not in self._texts:
            found = self._find(subject)
            actual = None if found is None else found.attributes.get(MONITORED_ATTRIBUTE)
            self._texts[subject] = None if actual is None else self._text_of(actual)
        return self._texts[subject]

    def _text_of(self, attribute: Attribute) -> str | None:
        if isinstance(attribute.source, Setting):
            if attribute.mutability is Mutability.WRITE_ONLY:
                return str(self._revision(attribute.source))
            return self._reading.text(attribute)
        return self._reading.text(attribute) or None  # live variables say nothing where they know nothing
