"""Stories of the safety loop on a board that behaves; the test is the clock."""

import math
from dataclasses import replace

import pytest

from chargepoint.iec61851 import timing
from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, LockState, PowerDirective, WhyOpen
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import EvsePlan, SafetyPlan
from chargepoint.safety.plug_watch import UNWATCHED_SECONDS
from unit.safety.driven_loop import GO, TICK_SECONDS, DrivenLoop
from unit.safety.fake_board import Cell, FakeBoard


def open_within(rig: DrivenLoop, seconds: float) -> bool:
    """Tick until the contactor's command is off, at most so long."""
    for _ in range(round(seconds / TICK_SECONDS)):
        rig.tick()
        if not rig.evse.commanded_closed():
            return True
    return False


def test_a_full_session_from_plug_to_plug() -> None:
    rig = DrivenLoop()
    seen = rig.run(1.0)
    assert not seen.is_settled
    assert seen.why_open[0] is WhyOpen.STARTING
    seen = rig.run(2.5)
    assert seen.is_settled
    assert seen.pilot_state is PilotState.A
    assert WhyOpen.NO_EV in seen.why_open

    rig.evse.plug_in()
    seen = rig.run(0.5)
    assert seen.pilot_state is PilotState.B
    assert seen.cable_rating_amps == 32.0
    assert seen.why_open == (WhyOpen.NO_CONTROLLER, WhyOpen.LOCK_NOT_CLOSED, WhyOpen.EV_NOT_READY)

    rig.tell(GO)
    seen = rig.run(0.3)
    assert seen.pilot_signal is PilotSignal.PWM
    assert seen.duty_percent == pytest.approx(26.667, abs=0.01)
    assert seen.lock is LockState.LOCKED
    assert seen.why_open == (WhyOpen.EV_NOT_READY,)

    rig.evse.want_power()
    seen = rig.run(timing.CLOSE_AFTER_DEMAND_SECONDS)
    assert seen.contactor is ContactorState.CLOSED
    assert seen.why_open == ()
    assert rig.evse[Cell.PHASES] == 3
    assert not seen.faults

    rig.evse.want_power(False)
    assert open_within(rig, timing.OPEN_AFTER_DEMAND_ENDS_SECONDS)
    seen = rig.run(0.1)
    assert seen.last_open_seconds is not None
    assert seen.last_open_seconds <= timing.OPEN_AFTER_DEMAND_ENDS_SECONDS

    rig.evse.plug_out()
    seen = rig.run(0.5)
    assert seen.pilot_state is PilotState.A
    assert seen.lock is LockState.UNLOCKED
    assert not seen.faults


@pytest.mark.parametrize(
    ("cell", "value", "fault"),
    [
        (Cell.RCD, 1, Fault.RESIDUAL_CURRENT),
        (Cell.PE_LOST, 1, Fault.PE_LOST),
        (Cell.STOP, 1, Fault.EMERGENCY_STOP),
        (Cell.MAINS_OFF, 1, Fault.MAINS_LOST),
        (Cell.SILENT, 1, Fault.BOARD_SILENT),
        (Cell.EV, 4, Fault.PILOT_SHORT),
        (Cell.NOISE_VOLTS, 9, Fault.PILOT_FAULT),
    ],
)
def test_what_is_dangerous_opens_at_once_and_says_so(cell: Cell, value: float, fault: Fault) -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[cell] = value
    assert open_within(rig, timing.OPEN_AFTER_DEMAND_ENDS_SECONDS)
    seen = rig.run(0.05)
    assert fault in seen.faults
    assert seen.why_open[0] is WhyOpen.FAULT
    assert seen.pilot_signal is PilotSignal.FAULT
    seen = rig.run(0.4)
    assert seen.pilot_signal is PilotSignal.STEADY


@pytest.mark.parametrize(
    ("cell", "value", "fault", "within_seconds"),
    [
        (Cell.CELSIUS, 80.0, Fault.OVER_TEMPERATURE, 0.6),
        (Cell.CELSIUS, 999.0, Fault.TEMPERATURE_SENSOR, 0.6),
        (Cell.DIODE_MISSING, 1, Fault.DIODE, 0.3),
        (Cell.OHMS, math.inf, Fault.PROXIMITY_LOST, 0.4),
        (Cell.OHMS, 10.0, Fault.PROXIMITY_SHORT, 0.4),
        (Cell.STUCK_OPEN, 1, Fault.CONTACTOR_STUCK_OPEN, 0.7),
    ],
)
def test_what_is_slower_to_see_opens_too(cell: Cell, value: float, fault: Fault, within_seconds: float) -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[cell] = value
    assert open_within(rig, within_seconds)
    assert fault in rig.run(0.05).faults


