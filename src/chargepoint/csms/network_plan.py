"""Which connection profile has its turn (2.0.1 B10). Pure; counts attempts, connects nothing."""

from collections.abc import Callable, Sequence


class NetworkPlan:
    """Begins with the first of the priority list; each gets its number of attempts (B10.FR.03, B10.FR.04).

    When all have failed, the one that worked last is tried first, then all of them again, for ever (B10.FR.07 to
    B10.FR.09). After a lost connection its own profile is tried first.
    """

    def __init__(self, priority: Sequence[int], worked_last: int | None, attempts: Callable[[], int]) -> None:
        """`worked_last` may stand outside the priority list: it is the last resort. ValueError for an empty list."""
        if not priority:
            raise ValueError("there is no connection profile to connect by")
        self._priority = tuple(priority)
        self._worked_last = worked_last
        self._attempts = attempts
        self._round = self._priority
        self._place = 0
        self._failures = 0

    @property
    def slot(self) -> int:
        return self._round[self._place]

    @property
    def is_migrating(self) -> bool:
        """It is tried elsewhere than where it worked last."""
        return self._worked_last is not None and self.slot != self._worked_last

    def failed(self) -> None:
        """One attempt of this slot has failed."""
        self._failures += 1
        if self._failures < self._attempts():
            return
        self._failures = 0
        self._place += 1
        if self._place == len(self._round):
            self._begin_round(self._worked_last)

    def succeeded(self) -> None:
        """The CSMS of this slot was reached."""
        self._worked_last = self.slot
        self._failures = 0
        self._begin_round(self._worked_last)

    def _begin_round(self, first: int | None) -> None:
        others = tuple(slot for slot in self._priority if slot != first)
        self._round = others if first is None else (first, *others)
        self._place = 0
