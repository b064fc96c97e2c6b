"""The RDM6300 over a pty: what a reader's line really carries."""

import os
import termios
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint_hal.contract import TokenReader, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.rdm6300 import LONGEST_FRAME, Rdm6300Reader, next_card, open_reader
from chargepoint_hal.registry import TOKEN_READERS, find_driver

CARD = "13005D1DA5"
FRAME = b"\x0213005D1DA5F6\x03"
OTHER = "78003E5C1E"
OTHER_FRAME = b"\x0278003E5C1E04\x03"
ID12_FRAME = b"\x0213005D1DA5F6\r\n\x03"
LONG = 10.0


def all_cards(stream: bytes) -> list[str]:
    cards = []
    card, rest = next_card(stream)
    while card is not None:
        cards.append(card)
        card, rest = next_card(rest)
    return cards


@pytest.mark.parametrize(
    ("stream", "cards"),
    [
        (FRAME, [CARD]),
        (ID12_FRAME, [CARD]),
        (FRAME + OTHER_FRAME + FRAME, [CARD, OTHER, CARD]),
        (b"\xff\x00noise\x03" + FRAME, [CARD]),
        (b"\x02" + FRAME, [CARD]),
        (b"\x0213005D" + FRAME, [CARD]),
        (FRAME.lower(), [CARD]),
        (FRAME.replace(b"F6", b"F7"), []),
        (FRAME.replace(b"F6", b"F7") + OTHER_FRAME, [OTHER]),
        (b"\x0213005D1DA\x03" + OTHER_FRAME, [OTHER]),
        (b"\x02" + b"1" * 40 + OTHER_FRAME, [OTHER]),
        (b"\x0213005D1\xb2A5F6\x03", []),
        (b"\x02\x03\x02\x03", []),
        (FRAME[:-1], []),
        (b"", []),
    ],
)
def test_cards_are_cut_out_of_whatever_the_line_carries(stream: bytes, cards: list[str]) -> None:
    assert all_cards(stream) == cards


@given(noise=st.binary(max_size=60).filter(lambda noise: b"\x02" not in noise), cut=st.integers(1, 13))
def test_a_frame_is_found_however_it_is_split_and_whatever_came_before(noise: bytes, cut: int) -> None:
    card, rest = next_card(noise + FRAME[:cut])
    assert card is None
    assert next_card(rest + FRAME[cut:]) == (CARD, b"")


@given(st.binary(max_size=200))
def test_no_stream_breaks_the_search_or_makes_it_grow(stream: bytes) -> None:
    card, rest = next_card(stream)
    assert card is None or len(card) == 10
    assert card is not None or len(rest) < LONGEST_FRAME


@dataclass
class Line:
    path: str
    far_end: int

    def send(self, data: bytes) -> None:
        os.write(self.far_end, data)


@pytest.fixture
def line() -> Iterator[Line]:
    far_end, near_end = os.openpty()
    tty.setraw(near_end)
    yield Line(os.ttyname(near_end), far_end)
    os.close(near_end)
    os.close(far_end)


@pytest.fixture
def reader(line: Line) -> Iterator[Rdm6300Reader]:
    opened = open_reader({"serial_port": line.path})
    assert opened.wait_for_token(0.0) is None  # the port is open: what comes now is not lost
    yield opened
    opened.close()


def test_a_card_is_read(line: Line, reader: Rdm6300Reader) -> None:
    line.send(FRAME)
    assert reader.wait_for_token(LONG) == TokenSighting(CARD, "Local")


def test_no_card_is_no_sighting(reader: Rdm6300Reader) -> None:
    assert reader.wait_for_token(0.05) is None


def test_noise_is_no_sighting(line: Line, reader: Rdm6300Reader) -> None:
    line.send(b"\x00\xff\x02\x0212\x03")
    assert reader.wait_for_token(0.05) is None


def test_a_frame_that_comes_in_pieces_over_several_waits_is_one_sighting(line: Line, reader: Rdm6300Reader) -> None:
    line.send(FRAME[:5])
    assert reader.wait_for_token(0.05) is None
    line.send(FRAME[5:])
    assert reader.wait_for_token(LONG) == TokenSighting(CARD, "Local")


