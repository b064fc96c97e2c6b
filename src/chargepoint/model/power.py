"""What the controller tells the safety process, and what the safety process saw.

Both travel as small JSON objects; the codec stands here so that both ends share one definition and the safety
process needs no library for it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum

from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState

PROTOCOL_VERSION = 3
DEFAULT_LEASE_SECONDS = 20.0
SHORTEST_LEASE_SECONDS = 3.0
"""That may be configured: two renewals, one a second, may come late before the contactor pays for it."""
METER_FAULTS = frozenset({Fault.OVER_CURRENT, Fault.UNDER_VOLTAGE, Fault.OVER_VOLTAGE})
"""What the controller's meter shows and no part of a board does."""


class ContactorState(StrEnum):
    """By feedback where it is fitted; else by command, and then never better than `ASSUMED_…`."""

    OPEN = "open"
    CLOSED = "closed"
    ASSUMED_OPEN = "assumed_open"
    ASSUMED_CLOSED = "assumed_closed"
    UNKNOWN = "unknown"

    @property
    def may_be_live(self) -> bool:
        """True unless the contactor is known or assumed to be open."""
        return self not in (ContactorState.OPEN, ContactorState.ASSUMED_OPEN)


class LockState(StrEnum):
    ABSENT = "absent"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    MOVING = "moving"
    UNKNOWN = "unknown"


class SelfTest(StrEnum):
    """What is known of the residual-current monitor's own test."""

    ABSENT = "absent"
    """The monitor can not test itself, or there is none."""
    DUE = "due"
    """Not yet since the start; it waits until there is no EV."""
    PASSED = "passed"
    FAILED = "failed"
    """It did not trip, or did not release."""
    MISSED = "missed"
    """It could not be done for too long."""


class SelfTestCause(StrEnum):
    """Why a verdict is not PASSED."""

    NONE = "none"
    NO_TRIP = "no_trip"
    NO_RELEASE = "no_release"
    NOT_STARTED = "not_started"
    """The way was free, and something kept the test from beginning."""
    OVERDUE = "overdue"
    """The way was not free for too long."""


class WhyOpen(StrEnum):
    """Why the contactor is not closed, the strongest reason first where several hold."""

    MAKE_SAFE = "make_safe"
    FAULT = "fault"
    CHATTER_LOCKOUT = "chatter_lockout"
    STARTING = "starting"
    NO_EV = "no_ev"
    LEASE_EXPIRED = "lease_expired"
    NO_CONTROLLER = "no_controller"
    NOT_PERMITTED = "not_permitted"
    LIMIT_BELOW_MINIMUM = "limit_below_minimum"
    CABLE_UNKNOWN = "cable_unknown"
    PHASE_CHANGE = "phase_change"
    MINIMUM_OFF_TIME = "minimum_off_time"
    WAKE_UP = "wake_up"
    LOCK_NOT_CLOSED = "lock_not_closed"
    EV_NOT_READY = "ev_not_ready"
    VENTILATION = "ventilation"
    SELF_TEST = "self_test"
    DIODE_UNCHECKED = "diode_unchecked"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class PlugMark:
    """Names one plug-in. Two equal marks: nobody has unplugged in between, so it is surely the same EV."""

    watch: str
    """One unbroken watch over the plug: it ends with its safety process, or when that lost sight of the pilot."""
    generation: int
    """How often the plug was seen empty since the watch began."""


@dataclass(frozen=True, slots=True)
class PowerDirective:
    """What the safety process may do with one EVSE. It is permission, never an order to energise."""

    evse_id: EvseId
    power_allowed: bool
    limit_amps: float
    """Per phase; below the minimum current (6 A unless configured) is a pause."""
    phases: int = 3
    """The most that it may be supplied by, 1 or 3; fewer than are wired only where the board switches phases."""
    lock_wanted: bool = False
    unlock_forced: bool = False
    """Unlock once even in B/C (remote unlock); honoured only with the contactor open."""
    lease_seconds: float = DEFAULT_LEASE_SECONDS
    """How long this permission lasts from its arrival unless renewed."""
    faults_seen: frozenset[Fault] = frozenset()
    """Faults that only the controller can see (METER_FAULTS): they open at once, and stand until it says otherwise."""
    faults_acknowledged: frozenset[Fault] = frozenset()
    """Latched faults that a person has cleared; ignored while the cause persists."""
    plug: PlugMark | None = None
    """The plug-in that the power is allowed to; at any other one, and with None, it is not allowed."""
    self_tested_at: float | None = None
    """When the residual-current monitor was tested last, in an earlier life of the safety process too. It can only make
    the next test due sooner."""


