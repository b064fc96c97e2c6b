"""How far a world and a safety loop on virtual time may step at once. `test_long_steps` holds it to every tick."""

from chargepoint.safety.loop import SafetyLoop
from chargepoint_hal.bench.world import World

FINE_SECONDS = 0.02
COARSE_SECONDS = 0.25


def next_step_seconds(
    world: World, safety: SafetyLoop | None, now: float, fine_seconds: float, longest_seconds: float
) -> float:
    """To the next change in the world or deadline of safety; finely while samples are counted."""
    if safety is not None and safety.is_looking_closely:
        return fine_seconds
    coming = [world.next_change(now), None if safety is None else safety.next_deadline()]
    waits = [max(time - now, fine_seconds) for time in coming if time is not None]
    return min([longest_seconds, *waits])
