"""What the supply machine is told and what it orders. Frozen values, no decisions."""

from dataclasses import dataclass, field

from chargepoint.iec61851 import timing
from chargepoint.model.faults import Fault
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.pilot import DEMAND_STATES, PilotState
from chargepoint.model.power import LockState, PlugMark, PowerDirective


@dataclass(frozen=True, slots=True)
class SupplyRules:
    """What the installer chose for one EVSE."""

    minimum_current_amps: float = 6.0
    maximum_current_amps: float = 32.0
    phases: int = 3
    phase_switching: PhaseSwitching = PhaseSwitching.NEVER
    has_socket: bool = True
    """False: tethered cable, its rating is the installer's maximum."""
    ventilation: bool = False
    """True: the room is ventilated and state D may be supplied."""
    state_f_on_fault: bool = True
    wake_up: bool = True
    max_closings: int = timing.MAX_CLOSINGS
    minimum_off_seconds: float = timing.MINIMUM_OFF_SECONDS
    start_ramp_seconds: float = timing.START_RAMP_SECONDS
    """0: none."""
    external_limit_amps: float = 6.0
    """Per phase, while the input for an external limit asks for one; below the minimum current is a pause."""
    start_ramp_always: bool = False
    """True: at each closing; False: only for an EV that has cut its own supply off within the chatter window."""


@dataclass(frozen=True, slots=True)
class SupplyInputs:
    """Everything one step decides on, as seen in this tick."""

    pilot: PilotState | None
    """Settled; None while nothing has settled since the start."""
    plug: PlugMark | None = None
    """Which plug-in this is; at another one nothing is known of the EV."""
    directive: PowerDirective | None = None
    """The last one, whatever became of its lease; None before the first."""
    lease_is_valid: bool = False
    controller_is_linked: bool = True
    faults: frozenset[Fault] = field(default_factory=frozenset)
    """Every fault that forbids supply, now or latched."""
    cable_rating_amps: float | None = None
    """None at a socket: nothing readable is plugged in."""
    lock: LockState = LockState.ABSENT
    diode_is_proven: bool = False
    contactor_may_be_live: bool = False
    is_limited_externally: bool = False
    is_testing: bool = False
    """The residual-current monitor is being tested, or has not yet released."""

    @property
    def is_plugged_in(self) -> bool:
        """An EV is on the pilot: B, C or D."""
        return self.pilot is PilotState.B or self.pilot in DEMAND_STATES


@dataclass(frozen=True, slots=True)
class OpenContactor:
    """At once."""


@dataclass(frozen=True, slots=True)
class CloseContactor:
    phases: int


@dataclass(frozen=True, slots=True)
class SignalSteady:
    """X1: +12 V, nothing is offered."""


@dataclass(frozen=True, slots=True)
class SignalPwm:
    duty_percent: float


@dataclass(frozen=True, slots=True)
class SignalFault:
    """State F."""


@dataclass(frozen=True, slots=True)
class LockPlug:
    pass


@dataclass(frozen=True, slots=True)
class UnlockPlug:
    pass


Order = OpenContactor | CloseContactor | SignalSteady | SignalPwm | SignalFault | LockPlug | UnlockPlug
