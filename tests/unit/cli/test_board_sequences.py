"""The list of `chargepoint board check` on virtual time: what each step measures, and what it says where it can not."""

from collections.abc import Iterator
from functools import partial
from itertools import groupby

import pytest

from chargepoint.cli.board_drivers import BOX, PersonDriver
from chargepoint.cli.board_steps import Verdict
from chargepoint.iec61851 import diode_check, timing
from chargepoint.iec61851.supply_table import DEADLINES, Supply
from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint_hal.bench import actuators
from chargepoint_hal.bench.wires import EvseSignal
from support.virtual_bench import HookedDriver, VirtualBench, virtual_bench

TICKS = 0.02
"""Two samples end a demand."""
CONTACTOR = 0.015
OPENINGS = (
    "sequence 8.1: C to B opens",
    "sequence 2.2: the plug is pulled under load",
    "state E opens",
)
AFTER_A_STOP = "sequence 8.2: C to B after the end of the PWM opens"
CUT = "sequence 10.2: the EV does not react to the end of the PWM and is cut"
F_HELD = "sequence 12: state F is held"
IN_D = "state D without ventilation: the contactor stays open"
DIODE_TOLD = "a missing diode is told"


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
    for name in (*OPENINGS, AFTER_A_STOP):
        lag = 0.01 if name == "state E opens" else 0.0
        assert steps[name].measured == pytest.approx(TICKS + CONTACTOR + lag, abs=0.006), name
    assert "10 ms that the samples may be behind" in steps["state E opens"].note
    assert steps["state D: positive half"].measured == pytest.approx(2.93, abs=0.01)
    assert steps[CUT].measured == pytest.approx(6.0 + CONTACTOR, abs=0.021)
    assert steps[F_HELD].measured == pytest.approx(0.3, abs=0.011)
    assert steps["sequence 2.1: unplugged in B, the PWM ends"].measured == pytest.approx(0.05, abs=0.03)
    assert steps[DIODE_TOLD].measured == pytest.approx(0.1, abs=0.1)
    for name in (IN_D, "a missing diode: the contactor stays open"):
        assert steps[name].measured == pytest.approx(3.0, abs=0.03), name
    assert not any(step.note == "left out by --quick" for step in steps.values())
    assert {words for _, words in bench.report.marks} == {"A", "B", "C", "D", "E", "PWM", "no power", "no diode"}