def test_a_pilot_that_died_with_the_mains_is_no_second_cause() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.MAINS_OFF], rig.evse[Cell.EV] = 1, 4
    dead = rig.run(2.0)
    assert dead.faults == {Fault.MAINS_LOST}
    rig.evse[Cell.MAINS_OFF], rig.evse[Cell.EV] = 0, 2
    for _ in range(100):
        assert Fault.PILOT_SHORT not in rig.run(0.01).faults
    rig.evse[Cell.EV] = 4
    assert Fault.PILOT_SHORT in rig.run(0.5).faults, "with mains it is a short again"


def test_a_residual_current_stays_until_the_ev_is_unplugged() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.RCD] = 1
    rig.run(1.0)
    rig.evse[Cell.RCD] = 0
    rig.change(faults_acknowledged=frozenset({Fault.RESIDUAL_CURRENT}))
    seen = rig.run(20.0)
    assert Fault.RESIDUAL_CURRENT in seen.latched_faults
    assert not rig.evse.is_live()
    rig.evse.plug_out()
    assert not rig.run(0.5).faults


def test_an_emergency_stop_needs_release_and_a_person() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.STOP] = 1
    rig.run(1.0)
    rig.change(faults_acknowledged=frozenset({Fault.EMERGENCY_STOP}))
    assert Fault.EMERGENCY_STOP in rig.run(1.0).faults, "still pressed: nobody can acknowledge that"
    rig.evse[Cell.STOP] = 0
    assert Fault.EMERGENCY_STOP in rig.run(1.0).latched_faults, "an old acknowledgement repeated is none"
    rig.change(faults_acknowledged=frozenset())
    rig.change(faults_acknowledged=frozenset({Fault.EMERGENCY_STOP}))
    assert not rig.run(0.5).faults


def test_a_welded_contactor_is_found_before_anything_is_offered_and_keeps_the_plug() -> None:
    board = FakeBoard()
    board.fakes[0][Cell.WELDED] = 1
    board.fakes[0][Cell.LOCK] = 1
    rig = DrivenLoop(board=board)
    rig.evse.plug_in(wants_power=True)
    rig.tell(GO)
    seen = rig.run(5.0)
    assert Fault.CONTACTOR_WELDED in seen.latched_faults
    assert seen.contactor is ContactorState.CLOSED
    assert seen.pilot_signal is PilotSignal.STEADY
    rig.change(lock_wanted=False, unlock_forced=True)
    rig.run(2.0)
    assert rig.evse[Cell.LOCK] == 1, "never unlocked on a live contactor"
    rig.evse[Cell.WELDED] = 0
    assert Fault.CONTACTOR_WELDED in rig.run(2.0).latched_faults
    rig.change(faults_acknowledged=frozenset({Fault.CONTACTOR_WELDED}))
    assert not rig.run(0.5).faults


def test_too_hot_comes_back_ten_kelvin_lower() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.CELSIUS] = 81.0
    rig.run(1.0)
    rig.evse[Cell.CELSIUS] = 71.0
    assert Fault.OVER_TEMPERATURE in rig.run(1.0).faults
    rig.evse[Cell.CELSIUS] = 69.0
    assert not rig.run(1.0).faults
    rig.run(15.0)
    assert rig.evse.is_live()


def test_a_lease_that_runs_out_ends_softly() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.tell(None)
    rig.loop.link_lost(rig.now)
    rig.run(18.0)
    assert rig.evse.is_live(), "the lease still runs: a controller that restarts cuts nothing"
    rig.run(2.5)
    assert rig.evse.pilot_signal is PilotSignal.STEADY
    assert rig.evse.is_live(), "the EV is given the time to stop by itself"
    rig.evse.want_power(False)
    seen = rig.run(0.1)
    assert not rig.evse.is_live()
    assert {WhyOpen.LEASE_EXPIRED, WhyOpen.NO_CONTROLLER} <= set(seen.why_open)


def test_an_ev_that_does_not_react_is_cut_after_six_seconds() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.change(power_allowed=False)
    rig.run(5.9)
    assert rig.evse.is_live()
    rig.run(0.3)
    assert not rig.evse.is_live()


