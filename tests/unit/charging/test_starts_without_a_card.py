"""Free vend and remote starts."""

import pytest

from chargepoint.charging.commands import StartRemotely, StopRemotely
from chargepoint.charging.effects import Notice
from chargepoint.model.faults import Fault
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, ChargingState, StopReason
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, FLEET, MALLORY, ONE, Driver


def test_an_ev_that_comes_while_the_stop_is_read_is_a_new_session() -> None:
    story = Driver(settings={catalogue.FREE_VEND_ACTIVE: True})
    story.plug_in()
    story.advance(10)
    story.outlets[ONE].meter_speaks = False
    story.advance(0.5)
    story.unplug()
    story.plug_in()
    story.advance(1)
    assert story.state() is SessionState.STOPPING
    story.outlets[ONE].meter_speaks = True
    story.advance(3)
    assert len(story.ended()) == 1
    assert len(story.started()) == 2
    assert story.ended()[0].charging_state is ChargingState.IDLE


def test_free_vend_needs_no_card() -> None:
    story = Driver(settings={catalogue.FREE_VEND_ACTIVE: True})
    story.plug_in()
    assert story.is_charging()
    story.answer_start(ACCEPTED)
    assert not story.tokens.cache
    story.unplug()
    story.advance(3)
    story.plug_in()
    assert len(story.started()) == 2


def test_free_vend_begins_when_it_is_switched_on_and_when_a_fault_goes() -> None:
    story = Driver()
    story.fault(Fault.PE_LOST)
    story.plug_in()
    story.change(catalogue.FREE_VEND_ACTIVE, True)
    assert not story.started()
    story.fault()
    story.look()
    assert story.is_charging()


def test_free_vend_does_not_shout_while_the_meter_is_silent() -> None:
    story = Driver(settings={catalogue.FREE_VEND_ACTIVE: True})
    story.silence_meter()
    story.advance(10)
    story.plug_in()
    story.advance(25)
    assert story.notices.count(Notice.METER_MISSING) == 1
    story.outlets[ONE].meter_speaks = True
    story.advance(2)
    assert story.is_charging()


def test_a_remote_start_and_a_remote_stop() -> None:
    story = Driver(settings={catalogue.AUTHORIZE_REMOTE_TX_REQUESTS: False})
    story.plug_in()
    story.order(StartRemotely(MALLORY, ONE, remote_start_id=7, limit_amps=10.0))
    assert story.is_charging()
    (start,) = story.started()
    assert (start.cause, start.remote_start_id) == (Cause.REMOTE_START, 7)
    assert story.see().limit.amps == 10.0
    story.advance(10)
    story.order(StopRemotely(start.transaction_id))
    story.advance(3)
    (end,) = story.ended()
    assert (end.stop_reason, end.cause, end.id_token) == (StopReason.REMOTE, Cause.REMOTE_STOP, None)
    assert story.see().limit.amps == 32.0


@pytest.mark.parametrize("remote_start_id", [None, 0, 7])
def test_a_remote_start_that_has_to_be_authorised_keeps_all_it_came_with(remote_start_id: int | None) -> None:
    story = Driver(settings={catalogue.AUTHORIZE_REMOTE_TX_REQUESTS: True})
    story.plug_in()
    token = IdToken("REMOTE")
    story.order(StartRemotely(token, ONE, remote_start_id=remote_start_id, group_token=FLEET, limit_amps=8.0))
    assert not story.started()
    story.judge(ACCEPTED)
    (start,) = story.started()
    assert (start.cause, start.remote_start_id, start.group_token) == (Cause.REMOTE_START, remote_start_id, FLEET)
    assert story.see().limit.amps == 8.0
