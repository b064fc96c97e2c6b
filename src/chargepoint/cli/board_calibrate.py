"""Runs `chargepoint board calibrate`: opens the board of a station.toml by itself, and leaves it safe."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chargepoint.cli.board_calibration import Ask, Calibration, Say
from chargepoint.cli.board_check import opened_board
from chargepoint.cli.board_ownership import board_of_our_own
from chargepoint.cli.board_pace import Pace, RealPace
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.safety.plan import SafetyPlan, read_safety_plan
from chargepoint_hal.contract import Board, EvseHardware
from chargepoint_hal.faults import HardwareError


@dataclass(frozen=True, slots=True)
class CalibrationPlace:
    """Where it is done: another board or another time than the real ones are a test's."""

    open_board: Callable[[SafetyPlan, Path], Board] = opened_board
    pace: Pace = field(default_factory=RealPace)


def run_calibration(
    config: Path, evse: int, ask: Ask, say: Say, place: CalibrationPlace = CalibrationPlace()
) -> list[str]:
    """The lines of one EVSE; ConfigurationError or ChargePointError where the board can not be calibrated."""
    plan = read_safety_plan(config)
    with board_of_our_own(plan):
        board = place.open_board(plan, config)
        try:
            return Calibration(_hardware(board, evse), ask, say, place.pace).lines()
        except HardwareError as error:
            raise ChargePointError(f"{error.fault}: {error}") from error
        finally:
            board.make_safe()
            board.close()


def _hardware(board: Board, evse: int) -> EvseHardware:
    hardware = board.evses.get(evse)
    if hardware is None:
        raise ConfigurationError(f"the board {board.name} has no EVSE {evse}")
    return hardware
