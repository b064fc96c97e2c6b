"""The CSMS refuses the token of a transaction that already runs."""

import pytest

from chargepoint.model.status import EvseStatus, SessionState
from chargepoint.model.tokens import AuthorizationStatus, TokenVerdict
from chargepoint.model.transactions import Cause, StopReason
from chargepoint.settings import catalogue
from chargepoint.settings.setting import AnySetting, SettingValue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, FLEET, ONE, Driver

KEEP: dict[AnySetting, SettingValue] = {catalogue.STOP_TRANSACTION_ON_INVALID_ID: False}


@pytest.mark.parametrize("allowance_wh", [0, 500])
def test_it_stops_where_the_setting_says_so(allowance_wh: int) -> None:
    story = Driver(settings={catalogue.MAX_ENERGY_ON_INVALID_ID: allowance_wh})
    story.charge()
    story.answer_start(BLOCKED)
    story.look()
    story.advance(3)
    (end,) = story.ended()
    assert (end.stop_reason, end.cause) == (StopReason.DE_AUTHORIZED, Cause.DEAUTHORIZED)


def test_the_cable_stays_locked_until_the_owner_comes() -> None:
    story = Driver()
    story.charge()
    story.answer_start(BLOCKED)
    story.look()
    story.advance(3)
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert directive.lock_wanted
    story.swipe(ALICE)
    directive = story.outlets[ONE].directive
    assert directive is not None
    assert not directive.lock_wanted
    assert story.state() is SessionState.FINISHED


def test_else_only_the_energy_stops() -> None:
    story = Driver(settings=KEEP)
    story.charge()
    story.answer_start(BLOCKED)
    story.look()
    assert story.state() is SessionState.TRANSACTION
    assert not story.is_charging()
    assert story.statuses()[-1] is EvseStatus.SUSPENDED_EVSE
    story.advance(60)
    assert not story.ended()


def test_the_allowance_is_given_and_no_more() -> None:
    story = Driver(settings={**KEEP, catalogue.MAX_ENERGY_ON_INVALID_ID: 100})
    story.charge()
    register_wh = story.outlets[ONE].register_wh
    story.answer_start(BLOCKED)
    story.look()
    assert story.is_charging()
    story.advance(30)
    assert story.is_charging()
    story.advance(60)
    assert not story.is_charging()
    assert 100.0 <= story.outlets[ONE].register_wh - register_wh <= 104.0


def test_an_allowance_that_can_not_be_measured_is_none() -> None:
    story = Driver(settings={**KEEP, catalogue.MAX_ENERGY_ON_INVALID_ID: 100})
    story.charge()
    story.answer_start(BLOCKED)
    story.look()
    assert story.is_charging()
    story.silence_meter()
    story.look()
    assert not story.is_charging()


def test_an_acceptance_heals_the_refusal() -> None:
    story = Driver(settings=KEEP)
    story.charge()
    story.answer_start(BLOCKED)
    story.look()
    story.answer_start(TokenVerdict(AuthorizationStatus.ACCEPTED, group=FLEET))
    story.look()
    assert story.is_charging()
    transaction = story.see().transaction
    assert transaction is not None
    assert transaction.group_token == FLEET


def test_a_refusal_that_comes_while_the_transaction_is_recovered_counts() -> None:
    story = Driver()
    story.charge()
    story.restart()
    story.answer_start(BLOCKED)
    assert story.state() is SessionState.RECOVERING
    story.boot_up()
    story.advance(3)
    (end,) = story.ended()
    assert end.stop_reason is StopReason.DE_AUTHORIZED


def test_an_answer_without_a_word_on_the_token_changes_nothing() -> None:
    story = Driver()
    story.charge()
    story.answer_start(ACCEPTED)
    story.look()
    assert story.is_charging()
