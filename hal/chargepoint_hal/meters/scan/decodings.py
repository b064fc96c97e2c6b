"""What registers of an unknown meter could mean: every way of reading them that gives a grid's volts or hertz. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from chargepoint_hal.meters.register import Register
from chargepoint_hal.meters.register_codec import WORDS_OF, RegisterType, WordOrder

SCALES = tuple(Decimal(text) for text in ("1", "0.1", "0.01", "0.001"))
TYPES = (
    RegisterType.F32,
    RegisterType.U16,
    RegisterType.U32,
    RegisterType.DECADE_U24,
)
"""Signed ones read volts as unsigned ones do."""
VOLTS, HERTZ = (200.0, 260.0), ((49.5, 50.5), (59.5, 60.5))


@dataclass(frozen=True, slots=True)
class Decoding:
    """One way to read one place."""

    register: Register
    value: float
    unit: str

    def __str__(self) -> str:
        register = self.register
        order = f", {register.word_order} word first" if register.count > 1 else ""
        scale = "" if register.scale == 1 else f" × {register.scale}"
        first = f"{register.address:#06x} (function {register.function_code})"
        return f"{first}: {self.value:g} {self.unit} as {register.type}{scale}{order}"


def plausible_decodings(function_code: int, words: Mapping[int, int]) -> list[Decoding]:
    """In the order of the addresses."""
    return [found for address in sorted(words) for found in _at(function_code, address, words)]


def _at(function_code: int, address: int, words: Mapping[int, int]) -> Iterator[Decoding]:
    for kind in TYPES:
        scales = SCALES if kind not in (RegisterType.F32, RegisterType.DECADE_U24) else SCALES[:1]
        orders: tuple[WordOrder, ...] = get_args(WordOrder) if WORDS_OF[kind] > 1 else ("big",)
        for order in orders:
            for scale in scales:
                register = Register(address, kind, 3 if function_code == 3 else 4, order, scale)
                value = register.value_in(words)
                unit = _unit_of(value) if isinstance(value, float) else None
                if unit is not None and isinstance(value, float):
                    yield Decoding(register, value, unit)


def _unit_of(value: float) -> str | None:
    if VOLTS[0] <= value <= VOLTS[1]:
        return "V"
    return "Hz" if any(low <= value <= high for low, high in HERTZ) else None
