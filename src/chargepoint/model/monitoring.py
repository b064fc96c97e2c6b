"""Monitors on what the station tells of itself, and the events that they cause (2.0.1 block N), in neutral words."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId


class Severity(IntEnum):
    """How bad an event is, by the words of the standard (part 2, 2.52)."""

    DANGER = 0
    """Lives are potentially in danger."""
    HARDWARE_FAILURE = 1
    """No regular operation because of hardware."""
    SYSTEM_FAILURE = 2
    """No regular operation because of software or minor hardware issues."""
    CRITICAL = 3
    ERROR = 4
    """Not urgent."""
    ALERT = 5
    WARNING = 6
    NOTICE = 7
    """Unusual; nothing to be done at once."""
    INFORMATIONAL = 8
    DEBUG = 9
    """Of use to developers only."""


MOST_SEVERE, LEAST_SEVERE = int(Severity.DANGER), int(Severity.DEBUG)


class MonitorKind(StrEnum):
    """What a monitor waits for."""

    UPPER_THRESHOLD = "upper_threshold"
    LOWER_THRESHOLD = "lower_threshold"
    DELTA = "delta"
    PERIODIC = "periodic"
    CLOCK_ALIGNED = "clock_aligned"
    """At the multiples of the interval since midnight (UTC)."""


THRESHOLDS = frozenset({MonitorKind.UPPER_THRESHOLD, MonitorKind.LOWER_THRESHOLD})
PERIODICS = frozenset({MonitorKind.PERIODIC, MonitorKind.CLOCK_ALIGNED})


class MonitorOrigin(StrEnum):
    HARD_WIRED = "hard_wired"
    """Always there."""
    PRECONFIGURED = "preconfigured"
    """Comes with the station; the base says whether it is active, and the CSMS may overrule it."""
    CUSTOM = "custom"


class MonitoringBase(StrEnum):
    """Which of the preconfigured monitors are active."""

    ALL = "all"
    FACTORY_DEFAULT = "factory_default"
    HARD_WIRED_ONLY = "hard_wired_only"


@dataclass(frozen=True, slots=True)
class MonitoredVariable:
    """What is watched: one variable of one component, as the device model spells it."""

    component: str
    variable: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable_instance: str | None = None


class Nature(StrEnum):
    """How the values of a variable are compared."""

    NUMBER = "number"
    TIME = "time"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class VariableTraits:
    """What a monitor has to know of its variable."""

    nature: Nature
    minimum: float | None = None
    maximum: float | None = None
    is_write_only: bool = False
    """Its value is never told; that it was changed is."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """`value`: the threshold or difference in the variable's unit (a time's in seconds), or the interval in seconds."""

    monitor_id: int
    subject: MonitoredVariable
    kind: MonitorKind
    value: float
    severity: int
    only_in_transaction: bool = False
    origin: MonitorOrigin = MonitorOrigin.CUSTOM
    is_factory_default: bool = True
    """Of a preconfigured one: active with the base FACTORY_DEFAULT too, not with ALL alone."""


@dataclass(frozen=True, slots=True)
class MonitorWish:
    """A monitor that the CSMS wants; with an id it replaces that one."""

    subject: MonitoredVariable
    traits: VariableTraits
    kind: MonitorKind
    value: float
    severity: int
    only_in_transaction: bool = False
    monitor_id: int | None = None


class InstallOutcome(StrEnum):
    """What came of a wish. Only ACCEPTED has changed anything."""

    ACCEPTED = "accepted"
    UNSUPPORTED_KIND = "unsupported_kind"
    """Not for a variable of this nature."""
    DUPLICATE = "duplicate"
    """Another one of the same kind and severity is on this variable."""
    UNKNOWN_ID = "unknown_id"
    OTHER_VARIABLE = "other_variable"
    """The monitor of that id watches something else."""
    HARD_WIRED = "hard_wired"
    OUT_OF_RANGE = "out_of_range"
    NOT_POSITIVE = "not_positive"
    BAD_SEVERITY = "bad_severity"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class InstallAnswer:
    outcome: InstallOutcome
    monitor_id: int | None = None
    why: str = ""
    """For a person."""


class ClearOutcome(StrEnum):
    CLEARED = "cleared"
    NOT_FOUND = "not_found"
    HARD_WIRED = "hard_wired"


class EventTrigger(StrEnum):
    ALERTING = "alerting"
    DELTA = "delta"
    PERIODIC = "periodic"


class EventSource(StrEnum):
    """Who noticed."""

    HARD_WIRED_NOTIFICATION = "hard_wired_notification"
    HARD_WIRED_MONITOR = "hard_wired_monitor"
    PRECONFIGURED_MONITOR = "preconfigured_monitor"
    CUSTOM_MONITOR = "custom_monitor"


SOURCE_OF: dict[MonitorOrigin, EventSource] = {
    MonitorOrigin.HARD_WIRED: EventSource.HARD_WIRED_MONITOR,
    MonitorOrigin.PRECONFIGURED: EventSource.PRECONFIGURED_MONITOR,
    MonitorOrigin.CUSTOM: EventSource.CUSTOM_MONITOR,
}


@dataclass(frozen=True, slots=True)
class VariableEvent:
    """Something about a variable that the CSMS is to know."""

    event_id: int
    subject: MonitoredVariable
    trigger: EventTrigger
    source: EventSource
    severity: int
    actual_value: str = ""
    """Empty where it is unknown or never told."""
    monitor_id: int | None = None
    is_cleared: bool = False
    """What an earlier event told of is over."""
    transaction_id: TransactionId | None = None
    cause: int | None = None
    """The event that brought this one about."""
    tech_code: str | None = None
    """The fault."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A threshold that is passed, and was told."""

    monitor_id: int
    event_id: int
    transaction_id: TransactionId | None = None


@dataclass(frozen=True, slots=True)
class ToldFault:
    """A fault that is there, and was told. `evse_id` None: of the station as a whole."""

    fault: Fault
    evse_id: EvseId | None
    event_id: int


@dataclass(frozen=True, slots=True)
class StoredMonitoring:
    """What of all this outlives a restart."""

    base: MonitoringBase = MonitoringBase.FACTORY_DEFAULT
    level: int = LEAST_SEVERE
    """Events of a number above this are not told."""
    custom: tuple[Monitor, ...] = ()
    cleared: tuple[int, ...] = ()
    """Preconfigured monitors that the CSMS has cleared since it set the base."""
    alarms: tuple[Alarm, ...] = ()
    faults: tuple[ToldFault, ...] = ()