def test_a_board_that_switches_phases_closes_and_opens_with_one_as_with_three(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    live: list[float] = []
    let_pass = bench.pace.sleep

    def watched(seconds: float) -> None:
        let_pass(seconds)
        is_closed = bench.wires.read(1, EvseSignal.CONTACTOR_COMMAND) >= 1.0
        live.append(bench.wires.read(1, EvseSignal.CONTACTOR_PHASES) if is_closed else 0.0)

    monkeypatch.setattr(bench.pace, "sleep", watched)
    steps = bench.check()
    for words, seconds in (("a close command", 0.025), ("an open command", 0.015)):
        for phases in ("", " with one phase"):
            step = steps[f"feedback after {words}{phases}"]
            assert step.verdict is Verdict.PASSED
            assert step.measured == pytest.approx(seconds, abs=0.002)
    assert [phases for phases, _ in groupby(live)][:5] == [0.0, 3.0, 0.0, 1.0, 0.0]


def test_a_short_under_load_is_measured_at_the_shortest_plateau(bench: VirtualBench) -> None:
    """There a lost pilot takes longest to be seen."""
    duties: dict[str, float] = {}
    bench.before_state = lambda state: duties.update({state: bench.wires.read(1, EvseSignal.DUTY_PERCENT)})
    bench.check()
    assert duties["E"] == pytest.approx(10.0, abs=0.01)


def test_a_closing_counts_from_the_state_and_not_from_its_settling(bench: VirtualBench) -> None:
    """The station waits until a state has settled, and so long the EV waits too."""
    measured = bench.check()["sequence 4: the contactor closes"].measured
    asked_at = next(at for at, words in bench.report.marks if words == "C")
    in_c = [each for each in bench.report.samples if each.at_seconds > asked_at and 5.0 < each.high_volts < 7.0]
    closed = next(each for each in in_c if each.is_closed)
    assert measured == pytest.approx(closed.at_seconds - in_c[0].at_seconds, abs=0.001)
    assert measured == pytest.approx(timing.DEMAND_SETTLE_SECONDS + 0.04, abs=0.02)


def test_a_person_with_a_box_and_an_oscilloscope_measures_everything(bench: VirtualBench) -> None:
    steps = bench.check(PersonDriver(partial(at_the_box, HookedDriver(bench))))
    assert {step.verdict for step in steps.values()} == {Verdict.PASSED}


def test_a_slow_person_misses_what_can_not_wait_and_is_told(bench: VirtualBench) -> None:
    def tire(text: str) -> None:
        bench.pace.work_seconds = 8.0 if CUT in text else 0.0

    bench.after_step = tire
    steps = bench.check(PersonDriver(partial(at_the_box, HookedDriver(bench))))
    missed = {name for name, step in steps.items() if step.verdict is not Verdict.PASSED}
    assert missed == {AFTER_A_STOP}
    assert steps[AFTER_A_STOP].verdict is Verdict.NOT_MEASURED
    assert "later than 6 s" in steps[AFTER_A_STOP].note


def at_the_box(box: HookedDriver, question: str) -> str:
    """A person who does as asked, with the bench for a resistor box."""
    if question.startswith("Frequency"):
        return "1000,2"
    if question.startswith("Duty"):
        return str(box.measure_pwm().duty_percent)
    (state,) = (state for state, words in BOX.items() if words in question)
    box.show(state)
    return ""


def test_a_slow_contactor_fails_at_each_end_of_a_demand(bench: VirtualBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """State E is no exception: a fault under load is as urgent as an EV that leaves."""
    monkeypatch.setattr(actuators, "CONTACTOR_OPENING_SECONDS", 0.15)
    steps = bench.check()
    assert {steps[name].verdict for name in (*OPENINGS, AFTER_A_STOP)} == {Verdict.FAILED}
    assert steps["feedback after an open command"].verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("supply", "seconds", "name"), [(Supply.STOPPING, 2.0, CUT), (Supply.FAULT_PULSE, 0.1, F_HELD)]
)
def test_a_station_in_a_hurry_fails(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch, supply: Supply, seconds: float, name: str
) -> None:
    monkeypatch.setitem(DEADLINES, supply, seconds)
    step = bench.check()[name]
    assert step.verdict is Verdict.FAILED
    assert step.measured == pytest.approx(seconds, abs=0.03)


def test_a_station_that_takes_a_wet_plug_for_an_ev_fails(bench: VirtualBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diode_check, "MIRROR_TOLERANCE_VOLTS", -1.0)
    steps = bench.check()
    assert (steps[DIODE_TOLD].verdict, steps[DIODE_TOLD].measured) == (Verdict.FAILED, None)


def test_a_ventilated_room_supplies_state_d(bench: VirtualBench) -> None:
    bench.rules = SupplyRules(ventilation=True)
    steps = bench.check()
    assert steps["sequence 4: the contactor closes in state D"].verdict is Verdict.PASSED
    assert IN_D not in steps
    assert not bench.report.has_failed


def test_a_station_without_state_f_says_that_nothing_is_held(bench: VirtualBench) -> None:
    bench.rules = SupplyRules(state_f_on_fault=False)
    steps = bench.check()
    assert (steps[F_HELD].verdict, steps[F_HELD].note) == (Verdict.NOT_MEASURED, "state_f_on_fault is off")
    assert steps["state E opens"].verdict is Verdict.PASSED


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
