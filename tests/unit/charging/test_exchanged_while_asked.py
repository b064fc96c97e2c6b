"""The CSMS takes its time over a card, and meanwhile another EV is at the plug: the late word is not for that one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chargepoint.charging.commands import Reserve, StartRemotely, StartWithContract, VerdictStatus
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.events import EvseObserved
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken, TokenKind, TokenVerdict
from chargepoint.settings import catalogue
from chargepoint.settings.setting import AnySetting, SettingValue
from unit.charging.driver import ACCEPTED, ALICE, BOB, MALLORY, NOON, ONE, TWO, Driver

POINTS: list[tuple[str, ...]] = [
    ("EVConnected",),
    ("Authorized",),
    ("PowerPathClosed",),
    ("EnergyTransfer",),
    ("Authorized", "EVConnected"),
    ("Authorized", "EVConnected", "EnergyTransfer", "PowerPathClosed"),
]
Chosen = dict[AnySetting, SettingValue]
OF_2_0_1: list[Chosen] = [{catalogue.RULES_OF_1_6: False, catalogue.TX_START_POINT: each} for each in POINTS]
STARTS: list[Chosen] = [{catalogue.RULES_OF_1_6: True}, *OF_2_0_1]
ASKS: Chosen = {catalogue.LOCAL_PRE_AUTHORIZE: False, catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: True}
LATE_WORDS = [ACCEPTED, None]
"""The CSMS says yes, or nothing: then offline rules would let anybody charge."""

every_start = pytest.mark.parametrize("starts", STARTS, ids=["1.6", *map("+".join, POINTS)])
every_word = pytest.mark.parametrize("word", LATE_WORDS, ids=["accepted late", "no answer"])


def seen(story: Driver) -> None:
    story.unplug()
    story.plug_in()


def unseen(story: Driver, evse_id: EvseId = ONE) -> None:
    """Safety has counted it; the controller hears of it with the new EV."""
    outlet = story.outlets[evse_id]
    outlet.is_plugged_in = False
    outlet.observe(story.now)
    outlet.is_plugged_in = True
    story.look()


def over_a_gap(story: Driver) -> None:
    """The link to safety is lost for long, and another safety process says that an EV is there."""
    story.lose_link()
    story.advance(700)
    story.outlets[ONE].restart_safety(story.now)
    story.link_is_up = True
    story.look()


def while_safety_restarts(story: Driver) -> None:
    """Nobody watches for some seconds: what runs goes on, but whose EV it is can not be known."""
    story.lose_link()
    story.advance(2)
    story.outlets[ONE].restart_safety(story.now)
    story.link_is_up = True
    story.look()


every_exchange = pytest.mark.parametrize(
    "exchange", [seen, unseen, over_a_gap, while_safety_restarts], ids=lambda each: each.__name__
)


def assert_nothing_for_the_other_ev(story: Driver) -> None:
    story.look()
    story.advance(30)
    assert not story.is_charging(), "the other EV is energised"
    assert story.outlets[ONE].flowed_wh == 0.0
    for record in story.journal.values():
        assert record.is_ended or record.id_token is None, "somebody is billed for an EV that is not his"
    assert story.state() in (SessionState.PLUGGED, SessionState.FINISHED)


def assert_own_card_is_billed(story: Driver, card: IdToken = BOB) -> None:
    story.swipe(card)
    if story.questions:
        story.judge(ACCEPTED)
    story.look()
    story.advance(10)
    assert story.is_charging()
    story.unplug()
    story.advance(5)
    billed = [record for record in story.journal.values() if record.may_have_energy]
    assert [record.id_token for record in billed] == [card]


@every_start
@every_word
@every_exchange
def test_the_card_of_the_ev_that_left_starts_nothing_for_the_next(
    starts: Chosen, word: TokenVerdict | None, exchange: Callable[[Driver], None]
) -> None:
    story = Driver(settings=ASKS | starts)
    story.plug_in()
    story.swipe(ALICE)
    exchange(story)
    story.judge(word)
    assert_nothing_for_the_other_ev(story)
    assert_own_card_is_billed(story)


@every_start
@every_word
@every_exchange
def test_nor_does_a_card_that_came_before_its_ev(
    starts: Chosen, word: TokenVerdict | None, exchange: Callable[[Driver], None]
) -> None:
    story = Driver(settings=ASKS | starts)
    story.swipe(ALICE)
    story.plug_in()
    exchange(story)
    story.judge(word)
    assert_nothing_for_the_other_ev(story)
    assert_own_card_is_billed(story)


@every_start
@every_word
@every_exchange
def test_nor_a_remote_start_that_the_csms_is_asked_about(
    starts: Chosen, word: TokenVerdict | None, exchange: Callable[[Driver], None]
) -> None:
    story = Driver(settings=ASKS | starts | {catalogue.AUTHORIZE_REMOTE_TX_REQUESTS: True})
    story.plug_in()
    assert story.order(StartRemotely(ALICE, ONE, remote_start_id=7)).status is VerdictStatus.ACCEPTED
    exchange(story)
    story.judge(word)
    assert_nothing_for_the_other_ev(story)
    assert_own_card_is_billed(story)


@every_start
@every_word
def test_an_exchange_that_is_heard_of_after_the_answer_leaves_the_other_ev_without_power(
    starts: Chosen, word: TokenVerdict | None
) -> None:
    """A permission names its plug-in: safety gives no power on it, and the transaction ends when it is heard."""
    story = Driver(settings=ASKS | starts)
    story.plug_in()
    story.swipe(ALICE)
    outlet = story.outlets[ONE]
    outlet.is_plugged_in = False
    outlet.observe(story.now)
    outlet.is_plugged_in = True
    story.judge(word)
    assert not outlet.is_closed
    assert_nothing_for_the_other_ev(story)
    for end in story.ended():
        assert end.energy_wh == 1000.0
    assert_own_card_is_billed_after_an_empty_one(story)


def assert_own_card_is_billed_after_an_empty_one(story: Driver) -> None:
    story.swipe(BOB)
    story.judge(ACCEPTED)
    story.look()
    story.advance(10)
    assert story.is_charging()
    flowed_wh = story.outlets[ONE].flowed_wh
    story.unplug()
    story.advance(5)
    last = story.ended()[-1]
    assert story.journal[last.transaction_id].id_token == BOB
    started = [each for each in story.started() if each.transaction_id == last.transaction_id]
    assert len(started) == 1
    assert story.outlets[ONE].flowed_wh == flowed_wh


@every_start
def test_the_same_ev_again_after_its_driver_has_pulled_it_needs_the_card_again(
    starts: Chosen,
) -> None:
    story = Driver(settings=ASKS | starts)
    story.plug_in()
    story.swipe(ALICE)
    seen(story)
    story.swipe(ALICE)
    assert len(story.questions) == 2, "it is asked about anew"
    story.judge(ACCEPTED)
    story.advance(5)
    assert not story.is_charging(), "that was the answer to the first question"
    story.judge(ACCEPTED)
    story.look()
    story.advance(5)
    assert story.is_charging()


# Several EVSEs of one reader


def two(settings: Chosen) -> Driver:
    return Driver((EvseConfiguration(ONE), EvseConfiguration(TWO)), ASKS | settings)


@every_start
@every_word
def test_a_card_for_the_ev_that_waits_is_not_for_one_that_comes_beside_it(
    starts: Chosen, word: TokenVerdict | None
) -> None:
    story = two(starts)
    story.plug_in(TWO)
    story.swipe(ALICE)
    story.plug_in(ONE)
    story.judge(word)
    story.look()
    story.advance(10)
    assert story.is_charging(TWO)
    assert not story.is_charging(ONE)


@every_start
@every_word
def test_and_not_for_it_either_when_the_one_that_waited_has_left(starts: Chosen, word: TokenVerdict | None) -> None:
    story = two(starts)
    story.plug_in(TWO)
    story.swipe(ALICE)
    story.plug_in(ONE)
    unseen(story, TWO)
    story.judge(word)
    story.look()
    story.advance(10)
    assert not story.is_charging(ONE)
    assert not story.is_charging(TWO)


def test_a_fault_where_the_ev_waited_gives_the_card_to_no_other() -> None:
    story = two({})
    story.plug_in(TWO)
    story.swipe(ALICE)
    story.fault(Fault.RESIDUAL_CURRENT, evse_id=TWO)
    story.plug_in(ONE)
    story.judge(ACCEPTED)
    story.look()
    story.advance(10)
    assert not story.is_charging(ONE)
    assert not story.is_charging(TWO)


def test_an_ev_at_an_outlet_that_is_kept_for_a_group_does_not_keep_a_stranger_from_the_free_one() -> None:
    """Only the CSMS knows whether the card is of the group."""
    story = two({})
    until = NOON + timedelta(seconds=story.now + 600)
    story.order(Reserve(Reservation(7, BOB, until, ONE, group_token=IdToken("FLEET"))))
    story.plug_in(ONE)
    story.swipe(ALICE)
    story.judge(ACCEPTED)
    assert story.state(TWO) is SessionState.AUTHORIZED


def test_two_cards_before_two_evs_are_for_them_in_their_order() -> None:
    story = two({})
    story.swipe(ALICE)
    story.swipe(MALLORY)
    story.plug_in(TWO)
    story.plug_in(ONE)
    story.judge(ACCEPTED)
    story.judge(ACCEPTED)
    story.look()
    story.advance(10)
    tokens = {start.evse_id: start.id_token for start in story.started()}
    assert tokens == {TWO: ALICE, ONE: MALLORY}


def test_an_ev_that_was_charged_before_does_not_keep_the_card_from_the_one_that_comes() -> None:
    story = two({})
    story.charge(BOB, ONE)
    story.judge(ACCEPTED) if story.questions else None
    story.advance(10)
    story.swipe(BOB, (ONE,))
    story.advance(5)
    assert story.state(ONE) is SessionState.FINISHED
    story.swipe(ALICE)
    story.plug_in(TWO)
    story.judge(ACCEPTED)
    story.look()
    story.advance(10)
    assert story.is_charging(TWO)
    assert not story.is_charging(ONE)


# A contract


@every_start
@pytest.mark.parametrize("verdict", [ACCEPTED, None], ids=["accepted late", "proven here"])
@every_exchange
def test_a_contract_is_for_the_ev_that_showed_it(
    starts: Chosen, verdict: TokenVerdict | None, exchange: Callable[[Driver], None]
) -> None:
    story = Driver(settings=ASKS | starts)
    story.plug_in()
    contract = IdToken("DE8AAC123456789", TokenKind.EMAID)
    shown_by = story.outlets[ONE].plug
    exchange(story)
    order = StartWithContract(contract, ONE, verdict, shown_by)
    assert story.order(order).status is VerdictStatus.REJECTED
    assert_nothing_for_the_other_ev(story)
    assert story.order(replace(order, plug=story.outlets[ONE].plug)).status is VerdictStatus.ACCEPTED
    story.look()
    story.advance(5)
    assert story.is_charging()


def test_a_contract_of_an_ev_that_has_left_starts_nothing() -> None:
    story = Driver(settings=ASKS)
    story.plug_in()
    shown_by = story.outlets[ONE].plug
    story.unplug()
    order = StartWithContract(IdToken("DE8AAC123456789", TokenKind.EMAID), ONE, ACCEPTED, shown_by)
    assert story.order(order).status is VerdictStatus.REJECTED
    story.tell(EvseObserved(story.outlets[ONE].observe(story.now)))
    assert story.state() is SessionState.IDLE
