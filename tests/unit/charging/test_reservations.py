"""Reservations at the plug: made, refused, kept from strangers, used, ended."""

from datetime import datetime, timedelta

import pytest

from chargepoint.charging.commands import (
    CancelReservation,
    ChangeAvailability,
    Refusal,
    Reserve,
    ResetKind,
    ResetStation,
    StartRemotely,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.effects import Notice
from chargepoint.charging.events import CsmsLost
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.settings import catalogue
from unit.charging.driver import ALICE, BOB, FLEET, MALLORY, NOON, ONE, TWO, Driver

TWO_EVSES = (EvseConfiguration(ONE, connector_type="sType2"), EvseConfiguration(TWO, connector_type="cType2"))
GROUPED = TokenVerdict(AuthorizationStatus.ACCEPTED, group=FLEET)
AN_HOUR = 3600


@pytest.fixture
def story() -> Driver:
    return Driver()


@pytest.fixture
def pair() -> Driver:
    return Driver(TWO_EVSES)


def later(story: Driver, seconds: float = AN_HOUR) -> datetime:
    return NOON + timedelta(seconds=story.now + seconds)


def reserve(
    story: Driver,
    evse_id: EvseId | None = ONE,
    token: IdToken = ALICE,
    number: int = 1,
    *,
    group: IdToken | None = None,
    connector_type: str | None = None,
    seconds: float = AN_HOUR,
) -> Verdict:
    reservation = Reservation(number, token, later(story, seconds), evse_id, group, connector_type)
    return story.order(Reserve(reservation))


def accepted(verdict: Verdict) -> bool:
    return verdict.status is VerdictStatus.ACCEPTED


def numbers(story: Driver) -> list[int]:
    return [one.reservation_id for one in story.reservations]


def status(story: Driver, evse_id: EvseId = ONE) -> EvseStatus:
    return story.see(evse_id).status


# Made and refused


def test_a_free_connector_is_reserved_and_says_so(story: Driver) -> None:
    assert accepted(reserve(story))
    assert status(story) is EvseStatus.RESERVED
    assert story.statuses()[-2:] == [EvseStatus.AVAILABLE, EvseStatus.RESERVED]
    assert numbers(story) == [1]


def test_why_a_connector_can_not_be_reserved(pair: Driver) -> None:
    pair.plug_in(ONE)
    assert reserve(pair).refusal is Refusal.OCCUPIED
    pair.unplug(ONE)
    pair.fault(Fault.PE_LOST)
    assert reserve(pair).refusal is Refusal.FAULTED
    pair.fault()
    pair.order(ChangeAvailability(Availability.INOPERATIVE, ONE))
    assert reserve(pair).refusal is Refusal.UNAVAILABLE
    pair.order(ChangeAvailability(Availability.OPERATIVE, ONE))
    assert accepted(reserve(pair))
    assert reserve(pair, token=BOB, number=2).refusal is Refusal.OCCUPIED
    assert reserve(pair, token=ALICE, number=3).refusal is Refusal.OCCUPIED
    assert reserve(pair, EvseId(3)).status is VerdictStatus.UNKNOWN_TARGET
    assert numbers(pair) == [1]


def test_no_reservation_that_is_over_or_whose_end_nobody_could_tell() -> None:
    story = Driver()
    assert reserve(story, seconds=0) == Verdict(VerdictStatus.REJECTED, "the reservation has expired already")
    story.utc_trusted = False
    assert reserve(story).status is VerdictStatus.REJECTED
    assert not numbers(story)


def test_reservations_can_be_turned_off(pair: Driver) -> None:
    pair.change(catalogue.RESERVE_CONNECTOR_ZERO_SUPPORTED, False)
    assert reserve(pair, None) == Verdict(VerdictStatus.REJECTED, "only a particular connector can be reserved")
    assert accepted(reserve(pair, ONE))
    pair.change(catalogue.RESERVATION_ENABLED, False)
    assert reserve(pair, TWO, number=2).status is VerdictStatus.REJECTED
    assert status(pair, ONE) is EvseStatus.RESERVED, "what was promised stays"


def test_the_same_id_replaces_and_a_replacement_that_can_not_be_leaves_the_old_one(pair: Driver) -> None:
    reserve(pair, ONE)
    assert accepted(reserve(pair, TWO, BOB))
    assert (status(pair, ONE), status(pair, TWO)) == (EvseStatus.AVAILABLE, EvseStatus.RESERVED)
    pair.plug_in(ONE)
    assert reserve(pair, ONE, BOB).refusal is Refusal.OCCUPIED
    assert [(one.reservation_id, one.evse_id, one.token) for one in pair.reservations] == [(1, TWO, BOB)]


def test_a_reservation_is_prolonged_while_its_ev_is_already_plugged_in(story: Driver) -> None:
    reserve(story, seconds=60)
    story.plug_in()
    assert accepted(reserve(story, seconds=600))
    assert reserve(story, token=BOB, number=2).refusal is Refusal.OCCUPIED
    story.advance(120)
    assert status(story) is EvseStatus.RESERVED


# Kept and used


def test_a_stranger_is_refused_with_a_reason_and_nobody_is_asked() -> None:
    story = Driver(settings={catalogue.LOCAL_PRE_AUTHORIZE: False})
    reserve(story)
    story.swipe(BOB)
    assert story.notices[-1] is Notice.RESERVED
    assert not story.questions
    assert story.state() is SessionState.IDLE


@pytest.mark.parametrize("is_plugged_first", [True, False])
def test_the_one_it_is_reserved_for_charges_and_the_start_tells_the_reservation(
    story: Driver, is_plugged_first: bool
) -> None:
    reserve(story, number=42)
    if is_plugged_first:
        story.plug_in()
        assert status(story) is EvseStatus.RESERVED
        story.swipe(BOB)
        assert story.state() is SessionState.PLUGGED
    story.swipe(ALICE)
    if not is_plugged_first:
        assert status(story) is EvseStatus.AWAITING_PLUG
        assert numbers(story) == [42], "used up by the start, not by the card"
        story.plug_in()
    story.advance(2)
    assert story.is_charging()
    assert story.started()[0].reservation_id == 42
    assert not numbers(story)


def test_a_card_that_was_presented_and_not_used_leaves_the_reservation(story: Driver) -> None:
    reserve(story)
    story.swipe(ALICE)
    story.advance(story.settings.get(catalogue.CONNECTION_TIME_OUT) + 1)
    assert status(story) is EvseStatus.RESERVED
    assert numbers(story) == [1]


def test_a_group_card_may_use_it_by_the_list_or_by_the_csmss_word(story: Driver) -> None:
    reserve(story, group=FLEET)
    story.swipe(MALLORY)
    assert len(story.questions) == 1, "its group is not known here"
    story.judge(TokenVerdict(AuthorizationStatus.ACCEPTED))
    assert story.notices[-1] is Notice.RESERVED
    story.list_tokens({BOB: GROUPED})
    story.swipe(BOB)
    assert story.state() is SessionState.AUTHORIZED
    story.plug_in()
    story.advance(2)
    assert story.started()[0].reservation_id == 1


def test_offline_a_card_of_unknown_group_is_refused() -> None:
    story = Driver(settings={catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: True})
    reserve(story, group=FLEET)
    story.tell(CsmsLost("gone"))
    story.swipe(MALLORY)
    assert story.notices[-1] is Notice.RESERVED
    assert story.state() is SessionState.IDLE


def test_a_remote_start_obeys_the_reservation_too(story: Driver) -> None:
    reserve(story, number=5)
    refused = story.order(StartRemotely(BOB, ONE))
    assert (refused.status, refused.reason) == (VerdictStatus.REJECTED, "reserved for somebody else")
    assert accepted(story.order(StartRemotely(ALICE, ONE)))
    story.plug_in()
    story.advance(2)
    assert story.started()[0].reservation_id == 5


def test_a_remote_start_of_a_card_whose_group_may_have_reserved_asks_for_the_group(story: Driver) -> None:
    reserve(story, group=FLEET)
    assert accepted(story.order(StartRemotely(MALLORY, ONE)))
    assert story.state() is SessionState.IDLE
    story.judge(GROUPED)
    assert story.state() is SessionState.AUTHORIZED


def test_free_charging_waits_for_the_end_of_the_reservation() -> None:
    story = Driver(settings={catalogue.FREE_VEND_ACTIVE: True})
    reserve(story, seconds=60)
    story.plug_in()
    story.advance(30)
    assert not story.started()
    story.advance(40)
    assert story.is_charging()
    assert story.started()[0].reservation_id is None


def test_ones_own_reserved_connector_is_chosen_first(pair: Driver) -> None:
    reserve(pair, TWO)
    pair.swipe(ALICE)
    assert pair.state(TWO) is SessionState.AUTHORIZED
    pair.plug_in(ONE)
    pair.advance(2)
    assert pair.started()[0].reservation_id is None, "the other connector uses no reservation up"
    assert numbers(pair) == [1]


def test_a_plug_in_a_reserved_connector_moves_no_strangers_authorisation(pair: Driver) -> None:
    reserve(pair, TWO)
    pair.swipe(BOB)
    assert pair.state(ONE) is SessionState.AUTHORIZED
    pair.plug_in(TWO)
    assert pair.notices[-1] is Notice.RESERVED
    assert pair.state(TWO) is SessionState.PLUGGED
    assert pair.state(ONE) is SessionState.AUTHORIZED


# Connector 0 and connector types


def test_any_connector_means_that_the_last_free_one_is_kept(pair: Driver) -> None:
    assert accepted(reserve(pair, None))
    assert {status(pair, ONE), status(pair, TWO)} == {EvseStatus.AVAILABLE}
    pair.charge(BOB, ONE)
    assert pair.is_charging(ONE)
    assert status(pair, TWO) is EvseStatus.RESERVED
    pair.swipe(MALLORY, (TWO,))
    assert pair.notices[-1] is Notice.RESERVED
    pair.plug_in(TWO)
    pair.swipe(ALICE, (TWO,))
    pair.advance(2)
    assert pair.started()[-1].reservation_id == 1
    assert pair.started()[-1].evse_id == TWO


def test_the_last_connector_is_free_for_all_again_when_another_one_is(pair: Driver) -> None:
    reserve(pair, None)
    pair.charge(BOB, ONE)
    assert status(pair, TWO) is EvseStatus.RESERVED
    pair.unplug(ONE)
    pair.advance(3)
    assert {status(pair, ONE), status(pair, TWO)} == {EvseStatus.AVAILABLE}


def test_whoever_gives_up_one_connector_may_take_the_kept_one_for_it(pair: Driver) -> None:
    reserve(pair, None)
    pair.swipe(BOB)
    assert pair.state(ONE) is SessionState.AUTHORIZED
    assert status(pair, TWO) is EvseStatus.RESERVED
    pair.plug_in(TWO)
    pair.advance(2)
    assert pair.is_charging(TWO)
    assert status(pair, ONE) is EvseStatus.RESERVED, "now this one is kept"
    assert pair.started()[0].reservation_id is None


def test_an_ev_that_is_there_already_does_not_become_reserved(pair: Driver) -> None:
    reserve(pair, None)
    pair.plug_in(ONE)
    pair.charge(BOB, TWO)
    assert status(pair, ONE) is EvseStatus.PREPARING
    pair.swipe(MALLORY, (ONE,))
    assert pair.notices[-1] is Notice.RESERVED
    pair.swipe(ALICE, (ONE,))
    pair.advance(2)
    assert pair.started()[-1].reservation_id == 1


def test_no_more_is_promised_than_there_is(pair: Driver) -> None:
    assert accepted(reserve(pair, None, ALICE, 1))
    assert accepted(reserve(pair, ONE, BOB, 2))
    assert {status(pair, ONE), status(pair, TWO)} == {EvseStatus.RESERVED}
    assert reserve(pair, None, MALLORY, 3).refusal is Refusal.OCCUPIED
    assert reserve(pair, TWO, MALLORY, 3).refusal is Refusal.OCCUPIED
    pair.swipe(BOB)
    assert pair.state(ONE) is SessionState.AUTHORIZED
    pair.swipe(ALICE)
    assert pair.state(TWO) is SessionState.AUTHORIZED


def test_any_connector_of_a_station_that_is_out_of_order(pair: Driver) -> None:
    pair.fault(Fault.PE_LOST, evse_id=ONE)
    pair.fault(Fault.PE_LOST, evse_id=TWO)
    assert reserve(pair, None).refusal is Refusal.FAULTED
    pair.fault(evse_id=ONE)
    pair.fault(evse_id=TWO)
    pair.order(ChangeAvailability(Availability.INOPERATIVE))
    assert reserve(pair, None).refusal is Refusal.UNAVAILABLE


def test_a_connector_type_keeps_the_one_of_that_type(pair: Driver) -> None:
    assert accepted(reserve(pair, None, connector_type="cType2"))
    assert (status(pair, ONE), status(pair, TWO)) == (EvseStatus.AVAILABLE, EvseStatus.RESERVED)
    assert reserve(pair, None, BOB, 2, connector_type="cCCS2").status is VerdictStatus.REJECTED


# The end


def test_it_expires_to_the_second_and_the_connector_is_free(story: Driver) -> None:
    reserve(story, seconds=60)
    story.advance(59.5)
    assert status(story) is EvseStatus.RESERVED
    story.advance(1)
    assert status(story) is EvseStatus.AVAILABLE
    assert story.statuses()[-1] is EvseStatus.AVAILABLE
    assert not numbers(story)


def test_it_is_cancelled_by_its_id(story: Driver) -> None:
    reserve(story, number=3)
    assert story.order(CancelReservation(4)).status is VerdictStatus.UNKNOWN_TARGET
    assert accepted(story.order(CancelReservation(3)))
    assert status(story) is EvseStatus.AVAILABLE
    assert not numbers(story)


def test_cancelled_between_card_and_plug_the_start_tells_no_reservation(story: Driver) -> None:
    reserve(story, number=3)
    story.swipe(ALICE)
    story.order(CancelReservation(3))
    story.plug_in()
    story.advance(2)
    assert story.started()[0].reservation_id is None


@pytest.mark.parametrize("how", ["faulted", "unavailable", "station unavailable"])
def test_a_connector_that_can_not_be_used_any_more_ends_it(pair: Driver, how: str) -> None:
    reserve(pair, ONE, number=1)
    reserve(pair, TWO, BOB, number=2)
    if how == "faulted":
        pair.fault(Fault.PE_LOST)
        pair.fault()
    else:
        where = ONE if how == "unavailable" else None
        pair.order(ChangeAvailability(Availability.INOPERATIVE, where))
        pair.order(ChangeAvailability(Availability.OPERATIVE, where))
    assert numbers(pair) == ([] if how == "station unavailable" else [2])
    assert status(pair, ONE) is EvseStatus.AVAILABLE


def test_any_connector_ends_only_when_none_is_left(pair: Driver) -> None:
    reserve(pair, None)
    pair.fault(Fault.PE_LOST, evse_id=ONE)
    assert numbers(pair) == [1]
    assert status(pair, TWO) is EvseStatus.RESERVED
    pair.fault(Fault.PE_LOST, evse_id=TWO)
    assert numbers(pair) == []


@pytest.mark.parametrize("first", [None, TWO])
def test_of_two_that_one_outlet_is_left_for_the_vaguest_and_newest_ends(pair: Driver, first: EvseId | None) -> None:
    """Each would keep it from the other, and nobody could charge (2.0.1 H01.FR.16 and .17)."""
    reserve(pair, first, ALICE, number=8)
    reserve(pair, None, BOB, number=7)
    pair.fault(Fault.PE_LOST, evse_id=ONE)
    assert numbers(pair) == [8]
    pair.charge(ALICE, TWO)
    assert pair.see(TWO).session is SessionState.TRANSACTION


def test_while_an_evse_is_reset_nothing_new_is_promised_there_and_what_is_kept_stays(pair: Driver) -> None:
    reserve(pair, ONE, number=1)
    pair.order(ResetStation(ResetKind.IMMEDIATE, evse_id=ONE))
    pair.order(ResetStation(ResetKind.IMMEDIATE, evse_id=TWO))
    assert reserve(pair, TWO, number=2).refusal is Refusal.UNAVAILABLE
    assert numbers(pair) == [1]
    pair.advance(10)
    assert accepted(reserve(pair, TWO, number=2))


def test_an_id_used_again_while_the_old_transaction_runs_is_another_reservation(pair: Driver) -> None:
    reserve(pair, ONE, number=1)
    pair.charge(ALICE, ONE)
    assert accepted(reserve(pair, TWO, BOB, number=1))
    pair.advance(60)
    assert numbers(pair) == [1]


# Over restarts, and clocks


def test_it_outlives_a_restart_and_still_ends_in_time(story: Driver) -> None:
    reserve(story, seconds=300)
    story.restart(down_seconds=100)
    story.boot_up()
    assert status(story) is EvseStatus.RESERVED
    story.swipe(BOB)
    assert story.notices[-1] is Notice.RESERVED
    story.advance(199)
    assert status(story) is EvseStatus.RESERVED
    story.advance(2)
    assert status(story) is EvseStatus.AVAILABLE


def test_expired_while_the_station_was_off_it_is_gone(story: Driver) -> None:
    reserve(story, seconds=60)
    story.restart(down_seconds=100)
    story.boot_up()
    assert status(story) is EvseStatus.AVAILABLE
    assert not numbers(story)


def test_with_a_clock_that_nobody_trusts_it_holds_but_never_longer_than_it_was_made_for(story: Driver) -> None:
    reserve(story, seconds=300)
    story.utc_trusted, story.utc_offset = False, timedelta(days=-400)
    story.restart(down_seconds=200)
    story.boot_up()
    story.advance(299)
    assert status(story) is EvseStatus.RESERVED
    story.advance(2)
    assert status(story) is EvseStatus.AVAILABLE


def test_a_clock_that_is_set_right_ends_it_at_once(story: Driver) -> None:
    reserve(story, seconds=300)
    story.utc_trusted, story.utc_offset = False, timedelta(days=-400)
    story.restart(down_seconds=400)
    story.boot_up()
    assert status(story) is EvseStatus.RESERVED
    story.utc_trusted, story.utc_offset = True, timedelta(0)
    story.advance(1)
    assert status(story) is EvseStatus.AVAILABLE
