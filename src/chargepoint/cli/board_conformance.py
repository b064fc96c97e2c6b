"""The conformance classes within `chargepoint board check`. What did not run is a failed test: it proves nothing."""

import importlib
import os
import sys
from collections.abc import Callable

from chargepoint.cli.board_drivers import CUT, JOINED, StateDriver
from chargepoint.cli.board_steps import CheckReport, ConformanceResult
from chargepoint_hal.contract import Board

Say = Callable[[str], None]

RUNNER = "chargepoint_hal.conformance_run"
WHOLE = "all conformance tests"
RAN = (0, 1)
"""What pytest ends with when every test was run: all passed, or some did not."""
INSTALL = "install the extra board-check (.[board-check] from the project's folder), or give --no-conformance"


def run_on(open_board: Callable[[], Board], report: CheckReport, driver: StateDriver, say: Say) -> None:
    """Each of its tests opens the board anew. Another program's settings of pytest count for nothing here."""

    def tell(name: str, outcome: str, seconds: float, why: str) -> None:
        report.conformance.append(ConformanceResult(name, outcome, seconds, why))
        say(f"{outcome:<13} {name}: {seconds:.2f} s")

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    why = "" if sys.flags.optimize == 0 else "python -O takes the tests' assertions out: leave it out"
    if not why:
        why = _why_not_run(open_board, report, driver, tell)
    if why:
        tell(WHOLE, "failed", 0.0, why)
        say(f"              {why}")


def leave_out(report: CheckReport, say: Say) -> None:
    """Nobody wanted them."""
    report.conformance.append(ConformanceResult(WHOLE, "not measured", 0.0, "left out by --no-conformance"))
    say(f"{'not measured':<13} {WHOLE}: left out by --no-conformance")


def _why_not_run(
    open_board: Callable[[], Board],
    report: CheckReport,
    driver: StateDriver,
    tell: Callable[[str, str, float, str], None],
) -> str:
    """Empty when they have run."""
    try:
        runner = importlib.import_module(RUNNER)
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed: {INSTALL}"
    if report.has_controller:
        place = runner.ControlledPlace(open_board, driver.show, lambda: driver.show(CUT), lambda: driver.show(JOINED))
        ended: int = runner.run_controlled_conformance(place, tell)
    else:
        ended = runner.run_conformance(open_board, tell, report.is_quick)
    return "" if ended in RAN else f"pytest ended with {ended} before every test was run: see what it printed"
