"""Runs the conformance class of boards on one real board, outside a test suite. Needs pytest."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chargepoint_hal.conformance import BoardConformance
from chargepoint_hal.contract import Board

Outcome = Callable[[str, str, float, str], None]


class TestThisBoard(BoardConformance):
    """Its fixtures come from the plugin of `run_conformance`."""


class _Plugin:
    """Gives the fixtures and hears the outcomes."""

    def __init__(self, open_board: Callable[[], Board], tell: Outcome) -> None:
        self._open_board = open_board
        self._tell = tell

    @pytest.fixture
    def open_board(self) -> Callable[[], Board]:
        return self._open_board

    @pytest.fixture
    def settle(self) -> Callable[[float], None]:
        return time.sleep

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            why = "" if report.outcome == "passed" else str(report.longrepr)[-300:]
            self._tell(report.nodeid.rpartition("::")[2], report.outcome, report.duration, why)


def run_conformance(open_board: Callable[[], Board], tell: Outcome) -> None:
    """Every test on this board, with nothing plugged in; `tell` hears name, outcome, seconds and why."""
    here = Path(__file__)
    quiet = ["-p", "no:cacheprovider", "-p", "no:terminal"]
    pytest.main(
        [*quiet, "--rootdir", str(here.parent), "-c", "/dev/null", str(here)], plugins=[_Plugin(open_board, tell)]
    )
