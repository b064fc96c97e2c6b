"""Runs the conformance classes of boards on one real board, outside a test suite. Needs pytest."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chargepoint_hal.conformance import BoardConformance
from chargepoint_hal.conformance_controlled import ControlledBoardConformance, ShowEv, Until
from chargepoint_hal.contract import Board

Outcome = Callable[[str, str, float, str], None]

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.02
QUICK_QUIET_SECONDS = 0.1


class TestThisBoard(BoardConformance):
    """Its fixtures come from the plugin of `run_conformance`."""


class TestThisBoardQuickly(TestThisBoard):
    """Looks away sooner where nothing should happen."""

    @pytest.fixture
    def quiet_seconds(self) -> float:
        return QUICK_QUIET_SECONDS


class TestThisControlledBoard(ControlledBoardConformance):
    """Its fixtures come from the plugin of `run_controlled_conformance`."""


@dataclass(frozen=True, slots=True)
class ControlledPlace:
    """A board in front of a controller, and whoever shows it an EV and pulls its line."""

    open_board: Callable[[], Board]
    show: ShowEv
    """"A", "B" or "C"; returns when it is on the pilot."""
    cut: Callable[[], None]
    """The controller is out of touch when it returns."""
    join: Callable[[], None]
    """And can be reached again."""


class _Ear:
    """Hears the outcomes."""

    def __init__(self, tell: Outcome) -> None:
        self._tell = tell

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            why = "" if report.outcome == "passed" else str(report.longrepr)[-300:]
            self._tell(report.nodeid.rpartition("::")[2], report.outcome, report.duration, why)


class _Plugin(_Ear):
    """Gives the fixtures of a board that makes the pilot itself."""

    def __init__(self, open_board: Callable[[], Board], tell: Outcome) -> None:
        super().__init__(tell)
        self._open_board = open_board

    @pytest.fixture
    def open_board(self) -> Callable[[], Board]:
        return self._open_board

    @pytest.fixture
    def settle(self) -> Callable[[float], None]:
        return time.sleep


class _ControlledPlugin(_Ear):
    """Gives the fixtures of a board whose pilot belongs to a controller, and puts back what a test has changed."""

    def __init__(self, place: ControlledPlace, tell: Outcome) -> None:
        super().__init__(tell)
        self._place = place

    @pytest.fixture
    def open_board(self) -> Callable[[], Board]:
        return self._place.open_board

    @pytest.fixture
    def until(self) -> Until:
        return wait_until

    @pytest.fixture
    def ev(self) -> Iterator[ShowEv]:
        shown = ["A"]

        def show(letter: str) -> None:
            shown.append(letter)
            self._place.show(letter)

        yield show
        if shown[-1] != "A":
            self._place.show("A")

    @pytest.fixture
    def silence(self) -> Iterator[Callable[[], None]]:
        yield self._place.cut
        self._place.join()


def run_conformance(open_board: Callable[[], Board], tell: Outcome, is_quick: bool = False) -> int:
    """Every test on this board, with nothing plugged in; `tell` hears name, outcome, seconds and why.

    What pytest ends with: 0 and 1 are from all tests, anything else says that they were not run.
    """
    return _run(TestThisBoardQuickly if is_quick else TestThisBoard, _Plugin(open_board, tell))


def run_controlled_conformance(place: ControlledPlace, tell: Outcome) -> int:
    """The same for a board whose pilot and contactor belong to a controller."""
    return _run(TestThisControlledBoard, _ControlledPlugin(place, tell))


def wait_until(claim: Callable[[], bool]) -> None:
    """Returns as soon as the claim holds; AssertionError when it never does."""
    for _ in range(round(PATIENCE_SECONDS / LOOK_SECONDS)):
        if claim():
            return
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"it did not come to be so within {PATIENCE_SECONDS:g} s")


def _run(tests: type, plugin: _Ear) -> int:
    here = Path(__file__)
    quiet = ["-p", "no:cacheprovider", "-p", "no:terminal", "-s"]  # a person may be asked
    where = ["--rootdir", str(here.parent), "-c", "/dev/null", f"{here}::{tests.__name__}"]
    return int(pytest.main([*quiet, *where], plugins=[plugin]))
