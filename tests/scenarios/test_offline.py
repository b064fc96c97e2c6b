"""Without the CSMS: who may charge, what is billed afterwards, and what the CSMS sees when the link is back."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.effects import Notice
from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.records import AnomalyKind
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.stories import (
    UNKNOWN_CARDS,
    Operator,
    account_of,
    all_told,
    calls_of_station,
    is_1_6,
    only_transaction,
    reconnect,
    start_offline,
    tell,
    tell_twice,
    told_statuses,
    under_both,
)
from support.rig import KNOWN_TOKEN, START_WH, Rig

HOUR = 3600.0


async def remembered(rig: Rig) -> None:
    """The card has charged here before, so the cache knows it."""
    await rig.charge(6)
    await rig.finish()
    await all_told(rig)


def test_a_session_wholly_offline_is_billed_after_the_reconnect(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await start_offline(rig)
        await rig.until(rig.is_live, 10, "unknown cards may charge offline")
        began = rig.utc_now()
        await rig.wait(25)
        await rig.finish()
        assert rig.csms.core.transactions == []
        await rig.rest(HOUR / 4)
        await reconnect(rig)
        await all_told(rig)
        account = account_of(only_transaction(rig))
        assert account.start_at is not None
        assert abs(account.start_at - began) < timedelta(seconds=3), "at the swipe, which takes two seconds"
        if not is_1_6(rig):
            events = calls_of_station(rig, "TransactionEvent")
            assert all(event.get("offline") is True for event in events)
            assert [event["seqNo"] for event in events] == list(range(len(events)))

    tell_twice(tmp_path, story, settings=UNKNOWN_CARDS, poll_seconds=4.0)


def test_a_session_cut_in_the_middle_is_one_session(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(15)
        rig.csms.go_offline()
        await rig.wait(25)
        assert rig.is_live()
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.channel is not None, 60, "the link")
        await rig.wait(5)
        await rig.finish()

    tell_twice(tmp_path, story)


@under_both
def test_a_card_from_the_cache_charges_offline_and_a_stranger_does_not(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await remembered(rig)
        await start_offline(rig)
        await rig.until(rig.is_live, 10, "the cache knows the card")
        rig.plug_out()
        await rig.wait(8)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe("04FFFFFF")
        await rig.wait(8)
        assert not rig.is_live()
        assert rig.shown.notices[-1][0] is Notice.REFUSED

    tell(tmp_path, version, story)


@under_both
@pytest.mark.parametrize("setting", ["local_authorize_offline", "authorization_cache_enabled"])
def test_the_cache_helps_offline_only_where_it_may(tmp_path: Path, version: str, setting: str) -> None:
    async def story(rig: Rig) -> None:
        await remembered(rig)
        await start_offline(rig)
        await rig.wait(8)
        assert not rig.is_live()

    tell(tmp_path, version, story, settings={setting: "false"})


@under_both
def test_a_card_that_the_cache_knows_as_refused_never_counts_as_unknown(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.BLOCKED))
        await rig.swipe()
        await start_offline(rig)
        await rig.wait(8)
        assert not rig.is_live()

    tell(tmp_path, version, story, settings=UNKNOWN_CARDS)


@under_both
def test_pre_authorisation_takes_the_cache_s_word_while_online(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await remembered(rig)
        asked = len(rig.csms.record.authorizations)
        await rig.charge(2)
        assert len(rig.csms.record.authorizations) == asked

    tell(tmp_path, version, story, settings={"local_pre_authorize": "true"})


@under_both
@pytest.mark.parametrize("kind", [FaultKind.SILENCE, FaultKind.CALL_ERROR, FaultKind.MALFORMED])
def test_an_authorize_without_an_answer_falls_back_on_the_offline_rules(
    tmp_path: Path, version: str, kind: FaultKind
) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(2)
        rig.csms.core.faults.add(CsmsFault(kind, "Authorize"))
        await rig.swipe()
        await rig.until(rig.is_live, 10.5, "decided within 10 s")
        await all_started(rig)

    async def all_started(rig: Rig) -> None:
        await rig.until(lambda: len(rig.csms.core.transactions) == 1, 60, "the start is told")

    provoked = [AnomalyKind.UNEXPECTED_ANSWER] if kind is FaultKind.MALFORMED else []
    tell(tmp_path, version, story, settings=UNKNOWN_CARDS, provoked=provoked)


@under_both
def test_after_an_hour_offline_the_csms_sees_the_present_state_and_no_old_one(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.go_offline()
        await rig.wait(10)
        told = len(rig.csms.record.statuses)
        for _ in range(2):
            rig.plug_in()
            await rig.wait(5)
            rig.plug_out()
            await rig.wait(5)
        rig.plug_in()
        await rig.rest(HOUR)
        await reconnect(rig)
        await rig.wait(10)
        fresh = [note for note in rig.csms.record.statuses[told:] if note.evse_id == 1]
        assert [note.status for note in fresh] == ["Preparing" if is_1_6(rig) else "Occupied"]
        assert all(rig.utc_now() - note.timestamp < timedelta(seconds=15) for note in fresh)

    tell(tmp_path, version, story, poll_seconds=4.0)


@under_both
def test_a_csms_that_swallows_everything_is_noticed_and_nothing_is_lost(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        rig.csms.is_black_hole = True
        await rig.wait(12)
        await rig.finish()
        rig.csms.is_black_hole = False
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_a_queued_transaction_never_stands_in_the_way_of_the_next_one(tmp_path: Path, version: str) -> None:
    """Five sessions offline, the power cut between each."""

    async def story(rig: Rig) -> None:
        rig.csms.go_offline()
        await rig.wait(2)
        for _ in range(5):
            await rig.charge(6)
            await rig.finish()
            await rig.power_cut()
            await rig.wait(2)
            await rig.power_up()
            await rig.wait(4)
        rig.csms.come_back()
        await rig.until(lambda: len(rig.csms.core.transactions) == 5, 600, "all five are told")
        await all_told(rig)
        assert rig.bill_wh() == pytest.approx(rig.energy_wh() - START_WH, abs=5.0)
        ids = [transaction.transaction_id for transaction in rig.csms.core.transactions]
        assert len(set(ids)) == 5

    tell(tmp_path, version, story, settings=UNKNOWN_CARDS)


@under_both
def test_the_operator_can_act_at_once_after_the_reconnect_while_the_queue_drains(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await start_offline(rig)
        await rig.until(rig.is_live, 10)
        await rig.wait(60)
        rig.csms.core.faults.add(CsmsFault(FaultKind.DELAY, count=4, seconds=3.0))
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.channel is not None, 60, "the link")
        asked_at = rig.utc_now()
        await Operator(rig).trigger("Heartbeat")
        assert rig.utc_now() - asked_at < timedelta(seconds=1)
        await rig.finish()
        await all_told(rig)

    tell(tmp_path, version, story, settings=UNKNOWN_CARDS)


def test_the_placeholder_id_is_never_on_the_wire(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await start_offline(rig)
        await rig.until(rig.is_live, 10)
        await rig.wait(25)
        rig.csms.core.faults.add(CsmsFault(FaultKind.DISCONNECT_BEFORE_ANSWER, "StartTransaction", count=2))
        rig.csms.come_back()
        await rig.until(lambda: len(rig.csms.core.transactions) == 1, 120, "the start is told")
        await rig.finish()
        await all_told(rig)
        frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
        ids = [frame[3]["transactionId"] for frame in frames if frame[0] == 2 and "transactionId" in frame[3]]
        assert set(ids) == {only_transaction(rig).transaction_id}
        assert told_statuses(rig)[-1] == "Available"

    tell(tmp_path, "1.6", story, settings=UNKNOWN_CARDS)


@under_both
@pytest.mark.requirement("B04.FR.01", "B04.FR.02")
@pytest.mark.parametrize(("offline_seconds", "is_long"), [(20, False), (90, True)])
def test_statuses_after_a_reconnect(tmp_path: Path, version: str, offline_seconds: float, is_long: bool) -> None:
    async def story(rig: Rig) -> None:
        await rig.wait(5)
        rig.csms.go_offline()
        await rig.wait(2)
        rig.plug_in(1)
        await rig.wait(offline_seconds)
        told = len(rig.csms.record.statuses)
        await reconnect(rig)
        await rig.wait(10)
        places = {note.evse_id for note in rig.csms.record.statuses[told:]} - {0}
        assert places == ({1, 2} if is_long or is_1_6(rig) else {1})

    tell(tmp_path, version, story, evses=2)
