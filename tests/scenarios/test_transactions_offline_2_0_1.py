"""Block E of OCPP 2.0.1 by the steps of part 6: the queue, the offline flag, attempts, and what the CSMS may ask."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.records import AnomalyKind
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.part6 import TestTool, ask, id_token, put, read
from scenarios.stories import all_told, assert_all_billed, calls_of_station, reconnect, tell
from support.rig import KNOWN_TOKEN, Rig

FRIEND = "04F0F0F0"
ANYBODY = {"allow_offline_tx_for_unknown_id": "true"}
Case = Callable[[Rig], Awaitable[None]]


async def status_of_transaction(rig: Rig, transaction_id: str | None = None) -> dict[str, Any]:
    return await ask(rig, "GetTransactionStatus", {} if transaction_id is None else {"transactionId": transaction_id})


async def transaction_in_the_queue(rig: Rig, *, ended: bool) -> None:
    """Memory state TransactionEventsInQueueEnded, and StartOfflineTransaction: the whole story without a CSMS."""
    rig.csms.go_offline()
    await rig.wait(2)
    await rig.swipe()
    rig.plug_in()
    await rig.until(rig.is_live, 20)
    await rig.wait(15)
    if ended:
        await rig.swipe()
        rig.plug_out()
        await rig.wait(15)


async def transaction_at(rig: Rig, evse: int, card: str) -> str:
    """The id of one that has charged for a few seconds, whatever the CSMS knows of it."""
    rig.plug_in(evse)
    await rig.wait(3)
    await rig.swipe(card)
    await rig.until(lambda: rig.is_live(evse), 20)
    await rig.wait(5)
    transaction = rig.snapshot(evse).transaction
    assert transaction is not None
    return transaction.transaction_id


def told_since(rig: Rig, count: int) -> list[dict[str, Any]]:
    return calls_of_station(rig, "TransactionEvent")[count:]


@pytest.mark.requirement("E14.FR.01")
def test_the_status_of_a_transaction_that_never_was(tmp_path: Path) -> None:
    """TC_E_28_CS"""

    async def story(rig: Rig) -> None:
        answer = await status_of_transaction(rig, "f5c2b7d4-0000-0000-0000-000000000000")
        assert answer == {"ongoingIndicator": False, "messagesInQueue": False}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E14.FR.02", "E14.FR.04", "E14.FR.06", "E14.FR.07", "E11.FR.01", "E11.FR.02", "E11.FR.06")
def test_the_status_while_it_runs_and_news_of_it_wait(tmp_path: Path) -> None:
    """TC_E_29_CS, TC_E_33_CS, TC_E_40_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig).configure(
            SampledDataCtrlr__TxUpdatedMeasurands="Energy.Active.Import.Register",
            SampledDataCtrlr__TxUpdatedInterval=5,
            OCPPCommCtrlr__OfflineThreshold=90,
            OCPPCommCtrlr__RetryBackOffWaitMinimum=30,
            OCPPCommCtrlr__RetryBackOffRandomRange=0,
        )
        await tool.energy_transfer_started()
        await rig.drained()
        before = len(calls_of_station(rig, "TransactionEvent"))
        rig.csms.go_offline()
        await rig.wait(25)
        await reconnect(rig)
        answers = await status_of_transaction(rig, tool.transaction_id), await status_of_transaction(rig)
        assert answers == ({"ongoingIndicator": True, "messagesInQueue": True}, {"messagesInQueue": True})
        await rig.drained()
        queued = [event for event in told_since(rig, before) if event.get("offline")]
        assert len(queued) >= 4
        assert all(event["eventType"] == "Updated" and event["meterValue"] for event in queued)
        await rig.wait(10)
        assert "offline" not in calls_of_station(rig, "TransactionEvent")[-1]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E14.FR.02", "E14.FR.03", "E14.FR.05", "E14.FR.06", "E14.FR.08")
