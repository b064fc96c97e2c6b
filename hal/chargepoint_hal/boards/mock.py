"""The mock board: reads and writes the bench's wires, nothing else. It knows no physics and no EV."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chargepoint_hal.bench.wires import PILOT_MODES, EvseSignal, StationSignal, Wires, optional_truth
from chargepoint_hal.contract import (
    AliveLine,
    EvseHardware,
    EvseNumber,
    LockPosition,
    PilotSample,
    PilotSignal,
)
from chargepoint_hal.driver_options import Kind, Option, OptionRules, takes
from chargepoint_hal.faults import Fault, HardwareError, HardwareValueError

MINIMUM_DUTY_PERCENT = 4.5
MAXIMUM_DUTY_PERCENT = 96.0
STALE_SECONDS = 2.0
DEFAULT_WAIT_SECONDS = 10.0
CONTACTOR_SETTLING_SECONDS = 0.3
POLL_SECONDS = 0.005
_HEARTBEAT = StationSignal.HEARTBEAT
RULES = OptionRules(
    {
        "wires": Option("The bench's mapped memory.", Kind.PATH, default="wires in run_dir", required=True),
        "wait_seconds": Option(
            "How long a bench is waited for.", Kind.NUMBER, 0, 600, "s", default=f"{DEFAULT_WAIT_SECONDS:g}"
        ),
    }
)


class WorldWatch:
    """Tells whether a world moves behind the wires: its heartbeat grows, or both live in one process."""

    def __init__(self, wires: Wires, clock: Callable[[], float]) -> None:
        self._wires = wires
        self._is_together = wires.path is None
        self._clock = clock
        self._last_beat = wires.read_station(StationSignal.HEARTBEAT)
        self._last_moved_at = clock()

    def has_moved(self) -> bool:
        """True when the heartbeat differs from the one seen last."""
        beat = self._wires.read_station(StationSignal.HEARTBEAT)
        if beat == self._last_beat:
            return False
        self._last_beat, self._last_moved_at = beat, self._clock()
        return beat > 0

    def require(self) -> None:
        """HardwareError(BOARD_SILENT) when the bench is gone."""
        beat = self._wires.read_station(_HEARTBEAT)
        if beat != self._last_beat:
            self._last_beat, self._last_moved_at = beat, self._clock()
        is_stale = not self._is_together and self._clock() - self._last_moved_at >= STALE_SECONDS
        if is_stale or beat <= 0:
            raise HardwareError(
                Fault.BOARD_SILENT,
                f"the world behind {self._wires.path or 'the wires'} stands still: start the bench again, "
                "then the safety process",
            )


class _Part:
    """One part of one EVSE: its signals."""

    def __init__(self, wires: Wires, watch: WorldWatch, evse: EvseNumber) -> None:
        self._wires = wires
        self._watch = watch
        self._evse = evse

    def _seen(self, signal: EvseSignal) -> float:
        self._watch.require()
        return self._wires.read(self._evse, signal)

    def _command(self, signal: EvseSignal, value: float) -> None:
        self._wires.write(self._evse, signal, value)


class MockControlPilot(_Part):
    def signal_steady(self) -> None:
        self._command(EvseSignal.PILOT_MODE, PILOT_MODES[PilotSignal.STEADY])

    def signal_pwm(self, duty_percent: float) -> None:
        if not MINIMUM_DUTY_PERCENT <= duty_percent <= MAXIMUM_DUTY_PERCENT:
            raise ValueError(
                f"duty {duty_percent} percent at EVSE {self._evse}: "
                f"the PWM has {MINIMUM_DUTY_PERCENT} to {MAXIMUM_DUTY_PERCENT} percent, else signal steady or fault"
            )
        self._command(EvseSignal.DUTY_PERCENT, duty_percent)
        self._command(EvseSignal.PILOT_MODE, PILOT_MODES[PilotSignal.PWM])

    def signal_fault(self) -> None:
        self._command(EvseSignal.PILOT_MODE, PILOT_MODES[PilotSignal.FAULT])

    def sample(self) -> PilotSample:
        return PilotSample(self._seen(EvseSignal.PILOT_HIGH_VOLTS), self._seen(EvseSignal.PILOT_LOW_VOLTS))


class MockContactor(_Part):
    """Two contactors where three phases are wired, as far as anybody can tell from outside."""

    def open(self) -> None:
        self._command(EvseSignal.CONTACTOR_COMMAND, 0.0)

    def close(self, phases: int) -> None:
        if phases not in (1, 3):
            raise ValueError(f"{phases} phases asked for at EVSE {self._evse}: a contactor closes 1 or 3")
        if self._is_live_by_another_number(phases):
            self.open()
            raise HardwareError(Fault.CONTACTOR_STUCK_OPEN, f"EVSE {self._evse}: {phases} phases wanted: open first")
        self._command(EvseSignal.CONTACTOR_PHASES, phases)
        self._command(EvseSignal.CONTACTOR_COMMAND, 1.0)

    def is_closed(self) -> bool | None:
        return optional_truth(self._seen(EvseSignal.CONTACTOR_FEEDBACK))

    def _is_live_by_another_number(self, phases: int) -> bool:
        is_closed = self._wires.read(self._evse, EvseSignal.CONTACTOR_COMMAND) >= 1.0
        return is_closed and self._wires.read(self._evse, EvseSignal.CONTACTOR_PHASES) != phases


class MockProximityPilot(_Part):
    def resistance_ohms(self) -> float:
        return self._seen(EvseSignal.PROXIMITY_OHMS)


class MockConnectorLock(_Part):
    def lock(self) -> None:
        self._command(EvseSignal.LOCK_COMMAND, 1.0)

    def unlock(self) -> None:
        self._command(EvseSignal.LOCK_COMMAND, 0.0)

    def position(self) -> LockPosition:
        self._watch.require()
        return self._wires.lock_position(self._evse)


class MockThermometer(_Part):
    def celsius(self) -> float:
        celsius = self._seen(EvseSignal.TEMPERATURE_CELSIUS)
        if math.isnan(celsius):
            raise HardwareValueError(
                Fault.TEMPERATURE_SENSOR, f"the thermometer of EVSE {self._evse} gives no value: check its wiring"
            )
        return celsius


class MockResidualCurrentMonitor(_Part):
    def is_tripped(self) -> bool:
        return self._seen(EvseSignal.RCD_TRIPPED) >= 1.0


class MockSelfTestingMonitor(MockResidualCurrentMonitor):
    def signal_test(self, is_wanted: bool) -> None:
        self._command(EvseSignal.RCD_TEST_COMMAND, float(is_wanted))


class MockProtectiveEarthMonitor(_Part):
    def is_connected(self) -> bool:
        return self._seen(EvseSignal.PE_CONNECTED) >= 1.0


class MockEmergencyStop(_Part):
    def is_pressed(self) -> bool:
        return self._seen(EvseSignal.EMERGENCY_STOP_PRESSED) >= 1.0


class MockMainsMonitor(_Part):
    def is_present(self) -> bool:
        return self._seen(EvseSignal.MAINS_PRESENT) >= 1.0


class MockAliveLine:
    def __init__(self, wires: Wires) -> None:
        self._wires = wires

    def toggle(self) -> None:
        beats = self._wires.read_station(StationSignal.ALIVE_COUNTER)
        self._wires.write_station(StationSignal.ALIVE_COUNTER, beats + 1.0)


class MockBoard:
    """All EVSEs on the wires. What is fitted, the wires say."""

    def __init__(self, wires: Wires, clock: Callable[[], float] = time.monotonic) -> None:
        self._wires = wires
        watch = WorldWatch(wires, clock)
        self._evses = {evse: _hardware(wires, watch, evse) for evse in wires.evses}
        has_monoflop = wires.read_station(StationSignal.MONOFLOP_FITTED) >= 1.0
        self._alive_line = MockAliveLine(wires) if has_monoflop else None
        self.make_safe()

    @property
    def name(self) -> str:
        return "mock"

    @property
    def evses(self) -> Mapping[EvseNumber, EvseHardware]:
        return MappingProxyType(self._evses)

    @property
    def alive_line(self) -> AliveLine | None:
        return self._alive_line

    def make_safe(self) -> None:
        """Contactors first, then pilots steady; after `close` there is nothing left to do."""
        if self._wires.is_closed:
            return
        for hardware in self._evses.values():
            hardware.contactor.open()
            if isinstance(hardware.residual_current_monitor, MockSelfTestingMonitor):
                hardware.residual_current_monitor.signal_test(False)
        for hardware in self._evses.values():
            hardware.control_pilot.signal_steady()

    def close(self) -> None:
        self.make_safe()
        self._wires.close()


@takes(RULES)
def open_board(options: Mapping[str, Any]) -> MockBoard:
    """The board on the wires at `wires`; waits up to `wait_seconds` for a living bench, else BOARD_SILENT."""
    path = Path(options["wires"])
    clock = time.monotonic
    deadline = clock() + float(options.get("wait_seconds", DEFAULT_WAIT_SECONDS))
    while True:
        try:
            wires = _open_moving_wires(path, clock, deadline)
            break
        except HardwareError:
            if clock() >= deadline:
                raise
            time.sleep(POLL_SECONDS)
    board = MockBoard(wires, clock)
    settled_by = clock() + CONTACTOR_SETTLING_SECONDS
    while _is_any_closed(board) and clock() < settled_by:
        time.sleep(POLL_SECONDS)
    return board


def _open_moving_wires(path: Path, clock: Callable[[], float], deadline: float) -> Wires:
    """Wires with a world behind them; the file is opened anew now and then, for a bench that starts again."""
    wires = Wires.open(path)
    watch = WorldWatch(wires, clock)
    look_again_at = min(deadline, clock() + 0.5)
    while not watch.has_moved():
        if clock() >= look_again_at:
            wires.close()
            raise HardwareError(
                Fault.BOARD_SILENT, f"no bench moves the world behind {path}: start it with this directory"
            )
        time.sleep(POLL_SECONDS)
    return wires


def _is_any_closed(board: MockBoard) -> bool:
    return any(hardware.contactor.is_closed() for hardware in board.evses.values())


def _hardware(wires: Wires, watch: WorldWatch, evse: EvseNumber) -> EvseHardware:
    part = (wires, watch, evse)
    has_test = wires.is_set(evse, EvseSignal.RCD_TEST_FITTED)
    phases = int(wires.read(evse, EvseSignal.PHASES_FITTED))
    return EvseHardware(
        control_pilot=MockControlPilot(*part),
        contactor=MockContactor(*part),
        phases=phases,
        switches_phases=phases == 3,
        proximity_pilot=MockProximityPilot(*part) if wires.is_set(evse, EvseSignal.PROXIMITY_FITTED) else None,
        connector_lock=MockConnectorLock(*part) if wires.is_set(evse, EvseSignal.LOCK_FITTED) else None,
        residual_current_monitor=MockSelfTestingMonitor(*part) if has_test else MockResidualCurrentMonitor(*part),
        protective_earth_monitor=MockProtectiveEarthMonitor(*part),
        emergency_stop=MockEmergencyStop(*part),
        thermometer=MockThermometer(*part),
        mains_monitor=MockMainsMonitor(*part),
    )