def test_frames_that_repeat_are_as_many_sightings(line: Line, reader: Rdm6300Reader) -> None:
    line.send(FRAME + b"\x55" + FRAME + OTHER_FRAME)
    sightings = [reader.wait_for_token(LONG) for _ in range(3)]
    assert [sighting.value for sighting in sightings if sighting] == [CARD, CARD, OTHER]


@pytest.mark.parametrize(
    ("options", "sighting"),
    [
        ({"kind": "ISO14443"}, TokenSighting("13005D1DA5", "ISO14443")),
        ({"digits": 8}, TokenSighting("005D1DA5", "Local")),
        ({"reverse": True}, TokenSighting("A51D5D0013", "Local")),
        ({"reverse": True, "digits": 8}, TokenSighting("A51D5D00", "Local")),
    ],
)
def test_a_site_can_keep_the_form_of_its_cards(line: Line, options: dict[str, Any], sighting: TokenSighting) -> None:
    reader = open_reader({"serial_port": line.path, **options})
    reader.wait_for_token(0.0)
    line.send(FRAME)
    assert reader.wait_for_token(LONG) == sighting
    reader.close()


def test_a_reader_that_is_pulled_is_silent_and_one_that_is_plugged_again_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "reader"
    far_end, near_end = os.openpty()
    path.symlink_to(os.ttyname(near_end))
    reader = open_reader({"serial_port": str(path)})
    reader.wait_for_token(0.0)
    os.close(near_end)
    os.close(far_end)
    path.unlink()
    for _ in range(2):
        with pytest.raises(HardwareError, match="check that the port is there") as error:
            reader.wait_for_token(0.01)
        assert error.value.fault is Fault.READER_SILENT
    far_end, near_end = os.openpty()
    tty.setraw(near_end)
    path.symlink_to(os.ttyname(near_end))
    assert reader.wait_for_token(0.0) is None
    os.write(far_end, FRAME)
    assert reader.wait_for_token(LONG) == TokenSighting(CARD, "Local")
    reader.close()
    os.close(near_end)
    os.close(far_end)


def test_a_tty_that_hangs_up_in_its_opening_is_a_silent_reader(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system's error for it is no OSError."""
    reader = open_reader({"serial_port": line.path})
    with monkeypatch.context() as patch:
        patch.setattr(termios, "tcflush", hung_up)
        with pytest.raises(HardwareError, match="check that the port is there") as error:
            reader.wait_for_token(0.01)
        assert error.value.fault is Fault.READER_SILENT
    reader.wait_for_token(0.0)
    line.send(FRAME)
    assert reader.wait_for_token(LONG) == TokenSighting(CARD, "Local")
    reader.close()


def hung_up(descriptor: int, what: int) -> None:
    raise termios.error(5, "Input/output error")


def test_closing_ends_a_waiting_thread(reader: Rdm6300Reader) -> None:
    outcomes: list[object] = []

    def wait() -> None:
        try:
            outcomes.append(reader.wait_for_token(60.0))
        except HardwareError as error:  # closed before it began to wait
            outcomes.append(error.fault)

    thread = threading.Thread(target=wait)
    thread.start()
    reader.close()
    thread.join(LONG)
    assert not thread.is_alive()
    assert outcomes in ([None], [Fault.READER_SILENT])


def test_the_driver_is_found_by_its_name_and_keeps_the_contract() -> None:
    reader = find_driver(TOKEN_READERS, "rdm6300")({"serial_port": "/dev/serial/by-id/reader"})
    assert isinstance(reader, TokenReader)
    assert reader.name == "RDM6300 on /dev/serial/by-id/reader"
    reader.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "'serial_port': is missing"),
        ({"serial_prot": "x"}, "did you mean 'serial_port'"),
        ({"serial_port": "x", "digits": 9}, "'digits': 8 or 10 is wanted, got 9"),
    ],
)
def test_options_that_can_not_be_right_are_refused_with_a_reason(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        open_reader(options)
