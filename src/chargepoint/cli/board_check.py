"""Runs `chargepoint board check`: opens the board of a station.toml by itself and writes what it measured."""

import importlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chargepoint import system_clock
from chargepoint.cli.board_controlled import ControlledSequenceCheck
from chargepoint.cli.board_drivers import CUT, JOINED, StateDriver
from chargepoint.cli.board_measuring import CheckedLoop
from chargepoint.cli.board_pace import RealPace
from chargepoint.cli.board_parts import check_parts
from chargepoint.cli.board_report import report_json, report_page
from chargepoint.cli.board_sequence import SequenceCheck
from chargepoint.cli.board_steps import CheckReport, ConformanceResult
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.model.identifiers import EvseId
from chargepoint.safety.loop import absent_parts
from chargepoint.safety.plan import SafetyPlan, read_safety_plan
from chargepoint.safety.realtime import ask_for_punctuality
from chargepoint.safety.serving_lock import is_served
from chargepoint_hal.contract import Board
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.registry import BOARDS, UnknownDriverError, find_driver

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
    if is_served(plan.socket_path):
        raise ChargePointError(
            "the safety process owns this board now: stop it before (systemctl stop chargepoint-safety)"
        )
    if check.evse not in {row.evse_id for row in plan.evses}:
        raise ConfigurationError(f"{check.config}: there is no EVSE {check.evse}")
    logging.getLogger("transitions").setLevel(logging.WARNING)
    report = CheckReport(plan.board_driver, check.evse, system_clock.utc_now().isoformat(timespec="seconds"))
    report.is_quick = check.is_quick
    driver.show("A")
    _note_parts(plan, report, say)
    if check.with_conformance:
        _conformance(plan, report, driver, say)
    ask_for_punctuality()
    board = _opened(plan)
    try:
        evse_id, pace = EvseId(check.evse), RealPace()
        if report.has_controller:
            silent_seconds = float(plan.board_options.get("silent_seconds", SILENT_SECONDS))
            loop = CheckedLoop(board, plan, evse_id, report, pace)
            ControlledSequenceCheck(loop, driver, report, say, silent_seconds).run()
        else:
            check_parts(board, evse_id, report, say, pace)
            SequenceCheck(CheckedLoop(board, plan, evse_id, report, pace), driver, report, say).run()
    except HardwareError as error:
        raise ChargePointError(f"{error.fault}: {error}") from error
    finally:
        board.make_safe()
        board.close()
    return report


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


def _opened(plan: SafetyPlan) -> Board:
    try:
        board = find_driver(BOARDS, plan.board_driver)(plan.board_options)
    except (UnknownDriverError, ImportError, ValueError) as error:
        raise ConfigurationError(f"board: driver {plan.board_driver!r} can not be opened: {error}") from error
    except HardwareError as error:
        raise ChargePointError(f"{error.fault}: {error}") from error
    if not isinstance(board, Board):
        raise ConfigurationError(f"board: driver {plan.board_driver!r} gives no board")
    return board


def _note_parts(plan: SafetyPlan, report: CheckReport, say: Say) -> None:
    """What is there, and who owns the pilot; the board is opened for a moment."""
    board = _opened(plan)
    try:
        hardware = board.evses.get(report.evse)
        if hardware is None:
            raise ConfigurationError(f"the board {plan.board_driver} has no EVSE {report.evse}")
        report.has_controller = hardware.controller is not None
        report.absent = absent_parts(hardware)
        if report.has_controller and hardware.contactor.is_closed() is None:
            report.absent.append("feedback of the contactor")
    except HardwareError as error:
        raise ChargePointError(f"{error.fault}: {error}") from error
    finally:
        board.close()
    say(f"not fitted    {', '.join(report.absent) or 'nothing'}")


def _conformance(plan: SafetyPlan, report: CheckReport, driver: StateDriver, say: Say) -> None:
    """Each of its tests opens the board anew."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        runner = importlib.import_module("chargepoint_hal.conformance_run")
    except ModuleNotFoundError as error:
        say(f"not measured  conformance: {error.name} is not installed")
        return

    def tell(name: str, outcome: str, seconds: float, why: str) -> None:
        report.conformance.append(ConformanceResult(name, outcome, seconds, why))
        say(f"{outcome:<13} {name}: {seconds:.2f} s")

    if not report.has_controller:
        runner.run_conformance(lambda: _opened(plan), tell, report.is_quick)
        return
    place = runner.ControlledPlace(
        lambda: _opened(plan), driver.show, lambda: driver.show(CUT), lambda: driver.show(JOINED)
    )
    runner.run_controlled_conformance(place, tell)
