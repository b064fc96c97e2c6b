"""Saves the contactor from an EV that flaps: minimum off time, closings per window, escalating lock-outs."""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing


@dataclass(frozen=True, slots=True)
class ChatterLimit:
    """What is known about the contactor's past."""

    closings: tuple[float, ...] = ()
    """When it was closed, within the window only."""
    opened_at: float | None = None
    unplugged_since: float | None = None
    lockout_until: float | None = None
    lockouts: int = 0

    def lockout_remaining_seconds(self, now: float) -> float:
        """0.0 when there is none."""
        return max(0.0, self.lockout_until - now) if self.lockout_until is not None else 0.0

    def is_resting(self, minimum_off_seconds: float, now: float) -> bool:
        """The minimum off time since the last opening is not over."""
        return self.opened_at is not None and now - self.opened_at < minimum_off_seconds


def noted_closing(limit: ChatterLimit, now: float) -> ChatterLimit:
    """The contactor is closed now."""
    return replace(limit, closings=(*_recent(limit, now), now))


def noted_opening(limit: ChatterLimit, max_closings: int, now: float) -> ChatterLimit:
    """The contactor is opened now; after `max_closings` within the window a lock-out begins."""
    closings = _recent(limit, now)
    opened = replace(limit, closings=closings, opened_at=now)
    if len(closings) < max_closings:
        return opened
    lockouts = 0 if _is_forgiven(limit, now) else limit.lockouts
    step = min(lockouts, len(timing.CHATTER_LOCKOUT_SECONDS) - 1)
    return replace(opened, lockouts=lockouts + 1, lockout_until=now + timing.CHATTER_LOCKOUT_SECONDS[step])


def noted_plug(limit: ChatterLimit, is_unplugged: bool, now: float) -> ChatterLimit:
    """Call with each step's state: an EV that is really gone takes its history with it, but not the off time."""
    if not is_unplugged:
        return limit if limit.unplugged_since is None else replace(limit, unplugged_since=None)
    if limit.unplugged_since is None:
        return replace(limit, unplugged_since=now)
    gone = now - limit.unplugged_since >= timing.UNPLUGGED_FORGIVES_CHATTER_SECONDS
    if not gone or not (limit.closings or limit.lockouts):
        return limit
    return ChatterLimit(opened_at=limit.opened_at, unplugged_since=limit.unplugged_since)


def _recent(limit: ChatterLimit, now: float) -> tuple[float, ...]:
    return tuple(at for at in limit.closings if now - at < timing.CHATTER_WINDOW_SECONDS)


def _is_forgiven(limit: ChatterLimit, now: float) -> bool:
    return limit.lockout_until is not None and now - limit.lockout_until >= timing.CHATTER_FORGIVEN_SECONDS
