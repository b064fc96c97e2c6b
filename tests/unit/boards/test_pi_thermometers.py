"""A Raspberry Pi's thermometers: on files as the kernel writes them, and what the safety loop does with their word."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chargepoint.model.faults import Fault
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import SafetyPlan
from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.raspberry_pi.options import RULES
from chargepoint_hal.boards.raspberry_pi.thermometers import (
    STALE_SECONDS,
    OneWireThermometer,
    ProcessorThermometer,
    read_scratchpad,
)
from chargepoint_hal.contract import Thermometer
from chargepoint_hal.faults import HardwareError
from unit.boards.patience import until
from unit.boards.pi_bench import PiBench

SENSOR = "28-0316a2791aff"
GOOD = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t={}\n"
WRONG_SUM = "72 01 4b 46 7f ff 0e 10 57 : crc=11 NO\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
SHORTED = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n"


class Bus:
    """The kernel's folder of one sensor, and a clock."""

    def __init__(self, root: Path) -> None:
        self.devices = root
        self.now = 100.0
        (root / SENSOR).mkdir(parents=True)
        self.shows_celsius(23.125)

    def shows(self, text: str) -> None:
        new = self.devices / "new"
        new.write_text(text, "ascii")
        new.replace(self.devices / SENSOR / "w1_slave")

    def shows_celsius(self, celsius: float) -> None:
        self.shows(GOOD.format(round(celsius * 1000)))

    def is_gone(self) -> None:
        (self.devices / SENSOR / "w1_slave").unlink()
        (self.devices / SENSOR).rmdir()


@pytest.fixture
def given_back() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


def on(bus: Bus, given_back: ExitStack) -> OneWireThermometer:
    thermometer = OneWireThermometer(SENSOR, bus.devices, lambda: bus.now, look_seconds=0.01)
    given_back.callback(thermometer.close)
    return thermometer


def is_unknown(thermometer: Thermometer) -> bool:
    try:
        thermometer.celsius()
    except HardwareError as error:
        return error.fault is Fault.TEMPERATURE_SENSOR
    return False


def test_it_is_read_before_the_board_is_opened_and_followed_then(bus: Bus, given_back: ExitStack) -> None:
    thermometer = on(bus, given_back)
    assert isinstance(thermometer, Thermometer)
    assert thermometer.celsius() == 23.125
    bus.shows_celsius(-4.5)
    until(lambda: thermometer.celsius() == -4.5)


@pytest.mark.parametrize("text", [WRONG_SUM, SHORTED, "", "nonsense\n", GOOD.format(200_000), GOOD.format("")])
def test_what_is_no_reading_is_never_a_temperature(bus: Bus, given_back: ExitStack, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_scratchpad(text)
    bus.shows(text)
    assert is_unknown(on(bus, given_back))


def test_a_single_bad_reading_is_forgiven_and_a_silent_sensor_is_unknown(bus: Bus, given_back: ExitStack) -> None:
    thermometer = on(bus, given_back)
    bus.shows(WRONG_SUM)
    bus.now += STALE_SECONDS - 1.0
    assert thermometer.celsius() == 23.125
    bus.now += 2.0
    until(lambda: is_unknown(thermometer))
    until(lambda: "checksum" in why(thermometer))
    bus.shows_celsius(30.0)
    until(lambda: not is_unknown(thermometer))
    assert thermometer.celsius() == 30.0


def test_a_sensor_that_is_taken_away_names_those_that_are_there(bus: Bus, given_back: ExitStack) -> None:
    thermometer = on(bus, given_back)
    bus.is_gone()
    (bus.devices / "28-000000000042").mkdir()
    bus.now += STALE_SECONDS + 1.0
    until(lambda: is_unknown(thermometer))
    until(lambda: "28-000000000042" in why(thermometer))


def why(thermometer: Thermometer) -> str:
    with pytest.raises(HardwareError) as raised:
        thermometer.celsius()
    return str(raised.value)


def test_the_value_of_a_lost_supply_is_believed_of_a_hot_sensor_only(bus: Bus, given_back: ExitStack) -> None:
    bus.shows_celsius(85.0)
    thermometer = on(bus, given_back)
    assert "loss of its supply" in why(thermometer)
    bus.shows_celsius(84.0)
    until(lambda: not is_unknown(thermometer))
    bus.shows_celsius(85.0)
    until(lambda: thermometer.celsius() == 85.0)


def zone(root: Path, number: int, kind: str, temp: str) -> None:
    folder = root / f"thermal_zone{number}"
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "temp").write_text(f"{temp}\n")


def test_the_processors_zone_is_found_by_its_kind_and_says_that_it_is_a_stand_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    zone(tmp_path, 0, "gpu-thermal", "90000")
    zone(tmp_path, 1, "cpu-thermal", "48312")
    thermometer = ProcessorThermometer.open(tmp_path)
    assert thermometer.celsius() == 48.312
    assert "stands in" in caplog.text
    (tmp_path / "thermal_zone1" / "temp").write_text("\n")
    assert is_unknown(thermometer)


def test_a_board_without_such_a_zone_says_which_there_are(tmp_path: Path) -> None:
    zone(tmp_path, 0, "gpu-thermal", "90000")
    with pytest.raises(BoardConfigurationError, match="gpu-thermal"):
        ProcessorThermometer.open(tmp_path)


def test_the_loop_opens_when_it_is_too_hot_and_when_nobody_knows(tmp_path: Path, given_back: ExitStack) -> None:
    bench = PiBench(tmp_path)
    bus = Bus(bench.w1_devices)
    board = bench.open_board(thermometer=SENSOR)
    given_back.callback(board.close)
    loop = SafetyLoop(board, SafetyPlan(maximum_temperature_celsius=80.0))

    def faults() -> frozenset[Fault]:
        bench.settle(0.6)
        loop.tick(bench.now)
        loop.tick(bench.now + 0.001)
        (seen,) = loop.observe(bench.now)
        return seen.faults

    assert faults() == frozenset()
    (seen,) = loop.observe(bench.now)
    assert seen.temperature_celsius == 23.125
    bus.shows_celsius(81.0)
    until(lambda: Fault.OVER_TEMPERATURE in faults())
    bus.shows_celsius(75.0)
    until(lambda: loop.observe(bench.now)[0].temperature_celsius == 75.0 or not faults())
    assert Fault.OVER_TEMPERATURE in faults(), "it has to be ten kelvin cooler"
    bus.shows_celsius(60.0)
    until(lambda: faults() == frozenset())
    bus.shows(WRONG_SUM)
    until(lambda: Fault.TEMPERATURE_SENSOR in faults())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"thermometer": "../../etc"}, "28- and twelve"),
        ({"thermometer": SENSOR, "processor_temperature": True}, "give one of them"),
    ],
)
def test_options_that_can_not_be_right(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    problems = RULES.problems(PiBench(tmp_path).options(**changes))
    assert any(told in str(problem) for problem in problems), problems
