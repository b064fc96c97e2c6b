"""What every board must pass: subclass the class in a test module, give its fixtures, run pytest.

The classes prove the contract alone. They know no backend, and pytest is the one thing that they need beside it.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from chargepoint_hal.conformance_waits import (
    SETTLING_SECONDS,
    TICK_SECONDS,
    are_closed,
    are_open,
    is_at,
    need_feedback,
    run_for,
    run_until,
    shows_pwm,
)
from chargepoint_hal.contract import (
    AliveLine,
    Board,
    ConnectorLock,
    Contactor,
    ControlPilot,
    EmergencyStop,
    EvseHardware,
    LockPosition,
    MainsMonitor,
    ProtectiveEarthMonitor,
    ProximityPilot,
    ResidualCurrentMonitor,
    Thermometer,
)
from chargepoint_hal.faults import HardwareError

OpenBoard = Callable[[], Board]
Settle = Callable[[float], None]

DUTIES_TAKEN = (4.5, 5.0, 10.0, 53.3, 85.0, 89.2, 96.0)
DUTIES_REFUSED = (-1.0, 0.0, 4.4, 96.1, 100.0, math.nan, math.inf)

OPTIONAL_PARTS: dict[str, type] = {
    "proximity_pilot": ProximityPilot,
    "connector_lock": ConnectorLock,
    "residual_current_monitor": ResidualCurrentMonitor,
    "protective_earth_monitor": ProtectiveEarthMonitor,
    "emergency_stop": EmergencyStop,
    "thermometer": Thermometer,
    "mains_monitor": MainsMonitor,
}


class BoardConformance:
    """A board, with nothing plugged in and no fault.

    Give the fixtures `open_board` (opens the board anew each time) and `settle` (lets the hardware act for so many
    seconds: waits, or moves a simulation). `quiet_seconds` is how long nothing may happen where nothing should.
    """

    @pytest.fixture
    def quiet_seconds(self) -> float:
        return SETTLING_SECONDS

    @pytest.fixture
    def board(self, open_board: OpenBoard) -> Iterator[Board]:
        board = open_board()
        yield board
        board.close()

    @pytest.fixture
    def parts(self, board: Board) -> list[EvseHardware]:
        return list(board.evses.values())

    def test_is_a_board_with_evses_counted_from_one(self, board: Board) -> None:
        assert isinstance(board, Board)
        assert board.name
        assert sorted(board.evses) == list(range(1, len(board.evses) + 1))
        assert board.evses

    def test_each_evse_has_pilot_contactor_and_one_or_three_phases(self, parts: list[EvseHardware]) -> None:
        for hardware in parts:
            assert isinstance(hardware.control_pilot, ControlPilot)
            assert isinstance(hardware.contactor, Contactor)
            assert hardware.phases in (1, 3)
            assert hardware.phases == 3 or not hardware.switches_phases

    def test_optional_parts_are_none_or_conformant(self, board: Board, parts: list[EvseHardware]) -> None:
        for hardware in parts:
            for name, protocol in OPTIONAL_PARTS.items():
                part = getattr(hardware, name)
                assert part is None or isinstance(part, protocol), name
        assert board.alive_line is None or isinstance(board.alive_line, AliveLine)

    def test_contactors_are_open_when_the_board_is_opened(self, parts: list[EvseHardware]) -> None:
        need_feedback(parts)
        assert are_open(parts)

    def test_no_pwm_runs_when_the_board_is_opened(self, parts: list[EvseHardware]) -> None:
        for hardware in parts:
            assert not shows_pwm(hardware.control_pilot.sample())

    def test_a_close_command_is_followed_by_the_feedback(
        self, board: Board, settle: Settle, parts: list[EvseHardware]
    ) -> None:
        need_feedback(parts)
        for hardware in parts:
            hardware.contactor.close(hardware.phases)
        assert run_until(board, settle, lambda: are_closed(parts))
        for hardware in parts:
            hardware.contactor.open()
        assert run_until(board, settle, lambda: are_open(parts))

    def test_phases_are_switched_open_and_refused_live(
        self, board: Board, settle: Settle, parts: list[EvseHardware]
    ) -> None:
        switching = [hardware for hardware in parts if hardware.switches_phases]
        if not switching:
            pytest.skip("this board switches no phases")
        for phases, other in ((1, 3), (3, 1)):
            for hardware in switching:
                hardware.contactor.close(phases)
            assert run_until(board, settle, lambda: are_closed(switching))
            for hardware in switching:
                with pytest.raises(HardwareError):
                    hardware.contactor.close(other)
            assert run_until(board, settle, lambda: are_open(switching))

    def test_a_contactor_drops_when_the_alive_line_rests(
        self, board: Board, settle: Settle, parts: list[EvseHardware]
    ) -> None:
        if board.alive_line is None:
            pytest.skip("this board has no alive line")
        need_feedback(parts[:1])
        parts[0].contactor.close(parts[0].phases)
        assert run_until(board, settle, lambda: are_closed(parts[:1]))
        for _ in range(math.ceil(2 * SETTLING_SECONDS / TICK_SECONDS)):
            if parts[0].contactor.is_closed():
                settle(TICK_SECONDS)
        assert are_open(parts[:1])

    @pytest.mark.parametrize("duty_percent", DUTIES_TAKEN)
    def test_pwm_is_taken_from_4_5_to_96_percent(
        self, board: Board, settle: Settle, parts: list[EvseHardware], duty_percent: float
    ) -> None:
        for hardware in parts:
            hardware.control_pilot.signal_pwm(duty_percent)
        assert run_until(board, settle, lambda: all(shows_pwm(each.control_pilot.sample()) for each in parts))

    @pytest.mark.parametrize("duty_percent", DUTIES_REFUSED)
    def test_pwm_outside_its_range_is_refused_and_changes_nothing(
        self, board: Board, settle: Settle, quiet_seconds: float, duty_percent: float
    ) -> None:
        parts = list(board.evses.values())
        for hardware in parts:
            with pytest.raises(ValueError, match="percent"):
                hardware.control_pilot.signal_pwm(duty_percent)
        run_for(board, settle, quiet_seconds)
        assert not any(shows_pwm(hardware.control_pilot.sample()) for hardware in parts)

    def test_state_f_is_the_negative_rail(self, board: Board, settle: Settle, parts: list[EvseHardware]) -> None:
        for hardware in parts:
            hardware.control_pilot.signal_fault()
        assert run_until(board, settle, lambda: all(each.control_pilot.sample().low_volts < -11.0 for each in parts))

    def test_a_lock_arrives_where_it_is_sent(self, board: Board, settle: Settle, parts: list[EvseHardware]) -> None:
        for lock in [hardware.connector_lock for hardware in parts]:
            if lock is None:
                continue
            lock.lock()
            assert run_until(board, settle, partial(is_at, lock, LockPosition.LOCKED), 2 * SETTLING_SECONDS)
            lock.unlock()
            assert run_until(board, settle, partial(is_at, lock, LockPosition.UNLOCKED), 2 * SETTLING_SECONDS)

    def test_sensors_answer_in_their_types(self, parts: list[EvseHardware]) -> None:
        for hardware in parts:
            if hardware.proximity_pilot is not None:
                assert hardware.proximity_pilot.resistance_ohms() > 0
            if hardware.residual_current_monitor is not None:
                assert hardware.residual_current_monitor.is_tripped() is False
            if hardware.protective_earth_monitor is not None:
                assert hardware.protective_earth_monitor.is_connected() is True
            if hardware.emergency_stop is not None:
                assert hardware.emergency_stop.is_pressed() is False
            if hardware.thermometer is not None:
                assert -50 < hardware.thermometer.celsius() < 150
            if hardware.mains_monitor is not None:
                assert hardware.mains_monitor.is_present() is True

    def test_make_safe_opens(self, board: Board, settle: Settle, parts: list[EvseHardware]) -> None:
        need_feedback(parts)
        for hardware in parts:
            hardware.contactor.close(hardware.phases)
        assert run_until(board, settle, lambda: are_closed(parts))
        board.make_safe()
        assert run_until(board, settle, lambda: are_open(parts))

    def test_make_safe_stops_pwm(self, board: Board, settle: Settle, parts: list[EvseHardware]) -> None:
        for hardware in parts:
            hardware.control_pilot.signal_pwm(50.0)
        assert run_until(board, settle, lambda: all(shows_pwm(each.control_pilot.sample()) for each in parts))
        board.make_safe()
        assert run_until(board, settle, lambda: not any(shows_pwm(each.control_pilot.sample()) for each in parts))

    def test_make_safe_never_raises(self, open_board: OpenBoard) -> None:
        board = open_board()
        board.make_safe()
        board.make_safe()
        board.close()
        board.make_safe()
        board.close()

    def test_a_closed_board_leaves_contactors_open(
        self, open_board: OpenBoard, settle: Settle, quiet_seconds: float
    ) -> None:
        board = open_board()
        parts = list(board.evses.values())
        try:
            need_feedback(parts)
            for hardware in parts:
                hardware.contactor.close(hardware.phases)
            assert run_until(board, settle, lambda: are_closed(parts))
        finally:
            board.close()
        settle(quiet_seconds)
        again = open_board()
        assert are_open(list(again.evses.values()))
        assert not any(shows_pwm(hardware.control_pilot.sample()) for hardware in again.evses.values())
        again.close()
