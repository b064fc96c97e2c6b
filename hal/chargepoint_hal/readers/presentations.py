"""Tells a new swipe from a card that stays in the field. Pure: time is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chargepoint_hal.contract import TokenSighting

ABSENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PresentationFilter:
    """A card is presented anew only after it was absent; another card is presented at once.

    A card that is held for a minute is one presentation, however often the reader sees it.
    """

    absent_seconds: float = ABSENT_SECONDS
    seen_at: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """When each card was seen last, as far as that still matters."""

    def seen(self, sighting: TokenSighting, now: float) -> tuple["PresentationFilter", TokenSighting | None]:
        """The next filter, and the sighting if it is a new presentation."""
        card = (sighting.kind, sighting.value.upper())
        present = {known: at for known, at in self.seen_at.items() if now - at < self.absent_seconds}
        return replace(self, seen_at={**present, card: now}), None if card in present else sighting


class WatchedTime:
    """A clock that runs only while a reader was really looked at.

    After a stall the frames of one held card come in a burst with a gap before it: that gap is the machine's, and no
    absence of the card.
    """

    def __init__(self, longest_look_seconds: float) -> None:
        """A reader is looked at again at least this often, unless the machine stalls."""
        self._longest_look_seconds = longest_look_seconds
        self._last_at: float | None = None
        self._watched_seconds = 0.0

    def at(self, now: float) -> float:
        """Seconds watched until this look."""
        last = now if self._last_at is None else self._last_at
        self._watched_seconds += min(max(now - last, 0.0), self._longest_look_seconds)
        self._last_at = now
        return self._watched_seconds
