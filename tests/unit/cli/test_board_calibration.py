"""`chargepoint board calibrate` on a Raspberry Pi's pins: the points of the line as a voltmeter says them, and nothing
switched on for it."""

import os
import tomllib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner

from chargepoint.cli.board_calibrate import CalibrationPlace, run_calibration
from chargepoint.cli.board_calibration import Calibration
from chargepoint.cli.commands import application
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.safety.serving_lock import is_served, take
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.settings import BenchSettings
from chargepoint_hal.bench.wires import Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.boards.raspberry_pi.options import RULES
from unit.boards.pi_bench import ALIVE, CHANNELS, COIL, MIDDLE, PiBench

T = TypeVar("T")
MISTAKEN = [100, -12.0, 4000, 12.0]
LINE = [448, -12.0, 3648, 12.0]
PEAKS: dict[str, Any] = {
    "pilot_channel": None,
    "pilot_calibration": None,
    "pilot_high_channel": CHANNELS["high peak"],
    "pilot_high_calibration": MISTAKEN,
    "pilot_low_channel": CHANNELS["low peak"],
    "pilot_low_calibration": MISTAKEN,
}


class BenchPace:
    """Time passes on the bench."""

    def __init__(self, bench: PiBench) -> None:
        self._bench = bench

    def now(self) -> float:
        return self._bench.now

    def sleep(self, seconds: float) -> None:
        self._bench.settle(seconds)

    def beside(self, work: Callable[[], T], tick: Callable[[], object]) -> T:
        return work()

    def burdened(self) -> AbstractContextManager[None]:
        return nullcontext()


class Person:
    """Reads a voltmeter that is somewhat off the truth of the bench; what is said to them is kept."""

    def __init__(self, *first: str) -> None:
        self.heard: list[str] = []
        self._answers = list(first)

    def answer(self, question: str) -> str:
        self.heard.append(question)
        if "press Enter" in question:
            return ""
        if self._answers:
            return self._answers.pop(0)
        return "12,05" if "+12 V" in question else "-11.93"

    def hear(self, text: str) -> None:
        self.heard.append(text)


def calibrated(bench: PiBench, person: Person, **changes: Any) -> list[str]:
    board = bench.open_board(**{"pilot_calibration": MISTAKEN, **changes})
    return Calibration(board.evses[1], person.answer, person.hear, BenchPace(bench)).lines()


@pytest.mark.parametrize("model", ["mcp3008", "mcp3208"])
def test_the_line_goes_through_both_levels_as_the_voltmeter_shows_them(tmp_path: Path, model: str) -> None:
    bench = PiBench(tmp_path, model)
    (line,) = calibrated(bench, Person(), pilot_calibration=[10, -12.0, 900, 12.0])
    counts = {"mcp3008": (112.0, 912.0), "mcp3208": (448.0, 3648.0)}[model]
    assert line == f"pilot_calibration = [{counts[0]}, -11.93, {counts[1]}, 12.05]"


def test_the_line_is_pasted_as_it_is_and_measures_right(tmp_path: Path) -> None:
    (line,) = calibrated(PiBench(tmp_path / "before"), Person("12.0", "-12.0"))
    pasted = tomllib.loads(line)
    bench = PiBench(tmp_path / "after")
    assert RULES.problems(bench.options(**pasted)) == ()
    pilot = bench.open_board(**pasted).evses[1].control_pilot
    bench.world.plug_in(1, PlugIn(max_current_amps=16, ready_after_seconds=1000))
    bench.settle(0.1)
    assert pilot.sample().high_volts == pytest.approx(8.98, abs=0.05)


