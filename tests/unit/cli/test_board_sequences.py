"""The list of `chargepoint board check` on virtual time: what each step measures, and what it says where it can not."""

from collections.abc import Iterator

import pytest

from chargepoint.cli.board_steps import Verdict
from support.virtual_bench import VirtualBench, virtual_bench

TICKS = 0.02
"""Two samples end a demand."""
CONTACTOR = 0.015
OPENINGS = (
    "sequence 8.1: C to B opens",
    "sequence 2.2: the plug is pulled under load",
    "state E opens",
)


@pytest.fixture
def bench() -> Iterator[VirtualBench]:
    with virtual_bench() as made:
        yield made


def test_a_sound_board_passes_and_its_times_are_those_of_its_parts(bench: VirtualBench) -> None:
    steps = bench.check()
    unknown = {name for name, step in steps.items() if step.verdict is Verdict.NOT_MEASURED}
    assert unknown == {"PWM for 16 A: frequency", "PWM for 10 A: frequency"}, "the bench has no wave to count"
    assert not bench.report.has_failed
    assert bench.report.not_measured == len(unknown)
    assert steps["feedback after a close command"].measured == pytest.approx(0.025, abs=0.002)
    for name in OPENINGS:
        assert steps[name].measured == pytest.approx(TICKS + CONTACTOR, abs=0.011), name


def test_a_contactor_that_never_closes_fails_and_its_openings_are_not_measured(bench: VirtualBench) -> None:
    bench.world.set_fault(1, "contactor_stuck_open", True)
    steps = bench.check()
    assert steps["feedback after a close command"].verdict is Verdict.FAILED
    assert steps["feedback after an open command"].verdict is Verdict.NOT_MEASURED
    assert steps["sequence 4: the contactor closes"].verdict is Verdict.FAILED
    assert "contactor_stuck_open" in steps["sequence 4: the contactor closes"].note
    for name in OPENINGS:
        assert (steps[name].verdict, steps[name].measured) == (Verdict.NOT_MEASURED, None), name
        assert steps[name].note == "the contactor does not close"
    assert bench.report.has_failed


def test_a_contactor_that_is_welded_from_the_start_fails(bench: VirtualBench) -> None:
    bench.world.set_fault(1, "contactor_welded", True)
    steps = bench.check()
    assert steps["feedback after a close command"].verdict is Verdict.NOT_MEASURED, "it showed closed before"
    assert steps["feedback after an open command"].verdict is Verdict.FAILED
    assert {steps[name].verdict for name in OPENINGS} == {Verdict.NOT_MEASURED}
    assert bench.report.has_failed


def test_a_contactor_that_welds_under_load_fails_at_its_opening(bench: VirtualBench) -> None:
    def weld(state: str) -> None:
        if state == "A" and bench.world.evse(1).contactor.is_closed:
            bench.world.set_fault(1, "contactor_welded", True)

    bench.before_state = weld
    steps = bench.check()
    opened, welded, not_reached = OPENINGS
    assert steps[opened].verdict is Verdict.PASSED
    assert (steps[welded].verdict, steps[welded].measured) == (Verdict.FAILED, None)
    assert "contactor_welded" in steps[welded].note
    assert (steps[not_reached].verdict, steps[not_reached].note) == (
        Verdict.NOT_MEASURED,
        "the contactor does not open",
    )
    assert bench.report.has_failed


def test_without_a_feedback_contact_nothing_of_the_contactor_is_measured(bench: VirtualBench) -> None:
    bench.world.set_fault(1, "contactor_feedback_missing", True)
    steps = bench.check()
    for name in (*OPENINGS, "sequence 4: the contactor closes"):
        assert (steps[name].verdict, steps[name].measured) == (Verdict.NOT_MEASURED, None), name
        assert "no feedback" in steps[name].note
    assert steps["state C, X2: positive half"].verdict is Verdict.PASSED, "the pilot can be measured all the same"
    assert not bench.report.has_failed


def test_a_state_that_is_not_on_the_pilot_has_failed(bench: VirtualBench) -> None:
    def disturb(state: str) -> None:
        bench.world.set_fault(1, "pilot_fault", state == "B")

    bench.before_state = disturb
    steps = bench.check()
    assert steps["state B is seen"].verdict is Verdict.FAILED
    assert bench.report.has_failed
