"""The local list: what an update may be, whom it lets charge, and where the CSMS contradicts it."""

from datetime import timedelta

import pytest

from chargepoint.charging.commands import Refusal, UpdateLocalList, VerdictStatus
from chargepoint.model.local_list import ListEntry, ListSummary, ListUpdate
from chargepoint.model.reports import StatusReport
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, BOB, FLEET, MALLORY, NOON, Driver

IN_USE = TokenVerdict(AuthorizationStatus.CONCURRENT_TX)
GROUPED = TokenVerdict(AuthorizationStatus.ACCEPTED, group=FLEET)


@pytest.fixture
def story() -> Driver:
    """Its list is of version 1 and has Alice and Bob."""
    return Driver()


def update(
    version: int, *entries: tuple[IdToken, TokenVerdict | None], is_full: bool = False, empty_has_version: bool = True
) -> UpdateLocalList:
    wanted = ListUpdate(version, is_full, tuple(ListEntry(token, verdict) for token, verdict in entries))
    return UpdateLocalList(wanted, empty_has_version)


def summary(story: Driver) -> ListSummary:
    return story.station.snapshot(story.moment).local_list


def conflicts(story: Driver) -> list[StatusReport]:
    return [one for one in story.reports if isinstance(one, StatusReport) and one.is_list_conflict]


def test_a_full_update_replaces_the_list_and_a_differential_one_changes_it(story: Driver) -> None:
    assert story.order(update(7, (ALICE, ACCEPTED), (MALLORY, BLOCKED), is_full=True)).status is VerdictStatus.ACCEPTED
    assert story.tokens.list == {ALICE.key: ACCEPTED, MALLORY.key: BLOCKED}
    story.order(update(8, (BOB, GROUPED), (MALLORY, None), (IdToken("never listed"), None)))
    assert story.tokens.list == {ALICE.key: ACCEPTED, BOB.key: GROUPED}
    assert summary(story) == ListSummary(True, 8, 2)


def test_a_differential_update_without_entries_only_counts_the_version(story: Driver) -> None:
    assert story.order(update(5)).status is VerdictStatus.ACCEPTED
    assert summary(story) == ListSummary(True, 5, 2)


def test_a_full_update_may_go_back_and_may_be_empty(story: Driver) -> None:
    story.order(update(9))
    assert story.order(update(3, is_full=True)).status is VerdictStatus.ACCEPTED
    assert summary(story) == ListSummary(True, 3, 0)


@pytest.mark.parametrize("version", [1, 4, 5])
def test_a_differential_update_needs_a_higher_version(story: Driver, version: int) -> None:
    story.order(update(5))
    verdict = story.order(update(version, (MALLORY, ACCEPTED)))
    assert (verdict.status, verdict.refusal) == (VerdictStatus.REJECTED, Refusal.VERSION_MISMATCH)
    assert summary(story) == ListSummary(True, 5, 2)


def test_whether_an_empty_list_has_a_version_is_the_dialects_rule(story: Driver) -> None:
    story.order(update(7, is_full=True))
    assert story.order(update(3, (BOB, ACCEPTED))).refusal is Refusal.VERSION_MISMATCH
    assert story.order(update(3, (BOB, ACCEPTED), empty_has_version=False)).status is VerdictStatus.ACCEPTED
    assert summary(story) == ListSummary(True, 3, 1)


@pytest.mark.parametrize(
    "bad",
    [
        update(0, (BOB, ACCEPTED), is_full=True),
        update(-1, is_full=True),
        update(8, (BOB, ACCEPTED), (IdToken(BOB.value.lower()), BLOCKED)),
        update(8, (ALICE, ACCEPTED), (BOB, None), is_full=True),
    ],
    ids=["version 0", "version -1", "a token twice", "a removal in a full list"],
)
def test_a_bad_update_changes_nothing_at_all(story: Driver, bad: UpdateLocalList) -> None:
    before = dict(story.tokens.list)
    verdict = story.order(bad)
    assert (verdict.status, verdict.refusal) == (VerdictStatus.REJECTED, None)
    assert verdict.reason
    assert story.tokens.list == before
    assert summary(story) == ListSummary(True, 1, 2)


def test_the_list_is_never_longer_than_it_may_be(story: Driver) -> None:
    story.change(catalogue.LOCAL_AUTH_LIST_MAX_LENGTH, 3)
    assert story.order(update(2, (MALLORY, BLOCKED), (FLEET, BLOCKED))).status is VerdictStatus.REJECTED
    assert summary(story).length == 2
    assert story.order(update(2, (MALLORY, BLOCKED), (FLEET, BLOCKED), (ALICE, None))).status is VerdictStatus.ACCEPTED
    assert summary(story).length == 3


