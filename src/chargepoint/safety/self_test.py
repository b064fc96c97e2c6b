"""When the residual-current monitor is tested, and what came of it. Pure: time is an argument.

Only with no EV and the contactor open: at the start, after each session and daily. Without a good verdict, where one
could be had, nothing is supplied.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chargepoint.model.power import SelfTest, SelfTestCause

PULSE_SECONDS = 1.0
"""How long the test input is held unless the trip comes first; common monitors want 30 ms to 1.2 s."""
TRIPS_WITHIN_SECONDS = 15.0
"""The slowest monitors take so long."""
RELEASES_WITHIN_SECONDS = 5.0
QUIET_SECONDS = 2.0
"""With no EV and the contactor open: switching disturbs the measuring."""
PERIOD_SECONDS = 24 * 3600.0
MISSED_AFTER_SECONDS = 120.0
"""The way was free for so long and there is no verdict: something keeps the test from happening."""
OVERDUE_SECONDS = 7 * 24 * 3600.0
"""An EV that stays for longer than this puts the test off for too long; a running charge is not cut for it."""
BAD = frozenset({SelfTest.FAILED, SelfTest.MISSED})


class Phase(StrEnum):
    RESTING = "resting"
    TRIPPING = "tripping"
    RELEASING = "releasing"


@dataclass(frozen=True, slots=True)
class MonitorScene:
    """What one tick shows of it."""

    is_free: bool
    """No EV, surely, and the contactor open."""
    is_live: bool
    """The contactor is commanded closed, or may be."""
    is_tripped: bool | None


@dataclass(frozen=True, slots=True)
class SelfTestWatch:
    """One monitor's. `signal` is what its test input wants, `verdict` what is told."""

    phase: Phase = Phase.RESTING
    since: float | None = None
    """Of the phase; None before the first tick."""
    verdict: SelfTest = SelfTest.DUE
    cause: SelfTestCause = SelfTestCause.NONE
    started_at: float | None = None
    """Of this watch: its first tick."""
    tested_at: float | None = None
    recalled_at: float | None = None
    """The last test of an earlier life; it only counts where it was before the start."""
    is_due: bool = True
    free_since: float | None = None
    waits_since: float | None = None
    """Since when the way is free for a test that is due."""
    has_tripped: bool = False
    is_acknowledged: bool = False
    """A person has asked for another verdict after a bad one."""
    is_cleared: bool = False
    """For one tick: the good verdict after that."""

    @property
    def is_running(self) -> bool:
        """A trip is none, and nothing may be supplied."""
        return self.phase is not Phase.RESTING

    def is_signalled(self, now: float) -> bool:
        """The test input is held now."""
        return self.phase is Phase.TRIPPING and self.since is not None and now - self.since < PULSE_SECONDS

    def acknowledged(self) -> "SelfTestWatch":
        """Test once more as soon as there is no EV; the bad verdict stands until then."""
        return replace(self, is_due=True, is_acknowledged=True) if self.verdict in BAD else self

    def recalled(self, tested_at: float | None) -> "SelfTestWatch":
        """Somebody remembers when it was tested last."""
        return self if tested_at is None or tested_at == self.recalled_at else replace(self, recalled_at=tested_at)

    def seen(self, scene: MonitorScene, now: float) -> "SelfTestWatch":
        """One tick later."""
        started_at = now if self.started_at is None else self.started_at
        since = now if self.since is None else self.since
        before = replace(self, is_cleared=False, since=since, started_at=started_at)
        match before.phase:
            case Phase.RESTING:
                return before._rested(scene, now)
            case Phase.TRIPPING:
                return before._waited_for_trip(scene, now)
            case Phase.RELEASING:
                return before._waited_for_release(scene, now)

    def _rested(self, scene: MonitorScene, now: float) -> "SelfTestWatch":
        age_seconds = now - self._counted_from(now)
        is_due = self.is_due or scene.is_live or age_seconds >= PERIOD_SECONDS
        free_since = (now if self.free_since is None else self.free_since) if scene.is_free else None
        waits_since = (now if self.waits_since is None else self.waits_since) if scene.is_free and is_due else None
        known = replace(self, is_due=is_due, free_since=free_since, waits_since=waits_since)
        is_missed = waits_since is not None and now - waits_since >= MISSED_AFTER_SECONDS
        is_overdue = age_seconds >= OVERDUE_SECONDS and now - (self.started_at or 0.0) >= PERIOD_SECONDS
        if (is_missed or is_overdue) and not scene.is_live and self.verdict not in BAD:
            cause = SelfTestCause.NOT_STARTED if is_missed else SelfTestCause.OVERDUE
            return replace(known, verdict=SelfTest.MISSED, cause=cause)
        is_quiet = free_since is not None and now - free_since >= QUIET_SECONDS
        if is_due and is_quiet and scene.is_tripped is False:
            return replace(known, phase=Phase.TRIPPING, since=now, has_tripped=False)
        return known

    def _counted_from(self, now: float) -> float:
        """The last test, of whichever life; without any, the start."""
        if self.tested_at is not None:
            return self.tested_at
        started_at = now if self.started_at is None else self.started_at
        return started_at if self.recalled_at is None else min(started_at, self.recalled_at)

    def _waited_for_trip(self, scene: MonitorScene, now: float) -> "SelfTestWatch":
        releasing = replace(self, phase=Phase.RELEASING, since=now)
        if not scene.is_free:
            return releasing
        if scene.is_tripped:
            return replace(releasing, has_tripped=True)
        if self.since is not None and now - self.since >= TRIPS_WITHIN_SECONDS:
            return self._judged(SelfTestCause.NO_TRIP, now)
        return self

    def _waited_for_release(self, scene: MonitorScene, now: float) -> "SelfTestWatch":
        if scene.is_tripped is False:
            if self.has_tripped:
                return self._judged(SelfTestCause.NONE, now)
            return replace(self, phase=Phase.RESTING, since=now, free_since=None)
        if self.since is not None and now - self.since >= RELEASES_WITHIN_SECONDS:
            return self._judged(SelfTestCause.NO_RELEASE, now)
        return self

    def _judged(self, cause: SelfTestCause, now: float) -> "SelfTestWatch":
        """A bad verdict outlasts good tests until a person has acknowledged it."""
        found = SelfTest.PASSED if cause is SelfTestCause.NONE else SelfTest.FAILED
        stands = self.verdict in BAD and not self.is_acknowledged
        is_good = found is SelfTest.PASSED and not stands
        return SelfTestWatch(
            since=now,
            verdict=self.verdict if stands else found,
            cause=self.cause if stands else cause,
            started_at=self.started_at,
            tested_at=now,
            is_due=False,
            is_cleared=is_good and self.is_acknowledged,
        )
