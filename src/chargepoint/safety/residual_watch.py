"""Is what the residual-current monitor's output shows a trip or a spike on its line? Pure; told the time at each tick.

An opening never waits for the answer while an EV is charged; what stays until it is unplugged needs it. The times leave
IEC 62955 its 100 ms at 200 mA: the duration, one tick, and the contactor's release.
"""

from dataclasses import dataclass

from chargepoint.model.faults import Fault

NO_FAULTS: frozenset[Fault] = frozenset()
RESIDUAL_CURRENT = frozenset({Fault.RESIDUAL_CURRENT})
COUNTS_AFTER_SECONDS = 0.05
"""Shorter is a spike, as a contactor somewhere in the cabinet makes it."""
SETTLES_SECONDS = 1.0
"""After the contactor has closed its own noise and the inrush are over: until then spikes do not open."""


@dataclass(frozen=True, slots=True)
class ResidualScene:
    """What one tick sees. `is_tripped` None: no monitor, or one that can not be read now."""

    is_tripped: bool | None
    is_commanded: bool
    """The contactor is told to be closed."""
    may_be_live: bool


@dataclass(frozen=True, slots=True)
class ResidualWatch:
    """One EVSE's. A trip is one that begins while power may flow; with the contactor open the same output latches
    nothing, it only holds power back while it is there."""

    closed_at: float | None = None
    """Since when the contactor is told to be closed."""
    tripped_since: float | None = None
    began_live: bool = False
    had_spike: bool = False
    """One has opened the contactor since the EV was plugged in: the next one counts, whatever its length."""
    stands: bool = False
    """Power must be off."""
    latches: bool = False
    """And it was a trip."""

    @property
    def is_counting(self) -> bool:
        """The next samples decide."""
        return self.tripped_since is not None and not self.latches and (self.began_live or not self.stands)

    @property
    def passing(self) -> frozenset[Fault]:
        """What stands only while the output is set."""
        return RESIDUAL_CURRENT if self.stands and not self.latches else NO_FAULTS

    def seen(self, scene: ResidualScene, is_unplugged: bool, now: float) -> "ResidualWatch":
        """One tick later."""
        closed_at = (self.closed_at if self.closed_at is not None else now) if scene.is_commanded else None
        had_spike = self.had_spike and not is_unplugged
        if scene.is_tripped is not True:
            was_spike = self.stands and self.began_live and not self.latches
            return ResidualWatch(closed_at, had_spike=not is_unplugged and (had_spike or was_spike))
        since = now if self.tripped_since is None else self.tripped_since
        began_live = self.began_live or scene.may_be_live
        has_lasted = now - since >= COUNTS_AFTER_SECONDS
        opens_at_once = closed_at is not None and now - closed_at >= SETTLES_SECONDS
        return ResidualWatch(
            closed_at=closed_at,
            tripped_since=since,
            began_live=began_live,
            had_spike=had_spike,
            stands=self.stands or has_lasted or opens_at_once,
            latches=self.latches or (began_live and has_lasted) or (had_spike and opens_at_once),
        )
