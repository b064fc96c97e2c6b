"""How long to wait before the next connection. Pure; the random source is given.

2.0.1 part 4 5.3: the first wait is the minimum plus a random part, each failure doubles it up to a number of times.
Where no random range is set, the whole wait is random between the minimum and the doubled ceiling (full jitter), so
that stations that lost the same CSMS do not come back together.
"""

from collections.abc import Callable
from dataclasses import dataclass

MAXIMUM_WAIT_SECONDS = 300.0
STABLE_AFTER_SECONDS = 60.0
"""An accepted link this old counts as a success: the next loss starts at the minimum again."""
MOST_DOUBLINGS = 30
"""As often as the maximum allows."""


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    minimum_seconds: float = 1.0
    random_range_seconds: float | None = None
    """RetryBackOffRandomRange; None: full jitter."""
    doublings: int = MOST_DOUBLINGS
    """RetryBackOffRepeatTimes."""
    maximum_seconds: float = MAXIMUM_WAIT_SECONDS


def wait_seconds(policy: BackoffPolicy, failures: int, draw: float) -> float:
    """The wait after `failures` failed attempts before this one (0 at the first); `draw` is in [0, 1)."""
    doubled = min(failures, policy.doublings, MOST_DOUBLINGS)
    minimum = max(0.1, policy.minimum_seconds)
    maximum = max(minimum, policy.maximum_seconds)
    if policy.random_range_seconds is not None:
        return min(maximum, minimum * 2.0**doubled) + draw * policy.random_range_seconds
    ceiling = min(maximum, minimum * 2.0 ** (doubled + 1))
    return minimum + draw * (ceiling - minimum)


class Backoff:
    """Counts failures; only an accepted link that stayed for a while resets it."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0

    def next_wait_seconds(self, policy: BackoffPolicy) -> float:
        wait = wait_seconds(policy, self._failures, self._random())
        self._failures += 1
        return wait

    def link_ended(self, accepted_for_seconds: float | None) -> None:
        """None: the registration was not accepted while the link was open."""
        if accepted_for_seconds is not None and accepted_for_seconds >= STABLE_AFTER_SECONDS:
            self._failures = 0
