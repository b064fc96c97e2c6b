"""A token is a value of a type: the same value of another type is somebody else's, and one without a type is of any."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargepoint.charging.commands import EnterPin, Reserve, ShowPrice, StartRemotely, UpdateLocalList, VerdictStatus
from chargepoint.charging.effects import Notice
from chargepoint.model.cost import DriverText
from chargepoint.model.local_list import ListEntry, ListSummary, ListUpdate
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import TYPED_KINDS, IdToken, TokenKind, TokenVerdict, keys_alike, look_up
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, NOON, ONE, Driver

TAG = replace(ALICE, kind=TokenKind.ISO15693)
UNTYPED = IdToken(ALICE.value.lower(), TokenKind.UNTYPED)
SOME_KINDS = pytest.mark.parametrize("kind", sorted(TYPED_KINDS))


def update(version: int, *entries: tuple[IdToken, TokenVerdict | None], is_full: bool = False) -> UpdateLocalList:
    return UpdateLocalList(ListUpdate(version, is_full, tuple(ListEntry(*each) for each in entries)))


def summary(story: Driver) -> ListSummary:
    return story.station.snapshot(story.moment).local_list


def may_charge(story: Driver, token: IdToken) -> bool:
    """Plug in, present it, and leave everything as it was."""
    story.plug_in()
    story.swipe(token)
    story.look()
    is_let_in = story.state() is SessionState.TRANSACTION
    story.unplug()
    story.advance(12)
    return is_let_in


@pytest.mark.requirement("C01.FR.25")
def test_every_pair_of_types_is_two_tokens() -> None:
    tokens = [IdToken("04A1", kind) for kind in sorted(TYPED_KINDS)]
    for one in tokens:
        assert [other for other in tokens if one.is_same_as(other)] == [one]
        assert one.is_same_as(IdToken("04a1", one.kind)), "case does not count"
        assert not one.is_same_as(IdToken("04A2", one.kind))
    assert not tokens[0].is_same_as(None)


@SOME_KINDS
def test_a_token_without_a_type_is_of_any(kind: TokenKind) -> None:
    token, untyped = IdToken("04A1", kind), IdToken("04a1", TokenKind.UNTYPED)
    assert token.is_same_as(untyped)
    assert untyped.is_same_as(token)
    assert not untyped.is_same_as(IdToken("04A2", kind))


def test_the_keys_of_a_token_are_those_of_all_that_are_the_same() -> None:
    everything = [IdToken("04 A1", kind) for kind in TokenKind]
    for one in everything:
        alike = {other.key for other in everything if one.is_same_as(other)}
        assert set(one.keys) == alike == set(keys_alike(one.key)) == {each.key for each in one.alike}
        assert one.keys[0] == one.key == one.alike[0].key


def test_what_is_known_of_several_types_keeps_out_whom_one_of_them_would() -> None:
    known = {ALICE.key: ACCEPTED, TAG.key: BLOCKED}
    assert look_up(ALICE, known) == ACCEPTED
    assert look_up(TAG, known) == BLOCKED
    assert look_up(UNTYPED, known) == BLOCKED
    assert look_up(UNTYPED, {ALICE.key: ACCEPTED}) == ACCEPTED
    assert look_up(replace(ALICE, kind=TokenKind.LOCAL), known) is None
    assert look_up(TAG, {UNTYPED.key: ACCEPTED, TAG.key: BLOCKED}) == BLOCKED, "its own comes first"


# The list


@pytest.mark.requirement("C01.FR.25", "D01.FR.15")
@pytest.mark.parametrize(("good", "bad"), [(ALICE, TAG), (TAG, ALICE)])
def test_two_types_of_a_value_are_two_entries(good: IdToken, bad: IdToken) -> None:
    story = Driver(is_online=False)
    order = update(2, (good, ACCEPTED), (bad, BLOCKED), is_full=True)
    assert story.order(order).status is VerdictStatus.ACCEPTED
    assert summary(story).length == 2
    assert may_charge(story, good)
    assert not may_charge(story, bad)
    story.restart(down_seconds=60)
    story.boot_up()
    assert summary(story).length == 2


@pytest.mark.requirement("C01.FR.25", "D01.FR.16", "D01.FR.17")
def test_one_of_them_is_changed_and_removed_without_the_other() -> None:
    story = Driver(is_online=False)
    story.order(update(2, (ALICE, ACCEPTED), (TAG, ACCEPTED), is_full=True))
    story.order(update(3, (TAG, BLOCKED)))
    assert may_charge(story, ALICE)
    assert not may_charge(story, TAG)
    story.order(update(4, (ALICE, None)))
    assert not may_charge(story, ALICE)
    assert summary(story) == ListSummary(True, 4, 1)


@SOME_KINDS
def test_what_was_listed_without_a_type_is_what_an_update_names_with_one(kind: TokenKind) -> None:
    token = IdToken(ALICE.value, kind)
    story = Driver(is_online=False)
    story.order(update(2, (UNTYPED, ACCEPTED), is_full=True))
    assert may_charge(story, token)
    story.order(update(3, (token, BLOCKED)))
    assert summary(story).length == 1
    assert not may_charge(story, token)
    story.order(update(4, (UNTYPED, ACCEPTED)))
    assert summary(story).length == 1, "and the reverse: an idTag is of any type"
    assert may_charge(story, token)
    story.order(update(5, (token, None)))
    assert summary(story).length == 0
    assert story.tokens.list == {}


# Starts, stops, reservations


@pytest.mark.requirement("C01.FR.25", "C01.FR.03")
def test_the_same_number_of_another_type_stops_nothing() -> None:
    story = Driver(is_online=False)
    story.charge(ALICE)
    story.swipe(TAG)
    story.advance(5)
    assert story.is_charging()
    story.swipe(ALICE)
    story.advance(5)
    assert story.ended()[0].id_token == ALICE


@SOME_KINDS
def test_what_an_idtag_has_started_any_type_of_it_stops(kind: TokenKind) -> None:
    story = Driver()
    story.plug_in()
    assert story.order(StartRemotely(UNTYPED, ONE)).status is VerdictStatus.ACCEPTED
    story.advance(10)
    assert story.is_charging()
    story.swipe(IdToken(ALICE.value, kind))
    story.advance(5)
    assert len(story.ended()) == 1


@pytest.mark.requirement("C01.FR.25", "F01.FR.04")
def test_what_the_csms_has_started_for_one_type_another_one_does_not_stop() -> None:
    story = Driver()
    story.plug_in()
    story.order(StartRemotely(TAG, ONE))
    story.advance(10)
    story.swipe(ALICE)
    story.advance(5)
    assert story.is_charging()
    story.swipe(TAG)
    story.advance(5)
    assert story.ended()[0].id_token == TAG


@pytest.mark.requirement("C01.FR.25", "H03.FR.01", "H03.FR.04")
def test_a_reservation_is_for_one_type() -> None:
    story = Driver(is_online=False)
    fleet = IdToken("FLEET", TokenKind.CENTRAL)
    story.order(update(2, *((each, ACCEPTED) for each in (ALICE, TAG)), is_full=True))
    until = NOON + timedelta(seconds=story.now + 600)
    story.order(Reserve(Reservation(7, TAG, until, ONE, group_token=fleet)))
    (kept,) = story.reservations
    assert not kept.is_for(None, IdToken("FLEET", TokenKind.LOCAL))
    assert kept.is_for(None, IdToken("fleet", TokenKind.CENTRAL))
    story.swipe(ALICE)
    assert story.notices[-1] is Notice.RESERVED
    story.swipe(TAG)
    assert story.state() is SessionState.AUTHORIZED


@SOME_KINDS
def test_a_reservation_without_a_type_is_for_all_of_them(kind: TokenKind) -> None:
    story = Driver(is_online=False, settings={catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: True})
    until = NOON + timedelta(seconds=story.now + 600)
    story.order(Reserve(Reservation(7, UNTYPED, until, ONE)))
    story.swipe(IdToken(ALICE.value, kind))
    assert story.state() is SessionState.AUTHORIZED


def test_a_pin_that_the_csms_has_listed_without_a_type_is_known() -> None:
    story = Driver(is_online=False)
    story.order(update(2, (IdToken("1234", TokenKind.UNTYPED), ACCEPTED), is_full=True))
    story.plug_in()
    story.order(EnterPin("1234", ONE))
    story.look()
    assert story.state() is SessionState.TRANSACTION


# Groups


@pytest.mark.requirement("C01.FR.25", "C09.FR.07")
def test_a_group_has_a_type_too() -> None:
    story = Driver(is_online=False)
    mine, same, other = (IdToken(f"CARD{number}") for number in range(3))
    groups = {
        mine: IdToken("FLEET", TokenKind.CENTRAL),
        same: IdToken("fleet", TokenKind.CENTRAL),
        other: IdToken("FLEET", TokenKind.LOCAL),
    }
    story.list_tokens({card: replace(ACCEPTED, group=group) for card, group in groups.items()})
    story.charge(mine)
    story.swipe(other)
    story.advance(5)
    assert story.is_charging()
    story.swipe(same)
    story.advance(5)
    assert len(story.ended()) == 1


@SOME_KINDS
def test_the_group_of_a_master_pass_is_named_without_a_type(kind: TokenKind) -> None:
    """MasterPassGroupId is an identifier alone."""
    story = Driver(is_online=False, settings={catalogue.MASTER_PASS_GROUP_ID: "POLICE"})
    officer = IdToken("OFFICER")
    group = IdToken("police", kind)
    story.list_tokens({ALICE: ACCEPTED, officer: replace(ACCEPTED, group=group)})
    story.charge(ALICE)
    story.swipe(officer)
    story.advance(5)
    assert len(story.ended()) == 1


# The cache


@pytest.mark.requirement("C01.FR.25", "C10.FR.04")
def test_the_cache_knows_each_type_by_itself() -> None:
    story = Driver()
    story.list_tokens({})
    story.plug_in()
    story.swipe(ALICE)
    story.judge(ACCEPTED)
    story.advance(10)
    story.unplug()
    story.advance(12)
    story.plug_in()
    story.swipe(TAG)
    assert [question.token for question in story.questions] == [TAG], "it is another one: it is asked about"
    story.judge(BLOCKED)
    assert story.tokens.cache == {ALICE.key: ACCEPTED, TAG.key: BLOCKED}


def test_a_price_that_was_named_for_an_idtag_is_that_of_its_card() -> None:
    story = Driver(settings={catalogue.CUSTOM_DISPLAY_COST_AND_PRICE: True})
    story.order(ShowPrice(UNTYPED, DriverText("0.40 per kWh")))
    story.charge(ALICE)
    cost = story.see().cost
    assert cost is not None
    assert cost.price == "0.40 per kWh"
