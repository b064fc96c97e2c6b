"""The RDM6300 reader of EM4100 cards (125 kHz) on a serial port, and its ID-12 and ID-20 kin. 9600 8N1.

The frames are cut out of the byte stream by a pure function; the reader around it only moves bytes. Bytes from the
line are never trusted: what has not the right form and checksum is dropped and the search goes on.
"""

import threading
from collections.abc import Mapping
from typing import Any

import serial
from serial.serialutil import Timeout

from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.driver_options import Kind, Option, OptionRules, serial_port_places, takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import kind_option
from chargepoint_hal.readers.serial_line import PORT_ERRORS, REOPEN_SECONDS

START, END = 0x02, 0x03
CARD_DIGITS = 10
"""Two of the version, eight of the tag."""
FRAME_DIGITS = CARD_DIGITS + 2
LINE_END = frozenset(b"\r\n")
"""Before the end byte in the frames of ID-12 and ID-20."""
LONGEST_FRAME = 1 + FRAME_DIGITS + 2 + 1
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
BAUD_RATE = 9600
RULES = OptionRules(
    {
        "serial_port": Option("The port, such as a link in /dev/serial/by-id.", Kind.PATH, required=True),
        "kind": kind_option("Local"),
        "digits": Option(
            "How many of the last of ten hex digits are kept; 8: without the version byte.",
            Kind.WHOLE_NUMBER,
            choices=(8, CARD_DIGITS),
            default=str(CARD_DIGITS),
        ),
        "reverse": Option("Turn the byte order of those.", Kind.BOOLEAN, default="false"),
    },
    places=serial_port_places,
)


def next_card(stream: bytes) -> tuple[str | None, bytes]:
    """The first card (ten upper-case hex digits) in the stream, and what is left of the stream behind it.

    Without a card, what is left is the start of a frame that may still be completed, at most one frame long.
    """
    place = stream.find(START)
    while place >= 0:
        candidate = stream[place + 1 : place + LONGEST_FRAME]
        body, end = _body(candidate)
        if end is None:
            return None, stream[place:]
        if (card := _card(body)) is not None:
            return card, stream[place + 1 + end + 1 :]
        place = stream.find(START, place + 1)
    return None, b""


def _body(candidate: bytes) -> tuple[bytes, int | None]:
    """What is before the end byte and its place; None while more bytes may make a frame of it."""
    for place, byte in enumerate(candidate):
        if byte == END:
            return candidate[:place], place
        if byte not in HEX_DIGITS and byte not in LINE_END:
            return b"", place
    return b"", None if len(candidate) < LONGEST_FRAME - 1 else len(candidate)


def _card(body: bytes) -> str | None:
    digits = body.rstrip(b"\r\n")
    if len(digits) != FRAME_DIGITS or not HEX_DIGITS.issuperset(digits):
        return None
    *card, checksum = bytes.fromhex(digits.decode("ascii"))
    computed = 0
    for byte in card:
        computed ^= byte
    return bytes(card).hex().upper() if computed == checksum else None


class Rdm6300Reader:
    """One reader. `wait_for_token` belongs to one thread; `close` may be called from another."""

    def __init__(self, path: str, kind: str = "Local", *, is_reversed: bool = False, digits: int = CARD_DIGITS) -> None:
        self._path = path
        self._kind = kind
        self._is_reversed = is_reversed
        self._digits = digits
        self._port: serial.Serial | None = None
        self._port_in_use = threading.Lock()
        self._closed = threading.Event()
        self._stream = b""

    @property
    def name(self) -> str:
        return f"RDM6300 on {self._path}"

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        """The next frame, or None when none came; HardwareError(READER_SILENT) while the port is gone.

        A port that is gone is opened again by its path at the next call, at most once a second.
        """
        rest = Timeout(timeout_seconds)
        with self._port_in_use:
            try:
                port = self._opened()
                card, self._stream = next_card(self._stream)
                while card is None and not rest.expired() and not self._closed.is_set():
                    port.timeout = rest.time_left()
                    self._stream += port.read(1)
                    self._stream += port.read(port.in_waiting)
                    card, self._stream = next_card(self._stream)
            except PORT_ERRORS as error:
                self._drop_port()
                self._closed.wait(min(timeout_seconds, REOPEN_SECONDS))
                raise HardwareError(
                    Fault.READER_SILENT, f"{self.name}: {error}: check that the port is there and may be opened"
                ) from error
        return None if card is None else TokenSighting(self._canonical(card), self._kind)

    def close(self) -> None:
        """Give the port back; a waiting call ends at once."""
        self._closed.set()
        if (port := self._port) is not None:
            port.cancel_read()
        with self._port_in_use:
            self._drop_port()

    def _opened(self) -> serial.Serial:
        if self._closed.is_set():
            raise HardwareError(Fault.READER_SILENT, f"{self.name} was closed")
        if self._port is None:
            self._port = serial.Serial(self._path, BAUD_RATE, exclusive=True)
            self._stream = b""
        return self._port

    def _drop_port(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _canonical(self, card: str) -> str:
        kept = card[-self._digits :]
        return bytes(reversed(bytes.fromhex(kept))).hex().upper() if self._is_reversed else kept


@takes(RULES)
def open_reader(options: Mapping[str, Any]) -> Rdm6300Reader:
    """A reader by its options; OptionsError for options that can not be right. The first wait opens the port."""
    return Rdm6300Reader(
        str(options["serial_port"]),
        str(options.get("kind", "Local")),
        is_reversed=bool(options.get("reverse", False)),
        digits=int(options.get("digits", CARD_DIGITS)),
    )