def test_a_noisy_pilot_neither_opens_nor_closes() -> None:
    rig = DrivenLoop()
    rig.charge()
    for index in range(1000):
        rig.evse[Cell.NOISE_VOLTS] = 3.0 if index % 5 == 0 else 0.0
        rig.tick()
    assert rig.evse.is_live()
    rig.evse[Cell.NOISE_VOLTS] = 0.0
    rig.evse.want_power(False)
    rig.run(20.0)
    closings = rig.evse[Cell.CLOSINGS]
    for index in range(1000):
        rig.evse[Cell.NOISE_VOLTS] = -3.0 if index % 5 == 0 else 0.0
        rig.tick()
    assert rig.evse[Cell.CLOSINGS] == closings


def test_a_bcb_toggle_is_no_wish_for_power() -> None:
    rig = DrivenLoop()
    rig.run(3.5)
    rig.evse.plug_in()
    rig.tell(GO)
    rig.run(2.0)
    for _ in range(3):
        rig.evse.want_power()
        rig.run(0.3)
        rig.evse.want_power(False)
        rig.run(0.5)
    assert rig.evse[Cell.CLOSINGS] == 0


def test_a_jammed_lock_is_named_and_forbids_closing() -> None:
    rig = DrivenLoop()
    rig.run(3.5)
    rig.evse[Cell.LOCK_JAMMED] = 1
    rig.evse.plug_in()
    rig.tell(GO)
    rig.run(0.5)
    rig.evse.want_power()
    seen = rig.run(4.0)
    assert Fault.LOCK_JAMMED in seen.faults
    assert rig.evse[Cell.CLOSINGS] == 0
    rig.evse[Cell.LOCK_JAMMED] = 0
    rig.run(15.0)
    assert rig.evse.is_live(), "it is tried again by itself"


def test_an_ev_that_stays_in_c_through_x1_at_power_up_has_no_s2_and_gets_ten_amps() -> None:
    rig = DrivenLoop()
    rig.evse.plug_in(wants_power=True)
    rig.tick()
    rig.tell(GO)
    seen = rig.run(timing.EV_SHOWS_S2_SECONDS - 0.02)
    assert rig.evse.pilot_signal is PilotSignal.STEADY
    assert not seen.simplified_ev, "it may yet open its S2"
    seen = rig.run(1.0)
    assert rig.evse.is_live()
    assert seen.simplified_ev
    assert rig.evse[Cell.DUTY] == pytest.approx(10.0 / 0.6)
    rig.evse.want_power(False)
    rig.run(0.5)
    rig.evse.want_power()
    seen = rig.run(12.0 + timing.START_RAMP_SECONDS)
    assert not seen.simplified_ev, "it has an S2 after all"
    assert rig.evse[Cell.DUTY] == pytest.approx(16.0 / 0.6)


@pytest.mark.parametrize("opens_s2_after_seconds", [0.1, 1.0, 2.5, 3.0])
def test_an_ev_that_was_charging_at_power_up_and_opens_its_s2_goes_on_with_all_its_amps(
    opens_s2_after_seconds: float,
) -> None:
    rig = DrivenLoop()
    rig.evse.plug_in(wants_power=True)
    rig.tick()
    rig.tell(GO)
    rig.run(opens_s2_after_seconds)
    rig.evse.want_power(False)
    rig.run(3.5 - opens_s2_after_seconds)
    assert rig.evse[Cell.CLOSINGS] == 0
    rig.evse.want_power()
    seen = rig.run(1.0)
    assert rig.evse.is_live()
    assert not seen.simplified_ev
    lowest = min(told.duty_percent for told in rig.told if told.duty_percent is not None)
    assert lowest == pytest.approx(16.0 / 0.6)


def test_an_ev_that_came_while_the_pilot_was_out_of_sight_is_asked_anew() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.SILENT] = 1
    rig.run(UNWATCHED_SECONDS + 1.0)
    rig.evse[Cell.SILENT] = 0
    rig.run(0.2)
    rig.tell(replace(GO, limit_amps=15.0))
    seen = rig.run(30.0)
    assert rig.evse.is_live()
    assert seen.simplified_ev, "the B was another EV's"


