"""The truth table, all of it, and how a card's way through it looks at the station."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.charging.authorization import Answer, Question, decide
from chargepoint.charging.effects import Notice
from chargepoint.model.moment import Moment
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import AuthorizationStatus, TokenVerdict
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, BOB, MALLORY, NOON, Driver

MOMENT = Moment(0.0, NOON, True)
EXPIRED = TokenVerdict(AuthorizationStatus.ACCEPTED, valid_until=NOON - timedelta(seconds=1))
STILL_VALID = TokenVerdict(AuthorizationStatus.ACCEPTED, valid_until=NOON + timedelta(seconds=1))
KNOWLEDGE = (None, ACCEPTED, BLOCKED, EXPIRED, STILL_VALID)
GOOD = (ACCEPTED, STILL_VALID)


def expected(question: Question) -> Answer:
    """The rules as sentences of the specification (1.6 sections 3.5.2 to 3.5.4; 2.0.1 C10, C13, C15)."""
    known = question.listed or question.cached
    if question.is_online:
        return Answer.ACCEPT if question.local_pre_authorize and known in GOOD else Answer.ASK_CSMS
    if known in (BLOCKED, EXPIRED):
        return Answer.REFUSE
    if known in GOOD and question.local_authorize_offline:
        return Answer.ACCEPT
    return Answer.ACCEPT if question.allow_offline_tx_for_unknown_id else Answer.REFUSE


BOTH = (True, False)
TABLE = [Question(*row) for row in product(BOTH, KNOWLEDGE, KNOWLEDGE, BOTH, BOTH, BOTH)]


def test_the_table_is_whole() -> None:
    assert len(TABLE) == 2 * 5 * 5 * 2**3


@pytest.mark.parametrize("question", TABLE, ids=range(len(TABLE)))
def test_every_row_of_the_truth_table(question: Question) -> None:
    decision = decide(question, MOMENT)
    assert decision.answer is expected(question)
    assert decision.reason


verdicts = st.none() | st.builds(
    TokenVerdict,
    st.sampled_from(AuthorizationStatus),
    valid_until=st.none() | st.integers(-100, 100).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)
questions = st.builds(
    Question,
    is_online=st.booleans(),
    listed=verdicts,
    cached=verdicts,
    local_pre_authorize=st.booleans(),
    local_authorize_offline=st.booleans(),
    allow_offline_tx_for_unknown_id=st.booleans(),
)


@given(questions)
def test_what_is_known_to_be_refused_is_never_accepted_here(question: Question) -> None:
    known = question.listed if question.listed is not None else question.cached
    if known is not None and not known.is_accepted_at(NOON):
        assert decide(question, MOMENT).answer is not Answer.ACCEPT


@given(questions)
def test_the_csms_is_asked_only_online_and_the_list_hides_the_cache(question: Question) -> None:
    answer = decide(question, MOMENT).answer
    assert (answer is Answer.ASK_CSMS) <= question.is_online
    if question.listed is not None:
        without = Question(
            question.is_online,
            question.listed,
            None,
            question.local_pre_authorize,
            question.local_authorize_offline,
            question.allow_offline_tx_for_unknown_id,
        )
        assert decide(without, MOMENT).answer is answer


def test_the_csms_decides_about_an_unknown_card() -> None:
    story = Driver()
    story.plug_in()
    story.swipe(MALLORY)
    story.judge(BLOCKED)
    assert story.notices == [Notice.WAITING_FOR_ANSWER, Notice.REFUSED]
    assert story.tokens.cache == {MALLORY.key: BLOCKED}
    story.swipe(MALLORY)
    story.judge(ACCEPTED)
    assert story.is_charging() or story.state() is SessionState.TRANSACTION


def test_no_answer_falls_into_the_offline_branch() -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    story.plug_in()
    story.swipe(ALICE)
    story.judge(None)
    assert story.state() is SessionState.TRANSACTION
    refused = Driver()
    refused.plug_in()
    refused.swipe(MALLORY)
    refused.judge(None)
    assert refused.notices[-1] is Notice.REFUSED
    assert refused.state() is SessionState.PLUGGED


def test_an_answer_after_the_decision_changes_nothing() -> None:
    story = Driver()
    story.plug_in()
    story.swipe(MALLORY)
    late = story.questions[0]
    story.judge(None)
    story.questions.append(late)
    story.judge(ACCEPTED)
    assert story.state() is SessionState.PLUGGED


def test_offline_unknown_cards_may_charge_where_that_is_allowed() -> None:
    story = Driver(settings={catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: True}, is_online=False)
    story.plug_in()
    story.swipe(MALLORY)
    assert story.started()[0].offline
    assert not story.tokens.cache


def test_the_same_card_is_asked_about_once_and_another_one_meanwhile_is_asked_too() -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    story.plug_in()
    story.swipe(ALICE)
    story.swipe(ALICE)
    story.swipe(BOB)
    assert [question.token for question in story.questions] == [ALICE, BOB]
    story.judge(ACCEPTED)
    assert story.state() is SessionState.TRANSACTION
    story.judge(ACCEPTED)
    (start,) = story.started()
    assert start.id_token == ALICE
    assert story.notices[-1] is Notice.STOP_REFUSED


def test_a_card_whose_ev_left_before_the_answer_is_revoked_but_its_verdict_remembered() -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    story.plug_in()
    story.swipe(MALLORY)
    story.unplug()
    story.judge(ACCEPTED)
    assert story.state() is SessionState.IDLE
    assert story.notices[-1] is Notice.REFUSED
    assert story.tokens.cache[MALLORY.key] == ACCEPTED


def test_the_cache_never_holds_what_the_list_knows() -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    story.plug_in()
    story.swipe(ALICE)
    story.judge(ACCEPTED)
    story.answer_start(ACCEPTED)
    assert not story.tokens.cache


def test_a_switched_off_cache_is_neither_read_nor_written() -> None:
    story = Driver(settings={catalogue.AUTHORIZATION_CACHE_ENABLED: False})
    story.tokens.cache[MALLORY.key] = ACCEPTED
    story.plug_in()
    story.swipe(MALLORY)
    assert len(story.questions) == 1
    story.judge(BLOCKED)
    assert story.tokens.cache == {MALLORY.key: ACCEPTED}


def test_a_card_at_a_busy_outlet_is_told_so() -> None:
    story = Driver()
    story.charge(ALICE)
    story.swipe(BOB)
    assert story.notices[-1] is Notice.NO_FREE_EVSE
    assert not story.questions
