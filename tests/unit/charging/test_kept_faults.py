"""What is remembered of latched faults over restarts, and what ends it."""

import pytest

from chargepoint.charging.effects import Effect, RememberFaults
from chargepoint.charging.kept_faults import KeptFaults, restore_faults
from chargepoint.model.fault_clearing import CLEARS, LATCHING, ClearsWhen
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState, PlugMark, WhyOpen

ONE = EvseId(1)
NOTHING: frozenset[Fault] = frozenset()
each_latching = pytest.mark.parametrize("fault", sorted(LATCHING))


def seen(
    pilot: PilotState = PilotState.C,
    faults: frozenset[Fault] = NOTHING,
    latched: frozenset[Fault] = NOTHING,
    *,
    watch: str | None = "first",
    is_settled: bool = True,
    contactor: ContactorState = ContactorState.OPEN,
) -> EvseObservation:
    return EvseObservation(
        evse_id=ONE,
        at_monotonic=1.0,
        pilot_state=pilot,
        pilot_signal=PilotSignal.STEADY,
        duty_percent=None,
        contactor=contactor,
        contactor_commanded=False,
        lock=LockState.UNLOCKED,
        faults=faults | latched,
        why_open=(WhyOpen.NOT_PERMITTED,),
        is_settled=is_settled,
        latched_faults=latched,
        plug=None if watch is None else PlugMark(watch, 0),
    )


def kept_from_disk(fault: Fault) -> tuple[KeptFaults, list[Effect]]:
    effects: list[Effect] = []
    kept = KeptFaults(ONE, effects.append)
    kept.restore(frozenset({fault}))
    return kept, effects


@pytest.mark.parametrize("fault", Fault)
def test_what_latches_is_stored_once(fault: Fault) -> None:
    effects: list[Effect] = []
    kept = KeptFaults(ONE, effects.append)
    one = frozenset({fault})
    for _ in range(3):
        kept.see(seen(faults=one, latched=one & LATCHING))
    assert effects == ([] if CLEARS[fault] is ClearsWhen.CAUSE_GONE else [RememberFaults(ONE, one)])


@each_latching
def test_an_ev_that_stays_ends_nothing(fault: Fault) -> None:
    kept, effects = kept_from_disk(fault)
    for pilot in set(PilotState) - {PilotState.A}:
        kept.see(seen(pilot))
    kept.see(seen(PilotState.A, is_settled=False))
    kept.see(seen(PilotState.A, faults=frozenset({fault})))
    assert kept.faults == {fault}
    assert not effects


@each_latching
def test_a_settled_empty_plug_ends_what_unplugging_may_end(fault: Fault) -> None:
    kept, effects = kept_from_disk(fault)
    kept.see(seen(PilotState.A))
    if CLEARS[fault] is ClearsWhen.ACKNOWLEDGED:
        assert kept.faults == {fault}
    else:
        assert effects == [RememberFaults(ONE, NOTHING)]


@each_latching
def test_a_person_ends_what_a_person_may_end_once_nothing_is_seen_of_it(fault: Fault) -> None:
    kept, effects = kept_from_disk(fault)
    assert not kept.acknowledge(None)
    assert not kept.acknowledge(seen(contactor=ContactorState.CLOSED))
    assert not kept.acknowledge(seen(faults=frozenset({fault})))
    kept.see(seen())
    assert kept.faults == {fault}, "a word given too early counts for nothing later"
    may_end = CLEARS[fault] is not ClearsWhen.UNPLUGGED
    assert kept.acknowledge(seen()) == (frozenset({fault}) if may_end else NOTHING)
    assert effects == ([RememberFaults(ONE, NOTHING)] if may_end else [])


@each_latching
@pytest.mark.parametrize(("watch", "is_over"), [("first", True), ("second", False), (None, False)])
def test_only_the_watch_that_latched_it_can_take_it_back(fault: Fault, watch: str | None, is_over: bool) -> None:
    """The controller was deaf meanwhile, and another EV is there now: whoever never looked away knows best."""
    one = frozenset({fault})
    kept = KeptFaults(ONE, lambda effect: None)
    kept.see(seen(latched=one))
    kept.see(seen(watch=watch))
    assert kept.faults == (NOTHING if is_over else one)


def test_what_is_remembered_of_an_evse_that_is_not_here_may_be_of_any() -> None:
    effects: list[Effect] = []
    two, stray = EvseId(2), EvseId(9)
    evses = {evse_id: KeptFaults(evse_id, effects.append) for evse_id in (ONE, two)}
    welded = frozenset({Fault.CONTACTOR_WELDED})
    restore_faults(evses, {ONE: welded, stray: frozenset({Fault.RESIDUAL_CURRENT})}, effects.append)
    doubted = frozenset({Fault.FAULT_MEMORY_LOST})
    assert (evses[ONE].faults, evses[two].faults) == (welded | doubted, doubted)
    assert effects == [
        RememberFaults(ONE, welded | doubted),
        RememberFaults(two, doubted),
        RememberFaults(stray, NOTHING),
    ]
