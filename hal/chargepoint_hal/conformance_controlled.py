"""What a board must pass whose pilot and contactor belong to a controller; used as `conformance` is."""

import math
from collections.abc import Callable, Iterator

import pytest

from chargepoint_hal.conformance import DUTIES_REFUSED, OPTIONAL_PARTS, OpenBoard
from chargepoint_hal.conformance_devices import Silence
from chargepoint_hal.contract import Board, Contactor, ControlPilot, EvseHardware
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.pilot_controller import PilotController, PilotLetter

Until = Callable[[Callable[[], bool]], None]
ShowEv = Callable[[str], None]


class ControlledBoardConformance:
    """A board whose pilot and contactor belong to a controller of its own, with nothing plugged in and no fault.

    Give the fixtures `open_board`, `until` (waits until a claim holds, and fails when it never does), `ev` (the EV:
    "A", "B" or "C") and `silence` (cut the controller off).
    """

    @pytest.fixture
    def board(self, open_board: OpenBoard) -> Iterator[Board]:
        board = open_board()
        yield board
        board.close()

    @pytest.fixture
    def hardware(self, board: Board) -> EvseHardware:
        assert sorted(board.evses) == [1]
        return board.evses[1]

    def test_it_says_that_a_controller_owns_the_pilot(self, board: Board, hardware: EvseHardware) -> None:
        assert isinstance(board, Board)
        assert isinstance(hardware.controller, PilotController)
        assert isinstance(hardware.control_pilot, ControlPilot)
        assert isinstance(hardware.contactor, Contactor)
        for name, protocol in OPTIONAL_PARTS.items():
            part = getattr(hardware, name)
            assert part is None or isinstance(part, protocol), name

    def test_it_is_opened_without_power_and_without_faults(self, hardware: EvseHardware) -> None:
        assert hardware.controller is not None
        assert hardware.contactor.is_closed() in (False, None)
        assert hardware.controller.pilot_letter() is PilotLetter.A
        assert hardware.controller.faults() == frozenset()

    def test_an_ev_is_seen_to_come_ask_and_go(self, hardware: EvseHardware, until: Until, ev: ShowEv) -> None:
        controller = hardware.controller
        assert controller is not None
        for letter in ("B", "C", "A"):
            ev(letter)  # a person may take long for it, and power that nobody asks for any more is taken back meanwhile
            hardware.control_pilot.signal_steady()
            hardware.control_pilot.signal_pwm(26.7)
            until(lambda letter=letter: controller.pilot_letter() == letter)  # type: ignore[misc]  # bound at once

    def test_no_volts_are_made_up(self, hardware: EvseHardware) -> None:
        sample = hardware.control_pilot.sample()
        assert math.isnan(sample.high_volts)
        assert math.isnan(sample.low_volts)

    def test_power_comes_with_pwm_and_goes_with_an_opening(
        self, hardware: EvseHardware, until: Until, ev: ShowEv
    ) -> None:
        if hardware.contactor.is_closed() is None:
            pytest.skip("this controller does not tell its contactor")
        ev("C")
        hardware.control_pilot.signal_pwm(26.7)
        hardware.contactor.close(hardware.phases)
        until(lambda: hardware.contactor.is_closed() is True)
        hardware.contactor.open()
        until(lambda: hardware.contactor.is_closed() is False)

    @pytest.mark.parametrize("duty_percent", [*DUTIES_REFUSED, 5.0])
    def test_pwm_below_6_amps_or_out_of_range_is_refused(self, hardware: EvseHardware, duty_percent: float) -> None:
        with pytest.raises(ValueError, match="percent"):
            hardware.control_pilot.signal_pwm(duty_percent)

    def test_silence_is_a_fault_of_every_word(self, hardware: EvseHardware, until: Until, silence: Silence) -> None:
        controller = hardware.controller
        assert controller is not None
        silence()
        until(lambda: _is_silent(controller.pilot_letter))
        for ask in (controller.faults, hardware.control_pilot.sample, hardware.contactor.is_closed):
            assert _is_silent(ask)
        with pytest.raises(HardwareError):
            hardware.control_pilot.signal_pwm(26.7)

    def test_make_safe_never_raises(self, open_board: OpenBoard) -> None:
        board = open_board()
        board.make_safe()
        board.close()
        board.make_safe()
        board.close()


def _is_silent(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except HardwareError as error:
        return error.fault is Fault.BOARD_SILENT
    return False
