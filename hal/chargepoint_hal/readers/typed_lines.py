"""What a reader that acts as a keyboard types: key events of the kernel, cut into lines. Pure: time comes with them.

Codes are those of Linux (input-event-codes.h), places on an American keyboard: readers know no other layout.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

EVENT = struct.Struct("llHHi")
"""struct input_event: seconds, microseconds, type, code, value."""
KEY_EVENT = 1
PRESSED = 1
"""0 is let go, 2 repeats."""
ENTER_KEYS = frozenset({28, 96})
SHIFT_KEYS = frozenset({42, 54})
ROWS = {2: "1234567890", 16: "qwertyuiop", 30: "asdfghjkl", 44: "zxcvbnm"}
KEYPAD = {82: "0", 79: "1", 80: "2", 81: "3", 75: "4", 76: "5", 77: "6", 71: "7", 72: "8", 73: "9"}
CHARACTERS = {start + place: key for start, row in ROWS.items() for place, key in enumerate(row)} | KEYPAD
LONGEST_LINE = 40
PAUSE_SECONDS = 2.0
"""A reader types without pause: after one a new card has begun."""


@dataclass(frozen=True, slots=True)
class KeyEvent:
    at_seconds: float
    type: int
    code: int
    value: int

    @property
    def is_press(self) -> bool:
        return self.type == KEY_EVENT and self.value == PRESSED


def events_in(stream: bytes) -> tuple[list[KeyEvent], bytes]:
    """Whole events, and the bytes of one that is not complete."""
    whole = len(stream) - len(stream) % EVENT.size
    return list(_events(stream[:whole])), stream[whole:]


def _events(stream: bytes) -> Iterator[KeyEvent]:
    for seconds, microseconds, kind, code, value in EVENT.iter_unpack(stream):
        yield KeyEvent(seconds + microseconds / 1e6, kind, code, value)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """What was typed since the last Enter."""

    text: str = ""
    last_at: float = 0.0
    is_spoilt: bool = False
    """A key that no card number has, or too many of them: it is nothing until Enter."""

    def after(self, event: KeyEvent) -> tuple["TypedLine", str | None]:
        """The line with that key, and its text when Enter ends it."""
        if not event.is_press or event.code in SHIFT_KEYS:
            return self, None
        kept = self if event.at_seconds - self.last_at < PAUSE_SECONDS else TypedLine()
        if event.code in ENTER_KEYS:
            return TypedLine(), kept.text if kept.text and not kept.is_spoilt else None
        character = CHARACTERS.get(event.code)
        text = kept.text + (character or "")
        spoilt = kept.is_spoilt or character is None or len(text) > LONGEST_LINE
        return replace(kept, text=text[:LONGEST_LINE], last_at=event.at_seconds, is_spoilt=spoilt), None


def number_in(text: str, form: str) -> bytes | None:
    """The card's bytes of a line of hex or decimal digits, at least four; None for another line."""
    try:
        number = int(text, 16 if form == "hex" else 10)
    except ValueError:
        return None
    count = max((len(text) + 1) // 2 if form == "hex" else (number.bit_length() + 7) // 8, 4)
    return number.to_bytes(count, "big")
