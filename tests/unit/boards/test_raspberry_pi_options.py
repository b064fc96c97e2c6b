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

BARE = ("pwm_channel", "pilot_channel", "pilot_calibration", "contactor_pin")
"""What no EVSE can do without."""


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
        ({"contactor_pin": 8}, "table 1: pin 8 is taken by SPI bus 0 of the converter, it can not be 'contactor_pin'"),
        ({"contactor_pin": 11}, "pin 11 is taken by SPI bus 0"),
        ({"emergency_stop_pin": 10}, "pin 10 is taken by SPI bus 0"),
        ({"contactor_pin": 19}, "table 1: pin 19 is 'pwm_pin' of table 1 already, not 'contactor_pin'"),
        ({"pwm_pin": None, "contactor_pin": 18}, "pin 18 is taken by the overlay of the PWM (say with 'pwm_pin'"),
        ({"pwm_pin": 12}, "'pwm_channel': pin 12 is PWM channel 0, got 1"),
        ({"pwm_pin": 18}, "'pwm_channel': pin 18 is PWM channel 0 or, on a Pi 5, 2, got 1"),
        ({"pwm_pin": 17}, "12 or 13 or 18 or 19 is wanted"),
        ({"thermometer": "28-0316a2791aff", "contactor_pin": 4}, "pin 4 is taken by the 1-wire bus"),
        ({"pilot_channel": 9}, "table 1: 'pilot_channel': mcp3208 has the channels 0 to 7, got 9"),
        ({"pilot_calibration": [448, -12.0, 5000, 12.0]}, "counts 0 to 4095, got 5000: counts come before volts"),
        ({"pilot_calibration": [-12.0, 448, 12.0, 3648]}, "a pilot has -15 to 15 V, got 448: counts come before volts"),
        ({"pilot_calibration": [448, -12.0, 449, 12.0]}, "205 counts apart at least, got 1"),
        ({"pilot_calibration": [448, 11.0, 3648, 12.0]}, "6 V apart at least: take +12 V and state F"),
    ],
)
def test_options_that_can_not_be_right(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    problems = "; ".join(map(str, RULES.problems(PiBench(tmp_path).options(**changes))))
    assert told in problems


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"alive_pin": 9},
            "option 'alive_pin': pin 9 is taken by SPI bus 0 of the converter, it can not be 'alive_pin'",
        ),
        ({"iio_name": "ads1115"}, "option 'iio_name': goes with converter = 'iio' only, not with 'mcp3208'"),
        ({"converter": "iio"}, "option 'iio_name': is missing: which converter with a kernel driver is it?"),
        ({"converter": "iio", "iio_name": "ads1115"}, "is too slow for the PWM itself: fit peak detectors"),
        ({"converter": "iio", "iio_name": "ads1115", "alive_pin": 2}, "pin 2 is taken by the I2C bus of the converter"),
        ({"converter": "iio", "iio_name": "mcp3208", "alive_pin": 8}, "pin 8 is taken by SPI bus 0 of the converter"),
        ({"spi_bus": 1}, "pin 20 is taken by SPI bus 1 of the converter, it can not be 'lock_position_pin'"),
        ({"spi_bus": 1, "spi_device": 1, "alive_pin": 17}, "pin 17 is taken by SPI bus 1"),
        ({"spi_bus": 1}, "pin 19 is taken by SPI bus 1 of the converter, it can not be 'pwm_pin'"),
        ({"converter": "mcp3008"}, "the converter has the counts 0 to 1023, got 3648"),
    ],
)
def test_options_of_the_whole_board_that_can_not_be_right(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    problems = "; ".join(map(str, RULES.problems({**PiBench(tmp_path).options(), **changes})))
    assert told in problems


def test_pins_that_another_bus_has_are_free(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options()
    for changes in ({"alive_pin": 2}, {"alive_pin": 4}, {"alive_pin": 18}):
        assert RULES.problems({**options, **changes}) == ()
    (evse,) = options["evse"]
    peaks = {"pilot_high_channel": 2, "pilot_low_channel": 3}
    lines = {"pilot_high_calibration": [448, -12.0, 3648, 12.0], "pilot_low_calibration": [448, -12.0, 3648, 12.0]}
    slow = {name: value for name, value in evse.items() if name not in ("pilot_channel", "pilot_calibration")}
    slow_board = {**options, "converter": "iio", "iio_name": "ads1115", "alive_pin": 8}
    assert RULES.problems({**slow_board, "evse": [{**slow, **peaks, **lines}]}) == ()


def test_two_evses_share_no_pin_and_no_channel(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options()
    (first,) = options["evse"]
    second = {name: first[name] for name in ("pwm_pin", *BARE)}
    options["evse"] = [first, second]
    told = [str(problem) for problem in RULES.problems(options)]
    assert told == [
        "option 'evse': table 2: pin 19 is 'pwm_pin' of table 1 already, not 'pwm_pin'",
        "option 'evse': table 2: PWM channel 1 is 'pwm_channel' of table 1 already, not 'pwm_channel'",
        "option 'evse': table 2: the converter's channel 0 is 'pilot_channel' of table 1 already, not 'pilot_channel'",
        f"option 'evse': table 2: pin {COIL} is 'contactor_pin' of table 1 already, not 'contactor_pin'",
    ]
    options["evse"] = [first, {**second, "pwm_channel": 0, "pilot_channel": 2, "contactor_pin": 26, "pwm_pin": 18}]
    assert RULES.problems(options) == ()


@pytest.mark.parametrize("names", [(None, "fe20c000.pwm"), ("fe20c000.pwm", None), ("fe20c000.pwm", "fe20c000")])
def test_one_pwm_channel_with_and_without_the_name_of_its_chip(tmp_path: Path, names: tuple[str | None, ...]) -> None:
    options = PiBench(tmp_path).options()
    evse = {name: options["evse"][0][name] for name in BARE}
    first, second = ({**evse, "pwm_device": name} if name is not None else evse for name in names)
    options["evse"] = [first, {**second, "pilot_channel": 2, "contactor_pin": 26}]
    (problem,) = RULES.problems(options)
    assert "PWM channel 1 may be that of table 1: write the same 'pwm_device' in both tables" in str(problem)
    options["evse"][1]["pwm_channel"] = 0
    assert RULES.problems(options) == ()


def test_one_pwm_channel_by_two_names_of_its_chip_is_found_when_it_is_opened(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    options = bench.options()
    first = {name: options["evse"][0][name] for name in BARE} | {"pwm_device": "bcm2835-pwm"}
    second = {**first, "pwm_device": "fe20c000", "pilot_channel": 2, "contactor_pin": 26}
    options["evse"] = [first, second]
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
    assert pins == OUTPUTS | WELL_INPUTS | read | {"pwm_pin"}


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
    assert "100 samples a tick take 50 ms" in str(problem)


def test_the_time_beside_the_bus_counts_for_every_sample(tmp_path: Path) -> None:
    """24 clocks at 1 MHz are 24 µs: the call and the answer are as long again."""
    options = PiBench(tmp_path).options(burst_samples=400)
    first = {name: options["evse"][0][name] for name in (*BARE, "burst_samples")}
    others = [{**first, "pwm_channel": place, "pilot_channel": place, "contactor_pin": 22 + place} for place in (2, 3)]
    (problem,) = RULES.problems({**options, "evse": [first, *others]})
    assert "1200 samples a tick take 48 ms" in str(problem)


def test_two_evses_fit_into_the_usual_period_and_three_want_a_longer_one(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options()
    bare = {name: options["evse"][0][name] for name in BARE}
    tables = [
        {**bare, "pwm_channel": place, "pilot_channel": place, "contactor_pin": pin}
        for place, pin in enumerate((5, 26, 27))
    ]
    assert RULES.period_problem({**options, "evse": tables[:2]}, 0.01) == ""
    assert "15 ms at least is wanted, got 10" in RULES.period_problem({**options, "evse": tables}, 0.01)
    assert RULES.period_problem({**options, "evse": tables}, 0.015) == ""


def test_a_period_in_which_the_samples_do_not_fit_is_told_with_the_shortest(tmp_path: Path) -> None:
    options = PiBench(tmp_path).options(burst_samples=400)
    assert RULES.period_problem(options, 0.02) == ""
    assert RULES.period_problem(options, 0.001).startswith(
        "with this board's options 20 ms at least is wanted, got 1: what it samples in one tick takes longer"
    )
