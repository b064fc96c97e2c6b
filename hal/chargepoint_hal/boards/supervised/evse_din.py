"""The board `evse-din`: EVSE-DIN, EVSE-WB and SimpleEVSE controllers on Modbus RTU.

They have no watchdog: one that loses its station goes on with the current that it was told last. Whoever wants the
supply to end with the program fits a contactor of his own before it.
"""

from collections.abc import Mapping
from typing import Any

from chargepoint_hal.boards.supervised.board import Abilities, SupervisedBoard, open_supervised
from chargepoint_hal.boards.supervised.modbus_registers import (
    SERIAL_OPTIONS,
    SILENT_OPTION,
    Registers,
    Unit,
    serial_registers,
)
from chargepoint_hal.boards.supervised.supervision import DEFAULT_SILENT_SECONDS, Report, Supervision, Wish
from chargepoint_hal.contract import PilotSignal
from chargepoint_hal.driver_options import Fitted, Kind, Option, OptionRules, serial_port_places, takes
from chargepoint_hal.faults import Fault
from chargepoint_hal.pilot_controller import PilotLetter

COMMANDED_AMPS, COMMANDS, FIRMWARE, AMPS_AFTER_BOOT, CONFIGURATION = 1000, 1004, 1005, 2000, 2005
OFF = 0
RUN_SELF_TEST, CLEAR_RESIDUAL_CURRENT = 2, 4
LETTERS = {1: PilotLetter.A, 2: PilotLetter.B, 3: PilotLetter.C, 4: PilotLetter.D}
FAILED = 5
FLAGS_SINCE_FIRMWARE = 16
CENTIAMPS_SINCE_FIRMWARE = 17
CENTIAMPS = 1 << 7
RELAY_ON, DIODE_FAILED, VENTILATION_FAILED, RESIDUAL_CURRENT = 1, 2, 4, 32
FLAG_FAULTS = {
    DIODE_FAILED: Fault.DIODE,
    VENTILATION_FAILED: Fault.VENTILATION_UNAVAILABLE,
    RESIDUAL_CURRENT: Fault.RESIDUAL_CURRENT,
}
CABLE_OHMS = {13: 1500.0, 20: 680.0, 32: 220.0, 63: 100.0}
GAP_SECONDS = 0.1
RULES = OptionRules(
    {
        **SERIAL_OPTIONS,
        "unit": Option("Its number on the bus.", Kind.WHOLE_NUMBER, 1, 247, default="1"),
        "phases": Option("What its contactor switches.", Kind.WHOLE_NUMBER, choices=(1, 3), default="3"),
        "silent_seconds": SILENT_OPTION,
        "serial_port": Option("The serial port of its bus.", Kind.PATH, required=True),
    },
    places=serial_port_places,
    fitted=lambda _given: (Fitted(has_proximity=True),),
)


class EvseDinLink:
    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._firmware = 0
        self._units_per_amp = 1
        self._was_told_to_clear = False

    @property
    def place(self) -> str:
        return self._registers.place

    def connect(self) -> None:
        """Learns what firmware it is; after a boot of its own it shall offer nothing (written only if different)."""
        registers = self._registers
        registers.connect()
        self._firmware = registers.read_holding(FIRMWARE)[0]
        is_fine = registers.read_holding(CONFIGURATION)[0] & CENTIAMPS and self._firmware >= CENTIAMPS_SINCE_FIRMWARE
        self._units_per_amp = 100 if is_fine else 1
        if registers.read_holding(AMPS_AFTER_BOOT) != [0]:
            registers.write_registers(AMPS_AFTER_BOOT, [0])

    def carry_out(self, wish: Wish) -> None:
        """It has no state F: that is no power, too."""
        self._registers.write_registers(COMMANDED_AMPS, [self._units(wish)])

    def poll(self, wish: Wish) -> Report:
        has_flags = self._firmware >= FLAGS_SINCE_FIRMWARE
        words = self._registers.read_holding(COMMANDED_AMPS, 10 if has_flags else 7)
        commanded, vehicle, cable_amps = words[0], words[2], words[3]
        flags = words[7] if has_flags else 0
        faults = {fault for bit, fault in FLAG_FAULTS.items() if flags & bit}
        if vehicle == FAILED and not faults:
            faults = {Fault.PILOT_FAULT}
        letter = LETTERS.get(vehicle)
        self._clear_residual_current(letter, flags, words[COMMANDS - COMMANDED_AMPS])
        is_plugged_in = letter not in (None, PilotLetter.A)
        return Report(
            letter=letter,
            contactor_closed=bool(flags & RELAY_ON) if has_flags else None,
            is_obeying=commanded == self._units(wish),
            faults=frozenset(faults),
            cable_ohms=CABLE_OHMS.get(cable_amps) if is_plugged_in else None,
        )

    def disconnect(self) -> None:
        self._registers.disconnect()

    def _clear_residual_current(self, letter: PilotLetter | None, flags: int, commands: int) -> None:
        """It keeps a trip until it is told otherwise: once for each time that the EV has left, never with one there."""
        is_due = bool(flags & RESIDUAL_CURRENT) and letter is PilotLetter.A
        if is_due and not self._was_told_to_clear:
            self._registers.write_registers(COMMANDS, [commands & ~RUN_SELF_TEST | CLEAR_RESIDUAL_CURRENT])
        self._was_told_to_clear = is_due

    def _units(self, wish: Wish) -> int:
        return int(wish.amps * self._units_per_amp + 1e-6) if wish.signal is PilotSignal.PWM else OFF


@takes(RULES)
def open_board(options: Mapping[str, Any]) -> SupervisedBoard:
    """The board with its controller off; HardwareError(BOARD_SILENT) when none answers."""
    registers = serial_registers(options, Unit(options.get("unit", 1), GAP_SECONDS))
    supervision = Supervision(EvseDinLink(registers), options.get("silent_seconds", DEFAULT_SILENT_SECONDS))
    return open_supervised("evse-din", supervision, Abilities(options.get("phases", 3), has_proximity=True))
