"""The board `phoenix-ev-cc`: Phoenix Contact EV-CC-AC1-M3 controllers, on RS-485 (Basic) or Modbus TCP (ETH).

They have no watchdog: one that loses its station stays as it is. They do not tell whether the contactor is closed.
"""

from collections.abc import Mapping
from typing import Any

from chargepoint_hal.boards.supervised.board import Abilities, SupervisedBoard, open_supervised
from chargepoint_hal.boards.supervised.modbus_registers import (
    SERIAL_OPTIONS,
    SILENT_OPTION,
    TCP_OPTIONS,
    Registers,
    Unit,
    serial_registers,
    tcp_registers,
)
from chargepoint_hal.boards.supervised.supervision import (
    DEFAULT_SILENT_SECONDS,
    ControllerLink,
    Report,
    Supervision,
    Wish,
)
from chargepoint_hal.contract import PilotSignal
from chargepoint_hal.driver_options import Fitted, Kind, Option, OptionRules, Way, serial_port_places, takes
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError
from chargepoint_hal.pilot_controller import PilotLetter

BASIC_UNIT, ETH_UNIT = 1, 255
ENABLE_SOURCE, AVAILABILITY_SOURCE = 4000, 4001
BY_ENABLE_COIL, BY_AVAILABILITY_COIL = 3, 2
ENABLE_COIL, AVAILABLE_COIL = 20000, 20001
MOST_AMPS_REGISTER, STATUS, ERRORS = 22000, 24000, 24025
ETH_STATUS, ETH_ENABLE_COIL, ETH_MOST_AMPS = 100, 400, 528
LEAST_AMPS, MOST_AMPS = 6, 63
LEAST_TENTHS = 10 * LEAST_AMPS
"""A limit below is in amps, one above MOST_AMPS in tenths; 60 to 63 can be either, and a wrong guess is a fire."""
CLEAR_TENTHS = MOST_AMPS + 1
CABLE_OHMS = {13: 1500.0, 20: 680.0, 32: 220.0, 63: 100.0, 0xFFFF: 10.0}
LETTERS = {letter.value: letter for letter in PilotLetter}
RULES = OptionRules(
    {
        **SERIAL_OPTIONS,
        **TCP_OPTIONS,
        "unit": Option("Its number on the bus.", Kind.WHOLE_NUMBER, 1, 255, default=f"{BASIC_UNIT}, on TCP {ETH_UNIT}"),
        "phases": Option("What its contactor switches.", Kind.WHOLE_NUMBER, choices=(1, 3), default="3"),
        "silent_seconds": SILENT_OPTION,
        "limit_in_tenths": Option(
            "Its current limit (holding register 528) counts in 0.1 A; without it that is seen by what stands there.",
            Kind.BOOLEAN,
        ),
    },
    ways=(Way("serial_port", allows=("baud_rate", "parity")), Way("host", allows=("port", "limit_in_tenths"))),
    places=serial_port_places,
    fitted=lambda given: (Fitted(has_proximity="host" not in given),),
)


