"""When a certificate that ends soon is asked for again: once at each threshold, and again while nobody has answered.

Pure. What is over is remembered by whoever asks.
"""

from dataclasses import dataclass

FIRST_PATIENCE_SECONDS = 600.0
LONGEST_PATIENCE_SECONDS = 86400.0
"""With a renewal that could not be asked for or is not answered."""


@dataclass(slots=True)
class Renewal:
    """What was asked for at this threshold; a restart forgets it."""

    threshold: tuple[str, int]
    """The certificate's fingerprint, days."""
    patience_seconds: float = FIRST_PATIENCE_SECONDS
    not_before: float | None = None
    """Loop time: until then an answer may come. None: it was not asked for yet."""

    def begin(self, now: float) -> None:
        """It is asked for, and waited for twice as long each time."""
        self.not_before = now + self.patience_seconds
        self.patience_seconds = min(2 * self.patience_seconds, LONGEST_PATIENCE_SECONDS)

    def may_be_answered(self, now: float) -> bool:
        return self.not_before is not None and now < self.not_before
