"""Plays a recording to the safety loop with power always permitted: what it does, beside what was done then."""

from collections.abc import Iterator

from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, PowerDirective
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint_hal.recording.events import BoardSeen, CardSeen, MeterSeen, Recording
from chargepoint_hal.recording.replay import ReplayBoard

TICK_SECONDS = 0.01
LEASE_SECONDS = 3600.0


def replayed_lines(recording: Recording) -> Iterator[str]:
    """One line for each thing that changed."""
    header = recording.header
    yield f"{header.board}, {len(header.evses)} EVSE(s), {recording.lasts_seconds:.1f} s from {header.started_utc}"
    now = _first_board_seconds(recording)
    clock = [now]
    board = ReplayBoard(recording, lambda: clock[0])
    loop = SafetyLoop(board, SafetyPlan(evses=tuple(_plan(recording, number) for number in header.evses)))
    loop.link_opened()
    told: dict[int, str] = {}
    events = iter(_others(recording))
    other = next(events, None)
    while clock[0] <= recording.lasts_seconds:
        now = clock[0]
        for observation in loop.tick(now):
            _permit(loop, observation, now)
            words = _words(observation)
            if told.get(observation.evse_id) != words:
                told[observation.evse_id] = words
                yield f"{now:9.2f}  EVSE {observation.evse_id}: {words}{_then(recording, observation, now)}"
        while other is not None and other[0] <= now:
            yield f"{other[0]:9.2f}  {other[1]}"
            other = next(events, None)
        clock[0] = now + TICK_SECONDS


def _plan(recording: Recording, number: int) -> EvsePlan:
    fitted = recording.header.evses[number]
    rules = SupplyRules(
        phases=fitted.phases, has_socket=fitted.has_socket, external_limit_amps=fitted.external_limit_amps
    )
    return EvsePlan(EvseId(number), rules)


def _permit(loop: SafetyLoop, observation: EvseObservation, now: float) -> None:
    directive = PowerDirective(
        evse_id=observation.evse_id,
        power_allowed=observation.is_plugged_in,
        limit_amps=32.0,
        lock_wanted=observation.is_plugged_in,
        lease_seconds=LEASE_SECONDS,
        plug=observation.plug,
    )
    loop.apply(directive, now)


def _first_board_seconds(recording: Recording) -> float:
    return next((line.at_seconds for line in recording.lines if isinstance(line.seen, BoardSeen)), 0.0)


def _words(observation: EvseObservation) -> str:
    duty = "" if observation.duty_percent is None else f" {observation.duty_percent:.1f} %"
    faults = "".join(f", {fault}" for fault in sorted(observation.faults))
    return (
        f"pilot {observation.pilot_state}, {observation.pilot_signal}{duty}, contactor "
        f"{'closed' if observation.contactor_commanded else 'open'}{faults}"
    )


def _then(recording: Recording, observation: EvseObservation, now: float) -> str:
    """What the recorded station had commanded at that time, where it was something else."""
    before = [
        line.seen
        for line in recording.lines
        if line.at_seconds <= now and isinstance(line.seen, BoardSeen) and line.seen.evse == observation.evse_id
    ]
    if not before or before[-1].contactor_commanded is observation.contactor_commanded:
        return ""
    return f" (then: {'closed' if before[-1].contactor_commanded else 'open'})"


def _others(recording: Recording) -> Iterator[tuple[float, str]]:
    """Cards, and meters as they fall silent and speak again."""
    silent: dict[int, bool] = {}
    for line in recording.lines:
        match line.seen:
            case CardSeen(reader, sighting):
                yield line.at_seconds, f"reader {reader}: a card of type {sighting.kind}"
            case MeterSeen(evse, reading, fault) if silent.get(evse) is not (reading is None):
                silent[evse] = reading is None
                yield line.at_seconds, f"meter of EVSE {evse}: {fault or 'answers'}"
            case _:
                pass
