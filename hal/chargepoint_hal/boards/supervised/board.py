"""The board in front of a controller: its parts put wishes down and read what the controller said last."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from chargepoint_hal.boards.supervised.supervision import NO_POWER, Supervision, Wish
from chargepoint_hal.contract import EvseHardware, EvseNumber, PilotSample, PilotSignal
from chargepoint_hal.faults import Fault, HardwareValueError
from chargepoint_hal.pilot_controller import PilotLetter

LEAST_DUTY_PERCENT = 10.0
"""6 A; 5 percent would ask the EV for a conversation that these controllers do not lead."""
MOST_DUTY_PERCENT = 96.0
WAIT_SECONDS = 8.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a kind of controller has; the rest is absent. A thermometer is absent as well where none told its value."""

    phases: int = 3
    has_thermometer: bool = False
    has_proximity: bool = False


def amps_of(duty_percent: float) -> float:
    """What an EV reads from the duty cycle (IEC 61851-1 table A.8), to 0.1 A."""
    return round(duty_percent * 0.6 if duty_percent <= 85.0 else (duty_percent - 64.0) * 2.5, 1)


class SupervisedPilot:
    """Also the PilotController: state and faults come from there."""

    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision

    def signal_steady(self) -> None:
        self._supervision.wish(NO_POWER)

    def signal_pwm(self, duty_percent: float) -> None:
        if not LEAST_DUTY_PERCENT <= duty_percent <= MOST_DUTY_PERCENT:
            raise ValueError(
                f"duty {duty_percent} percent: this controller has {LEAST_DUTY_PERCENT:g} to {MOST_DUTY_PERCENT:g} "
                "percent (6 to 80 A), else signal steady or fault"
            )
        self._supervision.report()  # out of touch: no power is asked for
        self._supervision.wish(Wish(PilotSignal.PWM, amps_of(duty_percent)))

    def signal_fault(self) -> None:
        """State F where the controller has it; no power where it has not."""
        self._supervision.wish(Wish(PilotSignal.FAULT))

    def sample(self) -> PilotSample:
        """No volts: the controller keeps them to itself."""
        self._supervision.report()
        return PilotSample(math.nan, math.nan)

    def pilot_letter(self) -> PilotLetter | None:
        return self._supervision.report().letter

    def faults(self) -> frozenset[Fault]:
        return self._supervision.report().faults


class SupervisedContactor:
    """The controller closes it by itself under PWM; to close is permission, to open takes the PWM away."""

    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision

    def open(self) -> None:
        if self._supervision.wished.signal is PilotSignal.PWM:
            self._supervision.wish(NO_POWER)

    def close(self, phases: int) -> None:
        """Only a controller that was allowed PWM will do it."""
        if phases not in (1, 3):
            raise ValueError(f"{phases} phases asked for: a contactor closes 1 or 3")

    def is_closed(self) -> bool | None:
        return self._supervision.report().contactor_closed


class SupervisedThermometer:
    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision

    def celsius(self) -> float:
        celsius = self._supervision.report().celsius
        if celsius is None:
            raise HardwareValueError(Fault.TEMPERATURE_SENSOR, "the controller gives no temperature")
        return celsius


class SupervisedProximity:
    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision

    def resistance_ohms(self) -> float:
        """The nominal resistor of the cable that the controller read."""
        ohms = self._supervision.report().cable_ohms
        return math.inf if ohms is None else ohms


class SupervisedBoard:
    """One EVSE. Opened by `open_supervised`."""

    def __init__(self, name: str, supervision: Supervision, abilities: Abilities) -> None:
        self._name = name
        self._supervision = supervision
        pilot = SupervisedPilot(supervision)
        self._evses = {
            1: EvseHardware(
                control_pilot=pilot,
                contactor=SupervisedContactor(supervision),
                phases=abilities.phases,
                proximity_pilot=SupervisedProximity(supervision) if abilities.has_proximity else None,
                thermometer=SupervisedThermometer(supervision) if abilities.has_thermometer else None,
                controller=pilot,
            )
        }

    @property
    def name(self) -> str:
        return self._name

    @property
    def evses(self) -> Mapping[EvseNumber, EvseHardware]:
        return MappingProxyType(self._evses)

    @property
    def alive_line(self) -> None:
        """The controller's own supervision, where it has one, takes its place."""
        return None

    def make_safe(self) -> None:
        self._supervision.wish(NO_POWER)

    def close(self) -> None:
        self._supervision.stop()


def open_supervised(
    name: str, supervision: Supervision, abilities: Abilities, settle: Callable[[float], None] = time.sleep
) -> SupervisedBoard:
    """The board once its controller says that it gives no power; HardwareError(BOARD_SILENT) when nobody answers.

    One that answers and still has its contactor closed is opened as well: its feedback then tells a welded contact.
    """
    supervision.start()
    try:
        for _ in range(round(WAIT_SECONDS / LOOK_SECONDS)):
            if supervision.is_off:
                break
            settle(LOOK_SECONDS)
        report = supervision.report()
    except BaseException:
        supervision.stop()
        raise
    has_thermometer = abilities.has_thermometer and report.celsius is not None
    return SupervisedBoard(name, supervision, replace(abilities, has_thermometer=has_thermometer))
