"""A controller or a whole machine that stops in the middle, and comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargepoint.charging.commands import (
    ChangeAvailability,
    ResetKind,
    ResetStation,
    StartRemotely,
    StopRemotely,
    UnlockConnector,
    VerdictStatus,
)
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.events import ClockSynchronised, MeterRebased, SafetyLinkOpened
from chargepoint.charging.recovery import CLOCK_WAIT_SECONDS
from chargepoint.charging.same_ev import LONGEST_OUTAGE_SECONDS
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import SafetyHello
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.transactions import ChargingState, StopReason
from chargepoint.settings import catalogue
from unit.charging.driver import ALICE, BOB, ONE, TWO, Driver


def charging() -> Driver:
    story = Driver(settings={catalogue.METER_VALUE_SAMPLE_INTERVAL: 10})
    story.charge()
    story.advance(25)
    return story


def test_a_controller_that_is_back_within_the_lease_goes_on() -> None:
    story = charging()
    story.restart(down_seconds=8)
    assert story.state() is SessionState.RECOVERING
    assert story.is_charging()
    story.boot_up()
    assert story.state() is SessionState.TRANSACTION
    story.swipe(ALICE)
    story.advance(3)
    assert (len(story.started()), len(story.ended())) == (1, 1)
    assert story.ended()[0].stop_reason is StopReason.LOCAL


def test_nothing_is_said_of_the_status_before_it_is_known() -> None:
    story = charging()
    before = len(story.statuses())
    story.restart(safety_too=True)
    story.look()
    assert len(story.statuses()) == before
    assert story.see().status is EvseStatus.PREPARING
    story.boot_up()
    assert EvseStatus.AVAILABLE not in story.statuses()[before:]


def test_no_directive_is_given_before_the_decision() -> None:
    story = charging()
    story.restart()
    story.tell(SafetyLinkOpened(SafetyHello("fake", (ONE,))))
    assert not story.see().power_allowed
    assert story.outlets[ONE].directive is not None  # the old permission: it ends by its own lease
    assert story.is_charging()


def test_after_a_short_power_cut_the_same_ev_goes_on() -> None:
    story = charging()
    story.restart(down_seconds=60, safety_too=True)
    story.boot_up()
    story.look()
    assert story.is_charging()
    assert not story.ended()


def test_after_a_long_power_cut_it_ends_with_power_loss() -> None:
    story = charging()
    cut_at = story.moment.utc
    story.restart(down_seconds=LONGEST_OUTAGE_SECONDS + 20, safety_too=True)
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS
    assert cut_at - timedelta(seconds=10) <= end.stamp.utc <= cut_at
    assert all(value.stamp.utc <= end.stamp.utc for value in end.meter_values)
    assert end.energy_wh == story.outlets[ONE].register_wh
    assert story.state() is SessionState.FINISHED


def after_a_power_cut_without_a_clock(down_seconds: float) -> Driver:
    """The machine has no battery for its clock, and the CSMS has not told the time yet."""
    story = charging()
    story.utc_trusted = False
    story.restart(down_seconds=down_seconds, safety_too=True)
    story.boot_up()
    story.advance(15)
    assert story.state() is SessionState.RECOVERING
    assert not story.is_charging()
    assert story.see().why_not_charging == "waiting for the right time, to know how long the power was off"
    return story


def set_clock(story: Driver) -> None:
    story.utc_trusted = True
    story.tell(ClockSynchronised())
    story.look()


def test_a_clock_that_is_set_in_time_tells_that_the_cut_was_short() -> None:
    story = after_a_power_cut_without_a_clock(down_seconds=60)
    set_clock(story)
    assert story.is_charging()
    story.advance(CLOCK_WAIT_SECONDS)
    assert not story.ended()


def test_a_clock_that_is_set_in_time_tells_that_the_cut_was_long() -> None:
    story = after_a_power_cut_without_a_clock(LONGEST_OUTAGE_SECONDS + 20)
    set_clock(story)
    story.advance(3)
    assert [end.stop_reason for end in story.ended()] == [StopReason.POWER_LOSS]


def test_a_clock_that_is_never_set_ends_it_once_and_the_driver_may_swipe_again() -> None:
    story = after_a_power_cut_without_a_clock(down_seconds=5)
    story.advance(CLOCK_WAIT_SECONDS)
    assert [end.stop_reason for end in story.ended()] == [StopReason.POWER_LOSS]
    assert story.state() is SessionState.FINISHED
    story.swipe(ALICE)
    story.advance(10)
    assert story.is_charging()
    assert (len(story.started()), len(story.ended())) == (2, 1)


def test_a_transaction_that_never_had_the_right_time_has_nothing_to_wait_for() -> None:
    story = Driver(utc_trusted=False)
    story.charge()
    story.restart(down_seconds=5, safety_too=True)
    story.boot_up()
    story.advance(3)
    assert [end.stop_reason for end in story.ended()] == [StopReason.POWER_LOSS]


def test_what_is_guessed_of_an_earlier_boots_clock_proves_no_short_outage() -> None:
    story = Driver(utc_trusted=False)
    story.utc_offset = timedelta(days=-20_000)
    story.charge()
    story.restart(down_seconds=5, safety_too=True)
    story.utc_offset, story.utc_trusted = timedelta(0), True
    story.tell(ClockSynchronised())
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS
    assert end.stamp.utc.year == 2026, "told by the corrected time"
    assert not end.stamp.trusted, "which is a guess"


def test_a_guess_proves_no_short_outage_at_a_later_start_either() -> None:
    story = Driver(utc_trusted=False)
    story.utc_offset = timedelta(days=-20_000)
    story.charge()
    story.restart(down_seconds=5, safety_too=True)
    story.utc_offset, story.utc_trusted = timedelta(0), True
    story.tell(ClockSynchronised())
    story.restart(down_seconds=5, safety_too=True)
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS


def test_a_wall_clock_that_went_back_by_days_does_not_know_how_long_the_cut_was() -> None:
    story = charging()
    story.utc_offset = timedelta(days=-3)
    story.restart(down_seconds=5, safety_too=True)
    story.boot_up()
    story.advance(3)
    assert story.ended()[0].stop_reason is StopReason.POWER_LOSS


@pytest.mark.parametrize(("down_seconds", "goes_on"), [(60.0, True), (LONGEST_OUTAGE_SECONDS + 20, False)])
def test_a_machine_that_was_not_rebooted_needs_no_wall_clock(down_seconds: float, goes_on: bool) -> None:
    story = charging()
    story.utc_trusted = False
    story.outlets[ONE].restart_safety(story.now)
    story.restart(down_seconds=down_seconds)
    story.boot_up()
    story.advance(3)
    assert story.is_charging() is goes_on


def test_safety_that_lived_on_needs_no_clock_at_all() -> None:
    story = charging()
    story.utc_trusted = False
    story.restart(down_seconds=5 * LONGEST_OUTAGE_SECONDS)
    story.boot_up()
    assert story.is_charging()


def test_an_exchange_that_safety_saw_ends_it_however_short_the_outage_was() -> None:
    story = charging()
    story.outlets[ONE].is_plugged_in = False
    story.outlets[ONE].observe(story.now)
    story.outlets[ONE].is_plugged_in = True
    story.restart(down_seconds=1)
    story.boot_up()
    story.advance(3)
    assert story.ended()[0].stop_reason is StopReason.POWER_LOSS
    assert not story.is_charging()


def test_with_the_setting_off_nothing_is_resumed() -> None:
    story = charging()
    story.change(catalogue.RESUME_TRANSACTIONS_ON_BOOT, False)
    story.restart(down_seconds=5, safety_too=True)
    story.boot_up()
    story.advance(3)
    assert story.ended()[0].stop_reason is StopReason.POWER_LOSS


def test_an_ev_that_left_during_the_outage_has_ended() -> None:
    story = charging()
    story.outlets[ONE].is_plugged_in = False
    story.restart(down_seconds=30, safety_too=True)
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert (end.stop_reason, end.charging_state) == (StopReason.POWER_LOSS, ChargingState.IDLE)
    assert story.state() is SessionState.IDLE


def test_an_ev_that_leaves_while_the_meter_is_waited_for_has_ended() -> None:
    story = charging()
    story.outlets[ONE].meter_speaks = False
    story.restart(down_seconds=30, safety_too=True)
    story.look()
    story.unplug()
    story.plug_in()
    story.outlets[ONE].meter_speaks = True
    story.advance(3)
    assert story.ended()[0].stop_reason is StopReason.POWER_LOSS
    assert story.state() is SessionState.PLUGGED


def test_a_register_that_went_back_is_another_meter() -> None:
    story = charging()
    counted_wh = story.outlets[ONE].register_wh
    story.outlets[ONE].register_wh = 5.0
    story.restart(down_seconds=5, safety_too=True)
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS
    assert end.energy_wh is not None
    assert counted_wh - 20.0 <= end.energy_wh <= counted_wh


def test_time_is_up_without_an_observation() -> None:
    story = charging()
    known = next(iter(story.journal.values()))
    story.restart(down_seconds=5, safety_too=True)
    story.link_is_up = False
    story.outlets[ONE].meter_speaks = False
    story.advance(9)
    assert story.state() is SessionState.RECOVERING
    story.advance(30)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS
    assert end.energy_wh == known.last_energy_wh
    assert known.last_sample_at is not None
    assert end.stamp.utc == known.last_sample_at.utc


def test_time_is_up_with_a_pilot_that_says_nothing() -> None:
    story = charging()
    story.outlets[ONE].pilot = PilotState.FAULT
    story.restart(down_seconds=5, safety_too=True)
    story.advance(12)
    assert story.ended()[0].stop_reason is StopReason.POWER_LOSS


def test_a_stop_that_was_under_way_is_finished_with_its_own_reason() -> None:
    story = charging()
    story.outlets[ONE].contactor_sticks = True
    stopped_at = story.moment.utc
    story.swipe(ALICE)
    story.look()
    assert story.state() is SessionState.STOPPING
    story.outlets[ONE].contactor_sticks = False
    story.restart(down_seconds=120, safety_too=True)
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert (end.stop_reason, end.id_token) == (StopReason.LOCAL, ALICE)
    assert end.energy_wh == story.outlets[ONE].register_wh
    assert end.stamp.utc == stopped_at


@pytest.mark.parametrize("times", [1, 3])
def test_restarts_in_the_middle_of_everything_make_one_bill(times: int) -> None:
    story = charging()
    for _ in range(times):
        story.restart(down_seconds=2)
        story.advance(2)
    story.boot_up()
    story.swipe(ALICE)
    story.advance(3)
    for _ in range(times):
        story.restart()
        story.boot_up()
    assert (len(story.started()), len(story.ended())) == (1, 1)
    assert story.state() is not SessionState.RECOVERING


def test_the_limit_of_a_remote_start_survives() -> None:
    story = Driver(settings={catalogue.AUTHORIZE_REMOTE_TX_REQUESTS: False})
    story.plug_in()
    story.order(StartRemotely(ALICE, ONE, limit_amps=8.0))
    story.advance(5)
    story.restart(down_seconds=2)
    story.boot_up()
    assert story.state() is SessionState.TRANSACTION
    assert story.see().limit.amps == 8.0


def test_orders_that_come_meanwhile() -> None:
    story = charging()
    story.restart()
    transaction_id = story.started()[0].transaction_id
    assert story.order(StopRemotely(transaction_id)).status is VerdictStatus.REJECTED
    assert story.order(StartRemotely(BOB, ONE)).status is VerdictStatus.REJECTED
    unavailable = ChangeAvailability(Availability.INOPERATIVE, ONE)
    assert story.order(unavailable).status is VerdictStatus.SCHEDULED


@pytest.mark.parametrize("kind", [ResetKind.SOFT, ResetKind.HARD, ResetKind.IMMEDIATE])
def test_a_reset_ends_what_is_recovered_after_it(kind: ResetKind) -> None:
    story = charging()
    story.restart()
    story.order(ResetStation(kind))
    assert not story.restarts
    story.boot_up()
    story.advance(3)
    assert len(story.ended()) == 1
    assert [restart.kind for restart in story.restarts] == [kind]


def test_an_unlock_meanwhile_fails_in_bounded_time() -> None:
    story = charging()
    story.restart()
    story.tell(SafetyLinkOpened(SafetyHello("fake", (ONE,), {ONE: True})))
    assert story.order(UnlockConnector(ONE, stops_transaction=True)).unlock_pending
    story.link_is_up = False
    story.advance(12)
    assert [unlock.is_unlocked for unlock in story.unlocks] == [False]


def test_a_transaction_of_an_evse_that_is_gone_is_ended() -> None:
    story = Driver([EvseConfiguration(ONE), EvseConfiguration(TWO)])
    story.charge(ALICE, TWO)
    story.configurations = (EvseConfiguration(ONE),)
    del story.outlets[TWO]
    story.restart(safety_too=True)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS
    assert end.evse_id == TWO
    story.restart()
    assert len(story.ended()) == 1


def test_of_two_open_ones_at_an_evse_one_is_ended_at_once() -> None:
    story = charging()
    record = next(iter(story.journal.values()))
    twin = replace(record, transaction_id=type(record.transaction_id)("twin"), next_sequence=1)
    story.ledger.phases[twin.transaction_id] = list(story.ledger.phases[record.transaction_id][:1])
    story.ledger.sequences[twin.transaction_id] = [0]
    story.ledger.start_energy_wh[twin.transaction_id] = 1000.0
    story.journal[twin.transaction_id] = twin
    story.restart()
    assert [end.transaction_id for end in story.ended()] == ["twin"]


@pytest.mark.parametrize(("rise_wh", "is_resumed"), [(100.0, True), (600.0, True), (900.0, False), (900_000.0, False)])
def test_a_register_that_rose_more_than_can_have_flowed_is_not_billed(rise_wh: float, is_resumed: bool) -> None:
    story = charging()
    known_wh = next(iter(story.journal.values())).last_energy_wh
    story.outlets[ONE].register_wh += rise_wh
    story.restart(down_seconds=60, safety_too=True)
    story.boot_up()
    story.advance(3)
    assert (story.state() is SessionState.TRANSACTION) is is_resumed
    if not is_resumed:
        (end,) = story.ended()
        assert (end.stop_reason, end.energy_wh) == (StopReason.POWER_LOSS, known_wh)


def test_a_meter_that_was_changed_meanwhile_ends_it_with_what_was_counted() -> None:
    story = charging()
    known_wh = next(iter(story.journal.values())).last_energy_wh
    story.restart(down_seconds=60, safety_too=True)
    story.tell(MeterRebased(ONE, "another serial number"))
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.POWER_LOSS
    assert end.energy_wh is not None
    assert known_wh is not None
    assert known_wh <= end.energy_wh <= known_wh + 20.0


def test_a_stop_under_way_is_finished_without_what_can_not_have_flowed() -> None:
    story = charging()
    story.outlets[ONE].contactor_sticks = True
    story.swipe(ALICE)
    story.look()
    known_wh = next(iter(story.journal.values())).last_energy_wh
    story.outlets[ONE].contactor_sticks = False
    story.outlets[ONE].register_wh += 900_000.0
    story.restart(down_seconds=30, safety_too=True)
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert (end.stop_reason, end.energy_wh) == (StopReason.LOCAL, known_wh)
