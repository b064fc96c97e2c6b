"""Turns words of a Modbus register into a number or a text and back. Pure: knows no bus, no map file, no meter.

Scales are exact decimals, so that 12.345 kWh is 12345 Wh and not 12345.000267 Wh.
"""

import math
import struct
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Literal

WordOrder = Literal["big", "little"]
"""`big`: high word first; `little`: low word first. Bytes inside a word are always high first."""


class RegisterType(StrEnum):
    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F32 = "f32"
    DECADE_U24 = "decade_u24"
    """A signed power of ten in the highest byte, 24 unsigned bits below it (Iskra's T5)."""
    DECADE_I24 = "decade_i24"
    """The same with 24 signed bits (Iskra's T6)."""
    ASCII = "ascii"
    """Two characters a word; the map gives the length in registers."""
    HEX32 = "hex32"
    """A text: the digits of 32 bits, as some meters have their serial number."""


WORDS_OF = {
    RegisterType.U16: 1,
    RegisterType.I16: 1,
    RegisterType.U32: 2,
    RegisterType.I32: 2,
    RegisterType.U64: 4,
    RegisterType.I64: 4,
    RegisterType.F32: 2,
    RegisterType.DECADE_U24: 2,
    RegisterType.DECADE_I24: 2,
    RegisterType.HEX32: 2,
}
"""Registers that one value takes; ASCII has its own length."""

SIGNED = frozenset({RegisterType.I16, RegisterType.I32, RegisterType.I64})
DECADES = frozenset({RegisterType.DECADE_U24, RegisterType.DECADE_I24})
MANTISSA_BITS = 24
FINEST_DECADE, COARSEST_DECADE = -6, 12
"""Powers of ten that are written; every one is read."""
F32_NAN = 0x7FC00000
F32_DIGITS = range(6, 10)
"""A 32-bit float is told apart from its neighbours by at most nine digits."""


def words_to_pattern(words: Sequence[int], word_order: WordOrder) -> int:
    """The unsigned number that the words spell, high word first after ordering."""
    ordered = words if word_order == "big" else list(reversed(words))
    pattern = 0
    for word in ordered:
        pattern = pattern << 16 | word
    return pattern


def pattern_to_words(pattern: int, count: int, word_order: WordOrder) -> list[int]:
    """The inverse of `words_to_pattern`."""
    words = [pattern >> 16 * place & 0xFFFF for place in range(count)]
    return words if word_order == "little" else words[::-1]


def pattern_to_number(pattern: int, kind: RegisterType, scale: Decimal) -> float | None:
    """The scaled value; None for a float that is not a finite number."""
    if kind is RegisterType.F32:
        raw = _shortest_f32(pattern)
        return None if raw is None else float(raw * scale)
    if kind in DECADES:
        return float(_decade_number(pattern, kind) * scale)
    bits = 16 * WORDS_OF[kind]
    if kind in SIGNED and pattern >> (bits - 1):
        pattern -= 1 << bits
    return float(pattern * scale)


def number_to_pattern(value: float, kind: RegisterType, scale: Decimal) -> int:
    """The nearest pattern of that type; ValueError where the value does not fit in it."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number that a register can hold")
    raw = Decimal(str(value)) / scale
    if kind is RegisterType.F32:
        try:
            return int.from_bytes(struct.pack(">f", float(raw)), "big")
        except OverflowError as error:
            raise ValueError(f"{value} does not fit in f32 at scale {scale}") from error
    if kind in DECADES:
        return _decade_pattern(raw, kind)
    whole = int(raw.to_integral_value(ROUND_HALF_EVEN))
    bits = 16 * WORDS_OF[kind]
    low, high = _whole_range(bits, kind in SIGNED)
    if not low <= whole <= high:
        raise ValueError(
            f"{value} does not fit in {kind} at scale {scale}: allowed are {low * scale} to {high * scale}"
        )
    return whole % (1 << bits)


def _whole_range(bits: int, is_signed: bool) -> tuple[int, int]:
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)


def _decade_number(pattern: int, kind: RegisterType) -> Decimal:
    decade, mantissa = pattern >> MANTISSA_BITS, pattern & (1 << MANTISSA_BITS) - 1
    if decade >= 0x80:
        decade -= 0x100
    if kind is RegisterType.DECADE_I24 and mantissa >> MANTISSA_BITS - 1:
        mantissa -= 1 << MANTISSA_BITS
    return Decimal(mantissa).scaleb(decade)


def _decade_pattern(raw: Decimal, kind: RegisterType) -> int:
    """With the finest power of ten in which the number fits."""
    low, high = _whole_range(MANTISSA_BITS, kind is RegisterType.DECADE_I24)
    for decade in range(FINEST_DECADE, COARSEST_DECADE + 1):
        mantissa = int(raw.scaleb(-decade).to_integral_value(ROUND_HALF_EVEN))
        if low <= mantissa <= high:
            return (decade % 0x100) << MANTISSA_BITS | mantissa % (1 << MANTISSA_BITS)
    raise ValueError(f"{raw} does not fit in {kind}")


def words_to_text(words: Sequence[int]) -> str | None:
    """Printable ASCII without padding; None for an empty or unprintable text."""
    raw = b"".join(word.to_bytes(2, "big") for word in words).strip(b"\x00 \xff")
    if not raw or not all(0x20 <= byte < 0x7F for byte in raw):
        return None
    return raw.decode("ascii")


def text_to_words(text: str, count: int) -> list[int]:
    """Padded with zero bytes; ValueError for a text that is too long or not ASCII."""
    raw = text.encode("ascii")
    if len(raw) > 2 * count:
        raise ValueError(f"{text!r} has more than {2 * count} characters")
    padded = raw.ljust(2 * count, b"\x00")
    return [int.from_bytes(padded[place : place + 2], "big") for place in range(0, 2 * count, 2)]


def _shortest_f32(pattern: int) -> Decimal | None:
    """The decimal with the fewest digits that is this 32-bit float and no other."""
    raw = pattern.to_bytes(4, "big")
    (value,) = struct.unpack(">f", raw)
    if not math.isfinite(value):
        return None
    for digits in F32_DIGITS:
        text = f"{value:.{digits}g}"
        if _packs_to(text, raw):
            return Decimal(text)
    return Decimal(value)


def _packs_to(text: str, raw: bytes) -> bool:
    try:
        return struct.pack(">f", float(text)) == raw
    except OverflowError:
        return False