def test_coarse_ticks_of_a_quiet_rig_change_nothing_but_the_pace() -> None:
    rig = DrivenLoop()
    rig.run(5.0, tick_seconds=1.0)
    rig.evse.plug_in()
    rig.tell(GO)
    rig.run(4.0, tick_seconds=1.0)
    rig.evse.want_power()
    seen = rig.run(4.0, tick_seconds=1.0)
    assert rig.evse.is_live()
    assert not seen.faults
    assert not rig.loop.is_looking_closely
    assert rig.loop.next_deadline() is None
    rig.run(36000.0, tick_seconds=1.0)
    assert rig.evse.is_live()
    rig.evse.want_power(False)
    rig.run(2.0, tick_seconds=1.0)
    assert not rig.evse.is_live()


def test_a_board_that_refuses_the_opening_is_asked_until_it_obeys() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.REFUSES] = 1
    rig.evse.want_power(False)
    seen = rig.run(0.2)
    assert Fault.BOARD_SILENT in seen.faults
    rig.evse[Cell.REFUSES] = 0
    rig.run(0.05)
    assert not rig.evse.is_live()


def test_an_exception_in_a_tick_makes_the_board_safe_and_is_raised() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.evse[Cell.RAISES_BUG] = 1
    with pytest.raises(ZeroDivisionError):
        rig.tick()
    assert not rig.evse.commanded_closed()
    assert rig.seen.why_open[0] is WhyOpen.MAKE_SAFE
    rig.evse[Cell.RAISES_BUG] = 0
    rig.run(20.0)
    assert not rig.evse.commanded_closed(), "made safe is for good"


def test_one_evse_in_trouble_leaves_the_other_alone() -> None:
    board = FakeBoard(evses=2)
    plan = SafetyPlan(evses=(EvsePlan(EvseId(1)), EvsePlan(EvseId(2))))
    loop = SafetyLoop(board, plan)
    now = 0.0
    for fake in board.fakes:
        fake.plug_in(wants_power=True)
    for _ in range(500):
        now += 0.01
        for seen in loop.observe(now):
            loop.apply(PowerDirective(seen.evse_id, True, 16.0, lock_wanted=True, plug=seen.plug), now)
        loop.tick(now)
    assert [fake.is_live() for fake in board.fakes] == [True, True]
    board.fakes[0][Cell.RCD] = 1
    loop.tick(now + 0.01)
    assert [fake.is_live() for fake in board.fakes] == [False, True]
    assert board.alive_line.toggles == 501


def test_publishes_on_change_and_twice_a_second() -> None:
    rig = DrivenLoop()
    rig.run(5.0)
    rig.told.clear()
    rig.run(10.0)
    assert len(rig.told) in range(19, 22)
    rig.evse[Cell.PE_LOST] = 1
    assert [Fault.PE_LOST in told.faults for told in rig.tick()] == [True]


def test_without_feedback_the_contactor_is_only_assumed() -> None:
    board = FakeBoard()
    board.fakes[0][Cell.NO_FEEDBACK] = 1
    rig = DrivenLoop(board=board)
    assert rig.charge().contactor is ContactorState.ASSUMED_CLOSED
    rig.evse.plug_out()
    assert rig.run(0.1).contactor is ContactorState.ASSUMED_OPEN


def test_a_wake_up_never_looks_like_an_unplugging() -> None:
    rig = DrivenLoop()
    rig.run(3.5)
    rig.evse.plug_in()
    rig.tell(GO)
    rig.run(1.0)
    rig.told.clear()
    rig.run(36.0)
    assert PilotSignal.FAULT in {told.pilot_signal for told in rig.told}
    assert {told.pilot_state for told in rig.told} == {PilotState.B}
    rig.told.clear()
    rig.run(120.0)
    assert PilotSignal.FAULT not in {told.pilot_signal for told in rig.told}, "one per offer"


def test_an_unknown_evse_is_refused() -> None:
    with pytest.raises(ValueError, match="7 is not served here, only 1"):
        DrivenLoop().loop.apply(PowerDirective(EvseId(7), True, 16.0), 0.0)


def test_a_plan_that_does_not_fit_the_board_says_what_to_change() -> None:
    with pytest.raises(ConfigurationError, match="9 is not on the board 'fake'"):
        SafetyLoop(FakeBoard(), SafetyPlan(evses=(EvsePlan(EvseId(9)),)))


def test_a_tethered_cable_has_no_rating_and_needs_none() -> None:
    rig = DrivenLoop(SupplyRules(has_socket=False))
    assert rig.charge().cable_rating_amps is None


def test_a_small_cable_limits_the_offer() -> None:
    rig = DrivenLoop()
    rig.run(3.5)
    rig.evse.plug_in(ohms=1500.0)
    rig.tell(GO)
    seen = rig.run(1.0)
    assert seen.cable_rating_amps == 13.0
    assert seen.duty_percent == pytest.approx(13.0 / 0.6)


