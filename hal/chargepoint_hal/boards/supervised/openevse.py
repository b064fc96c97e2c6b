"""The board `openevse`: an OpenEVSE controller on a serial port, with its heartbeat supervision on.

Its supervision lowers the current of a station that fell silent to 6 A and never stops it: whoever wants the supply
to end with the program fits a contactor of his own before it.
"""

import time
from collections.abc import Mapping
from typing import Any

import serial

from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.supervised import rapi
from chargepoint_hal.boards.supervised.board import Abilities, SupervisedBoard, open_supervised
from chargepoint_hal.boards.supervised.supervision import DEFAULT_SILENT_SECONDS, Report, Supervision, Wish
from chargepoint_hal.contract import PilotSignal
from chargepoint_hal.driver_options import Fitted, Kind, Option, OptionRules, serial_port_places, takes
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError, HardwareValueError

BAUD_RATE = 115200
ANSWER_SECONDS = 0.3
LINES_READ = 8
DEFAULT_HEARTBEAT_SECONDS = 5
FALLBACK_AMPS = 6
LEAST_AMPS = 6
ACKNOWLEDGEMENT = 165
RULES = OptionRules(
    {
        "serial_port": Option("The port, such as a link in /dev/serial/by-id.", Kind.PATH, required=True),
        "baud_rate": Option("Its speed.", Kind.WHOLE_NUMBER, 9600, 115200, "baud", default=str(BAUD_RATE)),
        "phases": Option("What its relay switches.", Kind.WHOLE_NUMBER, choices=(1, 3), default="1"),
        "heartbeat_seconds": Option(
            f"Without a pulse for so long it lowers its current to {FALLBACK_AMPS} A.",
            Kind.WHOLE_NUMBER,
            2,
            60,
            "s",
            default=str(DEFAULT_HEARTBEAT_SECONDS),
        ),
        "silent_seconds": Option(
            "Silent for so long it is out of touch: a fault.",
            Kind.NUMBER,
            0.5,
            30,
            "s",
            default=f"{DEFAULT_SILENT_SECONDS:g}",
        ),
    },
    places=serial_port_places,
    fitted=lambda _given: (Fitted(),),
)
MODES = {PilotSignal.STEADY: "FS", PilotSignal.FAULT: "FD", PilotSignal.PWM: "FE"}
"""Sleeping is +12 V, disabled is state F."""


