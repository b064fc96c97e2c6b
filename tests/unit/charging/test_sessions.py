"""From the plug and the card to the bill, at one EVSE."""

import pytest

from chargepoint.charging.effects import Checkpoint, Direct, Enqueue, Notice
from chargepoint.charging.events import TokenPresented
from chargepoint.model.reports import TransactionReport
from chargepoint.model.status import EvseStatus, SessionState
from chargepoint.model.tokens import AuthorizationStatus, TokenVerdict
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase
from chargepoint.settings import catalogue
from unit.charging.driver import ALICE, BOB, FLEET, MALLORY, ONE, Driver

GROUPED = TokenVerdict(AuthorizationStatus.ACCEPTED, group=FLEET)


def test_plug_first_then_card_is_billed_from_meter_to_meter() -> None:
    story = Driver()
    story.plug_in()
    assert story.state() is SessionState.PLUGGED
    story.swipe(ALICE)
    story.look()
    story.advance(60)
    story.swipe(ALICE)
    story.look()
    story.advance(5)
    (start,), (end,) = story.started(), story.ended()
    assert (start.energy_wh, start.cause, start.id_token) == (1000.0, Cause.AUTHORIZED, ALICE)
    assert end.energy_wh == story.outlets[ONE].register_wh > 1000.0
    assert (end.stop_reason, end.cause, end.id_token) == (StopReason.LOCAL, Cause.STOP_AUTHORIZED, ALICE)
    assert story.state() is SessionState.FINISHED
    story.unplug()
    assert story.state() is SessionState.IDLE
    assert story.statuses() == [
        EvseStatus.AVAILABLE,
        EvseStatus.PREPARING,
        EvseStatus.CHARGING,
        EvseStatus.FINISHING,
        EvseStatus.AVAILABLE,
    ]


def test_the_start_is_in_the_same_step_before_any_power() -> None:
    story = Driver()
    story.plug_in()
    effects = story.tell(TokenPresented(ALICE, (ONE,)))
    kinds = [type(effect) for effect in effects]
    raising = next(e for e in effects if isinstance(e, Direct) and e.directive.power_allowed)
    started = next(e for e in effects if isinstance(e, Enqueue) and isinstance(e.report, TransactionReport))
    assert raising.raises_power
    assert effects.index(raising) > effects.index(started) > kinds.index(Checkpoint)


def test_card_first_starts_with_the_plug() -> None:
    story = Driver()
    story.swipe(ALICE)
    assert story.state() is SessionState.AUTHORIZED
    assert story.statuses()[-1] is EvseStatus.AWAITING_PLUG
    story.plug_in()
    assert story.is_charging()
    assert story.started()[0].cause is Cause.CABLE_PLUGGED_IN
    assert story.notices[:2] == [Notice.AUTHORIZED, Notice.PLUG_IN]


def test_a_card_that_is_not_followed_by_the_plug_expires() -> None:
    story = Driver(settings={catalogue.CONNECTION_TIME_OUT: 30})
    story.swipe(ALICE)
    story.advance(29)
    assert story.state() is SessionState.AUTHORIZED
    story.advance(2)
    assert story.state() is SessionState.IDLE
    assert story.notices[-1] is Notice.AUTHORIZATION_EXPIRED
    story.plug_in()
    assert not story.started()


def test_the_same_card_again_begins_the_time_out_anew() -> None:
    story = Driver(settings={catalogue.CONNECTION_TIME_OUT: 30})
    story.swipe(ALICE)
    story.advance(20)
    story.swipe(ALICE)
    story.advance(20)
    assert story.state() is SessionState.AUTHORIZED


def test_a_time_out_of_0_waits_for_ever() -> None:
    story = Driver(settings={catalogue.CONNECTION_TIME_OUT: 0})
    story.swipe(ALICE)
    story.advance(1000)
    story.plug_in()
    assert story.is_charging()


def test_unplugging_revokes_an_authorisation_that_waits_for_the_meter() -> None:
    story = Driver()
    story.silence_meter()
    story.advance(5)
    story.plug_in()
    story.swipe(ALICE)
    assert story.state() is SessionState.STARTING
    story.unplug()
    assert story.state() is SessionState.IDLE
    story.outlets[ONE].meter_speaks = True
    story.read_meters()
    story.plug_in()
    story.advance(5)
    assert story.state() is SessionState.PLUGGED
    assert not story.started()


def test_the_card_right_after_the_start_is_the_same_gesture() -> None:
    story = Driver()
    story.plug_in()
    story.swipe(ALICE)
    story.advance(4)
    story.swipe(ALICE)
    assert story.state() is SessionState.TRANSACTION
    story.advance(2)
    story.swipe(ALICE)
    assert story.state() is SessionState.STOPPING


def test_a_card_of_the_same_group_stops_and_another_does_not() -> None:
    story = Driver()
    story.list_tokens({ALICE: GROUPED, BOB: GROUPED})
    story.charge(ALICE)
    story.swipe(MALLORY)
    assert story.state() is SessionState.TRANSACTION
    story.swipe(BOB)
    story.advance(2)
    assert story.ended()[0].id_token == BOB


