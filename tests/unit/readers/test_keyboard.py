"""A reader that types, as a device that gives real input events: a pipe by name stands where the kernel's device is."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint_hal.contract import TokenReader, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import Writing
from chargepoint_hal.readers.keyboard import KeyboardReader, open_reader
from chargepoint_hal.readers.typed_lines import CHARACTERS, EVENT, TypedLine, events_in, number_in

LONG = 10.0
CODE_OF = {character: code for code, character in CHARACTERS.items() if code < 71}
ENTER = 28


def key(code: int, at: float = 1000.0) -> bytes:
    """Pressed, repeated, let go: with the kernel's scan and report events between."""
    seconds, microseconds = int(at), int(at % 1 * 1e6)
    events = [(4, 4, 0x7001E), (1, code, 1), (0, 0, 0), (1, code, 2), (1, code, 0), (0, 0, 0)]
    return b"".join(EVENT.pack(seconds, microseconds, *event) for event in events)


def typed(text: str, at: float = 1000.0) -> bytes:
    return b"".join(key(CODE_OF[character], at) for character in text.lower()) + key(ENTER, at)


@dataclass
class FakeDevice:
    """A named pipe with the device's events, and what was done to take it from the console."""

    path: Path
    grabbed: list[int] = field(default_factory=list)
    is_taken: bool = False

    def __post_init__(self) -> None:
        os.mkfifo(self.path)
        self.end = os.open(self.path, os.O_RDWR)

    def types(self, raw: bytes) -> None:
        os.write(self.end, raw)

    def grab(self, descriptor: int) -> None:
        if self.is_taken:
            raise OSError(16, "Device or resource busy")
        self.grabbed.append(descriptor)

    def reader(self, form: str = "hex", writing: Writing = Writing()) -> KeyboardReader:  # noqa: B008  frozen
        return KeyboardReader(str(self.path), writing, form, take=self.grab)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[FakeDevice]:
    fake = FakeDevice(tmp_path / "event0")
    yield fake
    os.close(fake.end)


def test_an_event_has_the_kernels_form() -> None:
    assert EVENT.size == 24
    raw = bytes.fromhex("d20400000000000040e201000000000001001c0001000000")
    (event,), rest = events_in(raw + b"\x01\x02")
    assert (event.at_seconds, event.type, event.code, event.is_press) == (1234.1234 + 0.000056, 1, 28, True)
    assert rest == b"\x01\x02"


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("hex", "04a1b2c3d4e5f6", "04A1B2C3D4E5F6"),
        ("hex", "DEADBEEF", "DEADBEEF"),
        ("hex", "123", "00000123"),
        ("decimal", "3735928559", "DEADBEEF"),
        ("decimal", "0004086814", "003E5C1E"),
    ],
)
def test_a_typed_line_is_a_card(device: FakeDevice, form: str, text: str, value: str) -> None:
    reader = device.reader(form)
    assert isinstance(reader, TokenReader)
    assert reader.wait_for_token(0.0) is None
    device.types(typed(text))
    assert reader.wait_for_token(LONG) == TokenSighting(value, "ISO14443")
    assert reader.wait_for_token(0.0) is None, "keys that repeat or are let go are no keys"
    reader.close()


def test_the_device_is_grabbed_once_and_before_anything_is_read(device: FakeDevice) -> None:
    reader = device.reader()
    device.types(typed("DEADBEEF") + typed("04A1B2C3"))
    assert reader.wait_for_token(LONG) is not None
    assert reader.wait_for_token(LONG) == TokenSighting("04A1B2C3", "ISO14443")
    assert len(device.grabbed) == 1
    reader.close()


def test_a_device_that_somebody_else_has_is_told(device: FakeDevice) -> None:
    device.is_taken = True
    reader = device.reader()
    with pytest.raises(HardwareError, match="busy") as error:
        reader.wait_for_token(0.0)
    assert error.value.fault is Fault.READER_SILENT
    device.is_taken = False
    device.types(typed("DEADBEEF"))
    assert reader.wait_for_token(LONG) is not None
    reader.close()


def test_what_is_no_number_is_passed_over_and_the_next_card_is_read(device: FakeDevice) -> None:
    reader = device.reader()
    device.types(typed("xyz") + key(57) + typed("12") + typed("1" * 60) + typed("04A1B2C3"))
    assert reader.wait_for_token(LONG) == TokenSighting("04A1B2C3", "ISO14443")
    reader.close()


def test_bytes_are_turned_and_kept_as_the_options_say(device: FakeDevice) -> None:
    reader = device.reader("decimal", Writing(is_reversed=True, length=3))
    device.types(typed("3735928559"))
    assert reader.wait_for_token(LONG) == TokenSighting("BEADDE", "ISO14443")
    reader.close()


def test_closing_ends_a_wait(device: FakeDevice) -> None:
    reader = device.reader()
    waiting = threading.Thread(target=reader.wait_for_token, args=(LONG,))
    waiting.start()
    reader.close()
    waiting.join(LONG)
    assert not waiting.is_alive()


def test_a_file_that_is_no_input_device_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    for wrong in (path, tmp_path / "nothing"):
        reader = open_reader({"device": str(wrong)})
        with pytest.raises(HardwareError, match="check that it is plugged in"):
            reader.wait_for_token(0.0)
        reader.close()


def test_after_a_pause_a_new_card_begins() -> None:
    line = TypedLine()
    for raw in (key(CODE_OF["1"], 10.0), key(CODE_OF["2"], 20.0), key(ENTER, 20.1)):
        for event in events_in(raw)[0]:
            line, text = line.after(event)
            if text is not None:
                assert text == "2"
                return
    raise AssertionError("no line")


@given(st.binary(min_size=4, max_size=10))
def test_hex_that_is_typed_is_the_number(raw: bytes) -> None:
    assert number_in(raw.hex(), "hex") == raw
