"""The supply sequences: what the machine orders, when, and what it says about it."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.iec61851 import timing
from chargepoint.iec61851.diagram import supply_diagram
from chargepoint.iec61851.supply_machine import SupplyMachine
from chargepoint.iec61851.supply_moves import MOVES
from chargepoint.iec61851.supply_table import TRANSITIONS, Supply
from chargepoint.iec61851.supply_words import (
    CloseContactor,
    LockPlug,
    OpenContactor,
    Order,
    SignalFault,
    SignalPwm,
    SignalSteady,
    SupplyInputs,
    SupplyRules,
    UnlockPlug,
)
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import DEMAND_STATES, PilotState
from chargepoint.model.power import LockState, PowerDirective, WhyOpen
from unit.iec61851.driven import EMPTY, GO, READY_TO_CHARGE, Driven, kinds


def test_the_table_is_whole() -> None:
    assert set(MOVES) == set(Supply)
    assert {row["dest"] for row in TRANSITIONS} | {Supply.STARTING} == set(Supply)
    diagram = supply_diagram()
    assert diagram.startswith("stateDiagram-v2")
    assert all(row["trigger"] in diagram for row in TRANSITIONS)


def test_from_start_to_power_and_back() -> None:
    rig = Driven()
    assert rig.run(2.9) == []
    assert rig.why() == (WhyOpen.STARTING, WhyOpen.NO_EV, WhyOpen.NO_CONTROLLER)
    rig.run(0.2)
    orders = rig.run(0.2, pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
    assert orders == [SignalPwm(pytest.approx(26.6667, abs=0.001))]  # type: ignore[arg-type]  # approx stands for a float
    assert rig.why() == (WhyOpen.EV_NOT_READY, WhyOpen.DIODE_UNCHECKED)
    rig.run(0.1, pilot=PilotState.C)
    assert rig.why() == (WhyOpen.DIODE_UNCHECKED,)
    assert rig.run(diode_is_proven=True) == [CloseContactor(3)]
    assert rig.why() == ()
    assert kinds(rig.run(pilot=PilotState.B)) == [OpenContactor, SignalSteady]
    assert rig.why() == (WhyOpen.MINIMUM_OFF_TIME, WhyOpen.EV_NOT_READY)


@pytest.mark.parametrize("pilot", [PilotState.A, PilotState.B, PilotState.E, PilotState.F, PilotState.FAULT, None])
def test_leaving_c_opens_in_the_same_step_and_first(pilot: PilotState | None) -> None:
    rig = Driven()
    rig.charge()
    assert rig.run(pilot=pilot)[0] == OpenContactor()


@pytest.mark.parametrize("uses_state_f", [True, False])
def test_a_fault_opens_in_the_same_step_and_holds_state_f(uses_state_f: bool) -> None:
    rig = Driven(SupplyRules(state_f_on_fault=uses_state_f))
    rig.charge()
    orders = rig.run(faults=frozenset({Fault.PE_LOST}))
    assert kinds(orders) == [OpenContactor, SignalFault if uses_state_f else SignalSteady]
    assert kinds(rig.run(0.2)) == []
    assert kinds(rig.run(0.2)) == ([SignalSteady] if uses_state_f else [])
    assert rig.why()[0] is WhyOpen.FAULT
    rig.run(2.0, faults=frozenset())
    assert not rig.machine.contactor_commanded
    rig.run(12.0)
    assert rig.machine.contactor_commanded


@pytest.mark.parametrize(
    ("lease_is_valid", "fields", "reason"),
    [
        (False, {}, WhyOpen.LEASE_EXPIRED),
        (True, {"power_allowed": False}, WhyOpen.NOT_PERMITTED),
        (True, {"limit_amps": 5.9}, WhyOpen.LIMIT_BELOW_MINIMUM),
        (True, {"limit_amps": 0.0}, WhyOpen.LIMIT_BELOW_MINIMUM),
    ],
)
def test_a_withdrawn_permission_stops_softly(lease_is_valid: bool, fields: dict[str, object], reason: WhyOpen) -> None:
    for reacts in (True, False):
        rig = Driven()
        rig.charge()
        rig.tell(**fields)
        assert kinds(rig.run(1.0, lease_is_valid=lease_is_valid)) == [SignalSteady]
        assert rig.machine.contactor_commanded
        if reacts:
            assert kinds(rig.run(pilot=PilotState.B))[0] is OpenContactor
        else:
            assert kinds(rig.run(4.8)) == []
            assert kinds(rig.run(0.3)) == [OpenContactor]
        assert reason in rig.why()


def test_a_permission_that_comes_back_does_not_interrupt_a_soft_stop() -> None:
    rig = Driven()
    rig.charge()
    rig.run(1.0, lease_is_valid=False)
    assert rig.run(2.0, lease_is_valid=True) == []
    assert kinds(rig.run(pilot=PilotState.B)) == [OpenContactor, SignalSteady]


def test_duty_changes_keep_five_seconds_and_the_deadline_of_ten() -> None:
    rig = Driven()
    rig.charge()
    rig.run(10.0)
    rig.orders.clear()
    for amps in (10.0, 20.0, 12.0, 25.0, 8.0):
        rig.tell(limit_amps=amps)
        rig.run(2.0)
    rig.run(10.0)
    changed_at = [at for at, order in rig.orders if isinstance(order, SignalPwm)]
    gaps = [later - earlier for earlier, later in pairwise(changed_at)]
    assert min(gaps) >= timing.DUTY_CHANGE_INTERVAL_SECONDS - 0.001
    last = [order for _, order in rig.orders if isinstance(order, SignalPwm)][-1]
    assert last.duty_percent == pytest.approx(8.0 / 0.6)


def test_a_smaller_limit_goes_out_at_once_when_the_last_change_is_old() -> None:
    rig = Driven()
    rig.charge()
    rig.run(6.0)
    rig.tell(limit_amps=10.0)
    assert kinds(rig.run()) == [SignalPwm]


def test_a_simplified_ev_gets_ten_amps() -> None:
    rig = Driven()
    rig.run(4.0)
    orders = rig.run(0.1, **{field: getattr(READY_TO_CHARGE, field) for field in SupplyInputs.__slots__})
    assert rig.machine.simplified_ev
    assert SignalPwm(10.0 / 0.6) in orders
    rig.run(1.0, pilot=PilotState.B)
    assert not rig.machine.simplified_ev, "it has an S2 after all"


def test_nothing_is_offered_to_an_ev_that_was_there_before_it_is_known_to_have_no_s2() -> None:
    """IEC 61851-1 A.2.3: whatever the start was like, a fault in it included."""
    for faults in (frozenset[Fault](), frozenset({Fault.PE_LOST})):
        rig = Driven()
        rig.inputs = READY_TO_CHARGE
        began_at = rig.now
        rig.run(0.1, faults=faults)
        rig.run(8.0, faults=frozenset())
        offers = [(at - began_at, order) for at, order in rig.orders if isinstance(order, SignalPwm | CloseContactor)]
        assert kinds(order for _, order in offers) == [SignalPwm, CloseContactor]
        assert offers[0][0] >= timing.EV_SHOWS_S2_SECONDS - 0.001
        assert offers[0][1] == SignalPwm(10.0 / 0.6)
        assert rig.machine.simplified_ev


def test_an_ev_that_came_during_a_pilot_fault_has_to_show_its_s2() -> None:
    rig = Driven()
    rig.run(4.0)
    rig.run(1.0, pilot=PilotState.E)
    rig.run(1.0, pilot=PilotState.C)
    assert rig.machine.simplified_ev


def test_one_wake_up_for_an_ev_that_sleeps() -> None:
    rig = Driven()
    rig.run(4.0)
    rig.run(29.8, pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
    assert kinds(rig.run(0.4)) == [SignalFault]
    assert WhyOpen.WAKE_UP in rig.why()
    assert kinds(rig.run(4.0)) == [SignalSteady]
    assert kinds(rig.run(1.0)) == [SignalPwm]
    assert rig.run(120.0) == []
    rig.run(60.0, lease_is_valid=False)
    rig.run(lease_is_valid=True)
    assert SignalFault in kinds(rig.run(40.0)), "a new offer has its own"


def test_an_ev_that_pauses_by_itself_is_not_woken() -> None:
    rig = Driven()
    rig.charge()
    assert SignalFault not in kinds(rig.run(300.0, pilot=PilotState.B))


def test_no_wake_up_where_the_site_forbids_it() -> None:
    rig = Driven(SupplyRules(wake_up=False))
    rig.run(4.0)
    rig.run(pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
    assert SignalFault not in kinds(rig.run(300.0))


def test_an_ev_unplugged_during_the_wake_up_is_gone_afterwards() -> None:
    rig = Driven()
    rig.run(4.0)
    rig.run(31.0, pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
    rig.run(6.0, pilot=PilotState.A)
    assert rig.machine.state is Supply.IDLE


def test_an_hour_of_flapping_wears_the_contactor_little() -> None:
    rig = Driven()
    rig.charge()
    lockouts: list[float] = []
    closed_at = [rig.now]
    for _ in range(360):
        for pilot in (PilotState.B, PilotState.C):
            if CloseContactor in kinds(rig.run(5.0, step_seconds=0.25, pilot=pilot)):
                closed_at.append(rig.now)
            if WhyOpen.CHATTER_LOCKOUT in rig.why():
                lockouts.append(rig.machine.chatter.lockout_remaining_seconds(rig.now))
    for at in closed_at:
        assert sum(at <= other < at + timing.CHATTER_WINDOW_SECONDS for other in closed_at) <= timing.MAX_CLOSINGS
    assert rig.machine.closings <= 3 * timing.MAX_CLOSINGS
    assert max(lockouts) > timing.CHATTER_LOCKOUT_SECONDS[0], "the second lock-out is longer"


def test_the_next_ev_does_not_pay_for_the_last_ones_chatter() -> None:
    rig = Driven()
    rig.charge()
    for _ in range(40):
        rig.run(5.0, pilot=PilotState.B)
        rig.run(5.0, pilot=PilotState.C)
    assert rig.why()[0] is WhyOpen.CHATTER_LOCKOUT
    rig.run(0.5, pilot=PilotState.A)
    rig.run(5.0, pilot=PilotState.B)
    assert rig.why()[0] is WhyOpen.CHATTER_LOCKOUT, "a loose plug is no new EV"
    rig.run(12.0, pilot=PilotState.A)
    rig.run(1.0, pilot=PilotState.B)
    rig.run(1.0, pilot=PilotState.C)
    assert rig.machine.contactor_commanded


def test_x1_is_held_while_the_contactor_rests() -> None:
    rig = Driven()
    rig.charge()
    rig.run(1.0, pilot=PilotState.B)
    assert rig.run(8.5, pilot=PilotState.C) == []
    assert kinds(rig.run(1.0)) == [SignalPwm, CloseContactor]


def test_the_lock_follows_and_never_opens_on_a_live_contactor() -> None:
    rig = Driven()
    rig.inputs = replace(EMPTY, lock=LockState.UNLOCKED)
    rig.run(4.0)
    rig.tell(lock_wanted=True)
    assert LockPlug() in rig.run(pilot=PilotState.B, lease_is_valid=True, cable_rating_amps=32.0)
    rig.run(1.0, pilot=PilotState.C, diode_is_proven=True)
    assert rig.why() == (WhyOpen.LOCK_NOT_CLOSED,)
    rig.run(lock=LockState.LOCKED)
    assert rig.machine.contactor_commanded
    rig.tell(lock_wanted=False, unlock_forced=True)
    assert UnlockPlug() not in rig.run(1.0, contactor_may_be_live=True)
    assert UnlockPlug() not in rig.run(1.0, pilot=PilotState.A), "the feedback still says closed"
    assert rig.run(contactor_may_be_live=False) == [UnlockPlug()]


def test_a_socket_without_a_readable_cable_offers_nothing() -> None:
    rig = Driven()
    rig.run(4.0)
    rig.run(1.0, pilot=PilotState.C, directive=GO, lease_is_valid=True, cable_rating_amps=None)
    assert rig.why() == (WhyOpen.CABLE_UNKNOWN,)


def test_the_installers_minimum_makes_a_pause_of_a_small_limit() -> None:
    rig = Driven(SupplyRules(minimum_current_amps=8.0))
    rig.run(4.0)
    rig.tell(limit_amps=7.0)
    rig.run(1.0, pilot=PilotState.C, lease_is_valid=True, cable_rating_amps=32.0)
    assert rig.why() == (WhyOpen.LIMIT_BELOW_MINIMUM,)


directives = st.none() | st.builds(
    PowerDirective,
    evse_id=st.just(EvseId(1)),
    power_allowed=st.booleans(),
    limit_amps=st.floats(0.0, 80.0),
    phases=st.sampled_from([1, 2, 3]),
    lock_wanted=st.booleans(),
    unlock_forced=st.booleans(),
)
good_inputs = st.builds(
    lambda pilot, amps: replace(READY_TO_CHARGE, pilot=pilot, directive=replace(GO, limit_amps=amps)),
    st.sampled_from([PilotState.B, PilotState.C, PilotState.C, PilotState.C]),
    st.sampled_from([6.0, 16.0]),
)
any_inputs = st.builds(
    SupplyInputs,
    pilot=st.sampled_from([None, *PilotState]),
    directive=directives,
    lease_is_valid=st.booleans(),
    controller_is_linked=st.booleans(),
    faults=st.sampled_from([frozenset(), frozenset({Fault.PE_LOST})]),
    cable_rating_amps=st.sampled_from([None, 13.0, 32.0]),
    lock=st.sampled_from(list(LockState)),
    diode_is_proven=st.booleans(),
    contactor_may_be_live=st.booleans(),
)
spans = st.lists(
    st.tuples(good_inputs | good_inputs | any_inputs, st.sampled_from([0.01, 0.3, 1.0, 6.0, 11.0, 31.0])),
    min_size=1,
    max_size=25,
)
rule_sets = st.builds(
    SupplyRules,
    has_socket=st.booleans(),
    ventilation=st.booleans(),
    state_f_on_fault=st.booleans(),
    wake_up=st.booleans(),
    phases=st.sampled_from([1, 3]),
)


def check_step(machine: SupplyMachine, inputs: SupplyInputs, was_closed: bool, orders: tuple[Order, ...]) -> None:
    supplied = DEMAND_STATES if machine.rules.ventilation else {PilotState.C}
    if inputs.pilot not in supplied or inputs.faults:
        assert not machine.contactor_commanded
        assert not was_closed or orders[0] == OpenContactor()
    for order in orders:
        if isinstance(order, CloseContactor):
            assert inputs.directive is not None
            assert inputs.lease_is_valid
            assert inputs.directive.power_allowed
            assert inputs.directive.limit_amps >= machine.rules.minimum_current_amps
            assert inputs.diode_is_proven
            assert inputs.lock in (LockState.ABSENT, LockState.LOCKED)
            assert inputs.cable_rating_amps is not None or not machine.rules.has_socket
        if isinstance(order, UnlockPlug):
            assert not machine.contactor_commanded
            assert not inputs.contactor_may_be_live
    assert (machine.why_open == ()) is machine.contactor_commanded
    assert len(machine.why_open) == len(set(machine.why_open))


@settings(max_examples=150, deadline=None)
@given(rule_sets, spans)
def test_never_closed_outside_c_without_lease_or_with_a_fault(
    rules: SupplyRules, inputs_and_spans: list[tuple[SupplyInputs, float]]
) -> None:
    machine, now = SupplyMachine(rules), 0.0
    signal: Order = SignalSteady()
    without_permission_since: float | None = None
    for inputs, span_seconds in inputs_and_spans:
        for step in range(4):
            now += span_seconds / 4
            was_closed = machine.contactor_commanded
            orders = machine.step(inputs, now)
            check_step(machine, inputs, was_closed, orders)
            signals = [order for order in orders if isinstance(order, SignalSteady | SignalPwm | SignalFault)]
            signal = signals[-1] if signals else signal
            if machine.state is Supply.ENERGISED:
                assert isinstance(signal, SignalPwm), step
            permitted = inputs.lease_is_valid and inputs.directive is not None and inputs.directive.power_allowed
            if permitted or not machine.contactor_commanded:
                without_permission_since = None
            elif without_permission_since is None:
                without_permission_since = now
            else:
                limit_seconds = timing.OPEN_UNDER_LOAD_AFTER_SECONDS + span_seconds
                assert now - without_permission_since <= limit_seconds


def test_a_pilot_that_shows_no_ev_after_the_wake_up_is_offered_nothing() -> None:
    rig = Driven()
    rig.run(4.0)
    rig.run(10.0, pilot=PilotState.B, directive=GO, lease_is_valid=True, cable_rating_amps=32.0)
    while rig.machine.state is not Supply.WAKE_REST:
        rig.run(pilot=PilotState.B)
        assert rig.now < 200.0
    assert SignalPwm not in kinds(rig.run(2.0, pilot=PilotState.FAULT, cable_rating_amps=None))
