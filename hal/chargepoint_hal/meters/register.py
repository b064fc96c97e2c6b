"""One value of a meter: where its registers are and how it is written there. Pure: knows no bus, no file, no meter.

Addresses are the ones on the wire, counted from zero; with `model` they count from the header of that SunSpec model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from chargepoint_hal.meters.register_codec import (
    F32_NAN,
    WORDS_OF,
    RegisterType,
    WordOrder,
    number_to_pattern,
    pattern_to_number,
    pattern_to_words,
    text_to_words,
    words_to_pattern,
    words_to_text,
)

FILE = ConfigDict(extra="forbid")
WholeNumber = Annotated[int, Field(strict=True)]
Address = Annotated[WholeNumber, Field(ge=0, le=0xFFFF)]
FunctionCode = Literal[3, 4]

TEXT_TYPES = frozenset({RegisterType.ASCII, RegisterType.HEX32})
LARGEST_EXPONENT = 10
EXPONENTS = range(-3, LARGEST_EXPONENT + 1)
"""Powers of ten that are tried when a value is written; every sane one is read."""


@checked_dataclass(frozen=True, slots=True, config=FILE)
class Register:
    """Where one value is and how it is written there."""

    address: Address
    type: RegisterType
    function_code: FunctionCode
    word_order: WordOrder
    scale: Decimal = Decimal(1)
    """Multiply the raw number by this to get the unit of the quantity's name."""
    not_available: tuple[WholeNumber, ...] = ()
    """Patterns, high word first, with which the meter says that it has no value."""
    length: Annotated[WholeNumber, Field(ge=1, le=125)] | None = None
    """Registers of an ascii text; not allowed for numbers."""
    exponent_address: Address | None = None
    """A register (i16) with the power of ten that the number is multiplied by as well."""
    minus_address: Address | None = None
    """Where the meter keeps the other direction, written in the same way: it is subtracted."""
    model: Annotated[WholeNumber, Field(ge=1, le=65534)] | None = None
    """The SunSpec model from whose header the addresses count."""

    @property
    def count(self) -> int:
        """Registers that the number itself takes."""
        return self.length or WORDS_OF.get(self.type, 1)

    @property
    def first(self) -> int:
        """Of all registers that the value needs."""
        return min(self._starts())

    @property
    def end(self) -> int:
        """One behind the last register that the value needs."""
        ends = [self.address + self.count]
        if self.exponent_address is not None:
            ends.append(self.exponent_address + 1)
        if self.minus_address is not None:
            ends.append(self.minus_address + self.count)
        return max(ends)

    def moved(self, by: int) -> "Register":
        """The same value, so many registers further."""
        exponent, minus = self.exponent_address, self.minus_address
        return replace(
            self,
            address=self.address + by,
            exponent_address=None if exponent is None else exponent + by,
            minus_address=None if minus is None else minus + by,
            model=None,
        )

    def value_in(self, table: Mapping[int, int]) -> float | str | None:
        """The value out of the words by address; None where one of them is missing or marks it as not available."""
        value = self._value_at(self.address, table)
        if self.minus_address is None or not isinstance(value, float):
            return value
        other = self._value_at(self.minus_address, table)
        return value - other if isinstance(other, float) else None

    def decode(self, words: list[int]) -> float | str | None:
        """The value of its own words; None where the meter marks it as not available."""
        return self._decoded(words, 0)

    def encode(self, value: float | str | None, exponent: int = 0) -> dict[int, int]:
        """Words by address; none where the value is unknown and the map has no marker for that. ValueError if unfit."""
        if self.minus_address is None or not isinstance(value, float | int):
            return self._placed(self.address, value, exponent)
        forward = self._placed(self.address, max(value, 0.0), exponent)
        return forward | self._placed(self.minus_address, max(-value, 0.0), exponent)

    def fits(self, value: float | str | None, exponent: int) -> bool:
        """Whether the value can be written with that power of ten."""
        try:
            self.encode(value, exponent)
        except ValueError:
            return False
        return True

    def _starts(self) -> Iterable[int]:
        return (place for place in (self.address, self.exponent_address, self.minus_address) if place is not None)

    def _value_at(self, address: int, table: Mapping[int, int]) -> float | str | None:
        places = range(address, address + self.count)
        if not all(place in table for place in places):
            return None
        exponent = 0 if self.exponent_address is None else _exponent_of(table.get(self.exponent_address))
        return None if exponent is None else self._decoded([table[place] for place in places], exponent)

    def _decoded(self, words: list[int], exponent: int) -> float | str | None:
        if self.type is RegisterType.ASCII:
            return words_to_text(words)
        pattern = words_to_pattern(words, self.word_order)
        if pattern in self.not_available:
            return None
        if self.type is RegisterType.HEX32:
            return f"{pattern:X}" if pattern else None
        return pattern_to_number(pattern, self.type, self.scale.scaleb(exponent))

    def _placed(self, address: int, value: float | str | None, exponent: int) -> dict[int, int]:
        words = self._words_of(value, exponent)
        return {} if words is None else {address + place: word for place, word in enumerate(words)}

    def _words_of(self, value: float | str | None, exponent: int) -> list[int] | None:
        if self.type is RegisterType.ASCII:
            return None if value is None else text_to_words(str(value), self.count)
        if value is not None and self.type is RegisterType.HEX32:
            pattern = int(str(value), 16)
            if pattern.bit_length() > 16 * self.count:
                raise ValueError(f"{value!r} has more than {4 * self.count} digits")
        elif value is not None:
            pattern = number_to_pattern(float(value), self.type, self.scale.scaleb(exponent))
        elif self.not_available:
            pattern = self.not_available[0]
        elif self.type is RegisterType.F32:
            pattern = F32_NAN
        else:
            return None
        return pattern_to_words(pattern, self.count, self.word_order)


def _exponent_of(word: int | None) -> int | None:
    """None: not among the words, or no power of ten that a meter can mean (SunSpec marks an unused one as 0x8000)."""
    if word is None:
        return None
    exponent = word - 0x10000 if word >= 0x8000 else word
    return exponent if abs(exponent) <= LARGEST_EXPONENT else None