def test_a_forced_unlock_waits_for_the_open_contactor() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.change(unlock_forced=True)
    rig.run(1.0)
    assert rig.evse[Cell.LOCK] == 1
    rig.change(unlock_forced=True, power_allowed=False)
    rig.run(1.0)
    rig.evse.want_power(False)
    rig.run(1.0)
    assert rig.evse[Cell.LOCK] == 0
    rig.change(unlock_forced=False, power_allowed=True)
    seen = rig.run(15.0)
    assert rig.evse[Cell.LOCK] == 0, "it stays open until the plug is out"
    assert WhyOpen.LOCK_NOT_CLOSED in seen.why_open


def test_state_d_needs_ventilation() -> None:
    rig = DrivenLoop()
    rig.run(3.5)
    rig.evse.plug_in()
    rig.tell(GO)
    rig.run(1.0)
    rig.evse[Cell.EV] = 3
    seen = rig.run(4.0)
    assert not rig.evse.is_live()
    assert Fault.VENTILATION_UNAVAILABLE in seen.faults
    assert seen.why_open == (WhyOpen.VENTILATION,)

    ventilated = DrivenLoop(SupplyRules(ventilation=True))
    ventilated.charge()
    ventilated.evse[Cell.EV] = 3
    ventilated.run(1.0)
    assert ventilated.evse.is_live()


def test_a_permission_dies_with_the_plug_in_it_was_given_for() -> None:
    rig = DrivenLoop()
    first = rig.charge()
    rig.evse.plug_out()
    rig.run(0.5)
    rig.evse.plug_in(wants_power=True)
    seen = rig.run(15.0)
    assert not rig.evse.is_live(), "the old permission is renewed each second and allows nothing"
    assert seen.plug != first.plug
    assert WhyOpen.NOT_PERMITTED in seen.why_open
    rig.change(limit_amps=10.0)
    rig.run(1.0)
    assert rig.evse.is_live(), "a permission that names this plug-in"


def test_a_renewal_that_races_an_unplug_allows_nothing() -> None:
    rig = DrivenLoop()
    rig.charge()
    old = rig.directive
    assert old is not None
    rig.directive = None
    rig.evse.plug_out()
    rig.run(0.5)
    rig.loop.apply(replace(old, power_allowed=False, plug=None), rig.now)
    rig.loop.apply(old, rig.now)
    rig.evse.plug_in(wants_power=True)
    for _ in range(15):
        rig.loop.apply(old, rig.now)
        rig.run(1.0)
        assert not rig.evse.is_live()


def test_a_permission_without_a_plug_in_allows_nothing() -> None:
    rig = DrivenLoop()
    rig.run(3.5)
    rig.evse.plug_in(wants_power=True)
    rig.directive = GO
    rig.run(3.0)
    assert not rig.evse.is_live()


def test_a_flicker_shorter_than_the_debounce_is_no_unplugging() -> None:
    rig = DrivenLoop()
    first = rig.charge()
    rig.evse.plug_out()
    rig.tick()
    rig.evse.plug_in(wants_power=True)
    rig.run(1.0)
    assert rig.evse.is_live()
    assert rig.seen.plug == first.plug
    assert rig.seen.closings == first.closings


def test_a_plug_that_nobody_watched_for_long_may_have_another_ev() -> None:
    rig = DrivenLoop()
    first = rig.charge()
    rig.run(UNWATCHED_SECONDS + 1.0, tick_seconds=UNWATCHED_SECONDS + 1.0)
    assert first.plug is not None
    assert rig.seen.plug is not None
    assert rig.seen.plug.watch != first.plug.watch
    rig.run(7.0)
    assert not rig.evse.is_live()


def test_no_two_starts_of_the_process_share_a_plug_mark() -> None:
    first, second = DrivenLoop(), DrivenLoop()
    assert first.run(1.0).plug != second.run(1.0).plug


def test_phases_are_switched_only_by_a_board_that_can() -> None:
    rules = SupplyRules(phase_switching=PhaseSwitching.BOTH_WAYS)
    plan = SafetyPlan(evses=(EvsePlan(EvseId(1), rules),))
    with pytest.raises(ConfigurationError, match='has none: take phase_switching out or set it to "never"'):
        SafetyLoop(FakeBoard(), plan)