@dataclass(frozen=True, slots=True)
class EvseObservation:
    """One EVSE as the safety process saw it at `at_monotonic`; published on every change and each 0.5 s."""

    evse_id: EvseId
    at_monotonic: float
    pilot_state: PilotState
    pilot_signal: PilotSignal
    duty_percent: float | None
    """None unless the pilot signal is PWM."""
    contactor: ContactorState
    contactor_commanded: bool
    lock: LockState
    faults: frozenset[Fault]
    why_open: tuple[WhyOpen, ...]
    """Empty exactly while the contactor is commanded closed."""
    is_settled: bool = True
    """False until the pilot has been seen long enough after start to trust `pilot_state`."""
    cable_rating_amps: float | None = None
    """None: tethered cable, nothing plugged in, or not readable (then a fault says so)."""
    simplified_ev: bool = False
    latched_faults: frozenset[Fault] = frozenset()
    """The part of `faults` that stays until its clearing rule is met."""
    lockout_remaining_seconds: float = 0.0
    lease_remaining_seconds: float = 0.0
    pilot_high_volts: float | None = None
    pilot_low_volts: float | None = None
    temperature_celsius: float | None = None
    last_open_seconds: float | None = None
    """From the sample that ended the demand to the feedback of the last opening; None where no feedback showed it."""
    closings: int = 0
    phases: int = 0
    """What the contactor is commanded to connect; 0 while it is commanded open."""
    most_phases: int = 3
    """More the EV at the plug is not supplied by now, whatever is asked."""
    mains_present: bool = True
    self_test: SelfTest = SelfTest.ABSENT
    self_test_age_seconds: float | None = None
    """Since its last verdict in this life of the safety process."""
    self_test_cause: SelfTestCause = SelfTestCause.NONE
    plug: PlugMark | None = None
    """Which plug-in this is, or the next one will be; None: nobody counts them."""
    is_limited_externally: bool | None = None
    """What the input for an external limit says; None: there is none, or it does not answer."""

    @property
    def is_plugged_in(self) -> bool:
        """An EV is on the cable: B, C or D."""
        return self.pilot_state in (PilotState.B, PilotState.C, PilotState.D)

    @property
    def ev_wants_power(self) -> bool:
        return self.pilot_state in (PilotState.C, PilotState.D)


@dataclass(frozen=True, slots=True)
class SafetyHello:
    """The first message of the safety process on a new link."""

    board: str
    evse_ids: tuple[EvseId, ...]
    has_lock: Mapping[EvseId, bool] = field(default_factory=dict)
    phases: Mapping[EvseId, int] = field(default_factory=dict)
    switches_phases: Mapping[EvseId, bool] = field(default_factory=dict)
    """It can be supplied by one phase as well as by three, and the installer allows it."""
    protocol_version: int = PROTOCOL_VERSION


JsonObject = dict[str, object]


DIRECTIVE_FIELDS = tuple(one.name for one in fields(PowerDirective))
OBSERVATION_FIELDS = tuple(one.name for one in fields(EvseObservation))


def _plain(value: PowerDirective | EvseObservation, names: tuple[str, ...]) -> JsonObject:
    """Its fields by name; nothing but the plug nests, and nothing is copied: observations go out often."""
    plain: JsonObject = {name: getattr(value, name) for name in names}
    plain["plug"] = None if value.plug is None else asdict(value.plug)
    return plain


def directive_to_json(directive: PowerDirective) -> JsonObject:
    """The wire form of a directive; `kind` is `power_directive`."""
    plain = _plain(directive, DIRECTIVE_FIELDS)
    plain["faults_seen"] = sorted(directive.faults_seen)
    plain["faults_acknowledged"] = sorted(directive.faults_acknowledged)
    return {"kind": "power_directive", **plain}


def observation_to_json(observation: EvseObservation) -> JsonObject:
    """The wire form of an observation; `kind` is `evse_observation`."""
    plain = _plain(observation, OBSERVATION_FIELDS)
    plain["faults"] = sorted(observation.faults)
    plain["latched_faults"] = sorted(observation.latched_faults)
    plain["why_open"] = list(observation.why_open)
    return {"kind": "evse_observation", **plain}


def hello_to_json(hello: SafetyHello) -> JsonObject:
    """The wire form of the greeting; `kind` is `safety_hello`."""
    return {
        "kind": "safety_hello",
        "board": hello.board,
        "evse_ids": list(hello.evse_ids),
        "has_lock": {str(key): value for key, value in hello.has_lock.items()},
        "phases": {str(key): value for key, value in hello.phases.items()},
        "switches_phases": {str(key): value for key, value in hello.switches_phases.items()},
        "protocol_version": hello.protocol_version,
    }
