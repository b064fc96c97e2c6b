"""The options of the raspberry-pi board: what can not be right is told before anything is opened."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint.iec61851.pilot_state import classify
from chargepoint.model.pilot import DEMAND_STATES, PilotState
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.raspberry_pi import board as pi_board
from chargepoint_hal.boards.raspberry_pi.claims import OUTPUTS, WELL_INPUTS
from chargepoint_hal.boards.raspberry_pi.options import RULES
from chargepoint_hal.boards.raspberry_pi.sampling_time import SEEN_WITHIN_SECONDS
from chargepoint_hal.contract import PilotSample
from unit.boards.pi_bench import ALIVE, COIL, TWO_CONTACTORS, PiBench


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


def test_a_second_contactor_needs_feedback_of_both(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    assert RULES.problems(bench.options(**TWO_CONTACTORS)) == ()
    for missing in ("contactor_feedback_pin", "three_phase_feedback_pin"):
        (problem,) = RULES.problems(bench.options(**{**TWO_CONTACTORS, missing: None}))
        assert f"'three_phase_contactor_pin' needs '{missing}'" in str(problem)


def test_a_second_contactor_is_for_three_phases(tmp_path: Path) -> None:
    (problem,) = RULES.problems(PiBench(tmp_path).options(**TWO_CONTACTORS, phases=1))
    assert "leave 'phases' out" in str(problem)


def test_the_options_of_the_bench_are_right(tmp_path: Path) -> None:
    assert RULES.problems(PiBench(tmp_path).options()) == ()


def longest_period_seconds(tmp_path: Path, **changes: Any) -> float:
    options = PiBench(tmp_path).options(**changes)
    assert RULES.problems(options) == ()
    return RULES.longest_period_seconds(options)


@pytest.mark.parametrize("burst_samples", [40, 60, 100, 130, 250, 400])
def test_the_longest_period_sees_a_short_at_the_lowest_offer_in_time(tmp_path: Path, burst_samples: int) -> None:
    bench = PiBench(tmp_path)
    pilot = bench.open_board(burst_samples=burst_samples).evses[1].control_pilot
    bench.world.plug_in(1, PlugIn(max_current_amps=16))
    pilot.signal_pwm(10.0)
    bench.settle(2.0)
    for _ in range(20):
        assert state_of(pilot.sample()) is PilotState.C
    bench.world.set_fault(1, "pilot_short", True)
    bench.settle(0.01)
    ticks = 1
    while state_of(pilot.sample()) is PilotState.C:
        ticks += 1
    two_samples = ticks + 1
    longest = longest_period_seconds(tmp_path / "other", burst_samples=burst_samples)
    assert two_samples * longest <= SEEN_WITHIN_SECONDS + longest / 100


def test_a_short_at_a_high_offer_is_seen_with_the_first_burst(tmp_path: Path) -> None:
    """The negative plateau is looked for in several bursts then, the positive one is not."""
    bench = PiBench(tmp_path)
    pilot = bench.open_board().evses[1].control_pilot
    bench.world.plug_in(1, PlugIn(max_current_amps=80))
    pilot.signal_pwm(96.0)
    bench.settle(2.0)
    for _ in range(20):
        assert state_of(pilot.sample()) is PilotState.C
    bench.world.set_fault(1, "pilot_short", True)
    bench.settle(0.01)
    assert state_of(pilot.sample()) not in DEMAND_STATES


def state_of(sample: PilotSample) -> PilotState:
    return classify(sample.high_volts, sample.low_volts, PilotState.C)


def test_a_period_that_is_too_long_for_the_samples_is_told_with_the_longest(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options(burst_samples=40)
    assert RULES.period_problem(options, 0.00875) == ""
    assert RULES.period_problem(options, 0.01).startswith("with this board's options 8.7 ms at most is wanted, got 10:")
    assert RULES.period_problem({**options, "converter": "other"}, 0.05) == "", "it is refused for that already"


def test_a_bus_that_is_too_slow_for_its_samples_is_refused(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options()
    assert RULES.problems({**options, "spi_hertz": 200_000}) == ()
    (problem,) = RULES.problems({**options, "spi_hertz": 50_000})
    assert "100 'burst_samples' a tick take 48 ms" in str(problem)
