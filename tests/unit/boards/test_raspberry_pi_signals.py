"""The Raspberry Pi's signals beside the pilot: the monitor's test input, the status light and the buzzer, on their pins
and under the real safety loop.
"""

from pathlib import Path

import pytest

from chargepoint.model.power import EvseObservation, SelfTest
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import SafetyPlan
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.boards.raspberry_pi.board import RaspberryPiBoard
from unit.boards.pi_bench import BLUE, BUZZER, GREEN, RCD_TEST, RED, PiBench

LEVELS = pytest.mark.parametrize("is_active_low", [False, True], ids=["active high", "active low"])
SIGNALS = (RCD_TEST, RED, GREEN, BLUE, BUZZER)
TICK_SECONDS = 0.01


class SignalledBoard:
    """The loop on a board with all of them; `lit` is red, green, blue as people see them."""

    def __init__(self, folder: Path, is_active_low: bool = False) -> None:
        self.bench = PiBench(folder)
        self.bench.active_low |= set(SIGNALS) if is_active_low else set()
        self.board: RaspberryPiBoard = self.bench.open_board(
            residual_current_test_pin=RCD_TEST, red_pin=RED, green_pin=GREEN, blue_pin=BLUE, buzzer_pin=BUZZER
        )
        self.loop = SafetyLoop(self.board, SafetyPlan())
        self.test_was_on = self.buzzer_was_on = False

    def run(self, seconds: float) -> EvseObservation:
        for _ in range(round(seconds / TICK_SECONDS)):
            self.loop.tick(self.bench.now)
            self.test_was_on |= self.bench.is_on(RCD_TEST)
            self.buzzer_was_on |= self.bench.is_on(BUZZER)
            self.bench.settle(TICK_SECONDS)
        return self.loop.observe(self.bench.now)[0]

    @property
    def lit(self) -> tuple[bool, ...]:
        return tuple(map(self.bench.is_on, (RED, GREEN, BLUE)))


@LEVELS
def test_no_signal_is_on_from_the_start_to_the_first_tick(tmp_path: Path, is_active_low: bool) -> None:
    signalled = SignalledBoard(tmp_path, is_active_low)
    assert not any(map(signalled.bench.is_on, SIGNALS))
    assert all(signalled.bench.factory.pin(number).function == "output" for number in SIGNALS)


@LEVELS
def test_the_monitor_is_tested_through_its_pin_and_released_again(tmp_path: Path, is_active_low: bool) -> None:
    signalled = SignalledBoard(tmp_path, is_active_low)
    seen = signalled.run(12.0)
    assert signalled.test_was_on
    assert seen.self_test is SelfTest.PASSED
    assert not seen.faults
    assert not signalled.bench.is_on(RCD_TEST)


@LEVELS
def test_the_light_says_what_the_loop_knows_and_the_buzzer_marks_a_new_fault(
    tmp_path: Path, is_active_low: bool
) -> None:
    signalled = SignalledBoard(tmp_path, is_active_low)
    signalled.run(12.0)
    assert signalled.lit == (False, True, False)
    signalled.bench.world.plug_in(1, PlugIn(max_current_amps=16, ready_after_seconds=1000))
    signalled.run(1.0)
    assert signalled.lit == (False, True, True)
    assert not signalled.buzzer_was_on
    signalled.bench.world.set_fault(1, "pe_lost", True)
    signalled.run(0.3)
    assert signalled.lit == (True, False, False)
    assert signalled.bench.is_on(BUZZER)
    signalled.run(0.5)
    assert not signalled.bench.is_on(BUZZER), "a beep, not a siren"
    assert signalled.lit == (True, False, False)


def test_a_made_safe_board_tests_nothing_more(tmp_path: Path) -> None:
    signalled = SignalledBoard(tmp_path)
    for _ in range(1000):
        if signalled.bench.is_on(RCD_TEST):
            break
        signalled.run(TICK_SECONDS)
    assert signalled.bench.is_on(RCD_TEST)
    signalled.loop.make_safe()
    assert not signalled.bench.is_on(RCD_TEST)


def test_a_colour_that_is_not_fitted_stays_dark_and_the_others_shine(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    light = bench.open_board(red_pin=RED, green_pin=GREEN).evses[1].status_light
    assert light is not None
    light.show(True, False, True)
    assert (bench.is_on(RED), bench.is_on(GREEN), bench.is_on(BLUE)) == (True, False, False)
