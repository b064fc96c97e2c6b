"""How far a world and a safety loop on virtual time may step at once. `test_long_steps` holds it to every tick."""

from chargepoint.iec61851.timing import DUTY_CHANGE_INTERVAL_SECONDS
from chargepoint.safety.loop import SafetyLoop
from chargepoint_hal.bench.world import World

FINE_SECONDS = 0.02
COARSE_SECONDS = 0.25
CALM_SECONDS = 1.0
"""A step while nothing has happened for a while."""
STIRRED_SECONDS = 1.0
"""So long after something has happened steps are coarse at most: slow sensors are read by turns."""


class Pace:
    """The steps of one world. Whoever does something to it says so with `stir`."""

    def __init__(self, fine_seconds: float = FINE_SECONDS) -> None:
        self.fine_seconds = fine_seconds
        self._stirred_until = 0.0
        self._pilot_may_change_at = 0.0

    def stir(self, now: float) -> None:
        """Something was done from outside."""
        self._stirred_until = now + STIRRED_SECONDS

    def commanded(self, now: float) -> None:
        """Safety has commanded something, a new duty cycle perhaps: the next one has to wait."""
        self.stir(now)
        self._pilot_may_change_at = now + DUTY_CHANGE_INTERVAL_SECONDS + self.fine_seconds

    def next_step_seconds(
        self, world: World, safety: SafetyLoop | None, now: float, longest_seconds: float = CALM_SECONDS
    ) -> float:
        """To the next change in the world or deadline of safety; finely while samples are counted."""
        if safety is not None and safety.is_looking_closely:
            self.stir(now)
            return self.fine_seconds
        if now < self._stirred_until:
            longest_seconds = min(longest_seconds, COARSE_SECONDS)
        coming = [world.next_change(now), None if safety is None else safety.next_deadline()]
        coming.append(self._pilot_may_change_at if now < self._pilot_may_change_at else None)
        waits = [max(time - now, self.fine_seconds) for time in coming if time is not None]
        return min([longest_seconds, *waits])
