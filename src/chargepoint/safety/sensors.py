"""Reads one EVSE's parts. A part that raises is remembered by its fault and is never guessed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chargepoint.iec61851.pilot_state import classify
from chargepoint.iec61851.proximity_pilot import Cable, cable_for
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, LockState
from chargepoint_hal.contract import EvseHardware, LockPosition, PilotSample
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.pilot_controller import PilotController, PilotLetter

T = TypeVar("T")
logger = logging.getLogger(__name__)

CABLE_POLL_SECONDS = 0.1
TEMPERATURE_POLL_SECONDS = 0.5

LOCK_STATES: dict[LockPosition, LockState] = {
    LockPosition.LOCKED: LockState.LOCKED,
    LockPosition.UNLOCKED: LockState.UNLOCKED,
    LockPosition.MOVING: LockState.MOVING,
    LockPosition.UNKNOWN: LockState.UNKNOWN,
}

PILOT_STATES: dict[PilotLetter, PilotState] = {
    PilotLetter.A: PilotState.A,
    PilotLetter.B: PilotState.B,
    PilotLetter.C: PilotState.C,
    PilotLetter.D: PilotState.D,
    PilotLetter.E: PilotState.E,
    PilotLetter.F: PilotState.F,
}


@dataclass(frozen=True, slots=True)
class FastReadings:
    """What every tick must know before it decides. None: not fitted, or not readable and then in `broken`.

    Equal readings differ at most in the pilot's volts, which never stand still.
    """

    pilot: PilotSample | None = field(compare=False)
    contactor_closed: bool | None
    residual_current_tripped: bool | None
    protective_earth_connected: bool | None
    emergency_stop_pressed: bool | None
    mains_present: bool | None
    lock: LockState
    broken: frozenset[Fault]
    is_limited_externally: bool | None = None
    told: PilotState | None = None
    """What a controller that owns the pilot says of it, instead of `pilot`."""

    @property
    def shows_pilot(self) -> bool:
        return self.pilot is not None or self.told is not None

    def contactor_state(self, commanded: bool) -> ContactorState:
        """By feedback where it is fitted; unknown while something does not answer."""
        if self.contactor_closed is None:
            if self.broken:
                return ContactorState.UNKNOWN
            return ContactorState.ASSUMED_CLOSED if commanded else ContactorState.ASSUMED_OPEN
        return ContactorState.CLOSED if self.contactor_closed else ContactorState.OPEN

    def pilot_state(self, previous: PilotState | None) -> PilotState | None:
        """What this reading shows; a controller has classified it already. None: nothing."""
        if self.pilot is None:
            return self.told
        return classify(self.pilot.high_volts, self.pilot.low_volts, previous)


@dataclass(frozen=True, slots=True)
class SlowReadings:
    """What may be some tenths of a second old."""

    cable: Cable | None = None
    temperature_celsius: float | None = None
    broken: frozenset[Fault] = frozenset()


class Sensors:
    """Knows which parts are fitted and when the slow ones are due."""

    def __init__(self, evse_id: EvseId, hardware: EvseHardware, has_socket: bool) -> None:
        self._evse_id = evse_id
        self._hardware = hardware
        self._proximity_pilot = hardware.proximity_pilot if has_socket else None
        self._broken: set[Fault] = set()
        self._known_broken: frozenset[Fault] = frozenset()
        self._slow_broken: dict[str, frozenset[Fault]] = {}
        self._cable: Cable | None = None
        self._cable_before: Cable | None = None
        self._temperature_celsius: float | None = None
        self._cable_read_at: float | None = None
        self._temperature_read_at: float | None = None

    def read_fast(self) -> FastReadings:
        """Everything that may open the contactor at once."""
        hardware = self._hardware
        self._broken = set()
        told = None if hardware.controller is None else self._ask_controller(hardware.controller)
        pilot = self._ask(hardware.control_pilot.sample) if hardware.controller is None else None
        closed = self._ask(hardware.contactor.is_closed)
        rcd, earth = hardware.residual_current_monitor, hardware.protective_earth_monitor
        stop, mains, lock = hardware.emergency_stop, hardware.mains_monitor, hardware.connector_lock
        limit = hardware.external_limit
        tripped = self._ask(rcd.is_tripped) if rcd is not None else None
        connected = self._ask(earth.is_connected) if earth is not None else None
        pressed = self._ask(stop.is_pressed) if stop is not None else None
        present = self._ask(mains.is_present) if mains is not None else None
        position = self._ask(lock.position) if lock is not None else None
        return FastReadings(
            pilot=pilot,
            contactor_closed=closed,
            residual_current_tripped=tripped,
            protective_earth_connected=connected,
            emergency_stop_pressed=pressed,
            mains_present=present,
            lock=LockState.ABSENT
            if lock is None
            else LOCK_STATES.get(position or LockPosition.UNKNOWN, LockState.UNKNOWN),
            is_limited_externally=self._ask(limit.is_limited) if limit is not None else None,
            broken=self._settle_broken(),
            told=told,
        )

    def read_slow(self, now: float) -> SlowReadings:
        """Polls what is due; call after the tick has acted."""
        if self._proximity_pilot is not None and _is_due(self._cable_read_at, CABLE_POLL_SECONDS, now):
            self._cable_read_at = now
            self._read_cable(self._proximity_pilot.resistance_ohms)
        thermometer = self._hardware.thermometer
        if thermometer is not None and _is_due(self._temperature_read_at, TEMPERATURE_POLL_SECONDS, now):
            self._temperature_read_at = now
            self._broken = set()
            self._temperature_celsius = self._ask(thermometer.celsius)
            self._slow_broken["temperature"] = frozenset(self._broken)
        broken = frozenset().union(*self._slow_broken.values())
        return SlowReadings(self._cable, self._temperature_celsius, broken)

    def _read_cable(self, resistance_ohms: Callable[[], float]) -> None:
        """Two equal readings in a row count; what can not be read is nothing at all."""
        self._broken = set()
        ohms = self._ask(resistance_ohms)
        self._slow_broken["cable"] = frozenset(self._broken)
        seen = None if ohms is None else cable_for(ohms)
        if seen is None or seen is self._cable_before:
            self._cable = seen
        self._cable_before = seen

    def _ask_controller(self, controller: PilotController) -> PilotState | None:
        """Its state; what it says is wrong is as broken as a part that raises."""
        self._broken |= self._ask(controller.faults) or frozenset()
        letter = self._ask(controller.pilot_letter)
        return None if letter is None else PILOT_STATES[letter]

    def _ask(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except HardwareError as error:
            known = self._known_broken.union(self._broken, *self._slow_broken.values())
            if error.fault not in known:
                logger.warning("EVSE %s: %s: %s", self._evse_id, error.fault, error)
            self._broken.add(error.fault)
            return None

    def _settle_broken(self) -> frozenset[Fault]:
        self._known_broken = frozenset(self._broken)
        return self._known_broken


def _is_due(last: float | None, interval_seconds: float, now: float) -> bool:
    return last is None or now - last >= interval_seconds
