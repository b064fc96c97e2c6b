"""A card's number as bytes, and every way in which readers, papers and back offices write it. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from chargepoint_hal.driver_options import Kind, Option

KINDS = ("Local", "ISO14443", "ISO15693", "KeyCode", "Central", "eMAID", "MacAddress")
"""Id token types of OCPP 2.0.1 that a person can show; EM4100 has none of its own."""
LONGEST_BYTES = 10
SHORT_BYTES = 4
DECIMAL_DIGITS = 10


def kind_option(default: str) -> Option:
    return Option("The type of id token that its cards are.", Kind.TEXT, choices=KINDS, default=default)


LENGTH = Option(
    "How many bytes are kept, from the first on; without it all.", Kind.WHOLE_NUMBER, 1, LONGEST_BYTES, "bytes"
)
REVERSE = Option("Turn the order of the bytes that are kept.", Kind.BOOLEAN, default="false")


@dataclass(frozen=True, slots=True)
class Writing:
    """How a reader's ids are written: byte 0 first (OCPP 1.6 section 3.9), unless the options say otherwise."""

    is_reversed: bool = False
    length: int | None = None

    def of(self, raw: bytes) -> str:
        """Upper-case hex without separators."""
        kept = raw if self.length is None else raw[: self.length]
        return (kept[::-1] if self.is_reversed else kept).hex().upper()


def forms_of(raw: bytes, options: Collection[str]) -> dict[str, str]:
    """Each way to write the number, by what it is called; ways that give the same text are named together.

    A way that one of the reader's `options` gives is called by what to write of them, and by nothing that it lacks.
    """
    is_turned = "reverse = true" if "reverse" in options else "the bytes turned round"
    named = [
        ("as the reader gives it", raw.hex().upper()),
        (is_turned, raw[::-1].hex().upper()),
        *_shortened(raw, options),
        ("decimal", str(int.from_bytes(raw, "big")).zfill(DECIMAL_DIGITS)),
        ("decimal of the bytes turned round", str(int.from_bytes(raw, "little")).zfill(DECIMAL_DIGITS)),
        *_wiegand(raw),
    ]
    forms: dict[str, str] = {}
    for name, text in named:
        same = next((other for other, known in forms.items() if known == text), None)
        if same is not None:
            forms[f"{same}; {name}"] = forms.pop(same)
        else:
            forms[name] = text
    return forms


def _shortened(raw: bytes, options: Collection[str]) -> list[tuple[str, str]]:
    if len(raw) <= SHORT_BYTES:
        return []
    first, last = raw[:SHORT_BYTES], raw[-SHORT_BYTES:]
    return [
        *_both_ways(first, f"length = {SHORT_BYTES}", "first four bytes", options),
        *_both_ways(last, f"digits = {2 * SHORT_BYTES}", "last four bytes", options),
        ("last four bytes in decimal, as printed on 125 kHz cards", _decimal(last)),
        ("decimal of the first four bytes", _decimal(first)),
        ("decimal of the first four bytes turned round", _decimal(first[::-1])),
    ]


def _both_ways(part: bytes, option: str, plain: str, options: Collection[str]) -> list[tuple[str, str]]:
    """As they are and turned round; `option` where the reader takes it, else in plain words."""
    is_taken = option.split()[0] in options
    turned = f"{option}, reverse = true" if is_taken and "reverse" in options else f"{plain} turned round"
    return [(option if is_taken else plain, part.hex().upper()), (turned, part[::-1].hex().upper())]


def _wiegand(raw: bytes) -> list[tuple[str, str]]:
    if len(raw) < 3:
        return []
    facility, number = raw[-3], int.from_bytes(raw[-2:], "big")
    return [("facility and number of the last three bytes (Wiegand 26)", f"{facility:03d},{number:05d}")]


def _decimal(raw: bytes) -> str:
    return str(int.from_bytes(raw, "big")).zfill(DECIMAL_DIGITS)