def test_the_status_when_everything_is_told(tmp_path: Path) -> None:
    """TC_E_30_CS, TC_E_32_CS, TC_E_34_CS"""

    async def story(rig: Rig) -> None:
        assert await status_of_transaction(rig) == {"messagesInQueue": False}
        tool = await TestTool(rig).configure(SampledDataCtrlr__TxUpdatedInterval=0)
        await tool.energy_transfer_started()
        await rig.drained()
        transaction_id = tool.transaction_id
        assert transaction_id is not None
        assert await status_of_transaction(rig, transaction_id) == {"ongoingIndicator": True, "messagesInQueue": False}
        await tool.ev_connected_post_session()
        await tool.ev_disconnected()
        await rig.drained()
        ended = {"ongoingIndicator": False, "messagesInQueue": False}
        assert await status_of_transaction(rig, transaction_id) == ended
        assert await status_of_transaction(rig, transaction_id.upper()) == ended

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E14.FR.06", "E14.FR.07", "E14.FR.08")
def test_what_waits_and_tells_of_no_transaction_does_not_count(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await put(rig, SampledDataCtrlr__TxUpdatedInterval=0)
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "ReservationStatusUpdate", count=None))
        until = (rig.utc_now() + timedelta(seconds=5)).isoformat()
        reservation = {"id": 7, "expiryDateTime": until, "idToken": id_token(), "evseId": 1}
        assert (await ask(rig, "ReserveNow", reservation))["status"] == "Accepted"
        await rig.until(lambda: calls_of_station(rig, "ReservationStatusUpdate") != [], 15, "it is over")
        await rig.wait(1)
        assert (await rig.depth()).pending == 1
        assert await status_of_transaction(rig) == {"messagesInQueue": False}
        rig.plug_in()
        await rig.wait(3)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        assert calls_of_station(rig, "TransactionEvent") == []
        assert await status_of_transaction(rig) == {"messagesInQueue": True}
        rig.csms.core.faults.clear()
        await rig.drained()
        assert await status_of_transaction(rig) == {"messagesInQueue": False}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E14.FR.02", "E14.FR.04", "E14.FR.05", "E14.FR.07")
def test_what_waits_about_one_transaction_is_nothing_about_another(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await put(rig, SampledDataCtrlr__TxUpdatedInterval=0)
        told = await transaction_at(rig, 1, KNOWN_TOKEN)
        await rig.drained()
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "TransactionEvent", count=None))
        waiting = await transaction_at(rig, 2, FRIEND)
        assert await status_of_transaction(rig, told) == {"ongoingIndicator": True, "messagesInQueue": False}
        assert await status_of_transaction(rig, waiting) == {"ongoingIndicator": True, "messagesInQueue": True}
        assert await status_of_transaction(rig) == {"messagesInQueue": True}
        rig.csms.core.faults.clear()
        await rig.drained()
        assert await status_of_transaction(rig, waiting) == {"ongoingIndicator": True, "messagesInQueue": False}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("E14.FR.03", "E14.FR.04", "E08.FR.01", "E08.FR.03", "E08.FR.04", "E08.FR.05", "E08.FR.06")