def test_nothing_is_switched_on_and_the_pilot_is_steady_afterwards(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    calibrated(bench, Person())
    assert not bench.was_coil_ever_on()
    assert bench.pins[ALIVE].driven == [False], "the monoflop is not fed either"
    assert bench.duty_share() == 1.0


def test_noise_is_averaged_away(tmp_path: Path) -> None:
    class Restless(PiBench):
        def counts(self, channel: int) -> int:
            self.is_up = not getattr(self, "is_up", False)
            return super().counts(channel) + (31 if self.is_up else -29)

    (line,) = calibrated(Restless(tmp_path), Person())
    assert line == "pilot_calibration = [449.0, -11.93, 3649.0, 12.05]"


def test_a_level_that_does_not_stand_still_gives_no_line(tmp_path: Path) -> None:
    class Disturbed(PiBench):
        def counts(self, channel: int) -> int:
            self.is_up = not getattr(self, "is_up", False)
            return super().counts(channel) - (200 if self.is_up else 0)

    with pytest.raises(ChargePointError, match=r"from 3448 to 3648 while the station signals \+12 V"):
        calibrated(Disturbed(tmp_path), Person())


def test_volts_that_are_not_this_level_are_asked_for_again(tmp_path: Path) -> None:
    person = Person("twelve", "8.9", "12", "11.9", "-11.9")
    (line,) = calibrated(PiBench(tmp_path), person)
    assert line == "pilot_calibration = [448.0, -11.9, 3648.0, 12.0]"
    told = "\n".join(person.heard)
    assert "a number is wanted, such as 12" in told
    assert "+12 V is from 10 to 14 V: where the voltmeter shows 8.9, look at the circuit" in told
    assert "state F (-12 V) is from -14 to -10 V: where the voltmeter shows 11.9" in told


def test_peak_detectors_have_a_line_each(tmp_path: Path) -> None:
    high, low = calibrated(PiBench(tmp_path), Person(), **PEAKS)
    assert high == "pilot_high_calibration = [448.0, -11.93, 3648.0, 12.05]"
    assert low == "pilot_low_calibration = [448.0, -11.93, 3648.0, 12.05]"


def test_a_detector_of_one_side_is_told_and_the_other_has_its_line(tmp_path: Path) -> None:
    class OneSided(PiBench):
        def counts(self, channel: int) -> int:
            return 3648 if channel == CHANNELS["high peak"] else super().counts(channel)

    person = Person()
    (line,) = calibrated(OneSided(tmp_path), person, **PEAKS)
    assert line.startswith("pilot_low_calibration = ")
    assert "pilot_high_calibration: 3648.0 counts at +12 V, 3648.0 in state F: this channel" in person.heard[-1]


def test_a_pilot_that_goes_beyond_the_converter_gives_no_line(tmp_path: Path) -> None:
    class Steep(PiBench):
        def counts(self, channel: int) -> int:
            return min(4095, super().counts(channel) * 2)

    person = Person()
    with pytest.raises(ChargePointError, match="no channel shows both"):
        calibrated(Steep(tmp_path), person)
    assert "4095.0 counts at +12 V, 896.0 in state F: that is an end of the converter (0 to 4095)" in person.heard[-1]


def test_a_pilot_that_is_driven_by_nothing_gives_no_line(tmp_path: Path) -> None:
    class Dead(PiBench):
        def counts(self, channel: int) -> int:
            return MIDDLE[self.bits]

    with pytest.raises(ChargePointError, match="no channel shows both"):
        calibrated(Dead(tmp_path), Person())


def test_a_contactor_that_says_closed_is_mended_first(tmp_path: Path) -> None:
    person = Person()
    with pytest.raises(ChargePointError, match="commanded open and its feedback says closed"):
        calibrated(PiBench(tmp_path), person, contactor_feedback="auxiliary")
    assert person.heard == []


def test_a_board_that_measures_volts_by_itself_says_so(tmp_path: Path) -> None:
    wires = Wires.in_memory(1)
    World(BenchSettings(), wires).step(0.0)
    hardware = MockBoard(wires).evses[1]
    with pytest.raises(ChargePointError, match="gives volts and no counts of a converter"):
        Calibration(hardware, Person().answer, Person().hear, BenchPace(PiBench(tmp_path)))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    path = tmp_path / "station.toml"
    path.write_text(f'[station]\nrun_dir = "{tmp_path / "run"}"\n')
    return path


def place_on(bench: PiBench) -> CalibrationPlace:
    return CalibrationPlace(lambda _plan, _config: bench.open_board(), BenchPace(bench))


def test_the_board_of_a_station_is_opened_calibrated_and_given_back(config: Path, tmp_path: Path) -> None:
    bench, person = PiBench(tmp_path), Person()
    (line,) = run_calibration(config, 1, person.answer, person.hear, place_on(bench))
    assert line == "pilot_calibration = [448.0, -11.93, 3648.0, 12.05]"
    assert not bench.is_on(COIL)
    with pytest.raises(ConfigurationError, match="has no EVSE 2"):
        run_calibration(config, 2, person.answer, person.hear, place_on(PiBench(tmp_path / "again")))


def test_a_person_who_breaks_off_in_state_f_leaves_a_steady_pilot(config: Path, tmp_path: Path) -> None:
    bench = PiBench(tmp_path)

    def break_off(question: str) -> str:
        if "state F" in question:
            assert bench.duty_share() == 0.0
            raise KeyboardInterrupt
        return "12"

    with pytest.raises(KeyboardInterrupt):
        run_calibration(config, 1, break_off, print, place_on(bench))
    assert bench.duty_share() == 1.0
    assert not is_served(tmp_path / "run" / "safety.sock")


def test_the_board_is_held_meanwhile(config: Path, tmp_path: Path) -> None:
    def look(question: str) -> str:
        assert is_served(tmp_path / "run" / "safety.sock"), question
        return Person().answer(question)

    assert run_calibration(config, 1, look, print, place_on(PiBench(tmp_path)))


def test_a_board_that_the_safety_process_drives_is_left_alone(config: Path, tmp_path: Path) -> None:
    lock = take(tmp_path / "run" / "safety.sock")
    assert lock is not None
    result = CliRunner().invoke(application, ["board", "calibrate", "--config", str(config)])
    os.close(lock)
    assert result.exit_code == 1
    assert "systemctl stop chargepoint-safety" in result.stderr


def test_a_wrong_file_is_told(config: Path) -> None:
    config.write_text('[board]\ndriver = "raspberry-pi"\n')
    result = CliRunner().invoke(application, ["board", "calibrate", "--config", str(config)])
    assert result.exit_code == 2
    assert "'converter': is missing" in result.stderr
