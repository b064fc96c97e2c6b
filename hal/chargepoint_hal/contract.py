"""What a board, a token reader and an energy meter must offer.

Capabilities are small protocols; an optional part that a board lacks is `None`. Commands are requests and
feedback is the truth: no method that commands something claims that it happened. Every method may raise
`HardwareError` with one name of `faults.Fault`. Boards are called from the safety process's loop: no method of
a board may block longer than a few milliseconds, and none may raise power except `Contactor.close`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from chargepoint_hal.pilot_controller import PilotController

EvseNumber = int


class PilotSignal(StrEnum):
    """What the station puts on the control pilot."""

    STEADY = "steady"
    """X1: constant +12 V, no power is offered."""
    PWM = "pwm"
    """X2: 1 kHz, the duty cycle tells the EV its current."""
    FAULT = "fault"
    """State F: constant -12 V."""


class LockPosition(StrEnum):
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    MOVING = "moving"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PilotSample:
    """Peak volts of one sampling window on the control pilot, about -12…+12 each."""

    high_volts: float
    low_volts: float


@runtime_checkable
class ControlPilot(Protocol):
    """Must start, and stay after `Board.close`, in STEADY or FAULT; never in PWM."""

    def signal_steady(self) -> None: ...

    def signal_pwm(self, duty_percent: float) -> None:
        """Start or change the 1 kHz PWM; 4.5…96.0 percent, else ValueError."""
        ...

    def signal_fault(self) -> None: ...

    def sample(self) -> PilotSample: ...


@runtime_checkable
class Contactor(Protocol):
    """Must be open before `open_board` returns, and open after `Board.close` and `Board.make_safe`."""

    def open(self) -> None: ...

    def close(self, phases: int) -> None:
        """Request 1 or 3 phases; a board that can not choose closes what it has. One that can is never asked for
        another number while it is closed, and refuses it with HardwareError, open."""
        ...

    def is_closed(self) -> bool | None:
        """The mirror contact's word; None where no feedback is fitted. A contactor that switches phases says True while
        any part of it is closed that should be open, and while all that should be closed is, no more and no less."""
        ...


@runtime_checkable
class ProximityPilot(Protocol):
    """Fitted at a socket outlet only; a tethered cable has none."""

    def resistance_ohms(self) -> float:
        """Ohms between PP and PE; `math.inf` when nothing is plugged in."""
        ...


@runtime_checkable
class ConnectorLock(Protocol):
    def lock(self) -> None: ...

    def unlock(self) -> None: ...

    def position(self) -> LockPosition: ...


@runtime_checkable
class ResidualCurrentMonitor(Protocol):
    """Only reports: the trip itself opens the contactor in hardware."""

    def is_tripped(self) -> bool: ...


@runtime_checkable
class SelfTestingMonitor(ResidualCurrentMonitor, Protocol):
    """One whose own test can be started; its trip is the test's good result. Only without an EV, contactor open."""

    def signal_test(self, is_wanted: bool) -> None: ...


@runtime_checkable
class ProtectiveEarthMonitor(Protocol):
    def is_connected(self) -> bool: ...


@runtime_checkable
class EmergencyStop(Protocol):
    def is_pressed(self) -> bool: ...


@runtime_checkable
class Thermometer(Protocol):
    def celsius(self) -> float: ...


@runtime_checkable
class MainsMonitor(Protocol):
    def is_present(self) -> bool: ...


@runtime_checkable
class ExternalLimit(Protocol):
    """An input by which the grid's operator or the building lowers the current."""

    def is_limited(self) -> bool:
        """True also when its wire is broken."""
        ...


@runtime_checkable
class StatusLight(Protocol):
    def show(self, red: bool, green: bool, blue: bool) -> None: ...


@runtime_checkable
class Buzzer(Protocol):
    def sound(self, is_wanted: bool) -> None: ...