def test_while_it_is_turned_off_the_list_says_nothing_and_is_not_forgotten(story: Driver) -> None:
    story.change(catalogue.LOCAL_AUTH_LIST_ENABLED, False)
    assert story.order(update(2, (MALLORY, ACCEPTED))).status is VerdictStatus.NOT_SUPPORTED
    assert not summary(story).is_enabled
    story.swipe(ALICE)
    assert [question.token for question in story.questions] == [ALICE]
    story.judge(BLOCKED)
    assert story.tokens.cache == {ALICE.key: BLOCKED}
    story.change(catalogue.LOCAL_AUTH_LIST_ENABLED, True)
    assert summary(story) == ListSummary(True, 1, 2)
    story.swipe(ALICE)
    assert story.state() is SessionState.AUTHORIZED


def test_the_list_outlives_a_restart(story: Driver) -> None:
    story.order(update(4, (MALLORY, ACCEPTED), (BOB, None)))
    story.restart(down_seconds=60)
    story.boot_up()
    assert summary(story) == ListSummary(True, 4, 2)
    story.charge(MALLORY)
    assert story.is_charging()


def test_offline_the_list_decides_and_its_word_ends_with_its_date() -> None:
    story = Driver(is_online=False)
    until = TokenVerdict(AuthorizationStatus.ACCEPTED, valid_until=NOON + timedelta(seconds=story.now + 60))
    story.order(update(2, (MALLORY, until), (BOB, BLOCKED)))
    story.plug_in()
    story.swipe(BOB)
    assert story.state() is SessionState.PLUGGED
    story.swipe(MALLORY)
    assert story.state() is SessionState.TRANSACTION
    story.unplug()
    story.advance(70)
    story.plug_in()
    story.swipe(MALLORY)
    assert story.state() is SessionState.PLUGGED


def test_an_entry_that_is_taken_away_or_blocked_meanwhile_stops_no_transaction_and_still_lets_its_owner_stop() -> None:
    for verdict in (None, BLOCKED):
        story = Driver(is_online=False)
        story.charge(ALICE)
        story.order(update(2, (ALICE, verdict)))
        story.advance(60)
        assert story.is_charging()
        story.swipe(ALICE)
        story.advance(2)
        assert story.ended()[0].id_token == ALICE
        story.unplug()
        story.plug_in()
        story.swipe(ALICE)
        assert story.state() is SessionState.PLUGGED, "and starts nothing new"


def test_a_group_that_the_list_has_lost_stops_no_transaction_any_more() -> None:
    story = Driver(is_online=False)
    story.list_tokens({ALICE: GROUPED, BOB: GROUPED})
    story.charge(ALICE)
    story.order(update(9, (BOB, None)))
    story.swipe(BOB)
    assert story.state() is SessionState.TRANSACTION
    story.order(update(10, (BOB, GROUPED)))
    story.swipe(BOB)
    assert story.state() is SessionState.STOPPING


def test_what_the_list_knows_is_not_cached(story: Driver) -> None:
    story.charge(ALICE)
    story.answer_start(ACCEPTED)
    assert not story.tokens.cache


@pytest.mark.parametrize(
    ("listed", "said", "is_conflict"),
    [
        (ACCEPTED, BLOCKED, True),
        (ACCEPTED, ACCEPTED, False),
        (ACCEPTED, IN_USE, False),
        (IN_USE, ACCEPTED, False),
        (BLOCKED, ACCEPTED, True),
        (BLOCKED, TokenVerdict(AuthorizationStatus.EXPIRED), False),
        (TokenVerdict(AuthorizationStatus.ACCEPTED, valid_until=NOON), ACCEPTED, True),
    ],
)
def test_a_csms_that_contradicts_its_list_is_told_so_once(
    listed: TokenVerdict, said: TokenVerdict, is_conflict: bool
) -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    story.list_tokens({ALICE: listed})
    story.swipe(ALICE)
    story.judge(said)
    story.advance(5)
    assert len(conflicts(story)) == int(is_conflict)
    assert all(one.evse_id == 0 for one in conflicts(story))


def test_the_answer_to_a_start_may_contradict_the_list_too(story: Driver) -> None:
    story.charge(ALICE)
    story.answer_start(BLOCKED)
    assert len(conflicts(story)) == 1
