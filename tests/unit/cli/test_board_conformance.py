"""A board whose conformance tests did not run is not proven: `chargepoint board check` says so and fails."""

import sys
from typing import Any, NoReturn

import pytest

from chargepoint.cli import board_conformance
from chargepoint.cli.board_drivers import PersonDriver
from chargepoint.cli.board_report import report_json, report_page
from chargepoint.cli.board_steps import CheckReport, ConformanceResult
from chargepoint_hal.contract import Board


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> CheckReport:
    for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.setenv(name, "")
    return CheckReport("mock", 1, "2026-06-01T12:00:00+00:00")


def run_on(report: CheckReport, open_board: Any) -> list[str]:
    told: list[str] = []
    board_conformance.run_on(open_board, report, PersonDriver(lambda question: ""), told.append)
    return told


def absent_board() -> Board:
    raise ValueError("no board is there")


def test_without_pytest_the_check_has_failed(report: CheckReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "chargepoint_hal.conformance_run", raising=False)
    monkeypatch.setitem(sys.modules, "pytest", None)
    told = run_on(report, absent_board)
    assert report.has_failed
    assert "pytest is not installed" in told[-1]
    assert "board-check" in told[-1]
    assert "pytest is not installed" in report_page(report)


def test_tests_that_were_broken_off_have_failed(report: CheckReport) -> None:
    def impatient() -> NoReturn:
        raise KeyboardInterrupt

    assert "pytest ended with 2" in run_on(report, impatient)[-1]
    assert report.conformance[-1].outcome == "failed"


def test_settings_of_another_pytest_count_for_nothing(report: CheckReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    monkeypatch.setenv("PYTEST_PLUGINS", "nonsense")
    run_on(report, absent_board)
    assert len(report.conformance) > 20
    assert {result.outcome for result in report.conformance} == {"failed"}
    assert board_conformance.WHOLE not in {result.name for result in report.conformance}


def test_what_was_left_out_or_skipped_is_counted_in_the_headline(report: CheckReport) -> None:
    board_conformance.leave_out(report, lambda told: None)
    assert not report.has_failed
    assert "<span class='passed'>passed, 1 steps not measured</span>" in report_page(report)
    report.conformance.append(ConformanceResult("test_make_safe_opens", "skipped", 0.0, "no feedback"))
    assert report.verdict == "passed, 1 steps not measured, 1 tests skipped"
    assert (report_json(report)["not_measured"], report_json(report)["skipped"]) == (1, 1)
