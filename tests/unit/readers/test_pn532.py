"""The PN532 over a pty: frames that its maker prints, cards of every length, and a line that can not be trusted."""

import termios
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint_hal.contract import TokenReader, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers import pn532_frames as frames
from chargepoint_hal.readers.pn532 import Pn532Reader, open_reader
from chargepoint_hal.readers.pn532_frames import Answer, frame, next_frame, uid_in
from chargepoint_hal.readers.presentations import PresentationFilter
from unit.readers.fake_pn532 import FakePn532, answer, one_card

LONG = 10.0
UID_4, UID_7, UID_10 = bytes.fromhex("DEADBEEF"), bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("0102030405060708090A")


@pytest.fixture
def device() -> Iterator[FakePn532]:
    with FakePn532() as fake:
        yield fake


def reader_of(device: FakePn532, **options: object) -> Pn532Reader:
    return open_reader({"serial_port": device.path, **options})


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (frames.GET_FIRMWARE_VERSION, "0000FF02FED4022A00"),
        (b"\x14\x01\x14\x01", "0000FF05FBD4140114010200"),
        (frames.LIST_ONE_CARD, "0000FF04FCD44A0100E100"),
        (frames.FEW_RETRIES, "0000FF06FAD43205FF0102F300"),
    ],
)
def test_commands_look_as_printed(command: bytes, printed: str) -> None:
    assert frame(command).hex().upper() == printed


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        ("0000FF00FF00", "ack"),
        ("0000FFFF0000", "nack"),
        ("0000FF01FF7F8100", "error"),
        ("00FF02FED5032800", Answer(0x02, b"")),
        ("FF0000FF0000FF02FED50328", Answer(0x02, b"")),
        ("0000FF02FDD5032800", None),
        ("0000FF02FED5032900", None),
        ("0000FF02FED4032900", None),
        ("", None),
    ],
)
def test_frames_are_found_and_nothing_else(stream: str, found: object) -> None:
    assert next_frame(bytes.fromhex(stream))[0] == found


@given(st.binary(max_size=30).filter(lambda raw: b"\x00\xff" not in raw), st.binary(max_size=12), st.integers(0, 40))
def test_an_answer_is_found_behind_any_noise_and_in_any_pieces(noise: bytes, data: bytes, cut: int) -> None:
    stream = noise.rstrip(b"\x00") + answer(0x4A, data)
    found, rest = next_frame(stream[:cut])
    if found is None:
        found, _ = next_frame(rest + stream[cut:])
    assert found == Answer(0x4A, data)


@pytest.mark.parametrize("broken", ["", "00", "0101000408", "010100040805DEADBEEF00", "010100040804DEAD"])
def test_an_empty_field_or_a_broken_listing_is_no_card(broken: str) -> None:
    assert uid_in(bytes.fromhex(broken)) is None


@pytest.mark.parametrize("uid", [UID_4, UID_7, UID_10])
def test_a_card_of_each_length_is_read_from_a_reader_that_sleeps(device: FakePn532, uid: bytes) -> None:
    device.field_card = uid
    reader = reader_of(device)
    assert isinstance(reader, TokenReader)
    assert reader.wait_for_token(LONG) == TokenSighting(uid.hex().upper(), "ISO14443")
    assert device.commands[:2] == [0x14, 0x32]
    reader.close()


def test_an_empty_field_is_none_and_a_card_is_seen_when_it_comes(device: FakePn532) -> None:
    reader = reader_of(device)
    assert reader.wait_for_token(0.0) is None
    device.field_card = UID_7
    assert reader.wait_for_token(LONG) is not None
    reader.close()


def test_a_card_that_is_held_is_one_presentation(device: FakePn532) -> None:
    device.field_card = UID_7
    reader, presentations, presented = reader_of(device), PresentationFilter(), 0
    for look in range(5):
        sighting = reader.wait_for_token(LONG)
        assert sighting is not None
        presentations, new = presentations.seen(sighting, 0.3 * look)
        presented += new is not None
    assert presented == 1
    reader.close()


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"reverse": True}, "F6E5D4C3B2A104"),
        ({"length": 4}, "04A1B2C3"),
        ({"length": 4, "reverse": True}, "C3B2A104"),
    ],
)
def test_a_number_is_written_as_the_options_say(device: FakePn532, options: dict[str, object], value: str) -> None:
    device.field_card = UID_7
    reader = reader_of(device, **options)
    assert reader.wait_for_token(LONG) == TokenSighting(value, "ISO14443")
    reader.close()


def test_noise_and_a_slow_line_lose_no_card(device: FakePn532) -> None:
    device.field_card, device.noise, device.is_slow_of_speech = UID_4, b"\x00\xff\x13\x37\x00", True
    reader = reader_of(device)
    assert reader.wait_for_token(LONG) == TokenSighting("DEADBEEF", "ISO14443")
    reader.close()


def test_a_lost_answer_is_asked_for_again(device: FakePn532) -> None:
    device.field_card, device.lost_answers = UID_4, 2
    reader = reader_of(device)
    assert reader.wait_for_token(LONG) is not None
    assert device.commands[:3] == [0x14, 0x14, 0x14]
    reader.close()


def test_a_reader_that_is_gone_is_told_and_comes_back(device: FakePn532) -> None:
    device.field_card, device.is_dead = UID_4, True
    reader = reader_of(device)
    with pytest.raises(HardwareError, match="gave no answer 3 times") as error:
        reader.wait_for_token(0.0)
    assert error.value.fault is Fault.READER_SILENT
    device.is_dead = False
    assert reader.wait_for_token(LONG) is not None
    reader.close()


def test_numbers_that_phones_make_up_can_be_passed_over(device: FakePn532) -> None:
    device.field_card = bytes.fromhex("08112233")
    reader = reader_of(device, skip_random=True)
    assert reader.wait_for_token(0.0) is None
    reader.close()
    reader = reader_of(device)
    assert reader.wait_for_token(LONG) is not None
    reader.close()


def test_closing_ends_a_wait(device: FakePn532) -> None:
    reader = reader_of(device)
    assert reader.wait_for_token(0.0) is None
    waiting = threading.Thread(target=reader.wait_for_token, args=(LONG,))
    waiting.start()
    reader.close()
    waiting.join(LONG)
    assert not waiting.is_alive()


def test_a_port_that_is_not_there_is_named() -> None:
    reader = open_reader({"serial_port": "/nowhere/pn532"})
    with pytest.raises(HardwareError, match="check that the port is there"):
        reader.wait_for_token(0.0)
    reader.close()


def test_a_tty_that_hangs_up_in_its_opening_is_a_silent_reader(
    device: FakePn532, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operating system's error for it is no OSError."""
    reader = reader_of(device)
    with monkeypatch.context() as patch:
        patch.setattr(termios, "tcflush", hung_up)
        with pytest.raises(HardwareError, match="check that the port is there"):
            reader.wait_for_token(0.0)
    assert reader.wait_for_token(0.0) is None
    reader.close()


def hung_up(descriptor: int, what: int) -> None:
    raise termios.error(5, "Input/output error")


def test_the_listing_of_the_fake_is_the_makers() -> None:
    assert one_card(UID_4).hex().upper() == "010100040804DEADBEEF"