class BasicLink:
    """EV-CC-AC1-M3-CBC-SER and its kin."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._has_state_f = False
        self._shows_own_f = False
        self._reads_status = registers.read_holding

    @property
    def place(self) -> str:
        return self._registers.place

    def connect(self) -> None:
        """The charging enable has to come from its coil; that is kept over a loss of power and only written once."""
        registers = self._registers
        registers.connect()
        if registers.read_holding(ENABLE_SOURCE) != [BY_ENABLE_COIL]:
            registers.write_register(ENABLE_SOURCE, BY_ENABLE_COIL)
        self._has_state_f = registers.read_holding(AVAILABILITY_SOURCE) == [BY_AVAILABILITY_COIL]
        self._shows_own_f = self._has_state_f and not registers.read_coil(AVAILABLE_COIL)
        self._find_status()

    def carry_out(self, wish: Wish) -> None:
        """State F only where the switches give its coil a say (S1/DIP 2); elsewhere it is no power."""
        registers, is_pwm = self._registers, wish.signal is PilotSignal.PWM
        if is_pwm:
            registers.write_register(MOST_AMPS_REGISTER, _whole_amps(wish))
        registers.write_coil(ENABLE_COIL, is_pwm)
        if self._has_state_f:
            is_f = wish.signal is PilotSignal.FAULT
            self._shows_own_f = self._shows_own_f or is_f
            registers.write_coil(AVAILABLE_COIL, not is_f)

    def poll(self, wish: Wish) -> Report:
        """Its state and its errors tell its own state F, too: they count again from the second poll after it on."""
        words = self._reads_status(STATUS, 2)
        errors = self._reads_status(ERRORS, 1)[0]
        is_pwm = wish.signal is PilotSignal.PWM
        letter = LETTERS.get(chr(words[0] >> 8))
        if self._shows_own_f:
            letter, errors = None, 0
            self._shows_own_f = wish.signal is PilotSignal.FAULT
        limit_is_right = not is_pwm or self._registers.read_holding(MOST_AMPS_REGISTER) == [_whole_amps(wish)]
        return Report(
            letter=letter,
            contactor_closed=None,
            is_obeying=self._registers.read_coil(ENABLE_COIL) is is_pwm and limit_is_right,
            faults=frozenset({Fault.PILOT_FAULT}) if errors else frozenset(),
            cable_ohms=CABLE_OHMS.get(words[1]),
        )

    def disconnect(self) -> None:
        self._registers.disconnect()

    def _find_status(self) -> None:
        """The manual has it in holding registers, others read it with function 4."""
        for read in (self._registers.read_holding, self._registers.read_input):
            try:
                read(STATUS, 2)
            except HardwareTimeoutError:
                raise
            except HardwareError:
                continue
            self._reads_status = read
            return
        raise HardwareError(Fault.BOARD_SILENT, f"{self.place} refuses its status: is it an EV Charge Control Basic?")


class EthLink:
    """EV-CC-AC1-M3-…-ETH. The unit of its limit is what the installer says, or what the limit itself shows: once seen
    as amps it stays so, over every reconnection, as tenths only while nothing speaks against it."""

    def __init__(self, registers: Registers, is_in_tenths: bool | None = None) -> None:
        """`is_in_tenths`: what the installer says; None is nothing."""
        self._registers = registers
        self._is_told = is_in_tenths is not None
        self._is_in_tenths = is_in_tenths

    @property
    def place(self) -> str:
        return self._registers.place

    def connect(self) -> None:
        """Learns the unit of its current limit; one that can be either gets no power."""
        self._registers.connect()
        if self._is_told:
            return
        limit = self._registers.read_holding(ETH_MOST_AMPS)[0]
        if limit < LEAST_TENTHS:
            self._is_in_tenths = False
        elif self._is_in_tenths is None and limit <= MOST_AMPS:
            self._registers.write_coil(ETH_ENABLE_COIL, False)
            raise HardwareError(
                Fault.BOARD_SILENT,
                f"{self.place} has a limit of {limit}, which is {limit} A or {limit / 10:g} A: say limit_in_tenths",
            )
        elif self._is_in_tenths is None:
            self._is_in_tenths = True

    def carry_out(self, wish: Wish) -> None:
        """Without power it is left with a limit whose unit the next start sees."""
        if wish.signal is PilotSignal.PWM:
            self._registers.write_register(ETH_MOST_AMPS, self._units(wish))
            self._registers.write_coil(ETH_ENABLE_COIL, True)
            return
        self._registers.write_coil(ETH_ENABLE_COIL, False)
        if self._is_in_tenths and not self._is_told:
            self._registers.write_register(ETH_MOST_AMPS, CLEAR_TENTHS)

    def poll(self, wish: Wish) -> Report:
        is_pwm = wish.signal is PilotSignal.PWM
        limit_is_right = not is_pwm or self._registers.read_holding(ETH_MOST_AMPS) == [self._units(wish)]
        return Report(
            letter=LETTERS.get(chr(self._registers.read_input(ETH_STATUS)[0] & 0xFF)),
            contactor_closed=None,
            is_obeying=self._registers.read_coil(ETH_ENABLE_COIL) is is_pwm and limit_is_right,
        )

    def disconnect(self) -> None:
        self._registers.disconnect()

    def _units(self, wish: Wish) -> int:
        amps = _whole_amps(wish)
        if self._is_in_tenths:
            return amps * 10
        return amps if self._is_told else min(amps, LEAST_TENTHS - 1)  # or the next start could not tell its unit


def _whole_amps(wish: Wish) -> int:
    """Rounded down, within what it takes."""
    return max(LEAST_AMPS, min(MOST_AMPS, int(wish.amps)))


@takes(RULES)
def open_board(options: Mapping[str, Any]) -> SupervisedBoard:
    """The board with its controller off; HardwareError(BOARD_SILENT) when none answers."""
    link: ControllerLink
    if "host" in options:
        link = EthLink(tcp_registers(options, Unit(options.get("unit", ETH_UNIT))), options.get("limit_in_tenths"))
    else:
        link = BasicLink(serial_registers(options, Unit(options.get("unit", BASIC_UNIT))))
    supervision = Supervision(link, options.get("silent_seconds", DEFAULT_SILENT_SECONDS))
    abilities = Abilities(options.get("phases", 3), has_proximity="host" not in options)
    return open_supervised("phoenix-ev-cc", supervision, abilities)
