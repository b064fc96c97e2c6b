"""The device model: components with variables, as a table over the settings catalogue and the live variables.

It is built once; values are read when asked for. What may be changed is changed through the settings alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargepoint.charging.ports import Clock, SettingsPort, StationPort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.v201.standard_variables import STANDARD_VARIABLES
from chargepoint.settings.setting import Access, AnySetting, Setting

ATTRIBUTE_TYPES = ("Actual", "Target", "MinSet", "MaxSet")
LONGEST_VALUE = 2500
"""GetVariableResultType.attributeValue."""


class Mutability(StrEnum):
    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"
    READ_WRITE = "ReadWrite"


class DataType(StrEnum):
    STRING = "string"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    BOOLEAN = "boolean"
    OPTION_LIST = "OptionList"
    SEQUENCE_LIST = "SequenceList"
    MEMBER_LIST = "MemberList"


MUTABILITY = {
    Access.READ_WRITE: Mutability.READ_WRITE,
    Access.READ_ONLY: Mutability.READ_ONLY,
    Access.WRITE_ONLY: Mutability.WRITE_ONLY,
}


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None

    @property
    def key(self) -> tuple[str, str, int | None, int | None]:
        """Names are identifierStrings: case does not matter. An empty instance is none (B06.FR.15)."""
        return self.name.casefold(), (self.instance or "").casefold(), self.evse_id, self.connector_id


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    instance: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.name.casefold(), (self.instance or "").casefold()


@dataclass(frozen=True, slots=True)
class Characteristics:
    data_type: DataType
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


STANDARD = {
    (row.component.casefold(), Variable(row.variable, row.instance).key): row
    for row in STANDARD_VARIABLES
    if row.component is not None
}
"""What the appendices say of a component's variable, by folded names."""

LiveReader = Callable[[StationSnapshot, datetime], str | None]
"""What a live variable says now; None is unknown."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a variable, and where its value comes from."""

    mutability: Mutability
    source: AnySetting | LiveReader


@dataclass(frozen=True, slots=True)
class ModelVariable:
    component: Component
    variable: Variable
    characteristics: Characteristics
    attributes: Mapping[str, Attribute]

    @property
    def is_writable(self) -> bool:
        return any(attribute.mutability is not Mutability.READ_ONLY for attribute in self.attributes.values())


class Missing(StrEnum):
    """What a name in a request does not lead to."""

    COMPONENT = "UnknownComponent"
    VARIABLE = "UnknownVariable"


@dataclass(frozen=True, slots=True)
class Reading:
    """The model's values as of one moment."""

    settings: SettingsPort
    snapshot: StationSnapshot
    utc: datetime

    def text(self, attribute: Attribute) -> str:
        """The value; empty where there is none (B06.FR.13). Not to be asked of a WriteOnly attribute."""
        if isinstance(attribute.source, Setting):
            return _in_2_0_1(attribute.source, self.settings.text(attribute.source))[:LONGEST_VALUE]
        return (attribute.source(self.snapshot, self.utc) or "")[:LONGEST_VALUE]

    def is_true(self, variable: ModelVariable) -> bool:
        """Whether the Actual value of a boolean is true."""
        actual = variable.attributes.get("Actual")
        return actual is not None and self.text(actual).lower() == "true"


