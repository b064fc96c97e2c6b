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
from chargepoint.charging.events import SafetyLinkOpened
from chargepoint.charging.recovery import LONGEST_OUTAGE_SECONDS
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


def test_a_clock_that_does_not_know_leaves_it_to_the_plug() -> None:
    story = charging()
    story.utc_trusted = False
    story.restart(down_seconds=LONGEST_OUTAGE_SECONDS + 20, safety_too=True)
    story.boot_up()
    assert story.state() is SessionState.TRANSACTION


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
    twin = replace(record, transaction_id=type(record.transaction_id)("twin"), next_sequence=0)
    story.ledger.phases[twin.transaction_id] = list(story.ledger.phases[record.transaction_id][:1])
    story.ledger.sequences[twin.transaction_id] = []
    story.journal[twin.transaction_id] = twin
    story.restart()
    assert [end.transaction_id for end in story.ended()] == ["twin"]
