"""What a setting is. The catalogue lists them, the store holds their values, the dialects only name them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

SettingValue = bool | int | float | str | tuple[str, ...]
T = TypeVar("T", bool, int, float, str, tuple[str, ...])
T_co = TypeVar("T_co", bool, int, float, str, tuple[str, ...], covariant=True)


class Access(StrEnum):
    READ_WRITE = "ReadWrite"
    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"


class SetOutcome(StrEnum):
    """What a change came to. Only ACCEPTED and REBOOT_REQUIRED have changed anything."""

    ACCEPTED = "accepted"
    REBOOT_REQUIRED = "reboot_required"
    REJECTED = "rejected"
    """The value is of the wrong type, out of range or not in the list."""
    READ_ONLY = "read_only"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ComponentVariable:
    """The 2.0.1 name of a setting."""

    component: str
    variable: str
    instance: str | None = None
    """The variable's instance."""
    component_instance: str | None = None
    evse_id: int | None = None
    attribute: str = "Actual"


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One entry of the catalogue; `default` gives its type. A list is a tuple of names from `choices`."""

    name: str
    """Neutral, snake_case, wears its unit: `heartbeat_interval_seconds`."""
    default: T
    summary: str
    access: Access = Access.READ_WRITE
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    choices_1_6: tuple[str, ...] = ()
    """What a list may hold under 1.6 besides: measurands with a phase (section 9.1.17); 2.0.1 has only the choices."""
    maximum_length: int | None = None
    unit: str | None = None
    reboot_required: bool = False
    key_1_6: str | None = None
    variable_2_0_1: ComponentVariable | None = None
    is_secret: bool = False
    mandatory_2_0_1: bool = False
    aliases_1_6: tuple[str, ...] = field(default=())
    follows: "Setting[T] | None" = None
    """While nothing was ever set, this has the value of that other setting."""
    is_fact: bool = False
    """True: the rest of the configuration or the hardware says it; nobody can preset or change it."""
    has_keeper: bool = False
    """True: 1.6 may change it, but whoever keeps or tries the value decides, and the settings store does not hold
    what was written."""
    checked_by: Callable[[str], None] | None = None
    """For a text of a format of its own: ValueError says what is wrong. An empty text is not asked about."""
    is_read_only_2_0_1: bool = False
    """True: 2.0.1 has it read-only though 1.6 may change it."""
    is_ordered: bool = False
    """True for a list whose order matters (2.0.1 SequenceList instead of MemberList)."""


class SettingsView(Protocol):
    """What a room that only reads settings is given."""

    def get(self, setting: Setting[T]) -> T: ...


AnySetting = Setting[bool] | Setting[int] | Setting[float] | Setting[str] | Setting[tuple[str, ...]]
Overrides = Mapping[str, str]
"""Neutral name → text, as persisted."""