@pytest.mark.requirement("E08.FR.07", "E08.FR.08", "E11.FR.03")
def test_a_stop_without_the_csms(tmp_path: Path) -> None:
    """TC_E_31_CS, TC_E_44_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig).configure(
            OCPPCommCtrlr__OfflineThreshold=120,
            OCPPCommCtrlr__RetryBackOffWaitMinimum=60,
            OCPPCommCtrlr__RetryBackOffRandomRange=0,
        )
        await tool.energy_transfer_started()
        transaction_id = tool.transaction_id
        await rig.drained()
        before = len(calls_of_station(rig, "TransactionEvent"))
        rig.csms.go_offline()
        await rig.wait(10)
        await rig.swipe()
        await rig.until(lambda: not rig.is_live(), 10)
        await rig.until(lambda: rig.truth()["locked"] is False, 10, "the cable is free")
        rig.plug_out()
        await rig.wait(10)
        await reconnect(rig)
        answer = await status_of_transaction(rig, transaction_id)
        assert answer == {"ongoingIndicator": False, "messagesInQueue": True}
        await rig.drained()
        events = told_since(rig, before)
        assert all(event["offline"] is True for event in events)
        assert [event["seqNo"] for event in events] == list(range(events[0]["seqNo"], events[0]["seqNo"] + len(events)))
        end = events[-1]
        assert (end["eventType"], end["triggerReason"]) == ("Ended", "StopAuthorized")
        assert end["idToken"]["idToken"] == KNOWN_TOKEN
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E08.FR.02", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07")
@pytest.mark.parametrize("known_by", ["list", "cache"])
def test_a_stop_without_the_csms_by_a_friend_of_the_group(tmp_path: Path, known_by: str) -> None:
    """TC_E_45_CS"""
    group = {"idToken": "FLEET", "type": "Central"}

    async def story(rig: Rig) -> None:
        for card in (KNOWN_TOKEN, FRIEND):
            rig.csms.core.tokens.set(card, TokenRule(group_id="FLEET"))
        if known_by == "list":
            info = {"status": "Accepted", "groupIdToken": group}
            entry = {"idToken": id_token(FRIEND), "idTokenInfo": info}
            update = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [entry]}
            assert (await ask(rig, "SendLocalList", update))["status"] == "Accepted"
        else:
            await rig.swipe(FRIEND)
            await rig.wait(70)  # it was not followed by a plug
        tool = TestTool(rig)
        await tool.energy_transfer_started()
        await rig.drained()
        before = len(calls_of_station(rig, "TransactionEvent"))
        rig.csms.go_offline()
        await rig.wait(10)
        await rig.swipe(FRIEND)
        await rig.until(lambda: not rig.is_live(), 10)
        rig.plug_out()
        await rig.wait(10)
        await reconnect(rig)
        await rig.drained()
        events = told_since(rig, before)
        assert all(event["offline"] is True for event in events)
        assert events[-1]["eventType"] == "Ended"
        assert events[-1]["idToken"]["idToken"] == FRIEND
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings={"connection_time_out_seconds": "60"})


@pytest.mark.requirement("E12.FR.01", "E12.FR.02", "E12.FR.06", "E04.FR.01", "E04.FR.02", "E04.FR.03", "E04.FR.04")
def test_a_whole_transaction_without_the_csms(tmp_path: Path) -> None:
    """TC_E_43_CS"""

    async def story(rig: Rig) -> None:
        await transaction_in_the_queue(rig, ended=True)
        await reconnect(rig)
        await rig.drained()
        events = calls_of_station(rig, "TransactionEvent")
        assert all(event["offline"] is True for event in events)
        assert [events[0]["eventType"], events[-1]["eventType"]] == ["Started", "Ended"]
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=ANYBODY)


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])
@pytest.mark.requirement("E06.FR.04", "E06.FR.15", "C15.FR.04", "E05.FR.10")
def test_a_token_that_is_refused_afterwards_ends_it(tmp_path: Path, start: str) -> None:
    """TC_E_16_CS"""

    async def story(rig: Rig) -> None:
        await TestTool(rig, [start], ["Authorized"]).configure(TxCtrlr__StopTxOnInvalidId=True)
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
        await transaction_in_the_queue(rig, ended=False)
        await reconnect(rig)
        await rig.until(lambda: not rig.is_live(), 20, "deauthorised")
        await rig.drained()
        await rig.wait(5)
        events = calls_of_station(rig, "TransactionEvent")
        assert events[0]["offline"] is True
        assert events[-1]["eventType"] == "Ended"
        assert events[-1]["triggerReason"] == "Deauthorized"
        assert events[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=ANYBODY)


@pytest.mark.requirement("E05.FR.09")
def test_a_token_that_is_refused_afterwards_in_a_transaction_that_lasts_until_the_ev_leaves(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"], ["EVConnected"]).configure(TxCtrlr__StopTxOnInvalidId=True)
        await put(rig, AuthCtrlr__LocalPreAuthorize=True)
        await rig.swipe()
        await rig.wait(70)  # the card is in the cache now
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.BLOCKED))
        await tool.ev_connected_pre_session()
        await tool.authorized(asks=False)
        await rig.wait(20)
        assert not rig.is_live()
        events = tool.waiting()
        refusal = next(event for event in events if event["triggerReason"] == "Deauthorized")
        assert refusal["eventType"] == "Updated"
        assert events[-1]["transactionInfo"]["chargingState"] == "EVConnected"
        rig.plug_out()
        await all_told(rig)
        assert calls_of_station(rig, "TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings={"connection_time_out_seconds": "60"})


@pytest.mark.requirement("E05.FR.02")
def test_without_the_stop_a_refused_token_gets_no_energy(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await TestTool(rig, stop=["EVConnected"]).configure(TxCtrlr__StopTxOnInvalidId=False)
        rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
        await transaction_in_the_queue(rig, ended=False)
        await reconnect(rig)
        await rig.until(lambda: not rig.is_live(), 20)
        await rig.wait(10)
        events = [event for event in calls_of_station(rig, "TransactionEvent") if event["seqNo"] > 1]
        told = [(event["triggerReason"], event["transactionInfo"]["chargingState"]) for event in events]
        assert ("ChargingStateChanged", "SuspendedEVSE") in told
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story, settings=ANYBODY)


# E13: attempts


def attempts(rig: Rig, sequence: int) -> list[datetime]:
    """When the event of that sequence number left the station."""
    found = []
    for frame in rig.csms.core.frames:
        message = json.loads(frame.text)
        is_event = frame.direction == "from_station" and message[0] == 2 and message[2] == "TransactionEvent"
        if is_event and message[3]["seqNo"] == sequence:
            found.append(frame.at)
    return found


FAILURES = pytest.mark.parametrize("failure", [FaultKind.SILENCE, FaultKind.CALL_ERROR], ids=["silence", "CallError"])


@FAILURES
@pytest.mark.requirement("E13.FR.01", "E13.FR.02", "E13.FR.03", "E13.FR.04")
def test_a_message_is_tried_so_often_and_no_more(tmp_path: Path, failure: FaultKind) -> None:
    """TC_E_41_CS, TC_E_50_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"]).configure(
            OCPPCommCtrlr__MessageAttempts__TransactionEvent=3,
            OCPPCommCtrlr__MessageAttemptInterval__TransactionEvent=10,
            SampledDataCtrlr__TxUpdatedInterval=0,
        )
        timeout = int(await read(rig, "OCPPCommCtrlr", "MessageTimeout", "Default"))
        await tool.ev_connected_pre_session()
        rig.csms.core.faults.add(CsmsFault(failure, "TransactionEvent", count=3))
        await rig.swipe()
        await rig.wait(3 * (timeout + 30) + 60)
        waits = [later - earlier for earlier, later in pairwise(attempts(rig, 1))]
        unanswered = timeout if failure is FaultKind.SILENCE else 0
        assert [wait.total_seconds() for wait in waits] == [
            pytest.approx(10 + unanswered, abs=2),
            pytest.approx(20 + unanswered, abs=2),
        ]
        assert len(attempts(rig, 2)) == 1, "the next one goes on"
        assert (await rig.depth()).dead == 1

    provoked = [AnomalyKind.SEQUENCE_GAP] if failure is FaultKind.CALL_ERROR else []
    tell(tmp_path, "2.0.1", story, provoked=provoked)


