"""Wiegand pulses on gpiozero's own mock pins."""

import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from gpiozero import DigitalInputDevice
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from chargepoint_hal.contract import TokenReader, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import Writing
from chargepoint_hal.readers.wiegand import WiegandReader, open_reader
from chargepoint_hal.readers.wiegand_bits import DATA_BITS, BitStream, number_in

LONG = 10.0
BIT_SECONDS = 0.001


def framed(number: bytes) -> list[int]:
    """With a parity bit at either end, as the readers' documents have it."""
    data = [int(bit) for byte in number for bit in f"{byte:08b}"]
    half = len(data) // 2
    return [sum(data[:half]) % 2, *data, 1 - sum(data[half:]) % 2]


@pytest.fixture
def factory() -> Iterator[Any]:
    made = MockFactory()
    yield made
    made.close()


class Line:
    """The reader's two wires."""

    def __init__(self, factory: Any) -> None:
        self.pins = [factory.pin(17), factory.pin(18)]
        inputs = [DigitalInputDevice(number, pull_up=True, pin_factory=factory) for number in (17, 18)]
        self._pulse_at: float | None = None
        self.reader = WiegandReader(inputs[0], inputs[1], Writing(), clock=self.now)

    def now(self) -> float:
        """While bits are sent they come in step, however busy the machine is."""
        return time.monotonic() if self._pulse_at is None else self._pulse_at

    def send(self, bits: list[int]) -> None:
        began = time.monotonic()
        for number, bit in enumerate(bits):
            self._pulse_at = began + number * BIT_SECONDS
            self.pins[bit].drive_low()
            self.pins[bit].drive_high()
        self._pulse_at = None


@pytest.fixture
def line(factory: Any) -> Iterator[Line]:
    made = Line(factory)
    yield made
    made.reader.close()


@pytest.mark.parametrize("number", ["7B3039", "DEADBEEF", "000000", "FFFFFFFF"])
def test_a_card_of_26_and_of_34_bits_is_read(line: Line, number: str) -> None:
    assert isinstance(line.reader, TokenReader)
    line.send(framed(bytes.fromhex(number)))
    assert line.reader.wait_for_token(LONG) == TokenSighting(number, "Local")
    assert line.reader.wait_for_token(0.0) is None


def test_a_printed_frame() -> None:
    bits = [int(bit) for bit in "00111101100110000001110011"]
    assert number_in(bits) == bytes.fromhex("7B3039"), "facility 123, number 12345"


def test_a_wrong_bit_is_found_out_and_the_next_card_is_read(line: Line) -> None:
    broken = framed(bytes.fromhex("7B3039"))
    broken[5] ^= 1
    line.send(broken)
    assert line.reader.wait_for_token(0.2) is None
    line.send(framed(bytes.fromhex("7B3039")))
    assert line.reader.wait_for_token(LONG) == TokenSighting("7B3039", "Local")


@given(st.sampled_from(sorted(DATA_BITS)), st.data())
def test_any_single_wrong_bit_is_found_out(length: int, data: st.DataObject) -> None:
    number = data.draw(st.binary(min_size=DATA_BITS[length] // 8, max_size=DATA_BITS[length] // 8))
    bits = framed(number)
    assert number_in(bits) == number
    bits[data.draw(st.integers(0, length - 1))] ^= 1
    assert number_in(bits) is None


def test_a_gap_ends_a_frame() -> None:
    stream = BitStream().pulse(1, 10.0).pulse(0, 10.002)
    assert stream.bits == (1, 0)
    assert stream.pulse(1, 10.2).bits == (1,)
    assert stream.rest_seconds(10.002) == pytest.approx(0.05)


def test_closing_ends_a_wait(line: Line) -> None:
    seen: list[str] = []

    def wait() -> None:
        try:
            line.reader.wait_for_token(LONG)
        except HardwareError as error:
            seen.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    line.reader.close()
    waiting.join(LONG)
    assert seen == ["the Wiegand reader was closed"]


def test_the_driver_takes_the_pins_from_the_factory_that_is_named() -> None:
    reader = open_reader({"data0": "17", "data1": "18", "pin_factory": "mock", "kind": "KeyCode"})
    assert "17" in reader.name
    reader.close()
    with pytest.raises(ValueError, match="pin_factory"):
        open_reader({"data0": "17", "data1": "18"})


class ForbiddenLgpio(ModuleType):
    """The library on a machine that lets nobody at chip 9, where somebody else holds every pin of the other chips."""

    BOTH_EDGES = RISING_EDGE = FALLING_EDGE = SET_PULL_NONE = SET_PULL_UP = SET_PULL_DOWN = SET_BIAS_PULL_UP = 0
    error = type("error", (Exception,), {})

    def __init__(self) -> None:
        super().__init__("lgpio")

    def gpiochip_open(self, chip: int) -> int:
        if chip == 9:
            raise self.error("can not open gpiochip")
        return 1

    def gpiochip_close(self, _handle: int) -> None: ...

    def gpio_claim_input(self, _handle: int, _number: int, _pull: int = 0) -> None:
        raise self.error("GPIO busy")

    def gpio_claim_output(self, _handle: int, _number: int, _level: int = 0) -> None: ...

    def gpio_get_mode(self, _handle: int, _number: int) -> int:
        return 0


@pytest.mark.parametrize(("chip", "why"), [(9, r"gpiochip9 .*reader-wiegand"), (0, "GPIO busy: .* who else uses")])
def test_a_chip_or_a_pin_that_can_not_be_had_is_the_readers_fault(
    monkeypatch: pytest.MonkeyPatch, chip: int, why: str
) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", ForbiddenLgpio())
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xA02082)
    with pytest.raises(HardwareError, match=why) as raised:
        open_reader({"data0": "17", "data1": "18", "pin_factory": "lgpio", "gpio_chip": chip})
    assert raised.value.fault is Fault.READER_SILENT