@runtime_checkable
class AliveLine(Protocol):
    """Toggled once a loop for a hardware monoflop that drops the contactor when the toggling stops."""

    def toggle(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EvseHardware:
    """One EVSE's parts; what is not fitted is None."""

    control_pilot: ControlPilot
    contactor: Contactor
    phases: int = 3
    switches_phases: bool = False
    """Its contactor can connect L1 alone as well as all three, and tells by feedback whether any of them is live."""
    proximity_pilot: ProximityPilot | None = None
    connector_lock: ConnectorLock | None = None
    residual_current_monitor: ResidualCurrentMonitor | None = None
    protective_earth_monitor: ProtectiveEarthMonitor | None = None
    emergency_stop: EmergencyStop | None = None
    thermometer: Thermometer | None = None
    mains_monitor: MainsMonitor | None = None
    external_limit: ExternalLimit | None = None
    status_light: StatusLight | None = None
    buzzer: Buzzer | None = None
    controller: PilotController | None = None
    """Where fitted, `control_pilot.sample` gives no volts (NaN) and nobody asks for them."""


@runtime_checkable
class Board(Protocol):
    """A set of EVSEs that one process owns. `open_board(options)` returns it with every contactor open."""

    @property
    def name(self) -> str: ...

    @property
    def evses(self) -> Mapping[EvseNumber, EvseHardware]: ...

    @property
    def alive_line(self) -> AliveLine | None: ...

    def make_safe(self) -> None:
        """Every contactor open and every pilot not permitting; never raises, may be called at any time."""
        ...

    def close(self) -> None:
        """Make safe and give the hardware back."""
        ...


@dataclass(frozen=True, slots=True)
class TokenSighting:
    """One frame of a reader: a card is in its field now. Repeated for as long as the card stays."""

    value: str
    """Canonical: upper-case hex in reader order, or the reader's own text; no separators."""
    kind: str
    """`ISO14443`, `ISO15693`, `Local`, `KeyCode`, …: the id token types of OCPP 2.0.1."""


@runtime_checkable
class TokenReader(Protocol):
    """Read by one dedicated thread, which may block up to the timeout."""

    @property
    def name(self) -> str: ...

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        """The next sighting, or None when there was none; HardwareError(READER_SILENT) when the reader is gone."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class MeterReading:
    """One cycle of a meter. What the meter does not have, or did not answer, is None; unknown is never 0."""

    at_monotonic: float
    """The loop time at which the answer with the energy register came in."""
    energy_import_wh: float | None = None
    energy_export_wh: float | None = None
    power_watts: float | None = None
    currents_amps: tuple[float | None, ...] = ()
    voltages_volts: tuple[float | None, ...] = ()
    powers_watts: tuple[float | None, ...] = ()
    frequency_hertz: float | None = None
    power_factor: float | None = None
    temperature_celsius: float | None = None
    serial_number: str | None = None
    read_seconds: float = field(default=0.0, compare=False)
    """From the cycle's first question to its last answer: a slow meter is judged by its own cycle. 0: not known."""


@runtime_checkable
class EnergyMeter(Protocol):
    @property
    def name(self) -> str: ...

    async def read(self) -> MeterReading:
        """One cycle; HardwareTimeoutError(METER_SILENT) at the first timeout, which ends the cycle."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SigningOrder:
    """For whom and when a meter is to sign."""

    evse: EvseNumber
    token: str
    token_kind: str
    """As in `TokenSighting.kind`; `Untyped` of one that a CSMS has named over OCPP 1.6."""
    at: datetime | None
    """Now, to set the meter's clock by; None where nobody knows: then its clock stays as it is."""


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A data set that the meter has signed itself; nobody may change a byte of it."""

    signed_text: str
    encoding: str
    """The format of the text, as `OCMF`."""
    public_key_hex: str = ""
    """A DER structure with algorithm and key, in hex; empty where the meter does not tell."""


@runtime_checkable
class SigningMeter(EnergyMeter, Protocol):
    """A meter that signs its reading at the begin and at the end of a transaction. It may take 15 s each time."""

    async def public_key_hex(self) -> str:
        """As in `SignedReading`; HardwareError while the meter does not answer."""
        ...

    async def sign_begin(self, order: SigningOrder) -> SignedReading | None:
        """Sign now. None: the data set of the end holds the begin as well. HardwareError where it did not sign."""
        ...

    async def sign_end(self, order: SigningOrder) -> SignedReading:
        """Sign the end of what was begun, maybe before a restart. HardwareError where it did not sign."""
        ...


@runtime_checkable
class IntervalSigningMeter(SigningMeter, Protocol):
    """A meter that signs its reading while a transaction goes on, too, without an effect on begin and end."""

    async def sign_between(self, order: SigningOrder) -> SignedReading:
        """Sign what the register says now. HardwareError where it did not sign."""
        ...
