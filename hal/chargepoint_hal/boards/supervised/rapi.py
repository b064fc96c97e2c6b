"""RAPI, the serial protocol of OpenEVSE: frames, checksums and what its states mean. Pure.

`$GS :1A^XK` + CR; XK is the XOR of every character before `^`. Answers begin with `$OK` or `$NK`, news with `$A`.
"""

from dataclasses import dataclass
from functools import reduce

from chargepoint_hal.faults import Fault
from chargepoint_hal.pilot_controller import PilotLetter

LONGEST_FRAME = 64
SLEEPING, DISABLED = 0xFE, 0xFF
RELAY_CLOSED, BOOT_LOCKED = 0x0040, 0x4000
ABSENT_TENTHS = -2560

LETTERS = {1: PilotLetter.A, 2: PilotLetter.B, 3: PilotLetter.C, 4: PilotLetter.D}
FAULTS = {
    0x05: Fault.DIODE,
    0x06: Fault.RESIDUAL_CURRENT,
    0x07: Fault.PE_LOST,
    0x08: Fault.CONTACTOR_WELDED,
    0x09: Fault.RESIDUAL_CURRENT_SELF_TEST,
    0x0A: Fault.OVER_TEMPERATURE,
    0x0B: Fault.OVER_CURRENT,
    0x0E: Fault.CONTACTOR_STUCK_OPEN,
}
"""By EVSE state."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`is_news`: a line that it sent by itself."""

    is_good: bool
    words: tuple[str, ...]
    sequence: str | None = None
    is_news: bool = False


@dataclass(frozen=True, slots=True)
class EvseStatus:
    """The answer to GS."""

    evse_state: int
    pilot_state: int
    flags: int

    @property
    def is_supplying(self) -> bool:
        return bool(self.flags & RELAY_CLOSED)


def checksum(text: str) -> str:
    """Two hex digits."""
    return f"{reduce(lambda seen, byte: seen ^ byte, text.encode('ascii'), 0):02X}"


def framed(command: str, sequence: int) -> bytes:
    """One command with its sequence number (1 to 255)."""
    text = f"${command} :{sequence:02X}"
    return f"{text}^{checksum(text)}\r".encode("ascii")


def read_answer(line: bytes) -> Answer | None:
    """None for anything that is not one sound line."""
    try:
        text = line.decode("ascii").strip("\r\n\0 ")
    except UnicodeDecodeError:
        return None
    body, caret, sum_text = text.rpartition("^")
    if not caret or not body.startswith("$") or checksum(body) != sum_text.upper():
        return None
    words = body[1:].split()
    if not words:
        return None
    sequence = words.pop()[1:].upper() if words[-1].startswith(":") else None
    head = words[0] if words else ""
    if head.startswith("A"):
        return Answer(is_good=True, words=tuple(words), is_news=True)
    return Answer(head == "OK", tuple(words[1:]), sequence) if head in ("OK", "NK") else None


def read_status(words: tuple[str, ...]) -> EvseStatus | None:
    """None for words that are no status. Pilot state is hex as the rest; older firmware leaves the flags away."""
    try:
        evse_state, _, pilot_state = int(words[0], 16), int(words[1]), int(words[2], 16)
        return EvseStatus(evse_state, pilot_state, int(words[3], 16) if len(words) > 3 else 0)
    except (ValueError, IndexError):
        return None


def hottest_celsius(words: tuple[str, ...]) -> float | None:
    """Of the thermometers that are there; None without any."""
    try:
        tenths = [int(word) for word in words]
    except ValueError:
        return None
    fitted = [value / 10.0 for value in tenths if value != ABSENT_TENTHS]
    return max(fitted, default=None)
