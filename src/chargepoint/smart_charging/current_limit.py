"""The limit in force is the smallest of all that apply, and it says whose it is."""

from collections.abc import Iterable
from math import floor

from chargepoint.model.limits import Limit


def round_down_amps(amps: float) -> float:
    """To 0.1 A, never up; a hair of float noise below a tenth does not cost one."""
    return max(0.0, floor(amps * 10.0 + 1e-6) / 10.0)


def resolve(candidates: Iterable[Limit]) -> Limit:
    """The smallest limit, the first named where several are equal; ValueError without any."""
    winner = min(candidates, key=lambda limit: limit.amps)
    return Limit(round_down_amps(winner.amps), winner.set_by)
