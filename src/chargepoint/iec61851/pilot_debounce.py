"""Samples of the pilot → the state that counts: slow to close, fast to open.

Works by time *and* by samples, so that it holds for a 10 ms loop as well as for a rig that ticks once a second.
"""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.model.pilot import DEMAND_STATES, PilotState

STRAYS_PER_SAMPLES = 5
"""One stray sample is forgiven for each five good ones (and always the first)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A state that wants to become the settled one."""

    state: PilotState
    since: float
    seen_at: float
    samples: int = 1
    strays: int = 0
    strays_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class PilotDebounce:
    """`state` is None until the first state has settled."""

    state: PilotState | None = None
    candidate: Candidate | None = None
    off_demand_samples: int = 0
    off_demand_since: float = 0.0
    demand_ended_at: float | None = None
    """The first sample of the run that ended the last demand."""

    @property
    def is_moving(self) -> bool:
        """Something other than the settled state was just seen."""
        return self.candidate is not None or self.off_demand_samples > 0


def debounce(before: PilotDebounce, seen: PilotState, now: float) -> PilotDebounce:
    """The next value after one sample. Two samples in a row outside C and D end a demand, whichever they are."""
    if before.state in DEMAND_STATES and seen not in DEMAND_STATES:
        return _losing_demand(before, seen, now)
    steady = replace(before, off_demand_samples=0) if before.off_demand_samples else before
    if steady.candidate is not None:
        return _judge(steady, steady.candidate, seen, now)
    if seen is steady.state:
        return steady
    return replace(steady, candidate=Candidate(seen, now, now))


def settle_seconds(before: PilotState | None, wanted: PilotState) -> float:
    """How long `wanted` must stand before it counts."""
    if wanted not in DEMAND_STATES:
        return timing.PILOT_SETTLE_SECONDS
    return 0.0 if before in DEMAND_STATES else timing.DEMAND_SETTLE_SECONDS


def _losing_demand(before: PilotDebounce, seen: PilotState, now: float) -> PilotDebounce:
    since = before.off_demand_since if before.off_demand_samples else now
    samples = before.off_demand_samples + 1
    if samples >= timing.SAMPLES_TO_OPEN:
        return PilotDebounce(state=seen, demand_ended_at=since)
    return replace(before, candidate=None, off_demand_samples=samples, off_demand_since=since)


def _judge(before: PilotDebounce, candidate: Candidate, seen: PilotState, now: float) -> PilotDebounce:
    if seen is not candidate.state:
        return _forgive_or_drop(before, candidate, seen, now)
    standing = replace(candidate, seen_at=now, samples=candidate.samples + 1, strays_in_a_row=0)
    long_enough = now - standing.since >= settle_seconds(before.state, seen)
    if standing.samples >= timing.SAMPLES_TO_SETTLE and long_enough:
        return PilotDebounce(state=seen, demand_ended_at=before.demand_ended_at)
    return replace(before, candidate=standing)


def _forgive_or_drop(before: PilotDebounce, candidate: Candidate, seen: PilotState, now: float) -> PilotDebounce:
    strays = candidate.strays + 1
    is_rare = strays <= max(1, candidate.samples // STRAYS_PER_SAMPLES)
    is_short = candidate.strays_in_a_row == 0 and now - candidate.seen_at <= timing.STRAY_SAMPLE_SECONDS
    if is_rare and is_short:
        return replace(before, candidate=replace(candidate, strays=strays, strays_in_a_row=1))
    return replace(before, candidate=None if seen is before.state else Candidate(seen, now, now))
