"""Which monitors a variable can have (part 1, 4.4; part 2, N04)."""

from math import isfinite

from chargepoint.model.monitoring import (
    LEAST_SEVERE,
    MOST_SEVERE,
    PERIODICS,
    THRESHOLDS,
    InstallOutcome,
    MonitorKind,
    MonitorWish,
    Nature,
    VariableTraits,
)

KINDS_OF: dict[Nature, frozenset[MonitorKind]] = {
    Nature.NUMBER: frozenset(MonitorKind),
    Nature.TEXT: frozenset(MonitorKind) - THRESHOLDS,
    Nature.TIME: frozenset({MonitorKind.DELTA}),
}
"""Part 1, 4.4: which kinds go with which type of data."""
SHORTEST_INTERVAL_SECONDS = 1.0
LONGEST_INTERVAL_SECONDS = 31_536_000.0


def kinds_of(traits: VariableTraits) -> frozenset[MonitorKind]:
    """A value that is never told is not told by a threshold either."""
    return KINDS_OF[traits.nature] - (THRESHOLDS if traits.is_write_only else frozenset())


def objection(wish: MonitorWish) -> tuple[InstallOutcome, str] | None:
    """What is wrong with a wish, whatever else is monitored; None: nothing."""
    if wish.kind not in kinds_of(wish.traits):
        return InstallOutcome.UNSUPPORTED_KIND, f"no monitor of this kind on a {wish.traits.nature} variable"
    if not MOST_SEVERE <= wish.severity <= LEAST_SEVERE:
        return InstallOutcome.BAD_SEVERITY, f"severity is {MOST_SEVERE} to {LEAST_SEVERE}"
    if not isfinite(wish.value):
        return InstallOutcome.OUT_OF_RANGE, "value is no number"
    if wish.kind is MonitorKind.DELTA and wish.value < 0:
        return InstallOutcome.NOT_POSITIVE, "a difference is not negative"
    if wish.kind in PERIODICS and not SHORTEST_INTERVAL_SECONDS <= wish.value <= LONGEST_INTERVAL_SECONDS:
        return (
            InstallOutcome.OUT_OF_RANGE,
            f"an interval is {SHORTEST_INTERVAL_SECONDS:g} to {LONGEST_INTERVAL_SECONDS:g} seconds",
        )
    if wish.kind in THRESHOLDS and not _is_in_range(wish.value, wish.traits):
        return InstallOutcome.OUT_OF_RANGE, "outside minLimit and maxLimit of the variable"  # N04.FR.06
    return None


def _is_in_range(value: float, traits: VariableTraits) -> bool:
    return (traits.minimum is None or value >= traits.minimum) and (traits.maximum is None or value <= traits.maximum)