@FAILURES
@pytest.mark.requirement("E13.FR.01", "E13.FR.02", "E13.FR.03")
def test_a_message_that_is_taken_the_second_time_is_not_sent_again(tmp_path: Path, failure: FaultKind) -> None:
    """TC_E_42_CS, TC_E_51_CS"""

    async def story(rig: Rig) -> None:
        tool = await TestTool(rig, ["EVConnected"]).configure(
            OCPPCommCtrlr__MessageAttempts__TransactionEvent=3,
            OCPPCommCtrlr__MessageAttemptInterval__TransactionEvent=10,
            SampledDataCtrlr__TxUpdatedInterval=0,
        )
        timeout = int(await read(rig, "OCPPCommCtrlr", "MessageTimeout", "Default"))
        await tool.ev_connected_pre_session()
        rig.csms.core.faults.add(CsmsFault(failure, "TransactionEvent", count=1))
        await rig.swipe()
        await rig.wait(3 * (timeout + 30) + 60)
        first, second = attempts(rig, 1)
        unanswered = timeout if failure is FaultKind.SILENCE else 0
        assert second - first == pytest.approx(timedelta(seconds=10 + unanswered), abs=timedelta(seconds=2))
        assert (await rig.depth()).dead == 0
        rig.plug_out()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])
@pytest.mark.requirement("E01.FR.07", "E01.FR.08", "E02.FR.07", "E03.FR.06")
def test_sequence_numbers_and_ids_over_a_power_cut(tmp_path: Path, start: str) -> None:
    async def story(rig: Rig) -> None:
        await TestTool(rig, [start], ["EVConnected"]).configure()
        rig.plug_in()
        await rig.wait(5)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(15)
        await rig.power_cut()
        await rig.wait(20)
        await rig.power_up()
        await rig.until(rig.is_live, 60, "it goes on")
        await rig.wait(10)
        await rig.swipe()
        await rig.until(lambda: not rig.is_live(), 15)
        rig.plug_out()
        await all_told(rig)
        events = calls_of_station(rig, "TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert len({event["transactionInfo"]["transactionId"] for event in events}) == 1
        assert_all_billed(rig)

    tell(tmp_path, "2.0.1", story)
