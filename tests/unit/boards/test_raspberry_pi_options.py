"""The options of the raspberry-pi board: what can not be right is told before anything is opened."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.raspberry_pi import board as pi_board
from chargepoint_hal.boards.raspberry_pi.claims import OUTPUTS, WELL_INPUTS
from chargepoint_hal.boards.raspberry_pi.options import RULES
from unit.boards.pi_bench import ALIVE, COIL, PiBench


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"unlock_pin": None}, "'lock_pin' needs 'unlock_pin'"),
        ({"mains_pin": COIL}, f"table 1: pin {COIL} is 'contactor_pin' of table 1 already, not 'mains_pin'"),
        ({"contactor_pin": ALIVE}, f"table 1: pin {ALIVE} is 'alive_pin' already, not 'contactor_pin'"),
        ({"proximity_channel": 0}, "the converter's channel 0 is 'pilot_channel' of table 1 already"),
        ({"pilot_calibration": [1, 2, 3]}, "four numbers"),
        ({"pilot_calibration": [1, 2, 1, 3]}, "must differ"),
        ({"pilot_chanel": 1}, "did you mean 'pilot_channel'"),
        ({"contactor_pin": None}, "'contactor_pin': is missing"),
    ],
)
def test_options_that_can_not_be_right(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    problems = "; ".join(map(str, RULES.problems(PiBench(tmp_path).options(**changes))))
    assert told in problems


def test_two_evses_share_no_pin_and_no_channel(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options()
    (first,) = options["evse"]
    kept = ("pwm_channel", "pilot_channel", "pilot_calibration", "contactor_pin")
    second = {name: first[name] for name in kept}
    options["evse"] = [first, second]
    told = [str(problem) for problem in RULES.problems(options)]
    assert told == [
        "option 'evse': table 2: PWM channel 1 is 'pwm_channel' of table 1 already, not 'pwm_channel'",
        "option 'evse': table 2: the converter's channel 0 is 'pilot_channel' of table 1 already, not 'pilot_channel'",
        f"option 'evse': table 2: pin {COIL} is 'contactor_pin' of table 1 already, not 'contactor_pin'",
    ]
    options["evse"] = [first, {**second, "pwm_channel": 0, "pilot_channel": 2, "contactor_pin": 26}]
    assert RULES.problems(options) == ()


def test_one_pwm_channel_by_two_names_of_its_chip_is_found_when_it_is_opened(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    options = bench.options()
    (first,) = options["evse"]
    options["evse"] = [first, {**first, "pwm_device": "fe20c000", "pilot_channel": 2, "contactor_pin": 26}]
    for name in ("contactor_feedback_pin", "lock_pin", "unlock_pin", "lock_position_pin", "proximity_channel"):
        del options["evse"][1][name]
    for name in [name for name in options["evse"][1] if name.endswith("_pin") and name != "contactor_pin"]:
        del options["evse"][1][name]
    assert RULES.problems(options) == ()
    with pytest.raises(BoardConfigurationError, match="the pilot of another EVSE already"):
        pi_board.RaspberryPiBoard(options, bench.machine())
    assert not bench.was_coil_ever_on()


@pytest.mark.parametrize(
    ("name", "number", "what"),
    [
        ("active_low_outputs", 26, "is not an output"),
        ("active_low_outputs", 12, "is not an output"),
        ("ok_when_high", COIL, "is not a 'well while' input"),
    ],
)
def test_a_level_of_a_pin_that_has_none_is_a_slip(tmp_path: Path, name: str, number: int, what: str) -> None:
    (problem,) = RULES.problems({**PiBench(tmp_path).options(), name: [number]})
    assert str(problem).startswith(f"option {name!r}: pin {number} {what}")


def test_every_pin_is_one_that_is_driven_or_read() -> None:
    """A new pin must be said to be an output or not, else nobody could give its level."""
    read = {"contactor_feedback_pin", "three_phase_feedback_pin", "lock_position_pin"}
    rules = RULES.options["evse"].rules
    assert rules is not None
    pins = {name for name in (*rules.options, *RULES.options) if name.endswith("_pin")}
    assert pins == OUTPUTS | WELL_INPUTS | read


def test_the_options_of_the_bench_are_right(tmp_path: Path) -> None:
    assert RULES.problems(PiBench(tmp_path).options()) == ()
