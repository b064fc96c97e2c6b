"""`chargepoint board check` proves the mock board against the bench: real processes, real wires, real time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chargepoint.cli.board_drivers import BOX, PersonDriver, PwmMeasured
from chargepoint.cli.board_report import closed_spans, report_page
from chargepoint.cli.board_steps import OPENS, VOLTS_B, CheckReport, ConformanceResult, Sample, Step, Verdict

MEASURED_VOLTS = {
    "state F: pilot": -12.0,
    "state A, X1: pilot": 12.0,
    "state B, X1: pilot": 9.0,
    "state B, X2: positive half": 9.0,
    "state B, X2: negative half": -12.0,
    "state C, X2: positive half": 6.0,
}
TIMED = (
    "feedback after a close command",
    "feedback after an open command",
    "sequence 4: the contactor closes",
    "sequence 6: a lower limit is on the pilot",
    "sequence 8.1: C to B opens",
    "state E opens",
    "sequence 12: state F is held",
    "the loop under load: worst lateness",
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "chargepoint_hal.bench", "--directory", str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("bench: ").strip()
        process.terminate()


def check(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    config = folder / "station.toml"
    config.write_text(f'[station]\nrun_dir = "{folder / "run"}"\n[[evse]]\n', encoding="utf-8")
    command = [sys.executable, "-m", "chargepoint", "board", "check", "--config", str(config), "--output", str(folder)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.real_processes
def test_the_mock_board_is_proven_with_the_bench(tmp_path: Path, bench: str) -> None:
    """Times are judged on a quiet machine only; here it counts that each of them is measured. What `--quick` leaves out
    is told on virtual time (tests/unit/cli/test_board_sequences.py)."""
    ended = check(tmp_path, "--bench", bench, "--quick")
    assert ended.returncode in (0, 1), ended.stderr
    report: dict[str, Any] = json.loads((tmp_path / "board-check.json").read_text(encoding="utf-8"))
    steps = {step["name"]: step for step in report["steps"]}
    for name, volts in MEASURED_VOLTS.items():
        assert steps[name]["measured"] == pytest.approx(volts, abs=0.1), name
        assert steps[name]["verdict"] == "passed"
    for name in TIMED:
        assert steps[name]["measured"] is not None, name
        assert steps[name]["measured"] >= 0
        assert name in ended.stdout
    for name in ("PWM for 16 A: duty error", "PWM for 10 A: duty error"):
        assert steps[name]["measured"] == pytest.approx(0.0, abs=0.01)
    assert steps["PWM for 16 A: frequency"]["verdict"] == "not measured"
    assert {"passed"} == {result["outcome"] for result in report["conformance"]}
    assert len(report["conformance"]) > 20
    assert {words for _, words in report["marks"]} >= {"A", "B", "C", "E", "PWM"}
    left_out = {name for name, step in steps.items() if step["note"] == "left out by --quick"}
    assert len(left_out) == 8
    assert {steps[name]["verdict"] for name in left_out} == {"not measured"}
    assert report["quick"] is True
    assert f"{len(left_out) + 2} steps not measured" in ended.stdout, "and the bench has no wave to count"
    page = (tmp_path / "board-check.html").read_text(encoding="utf-8")
    assert "<polyline" in page
    assert "http" not in page, "it needs nothing else"
    assert "this proves no board" in page


def test_without_a_bench_it_says_so_and_ends(tmp_path: Path) -> None:
    ended = check(tmp_path, "--bench", "http://127.0.0.1:9")
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert check(tmp_path, "--bench", "http://127.0.0.1:9", "--evse", "7").returncode == 2


def test_a_person_is_asked_for_each_state_and_for_the_scope() -> None:
    asked: list[str] = []
    answers = iter(["", "about 1000", "1001,5", ""])

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return next(answers)

    person = PersonDriver(answer)
    person.show("C")
    assert BOX["C"] in asked[0]
    assert person.measure_pwm() == PwmMeasured(1001.5, None)


def report_of(*steps: Step, outcome: str = "passed") -> CheckReport:
    results = [ConformanceResult("test_it", outcome, 0.1, "<why>")]
    return CheckReport("mock", 1, "2026-06-01T12:00:00+00:00", conformance=results, steps=list(steps))


def test_a_report_fails_by_a_limit_or_by_a_broken_contract() -> None:
    inside, unknown, late = Step("state B", 9.1, VOLTS_B), Step("not there", None, OPENS), Step("opens", 0.11, OPENS)
    assert [step.verdict for step in (inside, unknown, late)] == [
        Verdict.PASSED,
        Verdict.NOT_MEASURED,
        Verdict.FAILED,
    ]
    assert not report_of(inside, unknown).has_failed
    assert report_of(inside, late).has_failed
    assert report_of(inside, outcome="failed").has_failed
    assert "&lt;why&gt;" in report_page(report_of(inside, outcome="failed"))


def test_the_plot_shades_from_closing_to_opening() -> None:
    samples = [Sample(at, 6.0, -12.0, is_closed=at in (1.0, 2.0, 4.0)) for at in (0.0, 1.0, 2.0, 3.0, 4.0)]
    assert closed_spans(samples) == [(1.0, 3.0), (4.0, 4.0)]
