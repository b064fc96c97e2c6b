"""Cards held at the bench's readers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chargepoint_hal.contract import EvseNumber

REMEMBERED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Presentation:
    """One card held at the readers that serve any of `evses` (None: every reader) until a moment."""

    number: int
    uid: str
    kind: str
    evses: frozenset[EvseNumber] | None
    until: float

    def appears_at(self, served: frozenset[EvseNumber] | None) -> bool:
        """True at a reader that serves `served` (None: all)."""
        return self.evses is None or served is None or bool(self.evses & served)


@dataclass(slots=True)
class TokenField:
    """Presentations by number, so that no reader misses a card that was held for less than its period."""

    presentations: list[Presentation] = field(default_factory=list)
    last_number: int = 0

    def present(self, uid: str, kind: str, evses: Iterable[EvseNumber] | None, now: float, until: float) -> None:
        """Hold a card from now on."""
        self.last_number += 1
        served = None if evses is None else frozenset(evses)
        recent = [shown for shown in self.presentations if shown.until > now - REMEMBERED_SECONDS]
        self.presentations = [*recent, Presentation(self.last_number, uid, kind, served, until)]

    def is_shown_at(self, now: float) -> bool:
        """A card is held to some reader."""
        return any(now < shown.until for shown in self.presentations)

    def seen(self, served: frozenset[EvseNumber] | None, after_number: int, now: float) -> list[Presentation]:
        """What a reader sees that last looked at `after_number`: new cards, and cards still held."""
        return [
            shown
            for shown in self.presentations
            if shown.appears_at(served) and (shown.number > after_number or now < shown.until)
        ]