def test_a_group_card_that_only_the_csms_knows_stops_after_its_answer() -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    story.plug_in()
    story.swipe(ALICE)
    story.judge(GROUPED)
    story.advance(10)
    story.list_tokens({})
    story.swipe(BOB)
    story.judge(GROUPED)
    assert story.state() is SessionState.STOPPING


def test_a_blocked_card_of_the_group_stops_nothing() -> None:
    story = Driver()
    story.list_tokens({ALICE: GROUPED, MALLORY: TokenVerdict(AuthorizationStatus.BLOCKED, group=FLEET)})
    story.charge(ALICE)
    story.swipe(MALLORY)
    assert story.state() is SessionState.TRANSACTION


def test_unplugging_ends_the_transaction() -> None:
    story = Driver()
    story.charge()
    story.unplug()
    story.advance(3)
    (end,) = story.ended()
    assert (end.stop_reason, end.cause) == (StopReason.EV_DISCONNECTED, Cause.EV_COMMUNICATION_LOST)
    assert end.charging_state is ChargingState.IDLE
    assert story.state() is SessionState.IDLE


def test_with_the_setting_off_unplugging_only_suspends() -> None:
    story = Driver(settings={catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: False})
    story.change(catalogue.TX_STOP_POINT, ("Authorized",))
    story.charge()
    story.unplug()
    story.advance(30)
    assert story.state() is SessionState.TRANSACTION
    assert story.see().charging_state is ChargingState.IDLE
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EV
    assert not story.see().power_allowed
    story.plug_in()
    assert story.is_charging()


def test_a_pulled_plug_stays_locked_until_its_owner_comes() -> None:
    story = Driver(settings={catalogue.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT: False})
    story.charge()
    story.unplug()
    story.advance(5)
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert directive.lock_wanted
    story.swipe(BOB, ())
    story.swipe(ALICE)
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert not directive.lock_wanted
    assert len(story.started()) == 1


def test_a_pause_of_the_ev_is_no_end() -> None:
    story = Driver()
    story.charge()
    story.ev_ready(False)
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EV
    story.advance(60)
    story.ev_ready(True)
    assert story.statuses()[-1] is EvseStatus.CHARGING
    assert [r.charging_state for r in story.updated() if r.cause is Cause.CHARGING_STATE_CHANGED] == [
        ChargingState.CHARGING,
        ChargingState.SUSPENDED_EV,
        ChargingState.CHARGING,
    ]
    assert not story.ended()


def test_an_ev_that_does_not_ask_becomes_suspended_after_a_while() -> None:
    story = Driver()
    story.plug_in(ready=False)
    story.swipe()
    story.look()
    story.advance(3)
    assert story.statuses()[-1] is EvseStatus.PREPARING
    story.advance(3)
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EV


@pytest.mark.parametrize("cable_amps", [0.0, 5.9])
def test_a_limit_below_the_minimum_is_a_pause_of_the_station(cable_amps: float) -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].cable_rating_amps = cable_amps
    story.look()
    story.look()
    assert story.see().charging_state is ChargingState.SUSPENDED_EVSE
    assert story.see().limit.set_by == "cable"
    story.advance(3600)
    assert not story.ended()
    story.outlets[ONE].cable_rating_amps = 20.0
    story.look()
    assert story.is_charging()


def test_the_stations_pause_comes_before_the_evs() -> None:
    story = Driver()
    story.charge()
    story.ev_ready(False)
    story.outlets[ONE].cable_rating_amps = 0.0
    story.look()
    story.look()
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EVSE


def test_after_the_end_a_new_card_starts_with_the_cable_still_in() -> None:
    story = Driver()
    story.charge(ALICE)
    story.swipe(ALICE)
    story.advance(3)
    assert story.state() is SessionState.FINISHED
    story.swipe(BOB)
    story.look()
    assert story.is_charging()
    first, second = story.started()
    assert second.id_token == BOB
    assert second.energy_wh is not None
    assert second.energy_wh >= (story.ended()[0].energy_wh or 0.0)
    assert first.transaction_id != second.transaction_id


def test_the_reports_of_a_session_are_start_updates_end() -> None:
    story = Driver(settings={catalogue.METER_VALUE_SAMPLE_INTERVAL: 10})
    story.charge()
    story.advance(35)
    story.swipe()
    story.advance(3)
    (phases,) = story.ledger.phases.values()
    assert phases[0] is TransactionPhase.STARTED
    assert phases[-1] is TransactionPhase.ENDED
    periodic = [r for r in story.updated() if r.cause is Cause.METER_VALUE_PERIODIC]
    assert [r.stamp.monotonic for r in periodic] == [110.0, 120.0, 130.0, 140.0]


def test_after_the_stations_pause_the_ev_has_a_moment_to_ask() -> None:
    story = Driver()
    story.charge()
    story.outlets[ONE].cable_rating_amps = 0.0
    story.ev_ready(False)
    story.look()
    story.advance(60)
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EVSE
    story.outlets[ONE].cable_rating_amps = 32.0
    story.look()
    story.advance(3)
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EVSE
    story.advance(4)
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EV
    story.ev_ready(True)
    assert story.statuses()[-1] is EvseStatus.CHARGING
