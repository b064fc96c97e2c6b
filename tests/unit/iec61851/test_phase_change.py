"""Between one phase and three: never live, never at once, and the EV is made to look again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.iec61851 import timing
from chargepoint.iec61851.supply_words import (
    CloseContactor,
    OpenContactor,
    Order,
    SignalFault,
    SignalPwm,
    SignalSteady,
    SupplyRules,
)
from chargepoint.model.faults import Fault
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import PlugMark, WhyOpen
from unit.iec61851.driven import EMPTY, GO, READY_TO_CHARGE, Driven, kinds

BOTH_WAYS = SupplyRules(phase_switching=PhaseSwitching.BOTH_WAYS)
TO_ONE_PHASE = SupplyRules(phase_switching=PhaseSwitching.TO_ONE_PHASE)


def charging(rules: SupplyRules = BOTH_WAYS, phases: int = 3) -> Driven:
    rig = Driven(rules)
    rig.inputs = EMPTY
    rig.tell(phases=phases)
    rig.run(4.0)
    rig.run(1.0, pilot=PilotState.B, lease_is_valid=True, cable_rating_amps=32.0)
    rig.run(0.2, pilot=PilotState.C, diode_is_proven=True)
    assert rig.machine.phases == phases
    return rig


def ask(rig: Driven, phases: int) -> None:
    """An EV that is told to stop leaves C, and asks again."""
    rig.tell(phases=phases)
    rig.run(1.0)
    if not rig.machine.contactor_commanded:
        return
    rig.run(1.0, pilot=PilotState.B)
    rig.run(0.0, pilot=PilotState.C)


def of(rig: Driven, *wanted: type[Order]) -> list[tuple[float, Order]]:
    return [(at, order) for at, order in rig.orders if isinstance(order, wanted)]


def test_a_change_opens_first_interrupts_the_pilot_and_takes_a_minute() -> None:
    rig = charging()
    rig.orders.clear()
    ask(rig, 1)
    rig.run(70.0)
    assert kinds(order for _, order in rig.orders) == [
        SignalSteady,
        OpenContactor,
        SignalSteady,
        SignalFault,
        SignalSteady,
        SignalPwm,
        CloseContactor,
    ]
    (opened_at, _), (closed_at, closing) = of(rig, OpenContactor, CloseContactor)
    assert closing == CloseContactor(1)
    assert closed_at - opened_at >= timing.PHASE_CHANGE_PAUSE_SECONDS
    (interrupted_at, _), (interruption_over_at, _) = of(rig, SignalFault, SignalSteady)[-2:]
    assert interruption_over_at - interrupted_at >= timing.PHASE_CHANGE_STATE_F_SECONDS
    assert rig.machine.phases == 1


def test_while_it_changes_it_says_so() -> None:
    rig = charging()
    ask(rig, 1)
    assert WhyOpen.PHASE_CHANGE in rig.why()
    rig.run(70.0)
    assert rig.why() == ()


def test_without_the_installers_word_nothing_is_ever_switched() -> None:
    rig = charging(SupplyRules())
    rig.orders.clear()
    rig.tell(phases=1)
    rig.run(100.0)
    assert rig.orders == []
    assert rig.machine.phases == 3


def test_a_station_of_one_phase_closes_that() -> None:
    assert charging(SupplyRules(phases=1), phases=1).machine.phases == 1


def test_fewer_phases_never_wait_for_the_five_minutes_but_power_does() -> None:
    rig = charging(phases=1)
    ask(rig, 3)
    rig.run(70.0)
    assert rig.machine.phases == 3
    ask(rig, 1)
    assert not rig.machine.contactor_commanded
    changed_at = of(rig, CloseContactor)[-1][0]
    rig.run(320.0)
    again = of(rig, CloseContactor)[-1]
    assert again[1] == CloseContactor(1)
    assert again[0] - changed_at >= timing.PHASE_CHANGE_INTERVAL_SECONDS


def test_more_phases_wait_for_the_five_minutes_while_the_ev_charges_on() -> None:
    rig = charging()
    ask(rig, 1)
    rig.run(70.0)
    changed_at = of(rig, CloseContactor)[-1][0]
    rig.orders.clear()
    rig.tell(phases=3)
    rig.run(changed_at + timing.PHASE_CHANGE_INTERVAL_SECONDS - rig.now - 0.1)
    assert not rig.orders, "one phase goes on meanwhile"
    assert rig.machine.phases == 1
    rig.run(8.0)
    rig.run(1.0, pilot=PilotState.B)
    rig.run(70.0, pilot=PilotState.C)
    assert rig.machine.phases == 3


def test_one_way_an_ev_stays_on_one_phase_until_it_is_unplugged() -> None:
    rig = charging(TO_ONE_PHASE)
    ask(rig, 1)
    rig.run(70.0)
    ask(rig, 3)
    rig.run(900.0)
    assert rig.machine.phases == 1
    rig.run(1.0, pilot=PilotState.B)
    rig.run(15.0, pilot=PilotState.A)
    rig.run(1.0, pilot=PilotState.B)
    rig.run(1.0, pilot=PilotState.C)
    assert rig.machine.phases == 3


def test_a_change_of_mind_before_the_closing_costs_no_second_interruption() -> None:
    rig = charging()
    ask(rig, 1)
    rig.run(20.0, pilot=PilotState.B)
    for phases in (3, 1, 3, 1):
        rig.tell(phases=phases)
        rig.run(3.0)
    rig.run(70.0, pilot=PilotState.C)
    assert len(of(rig, SignalFault)) == 1
    assert rig.machine.contactor_commanded


@pytest.mark.parametrize(("rules", "expected"), [(BOTH_WAYS, 3), (TO_ONE_PHASE, 1)])
def test_an_ev_that_was_there_before_the_watch_is_treated_as_if_it_had_been_on_the_other(
    rules: SupplyRules, expected: int
) -> None:
    """A safety process that starts anew does not know what its forerunner did."""
    rig = Driven(rules)
    rig.inputs = READY_TO_CHARGE
    started_at = rig.now
    rig.run(90.0)
    (closed_at, closing), *more = of(rig, CloseContactor)
    assert closing == CloseContactor(expected)
    assert closed_at - started_at >= timing.PHASE_CHANGE_PAUSE_SECONDS
    assert len(of(rig, SignalFault)) == 1
    assert not more


def test_another_plug_in_is_as_unknown() -> None:
    rig = charging()
    rig.run(1.0, pilot=PilotState.B)
    rig.run(30.0, plug=PlugMark("another watch", 1), pilot=PilotState.C)
    assert not rig.machine.contactor_commanded
    assert WhyOpen.PHASE_CHANGE in rig.why()


def test_the_pilot_is_not_interrupted_while_the_contactor_may_be_live() -> None:
    rig = charging()
    rig.tell(phases=1)
    rig.run(1.0, contactor_may_be_live=True)
    rig.run(60.0, pilot=PilotState.B)
    assert not of(rig, SignalFault)
    rig.run(1.0, contactor_may_be_live=False)
    assert len(of(rig, SignalFault)) == 1


def test_where_state_f_is_forbidden_the_minute_alone_must_do() -> None:
    rig = charging(SupplyRules(phase_switching=PhaseSwitching.BOTH_WAYS, state_f_on_fault=False))
    ask(rig, 1)
    rig.run(70.0)
    assert not of(rig, SignalFault)
    assert rig.machine.phases == 1


def test_an_offer_that_nobody_has_taken_up_is_withdrawn_for_the_change() -> None:
    rig = charging()
    rig.run(100.0, pilot=PilotState.B)
    rig.orders.clear()
    rig.tell(phases=1)
    rig.run(20.0)
    assert kinds(order for _, order in rig.orders) == [SignalSteady, SignalFault, SignalSteady, SignalPwm]
    rig.run(1.0, pilot=PilotState.C)
    assert rig.machine.phases == 1


@pytest.mark.parametrize("rules", [BOTH_WAYS, TO_ONE_PHASE])
@pytest.mark.parametrize("empty_seconds", [0.1, 0.3, 1.0, 1.9])
def test_a_loose_plug_that_flaps_is_no_other_ev(rules: SupplyRules, empty_seconds: float) -> None:
    rig = charging(rules, phases=1)
    rig.tell(phases=3)
    rig.run(empty_seconds, pilot=PilotState.A)
    rig.orders.clear()
    opened_at = rig.now
    rig.run(1.0, pilot=PilotState.B)
    rig.run(200.0, pilot=PilotState.C)
    (closed_at, closing), *_ = of(rig, CloseContactor)
    assert closing == CloseContactor(1 if rules is TO_ONE_PHASE else 3)
    assert closed_at - opened_at >= timing.PHASE_CHANGE_PAUSE_SECONDS - 2.0
    assert of(rig, SignalFault)


def test_a_flapping_plug_does_not_shorten_the_five_minutes() -> None:
    rig = charging()
    ask(rig, 1)
    rig.run(70.0)
    changed_at = of(rig, CloseContactor)[-1][0]
    rig.tell(phases=3)
    rig.run(0.6, pilot=PilotState.A)
    rig.run(1.0, pilot=PilotState.B)
    rig.run(changed_at + timing.PHASE_CHANGE_INTERVAL_SECONDS - rig.now - 1.0, pilot=PilotState.C)
    assert rig.machine.phases == 1, "one phase is no change"
    rig.run(10.0)
    rig.run(1.0, pilot=PilotState.B)
    rig.run(600.0, pilot=PilotState.C)
    assert rig.machine.phases == 3


def test_an_ev_that_was_never_supplied_may_flap_at_the_plugging_in() -> None:
    rig = Driven(BOTH_WAYS)
    rig.run(10.0)
    rig.run(0.3, pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
    rig.run(0.3, pilot=PilotState.A)
    rig.run(1.0, pilot=PilotState.B)
    rig.run(10.0, pilot=PilotState.C, diode_is_proven=True)
    assert rig.machine.phases == 3
    assert not of(rig, SignalFault)


def test_the_minute_counts_from_the_contactor_that_is_seen_open() -> None:
    rig = charging(phases=1)
    rig.tell(phases=3)
    rig.run(1.0, contactor_may_be_live=True)
    rig.run(600.0, pilot=PilotState.B)
    freed_at = rig.now
    rig.orders.clear()
    rig.run(200.0, pilot=PilotState.C, contactor_may_be_live=False)
    (closed_at, _), *_ = of(rig, CloseContactor)
    assert closed_at - freed_at >= timing.PHASE_CHANGE_PAUSE_SECONDS - 0.1


@pytest.mark.parametrize("fault", [Fault.CONTACTOR_STUCK_OPEN, Fault.CONTACTOR_WELDED])
def test_after_a_contactor_that_did_not_do_as_it_was_told_nobody_knows(fault: Fault) -> None:
    """Three phases were commanded, and one may be all that came."""
    rig = charging()
    opened_at = rig.now
    rig.run(0.5, faults=frozenset({fault}))
    rig.orders.clear()
    rig.run(200.0, faults=frozenset())
    (closed_at, _), *_ = of(rig, CloseContactor)
    assert closed_at - opened_at >= timing.PHASE_CHANGE_PAUSE_SECONDS
    assert of(rig, SignalFault)


def test_an_interruption_that_a_fault_cut_short_is_made_again() -> None:
    rig = charging()
    rig.tell(phases=1)
    rig.run(1.0)
    rig.run(2.0, pilot=PilotState.B)
    assert of(rig, SignalFault)
    rig.run(0.2, faults=frozenset({Fault.RESIDUAL_CURRENT}))
    rig.orders.clear()
    rig.run(100.0, faults=frozenset())
    (begun_at, _), *_ = of(rig, SignalFault)
    ended_at = next(at for at, _ in of(rig, SignalSteady) if at > begun_at)
    assert ended_at - begun_at >= timing.PHASE_CHANGE_STATE_F_SECONDS


def test_how_many_it_may_be_supplied_by_now_is_said() -> None:
    rig = charging(TO_ONE_PHASE)
    assert rig.machine.most_phases == 3
    ask(rig, 1)
    rig.run(70.0)
    assert rig.machine.most_phases == 1
    rig.run(5.0, pilot=PilotState.A)
    assert rig.machine.most_phases == 3
    assert charging(SupplyRules()).machine.most_phases == 3


words = st.tuples(
    st.sampled_from([1, 3]),
    st.sampled_from([PilotState.A, PilotState.B, PilotState.C, PilotState.C, PilotState.C]),
    st.booleans(),
    st.sampled_from([0.1, 1.0, 10.0, 70.0, 310.0]),
    st.sampled_from([frozenset[Fault](), frozenset[Fault](), frozenset({Fault.RESIDUAL_CURRENT})]),
)


@given(st.sampled_from([BOTH_WAYS, TO_ONE_PHASE]), st.lists(words, min_size=1, max_size=12))
def test_whatever_is_asked_the_ev_is_never_switched_over_carelessly(
    rules: SupplyRules, asked: list[tuple[int, PilotState, bool, float, frozenset[Fault]]]
) -> None:
    """One that leaves for two seconds and more is another EV."""
    rig = charging(rules)
    used, opened_at, is_interrupted, gone_seconds, is_closed = 3, 0.0, False, 0.0, True
    changed_at = -1000.0
    for phases, pilot, is_allowed, seconds, faults in asked:
        rig.tell(phases=phases, power_allowed=is_allowed)
        rig.orders.clear()
        rig.run(seconds, step_seconds=seconds / 40, pilot=pilot, faults=faults)
        gone_seconds = gone_seconds + seconds if pilot is PilotState.A else 0.0
        for at, order in rig.orders:
            if isinstance(order, OpenContactor) and is_closed:
                opened_at, is_interrupted, is_closed = at, False, False
            elif isinstance(order, SignalFault):
                is_interrupted = True
            elif isinstance(order, CloseContactor):
                if order.phases != used:
                    assert is_interrupted
                    assert at - opened_at >= timing.PHASE_CHANGE_PAUSE_SECONDS - 1e-6
                    assert used == 0 or rules is BOTH_WAYS or order.phases == 1
                    assert used == 0 or at - changed_at >= timing.PHASE_CHANGE_INTERVAL_SECONDS - 1e-6
                    changed_at = changed_at if used == 0 else at
                used, is_closed = order.phases, True
        if gone_seconds > timing.UNPLUGGED_FORGIVES_CHATTER_SECONDS - 0.1:
            used, is_interrupted, opened_at, changed_at = 0, True, -1000.0, -1000.0
