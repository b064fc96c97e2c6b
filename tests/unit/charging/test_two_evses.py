"""Two EVSEs and one reader between them."""

import pytest

from chargepoint.charging.commands import StartRemotely
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.effects import Notice
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import AuthorizationStatus, TokenVerdict
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue
from unit.charging.driver import ALICE, BOB, FLEET, ONE, TWO, Driver


@pytest.fixture
def story() -> Driver:
    return Driver([EvseConfiguration(ONE), EvseConfiguration(TWO)])


def test_the_card_goes_where_the_plug_goes(story: Driver) -> None:
    story.swipe(ALICE)
    assert story.state(ONE) is SessionState.AUTHORIZED
    story.plug_in(TWO)
    assert story.state(ONE) is SessionState.IDLE
    assert story.is_charging(TWO)
    assert story.started()[0].cause is Cause.CABLE_PLUGGED_IN
    assert story.see(ONE).waiting_token is None


def test_the_card_goes_to_the_ev_that_waits(story: Driver) -> None:
    story.plug_in(TWO)
    story.swipe(ALICE)
    story.look()
    assert story.is_charging(TWO)
    assert story.state(ONE) is SessionState.IDLE


def test_a_remote_start_does_not_wander(story: Driver) -> None:
    story.change(catalogue.AUTHORIZE_REMOTE_TX_REQUESTS, False)
    story.order(StartRemotely(ALICE, ONE))
    story.plug_in(TWO)
    assert story.state(ONE) is SessionState.AUTHORIZED
    assert story.state(TWO) is SessionState.PLUGGED


def test_a_reader_serves_only_its_evses(story: Driver) -> None:
    story.plug_in(TWO)
    story.swipe(ALICE, (ONE,))
    assert story.state(TWO) is SessionState.PLUGGED
    assert story.state(ONE) is SessionState.AUTHORIZED


def test_two_people_charge_and_each_stops_their_own(story: Driver) -> None:
    story.plug_in(ONE)
    story.swipe(ALICE)
    story.plug_in(TWO)
    story.swipe(BOB)
    story.look()
    story.advance(10)
    story.swipe(BOB)
    story.advance(3)
    assert [end.evse_id for end in story.ended()] == [TWO]
    assert story.is_charging(ONE)


def test_a_group_card_stops_at_the_reader_it_is_held_to(story: Driver) -> None:
    grouped = TokenVerdict(AuthorizationStatus.ACCEPTED, group=FLEET)
    story.list_tokens({ALICE: grouped, BOB: grouped})
    story.charge(ALICE, ONE)
    story.swipe(BOB, (TWO,))
    assert story.is_charging(ONE)
    story.plug_in(TWO)
    story.look()
    assert story.is_charging(TWO)
    story.swipe(BOB, (ONE,))
    story.advance(3)
    assert [end.evse_id for end in story.ended()] == [ONE]


def test_with_both_in_use_nobody_else_is_accepted(story: Driver) -> None:
    story.charge(ALICE, ONE)
    story.charge(BOB, TWO)
    story.swipe(FLEET)
    assert story.notices[-1] is Notice.NO_FREE_EVSE


def test_unknown_evses_of_a_reader_are_ignored(story: Driver) -> None:
    story.swipe(ALICE, ())
    assert story.notices[-1] is Notice.NO_FREE_EVSE
