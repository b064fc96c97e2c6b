"""Where a SunSpec meter has its models: a chain of headers (model, length) behind the marker "SunS". Pure.

The chain is walked by a generator that says what to read next and is given the words: it knows no bus.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass

BASES = (40000, 50000, 0)
"""Where the marker may be, in the order to try."""
MARKER = (0x5375, 0x6E53)
END_MODEL = 0xFFFF
COMMON_MODEL = 1
LENGTHS = {COMMON_MODEL: 66, **dict.fromkeys(range(201, 205), 105), **dict.fromkeys(range(211, 215), 124)}
"""Registers behind the header."""
USUAL_LENGTH = 100
MOST_MODELS = 64
"""A chain that is longer is none."""
MARKER_REGISTERS = 3
"""The marker and the first model: another shape than every later read, so that no late answer passes for it."""
HEADER_REGISTERS = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be read next."""

    address: int
    count: int

    @property
    def is_marker(self) -> bool:
        return self.count == MARKER_REGISTERS


Walk = Generator[Look, list[int] | None, dict[int, int]]
"""Gives what to read, is sent the words (None: the meter refused them), returns the header's address by model."""


def walk() -> Walk:
    """The whole chain; of a model that is there twice the first. Empty: there is no SunSpec meter."""
    for base in BASES:
        marker = yield Look(base, MARKER_REGISTERS)
        if marker is not None and tuple(marker[:2]) == MARKER:
            return (yield from _chain(base + len(MARKER)))
    return {}


def _chain(place: int) -> Walk:
    headers: dict[int, int] = {}
    for _ in range(MOST_MODELS):
        if place + HEADER_REGISTERS > 0x10000:
            break
        header = yield Look(place, HEADER_REGISTERS)
        if header is None or header[0] == END_MODEL:
            break
        headers.setdefault(header[0], place)
        place += HEADER_REGISTERS + header[1]
    return headers


def usual_headers(models: Iterable[int]) -> dict[int, int]:
    """Where a meter with these models, and the common one, has them: one behind the other."""
    headers, place = {}, BASES[0] + len(MARKER)
    for model in sorted({COMMON_MODEL, *models}):
        headers[model] = place
        place += HEADER_REGISTERS + LENGTHS.get(model, USUAL_LENGTH)
    return headers


def chain_of(models: Iterable[int]) -> dict[int, int]:
    """The words of marker and headers at the usual places."""
    headers = usual_headers(models)
    words = dict(enumerate(MARKER, BASES[0]))
    for model, place in headers.items():
        words |= {place: model, place + 1: LENGTHS.get(model, USUAL_LENGTH)}
    end = max(place + HEADER_REGISTERS + words[place + 1] for place in headers.values())
    return words | {end: END_MODEL, end + 1: 0}


def missing(wanted: Iterable[int], headers: Mapping[int, int]) -> list[int]:
    """Models that the chain does not have."""
    return sorted(set(wanted) - headers.keys())
