"""How many security events of one kind are taken in: who provokes them must not fill the queue or turn the log over.

Pure: time is an argument.
"""

from dataclasses import dataclass, field

from chargepoint.security.security_events import CRITICALITY, SecurityEvent

AT_ONCE = 5
SECONDS_PER_EVENT = 60.0
"""After a burst one a minute of each kind."""


@dataclass(slots=True)
class _Kind:
    left: float = float(AT_ONCE)
    seen_at: float = 0.0
    suppressed: int = 0


@dataclass(slots=True)
class EventBudget:
    """What 1.6 calls critical has no limit: its delivery is guaranteed (A04.FR.02)."""

    _kinds: dict[SecurityEvent, _Kind] = field(default_factory=dict)

    def admit(self, event: SecurityEvent, now: float) -> int | None:
        """None: it is one too many. Else how many of its kind were left out before it."""
        if CRITICALITY[event].in_1_6:
            return 0
        kind = self._kinds.setdefault(event, _Kind(seen_at=now))
        kind.left = min(float(AT_ONCE), kind.left + (now - kind.seen_at) / SECONDS_PER_EVENT)
        kind.seen_at = now
        if kind.left < 1.0:
            kind.suppressed += 1
            return None
        kind.left -= 1.0
        suppressed, kind.suppressed = kind.suppressed, 0
        return suppressed
