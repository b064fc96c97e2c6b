"""Frames of the PN532 on its serial line (HSU), out of and into bytes. Pure.

The line is never trusted: what has not the right length, checksum and direction is dropped and the search goes on.
"""

from dataclasses import dataclass
from typing import Literal

START = b"\x00\xff"
"""Behind any number of zeros."""
TO_READER, FROM_READER = 0xD4, 0xD5
ACK = b"\x00\x00\xff\x00\xff\x00"
WAKE_UP = b"\x55\x55" + bytes(14)
"""Nothing to a PN532 that is awake, and long enough for one that sleeps."""
GET_FIRMWARE_VERSION = b"\x02"
SAM_CONFIGURATION = b"\x14\x01\x14\x01"
"""Normal mode, no secure module."""
FEW_RETRIES = b"\x32\x05\xff\x01\x02"
"""An empty field is answered at once: without it the reader is silent until a card comes."""
LIST_ONE_CARD = b"\x4a\x01\x00"
"""One card of ISO 14443 A."""
ERROR_CODE = 0x7F
HEADER_BYTES = len(START) + 2
UID_LENGTHS = frozenset({4, 7, 10})
UID_LENGTH_PLACE = 5
"""In the answer to LIST_ONE_CARD: number of cards, number of this one, SENS_RES (2), SEL_RES."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A frame with data; `command` is what it answers."""

    command: int
    data: bytes


Frame = Answer | Literal["ack", "nack", "error"]


def frame(command: bytes) -> bytes:
    """A command with its parameters, ready for the line."""
    body = bytes([TO_READER]) + command
    length = len(body)
    return b"\x00" + START + bytes([length, -length & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


def next_frame(stream: bytes) -> tuple[Frame | None, bytes]:
    """The first frame in the stream and what is behind it; without one, what may be the start of one."""
    place = stream.find(START)
    while place >= 0:
        rest = stream[place + len(START) :]
        found, used = _frame_at(rest)
        if found is not None:
            return found, rest[used:]
        if used:
            return None, stream[place:]
        place = stream.find(START, place + 1)
    return None, stream[-1:] if stream.endswith(START[:1]) else b""


def _frame_at(rest: bytes) -> tuple[Frame | None, int]:
    """The frame and its bytes; None and more than 0 while more may come; None and 0 for no frame."""
    if len(rest) < 2:
        return None, 1
    length, check = rest[0], rest[1]
    if (length, check) == (0x00, 0xFF):
        return "ack", 2
    if (length, check) == (0xFF, 0x00):
        return "nack", 2
    if (length + check) & 0xFF or not length:
        return None, 0
    if len(rest) < 2 + length + 1:
        return None, 1
    body = rest[2 : 2 + length]
    if (sum(body) + rest[2 + length]) & 0xFF:
        return None, 0
    if body == bytes([ERROR_CODE]):
        return "error", 3 + length
    if len(body) < 2 or body[0] != FROM_READER:
        return None, 0
    return Answer(body[1] - 1, bytes(body[2:])), 3 + length


def uid_in(listed: bytes) -> bytes | None:
    """The number of the card in an answer to LIST_ONE_CARD; None where the field is empty or the answer is broken."""
    if len(listed) <= UID_LENGTH_PLACE or not listed[0]:
        return None
    length = listed[UID_LENGTH_PLACE]
    uid = listed[UID_LENGTH_PLACE + 1 : UID_LENGTH_PLACE + 1 + length]
    return bytes(uid) if length in UID_LENGTHS and len(uid) == length else None
