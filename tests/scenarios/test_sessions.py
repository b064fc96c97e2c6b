"""The ordinary sessions: plug and card in either order, refusals, free charging, and every way to stop."""

from pathlib import Path

import pytest

from chargepoint.charging.effects import Notice
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.stories import (
    Operator,
    account_of,
    all_told,
    is_1_6,
    only_transaction,
    tell,
    tell_twice,
    told_statuses,
    under_both,
)
from support.rig import KNOWN_TOKEN, Rig

GROUP = "GROUP-7"
SECOND_CARD = "0499AA11"


def notices(rig: Rig) -> list[Notice]:
    return [notice for notice, _, _ in rig.shown.notices]


@pytest.mark.ocpp_1_6("StartTransaction", "StopTransaction")
def test_plug_first_then_card_is_one_bill_that_equals_the_meter(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        account = account_of(only_transaction(rig))
        assert (account.evse_id, account.id_token, account.stop_reason) == (1, KNOWN_TOKEN, "Local")
        assert account.energy_wh is not None
        assert account.energy_wh > 100

    tell_twice(tmp_path, story)


def test_card_first_then_plug_starts_without_a_second_card(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.swipe()
        assert not rig.is_live()
        await rig.wait(20)
        rig.plug_in()
        await rig.until(rig.is_live, 10, "the contactor closes")
        await rig.wait(15)
        await rig.finish()

    tell_twice(tmp_path, story)


@under_both
def test_card_first_and_nobody_plugs_in_is_over_after_the_connection_time_out(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.swipe()
        if is_1_6(rig):
            assert told_statuses(rig)[-1] == "Preparing"
        await rig.wait(35)
        assert Notice.AUTHORIZATION_EXPIRED in notices(rig)
        assert rig.csms.record.status(1) == "Available"
        rig.plug_in()
        await rig.wait(20)
        assert not rig.is_live()
        assert rig.csms.core.transactions == []

    tell(tmp_path, version, story, settings={"connection_time_out_seconds": "30"})


@under_both
@pytest.mark.parametrize("status", [TokenStatus.INVALID, TokenStatus.BLOCKED, TokenStatus.EXPIRED])
@pytest.mark.ocpp_1_6("Authorize")
def test_a_refused_card_closes_no_contactor_and_starts_nothing(
    tmp_path: Path, version: str, status: TokenStatus
) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(status))
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(15)
        assert not rig.is_live()
        assert Notice.REFUSED in notices(rig)
        assert len(rig.csms.record.authorizations) == 1
        assert rig.csms.core.transactions == []

    tell(tmp_path, version, story)


def test_a_second_card_of_the_same_group_stops(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for card in (KNOWN_TOKEN, SECOND_CARD):
            rig.csms.core.tokens.set(card, TokenRule(group_id=GROUP))
        await rig.charge(15)
        await rig.swipe(SECOND_CARD)
        await rig.until(lambda: not rig.is_live(), 15, "the group's card stops")
        await all_told(rig)
        account = account_of(only_transaction(rig))
        assert (account.id_token, account.stop_reason) == (KNOWN_TOKEN, "Local")

    tell_twice(tmp_path, story)


@under_both
def test_a_stranger_s_card_stops_nothing(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        await rig.swipe("04FFFFFF")
        await rig.wait(10)
        assert rig.is_live()
        assert only_transaction(rig).is_running

    tell(tmp_path, version, story)


def test_unplugging_ends_the_transaction_at_once_and_bills_it(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(15)
        rig.plug_out()
        await rig.until(lambda: not rig.is_live(), 1.0, "the contactor opens")
        await rig.wait(8)
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "EVDisconnected"
        assert rig.csms.record.status(1) == "Available"

    tell_twice(tmp_path, story)


@pytest.mark.ocpp_1_6("RemoteStopTransaction")
def test_the_csms_stops_and_the_ev_is_given_time_to_let_go(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(15)
        assert await Operator(rig).stop(only_transaction(rig).transaction_id) == "Accepted"
        await rig.until(lambda: not rig.is_live(), 10, "the contactor opens")
        await rig.wait(6)
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Remote"
        assert await Operator(rig).stop(only_transaction(rig).transaction_id) == "Rejected"

    tell_twice(tmp_path, story)


@under_both
def test_unplugging_takes_the_authorisation_with_it(tmp_path: Path, version: str) -> None:
    """Swiped, but the EV left before the meter let it start: the next EV needs its own card."""

    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, "meter_silent", True)
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(2)
        rig.world.present_token(KNOWN_TOKEN)
        await rig.wait(1)
        rig.plug_out()
        await rig.wait(1)
        rig.world.set_fault(1, "meter_silent", False)
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(15)
        assert not rig.is_live()
        assert rig.csms.core.transactions == []

    tell(tmp_path, version, story)


@under_both
def test_after_a_session_the_next_ev_needs_its_own_card(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        rig.plug_out()
        await rig.wait(10)
        rig.plug_in()
        await rig.wait(15)
        assert not rig.is_live()
        assert len(rig.csms.core.transactions) == 1

    tell(tmp_path, version, story)


@under_both
def test_a_card_held_for_a_minute_is_one_card(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(2)
        rig.world.present_token(KNOWN_TOKEN, held_seconds=60)
        await rig.wait(62)
        assert rig.is_live()
        assert only_transaction(rig).is_running
        assert len(rig.csms.record.authorizations) == 1

    tell(tmp_path, version, story)


def test_free_vend_charges_whoever_plugs_in(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.until(rig.is_live, 10, "the contactor closes without a card")
        await rig.wait(15)
        rig.plug_out()
        await rig.wait(8)
        await all_told(rig)
        assert rig.csms.record.authorizations == []
        assert only_transaction(rig).stop_reason == "EVDisconnected"
        only_transaction(rig).id_token = "nobody"  # 1.6 has to name a token, 2.0.1 has the type NoAuthorization

    tell_twice(tmp_path, story, settings={"free_vend_active": "true"})
