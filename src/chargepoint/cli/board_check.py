"""Runs `chargepoint board check`: opens the board of a station.toml by itself and writes what it measured."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chargepoint import system_clock
from chargepoint.cli import board_conformance
from chargepoint.cli.board_controlled import ControlledSequenceCheck
from chargepoint.cli.board_drivers import StateDriver
from chargepoint.cli.board_measuring import CheckedLoop
from chargepoint.cli.board_ownership import board_of_our_own
from chargepoint.cli.board_pace import RealPace
from chargepoint.cli.board_parts import check_parts
from chargepoint.cli.board_report import report_json, report_page
from chargepoint.cli.board_sequence import SequenceCheck
from chargepoint.cli.board_steps import CheckReport
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.model.identifiers import EvseId
from chargepoint.safety.board_choice import board_opener, pilot_lag_seconds
from chargepoint.safety.loop import absent_parts
from chargepoint.safety.plan import SafetyPlan, read_safety_plan
from chargepoint.safety.process import BoardOpener
from chargepoint.safety.realtime import ask_for_punctuality
from chargepoint_hal.contract import Board
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.registry import UnknownDriverError

Say = Callable[[str], None]

SILENT_SECONDS = 2.0
"""What a board with a controller takes unless `silent_seconds` says otherwise."""


@dataclass(frozen=True, slots=True)
class BoardCheck:
    """What is checked, and what of it."""

    config: Path
    evse: int
    with_conformance: bool = True
    is_quick: bool = False
    """One closing, ended in the most usual way, and by a fault; the rest of the sequences is left out."""


def run_board_check(check: BoardCheck, driver: StateDriver, say: Say) -> CheckReport:
    """The whole list; ConfigurationError or ChargePointError where the board can not be checked at all."""
    plan = read_safety_plan(check.config)
    if check.evse not in {row.evse_id for row in plan.evses}:
        raise ConfigurationError(f"{check.config}: there is no EVSE {check.evse}")
    logging.getLogger("transitions").setLevel(logging.WARNING)
    report = CheckReport(plan.board_driver, check.evse, system_clock.utc_now().isoformat(timespec="seconds"))
    report.is_quick = check.is_quick
    open_board = partial(_opened, plan, _opener(plan, check.config))
    with board_of_our_own(plan):
        driver.show("A")
        _note_parts(open_board, report, say)
        if check.with_conformance:
            board_conformance.run_on(open_board, report, driver, say)
        else:
            board_conformance.leave_out(report, say)
        ask_for_punctuality()
        _measure(open_board(), plan, report, driver, say)
    return report


def _measure(board: Board, plan: SafetyPlan, report: CheckReport, driver: StateDriver, say: Say) -> None:
    """The sequences, and the board left safe whatever happens."""
    evse_id, pace = EvseId(report.evse), RealPace()
    try:
        if report.has_controller:
            silent_seconds = float(plan.board_options.get("silent_seconds", SILENT_SECONDS))
            loop = CheckedLoop(board, plan, evse_id, report, pace)
            ControlledSequenceCheck(loop, driver, report, say, silent_seconds).run()
        else:
            check_parts(board, evse_id, report, say, pace)
            loop = CheckedLoop(board, plan, evse_id, report, pace)
            SequenceCheck(loop, driver, report, say, pilot_lag_seconds(plan)).run()
    except HardwareError as error:
        raise ChargePointError(f"{error.fault}: {error}") from error
    finally:
        board.make_safe()
        board.close()


def write_report(report: CheckReport, directory: Path) -> tuple[Path, Path]:
    """`board-check.json` and `board-check.html`; ChargePointError where they can not be written."""
    data, page = directory / "board-check.json", directory / "board-check.html"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        data.write_text(json.dumps(report_json(report)) + "\n", encoding="utf-8")
        page.write_text(report_page(report), encoding="utf-8")
    except OSError as error:
        raise ChargePointError(f"{directory}: can not be written ({error.strerror}): give --output") from error
    return data, page


def opened_board(plan: SafetyPlan, config: Path) -> Board:
    """The board of a station.toml; ConfigurationError or ChargePointError where it can not be opened."""
    return _opened(plan, _opener(plan, config))


def _opener(plan: SafetyPlan, config: Path) -> BoardOpener:
    try:
        return board_opener(plan, config)
    except (UnknownDriverError, ImportError) as error:
        raise _can_not_be_opened(plan, error) from error


def _opened(plan: SafetyPlan, opener: BoardOpener) -> Board:
    try:
        board = opener(plan.board_options)
    except (ImportError, ValueError) as error:
        raise _can_not_be_opened(plan, error) from error
    except HardwareError as error:
        raise ChargePointError(f"{error.fault}: {error}") from error
    if not isinstance(board, Board):
        raise ConfigurationError(f"board: driver {plan.board_driver!r} gives no board")
    return board


def _can_not_be_opened(plan: SafetyPlan, error: Exception) -> ConfigurationError:
    return ConfigurationError(f"board: driver {plan.board_driver!r} can not be opened: {error}")


def _note_parts(open_board: Callable[[], Board], report: CheckReport, say: Say) -> None:
    """What is there, and who owns the pilot; the board is opened for a moment."""
    board = open_board()
    try:
        hardware = board.evses.get(report.evse)
        if hardware is None:
            raise ConfigurationError(f"the board {report.board} has no EVSE {report.evse}")
        report.has_controller = hardware.controller is not None
        report.absent = absent_parts(hardware)
        if report.has_controller and hardware.contactor.is_closed() is None:
            report.absent.append("feedback of the contactor")
    except HardwareError as error:
        raise ChargePointError(f"{error.fault}: {error}") from error
    finally:
        board.close()
    say(f"not fitted    {', '.join(report.absent) or 'nothing'}")