class OpenEvseLink:
    """RAPI with sequence numbers: an answer that came too late is never taken for another."""

    def __init__(self, path: str, baud_rate: int, heartbeat_seconds: int) -> None:
        self._path = path
        self._baud_rate = baud_rate
        self._heartbeat_seconds = heartbeat_seconds
        self._port: serial.Serial | None = None
        self._sequence = 0
        self._most_amps = 80
        self._has_restarted = False
        self._has_thermometer = False

    @property
    def place(self) -> str:
        return self._path

    def connect(self) -> None:
        """Opens the port, and sets the heartbeat where it is set otherwise: that is written to its EEPROM."""
        self.disconnect()
        self._port = serial.Serial(self._path, self._baud_rate, timeout=ANSWER_SECONDS, exclusive=True)
        self._port.reset_input_buffer()
        self._unlock_after_boot(self._status())
        self._has_thermometer = self._has_thermometer or self._hottest_celsius() is not None
        capacity = self._numbers("GC")
        self._most_amps = capacity[3] if len(capacity) > 3 else capacity[1]
        wanted = [self._heartbeat_seconds, FALLBACK_AMPS]
        if self._numbers("GY")[:2] != wanted:
            self._ask(f"SY {wanted[0]} {wanted[1]}")
        self._has_restarted = False

    def carry_out(self, wish: Wish) -> None:
        """The current first, then the mode; never SC below 6 A, which it takes as 6 A."""
        if wish.signal is PilotSignal.PWM:
            self._set_current(wish)
        self._ask(MODES[wish.signal])
        self._has_restarted = False

    def poll(self, wish: Wish) -> Report:
        """A pulse, then its state. After a missed pulse its current is set again: the acknowledgement raised it."""
        self._pulse(wish)
        status = self._status()
        if self._unlock_after_boot(status):
            self._has_restarted = True
        fault = rapi.FAULTS.get(status.evse_state)
        is_own_state_f = status.evse_state == rapi.DISABLED
        resting = {PilotSignal.STEADY: rapi.SLEEPING, PilotSignal.FAULT: rapi.DISABLED}.get(wish.signal)
        is_resting = status.evse_state in (rapi.SLEEPING, rapi.DISABLED)
        is_obeying = status.evse_state == resting if resting is not None else not is_resting
        has_restarted, self._has_restarted = self._has_restarted, False
        return Report(
            letter=None if is_own_state_f else rapi.LETTERS.get(status.pilot_state),
            contactor_closed=status.is_supplying,
            is_obeying=(is_obeying or fault is not None) and not has_restarted,
            faults=frozenset() if fault is None else frozenset({fault}),
            celsius=self._hottest_celsius() if self._has_thermometer else None,
        )

    def disconnect(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _unlock_after_boot(self, status: rapi.EvseStatus) -> bool:
        """Whether it had to: a build with a boot lock does nothing after each start of its own until it is told.

        It is told to sleep before, as it would charge by itself; one that is locked may refuse that.
        """
        if not status.flags & rapi.BOOT_LOCKED:
            return False
        self._exchange(MODES[PilotSignal.STEADY])
        self._ask("SB")
        return True

    def _hottest_celsius(self) -> float | None:
        """None without a thermometer, and of a build that refuses to be asked for one."""
        answer = self._exchange("GP")
        return rapi.hottest_celsius(answer.words) if answer.is_good else None

    def _set_current(self, wish: Wish) -> None:
        amps = min(int(wish.amps), self._most_amps)
        if amps < LEAST_AMPS:
            raise HardwareValueError(
                Fault.BOARD_SILENT, f"{self._path}: {wish.amps:g} A can not be offered: it has 6 to {self._most_amps} A"
            )
        self._ask(f"SC {amps} V")

    def _pulse(self, wish: Wish) -> None:
        if self._exchange("SY").is_good:
            return
        self._ask(f"SY {ACKNOWLEDGEMENT}")
        if wish.signal is PilotSignal.PWM:
            self._set_current(wish)

    def _status(self) -> rapi.EvseStatus:
        words = self._ask("GS").words
        status = rapi.read_status(words)
        if status is None:
            raise HardwareValueError(Fault.BOARD_SILENT, f"{self._path}: no status in {' '.join(words)!r}")
        return status

    def _numbers(self, command: str) -> list[int]:
        words = self._ask(command).words
        try:
            numbers = [int(word) for word in words]
        except ValueError:
            numbers = []
        if len(numbers) < 2:
            raise HardwareValueError(Fault.BOARD_SILENT, f"{self._path}: {command} answered {' '.join(words)!r}")
        return numbers

    def _ask(self, command: str) -> rapi.Answer:
        """The good answer; HardwareError for a refusal."""
        answer = self._exchange(command)
        if not answer.is_good:
            raise HardwareError(Fault.BOARD_SILENT, f"{self._path}: the controller refuses {command}")
        return answer

    def _exchange(self, command: str) -> rapi.Answer:
        """HardwareTimeoutError when no sound answer to this very command comes."""
        if self._port is None:
            raise HardwareTimeoutError(Fault.BOARD_SILENT, f"{self._path} is not open")
        self._sequence = self._sequence % 255 + 1
        self._port.write(rapi.framed(command, self._sequence))
        for _ in range(LINES_READ):
            line = self._port.read_until(b"\r", rapi.LONGEST_FRAME)
            if not line:
                break
            answer = rapi.read_answer(line)
            if answer is None:
                continue
            if answer.is_news:
                self._has_restarted = self._has_restarted or answer.words[0] == "AB"
            elif answer.sequence == f"{self._sequence:02X}":
                return answer
        raise HardwareTimeoutError(Fault.BOARD_SILENT, f"{self._path}: no sound answer to {command}")


@takes(RULES)
def open_board(options: Mapping[str, Any]) -> SupervisedBoard:
    """The board with its controller sleeping; HardwareError(BOARD_SILENT) when none answers."""
    path = str(options["serial_port"])
    heartbeat_seconds = options.get("heartbeat_seconds", DEFAULT_HEARTBEAT_SECONDS)
    silent_seconds = float(options.get("silent_seconds", DEFAULT_SILENT_SECONDS))
    if silent_seconds >= heartbeat_seconds:
        raise BoardConfigurationError(
            "option 'silent_seconds' must be below 'heartbeat_seconds': the station has to see the loss first"
        )
    link = OpenEvseLink(path, options.get("baud_rate", BAUD_RATE), heartbeat_seconds)
    abilities = Abilities(phases=options.get("phases", 1), has_thermometer=True)
    return open_supervised("openevse", Supervision(link, silent_seconds, time.monotonic), abilities)
