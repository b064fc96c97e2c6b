"""The lease: permission to energise that runs out by itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """None yet: a station starts without permission."""

    expires_at: float | None = None

    def is_valid(self, now: float) -> bool:
        return self.expires_at is not None and now < self.expires_at

    def remaining_seconds(self, now: float) -> float:
        """0.0 once it has run out."""
        return max(0.0, self.expires_at - now) if self.expires_at is not None else 0.0


def renewed(asked_seconds: float, longest_seconds: float, now: float) -> Lease:
    """A lease from now on; each arrival replaces the one before, a shorter one too."""
    return Lease(now + min(asked_seconds, longest_seconds))
