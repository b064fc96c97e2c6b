"""Numbers in Wiegand frames: 26 and 34 bits with a parity bit at either end. Pure: time is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

DATA_BITS = {26: 24, 34: 32}
"""By the bits of the whole frame."""
FRAME_GAP_SECONDS = 0.05
"""So long a silence ends a frame: bits come at most 2 ms after each other, and a machine may be busy."""
LONGEST_BITS = 64


def number_in(bits: Sequence[int]) -> bytes | None:
    """The data bytes; None for another length or a wrong parity.

    The first bit makes the first half even, the last bit makes the second half odd.
    """
    count = DATA_BITS.get(len(bits))
    if count is None:
        return None
    half = len(bits) // 2
    if sum(bits[:half]) % 2 or not sum(bits[half:]) % 2:
        return None
    number = int("".join(map(str, bits[1:-1])), 2)
    return number.to_bytes(count // 8, "big")


@dataclass(frozen=True, slots=True)
class BitStream:
    """The bits of a frame under way."""

    bits: tuple[int, ...] = ()
    last_at: float = 0.0

    def pulse(self, bit: int, at: float) -> "BitStream":
        """One more bit; after a gap it is the first of a new frame."""
        kept = self.bits if at - self.last_at < FRAME_GAP_SECONDS else ()
        return replace(self, bits=(*kept, bit)[-LONGEST_BITS:], last_at=at)

    def rest_seconds(self, now: float) -> float | None:
        """How long until the frame has ended; None while there is none."""
        return max(0.0, self.last_at + FRAME_GAP_SECONDS - now) if self.bits else None
