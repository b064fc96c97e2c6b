"""Two drivers of one station.toml that want the same pin or the same serial port: told before one of them fails."""

from pathlib import Path

import pytest

from chargepoint import system_clock
from chargepoint.app.configuration_check import checked_station
from chargepoint.model.errors import ConfigurationError
from support.pi_options import PI_BOARD

NOW = system_clock.utc_now()
PI = f"""{PI_BOARD}
pwm_pin = 12
[[evse]]
outlet = "tethered"
"""
EVSE_DIN = """
    [board]
    driver = "evse-din"
    [board.options]
    serial_port = "{port}"
"""
WIEGAND = """
    [[reader]]
    driver = "wiegand"
    options = {{ data0 = "{}", data1 = "{}", pin_factory = "lgpio", gpio_chip = {} }}
"""
RDM6300 = """
    [[reader]]
    driver = "rdm6300"
    options = {{ serial_port = "{port}" }}
"""
METER = """
    [[meter]]
    name = "{name}"
    options = {{ map = "eastron-sdm630", unit = {unit}, serial_port = "{port}" }}
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)


def problems(text: str) -> list[str]:
    path = Path("station.toml")
    path.write_text(text)
    try:
        checked_station(path, NOW)
    except ConfigurationError as error:
        return [line.removeprefix("station.toml: ") for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("17", "26", 0), "data0: pin 17 of /dev/gpiochip0 belongs to board.options already (contactor_pin)"),
        (("26", "GPIO17", 0), "data1: pin 17 of /dev/gpiochip0 belongs to board.options already (contactor_pin)"),
        (("12", "26", 0), "data0: pin 12 of /dev/gpiochip0 belongs to board.options already (pwm_pin)"),
        (("26", "11", 0), "data1: pin 11 of /dev/gpiochip0 belongs to board.options already (SPI bus 0 of the conv"),
    ],
)
def test_a_reader_on_a_pin_of_the_board(lines: tuple[str, str, int], told: str) -> None:
    (problem,) = problems(PI + WIEGAND.format(*lines))
    assert problem.startswith(f"reader[0].options.{told}")


@pytest.mark.parametrize("lines", [("20", "21", 0), ("17", "26", 1), ("BCM20", "gpio21", 0)])
def test_a_reader_on_pins_of_its_own(lines: tuple[str, str, int]) -> None:
    assert problems(PI + WIEGAND.format(*lines)) == []


def test_two_names_of_one_port_are_one_port(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to("ttyUSB0")
    board, reader = EVSE_DIN.format(port=tmp_path / "ttyUSB0"), RDM6300.format(port=tmp_path / "by-id")
    told = f"reader[0].options.serial_port: {tmp_path / 'ttyUSB0'} belongs to board.options already (serial_port)"
    assert problems(board + reader) == [f"{told}: wire one of them elsewhere"]
    assert problems(board + RDM6300.format(port=tmp_path / "ttyUSB1")) == []


def test_meters_share_their_bus_and_nobody_else_does() -> None:
    meters = METER.format(name="a", unit=1, port="/dev/ttyS7") + METER.format(name="b", unit=2, port="/dev/ttyS7")
    assert problems(meters) == []
    found = problems(EVSE_DIN.format(port="/dev/ttyS7") + meters + RDM6300.format(port="/dev/ttyS7"))
    told = ("/dev/ttyS7 belongs to board.options already (serial_port): wire one of them elsewhere",)
    assert found == [f"{where}.options.serial_port: {told[0]}" for where in ("meter[0]", "meter[1]", "reader[0]")]


def test_a_pin_by_a_name_that_does_not_tell_whose_it_is_is_refused() -> None:
    (problem, _) = problems(PI + WIEGAND.format("BOARD11", "BOARD12", 0))
    assert "the processor's number is wanted, as 17 or GPIO17, got 'BOARD11'" in problem