class DeviceModel:
    """Names to variables, and variables to their values."""

    def __init__(
        self, settings: SettingsPort, station: StationPort, clock: Clock, live: Iterable[ModelVariable]
    ) -> None:
        self._settings = settings
        self._station = station
        self._clock = clock
        named = {(item.component.key, item.variable.key): item for item in variables_of_settings(settings.all())}
        # What is measured is truer than what is configured.
        named.update({(item.component.key, item.variable.key): item for item in live})
        self._named = named
        self._component_keys = frozenset(component for component, _ in named)
        self.variables = tuple(sorted(named.values(), key=_reading_order))

    def find(self, component: Component, variable: Variable) -> ModelVariable | Missing:
        """Exactly this instance, EVSE and connector (B06.FR.14, B06.FR.15)."""
        found = self._named.get((component.key, variable.key))
        if found is not None:
            return found
        return Missing.VARIABLE if component.key in self._component_keys else Missing.COMPONENT

    def reading(self) -> Reading:
        return Reading(self._settings, self._station.snapshot(), self._clock.now().utc)

    def whole_number(self, component: str, variable: str, instance: str | None = None) -> int | None:
        """The value of an integer setting; None where the model has no such setting."""
        found = self.find(Component(component), Variable(variable, instance))
        actual = None if isinstance(found, Missing) else found.attributes.get("Actual")
        if actual is None or not isinstance(actual.source, Setting):
            return None
        return int(self._settings.text(actual.source)) if type_of(actual.source) is DataType.INTEGER else None


def _reading_order(item: ModelVariable) -> tuple[str, int, int, str, str, str]:
    component = item.component
    return (
        component.name,
        component.evse_id or 0,
        component.connector_id or 0,
        component.instance or "",
        item.variable.name,
        item.variable.instance or "",
    )


def variables_of_settings(settings: Sequence[AnySetting]) -> list[ModelVariable]:
    """The 2.0.1 name of each setting; several attributes of one variable are gathered."""
    gathered: dict[tuple[object, object], ModelVariable] = {}
    for setting in settings:
        name = setting.variable_2_0_1
        if name is None or name.attribute not in ATTRIBUTE_TYPES:
            continue
        component = Component(name.component, name.component_instance, name.evse_id)
        variable = Variable(name.variable, name.instance)
        known = gathered.get((component.key, variable.key))
        attributes = {} if known is None else dict(known.attributes)
        attributes[name.attribute] = Attribute(_mutability(setting), setting)
        characteristics = _characteristics(setting, component, variable) if known is None else known.characteristics
        gathered[component.key, variable.key] = ModelVariable(component, variable, characteristics, attributes)
    return list(gathered.values())


def _in_2_0_1(setting: AnySetting, text: str) -> str:
    """A measurand that 1.6 has asked of one phase only is here the measurand: 2.0.1 can not say the phase."""
    if not setting.choices_1_6:
        return text
    members = (each.rpartition(".")[0] if each in setting.choices_1_6 else each for each in text.split(","))
    return ",".join(dict.fromkeys(members))


def _mutability(setting: AnySetting) -> Mutability:
    if setting.is_secret and setting.has_keeper:
        return Mutability.WRITE_ONLY
    if setting.is_fact or setting.is_read_only_2_0_1:
        return Mutability.READ_ONLY
    return Mutability.WRITE_ONLY if setting.is_secret else MUTABILITY[setting.access]


def _characteristics(setting: AnySetting, component: Component, variable: Variable) -> Characteristics:
    """The standard's type and unit where the standard has the variable; range and choices are the setting's."""
    standard = STANDARD.get((component.name.casefold(), variable.key))
    data_type = type_of(setting) if standard is None else DataType(standard.data_type)
    is_number = data_type in (DataType.INTEGER, DataType.DECIMAL)
    # For a text maxLimit is its length; a list's `maximum_length` counts members, which 2.0.1 can not say.
    longest = setting.maximum_length if data_type is DataType.STRING else None
    return Characteristics(
        data_type=data_type,
        unit=setting.unit if standard is None or standard.unit is None else standard.unit,
        minimum=setting.minimum if is_number else None,
        maximum=setting.maximum if is_number else longest,
        choices=setting.choices,
    )


def type_of(setting: AnySetting) -> DataType:
    """The 2.0.1 data type that goes with the type of a setting's default."""
    match setting.default:
        case bool():
            return DataType.BOOLEAN
        case int():
            return DataType.INTEGER
        case float():
            return DataType.DECIMAL
        case str():
            return DataType.OPTION_LIST if setting.choices else DataType.STRING
        case tuple():
            return DataType.SEQUENCE_LIST if setting.is_ordered else DataType.MEMBER_LIST
