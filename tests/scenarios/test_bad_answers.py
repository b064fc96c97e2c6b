"""A CSMS that answers badly, late, twice, or never: nothing is lost, nothing is doubled, nothing stalls."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.records import AnomalyKind
from scenarios.stories import all_told, assert_clean, at_rest, is_1_6, only_transaction, tell, tell_twice, under_both
from support.rig import START_WH, Rig
from support.virtual_time import run_virtual

START = {"1.6": "StartTransaction", "2.0.1": "TransactionEvent"}


def starts_on_the_wire(rig: Rig) -> list[str]:
    """The payload of each start that left the station, as text."""
    found = []
    for frame in rig.csms.core.frames:
        if frame.direction != "from_station":
            continue
        message = json.loads(frame.text)
        if message[0] == 2 and (message[2] == "StartTransaction" or message[3].get("eventType") == "Started"):
            found.append(json.dumps(message[3]))
    return found


def version_of(rig: Rig) -> str:
    return "1.6" if is_1_6(rig) else "2.0.1"


def test_two_errors_and_then_an_answer_are_one_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, START[version_of(rig)], count=2))
        await rig.charge(10)
        await rig.until(lambda: len(rig.csms.core.transactions) == 1, 60, "the third attempt")
        starts = starts_on_the_wire(rig)
        assert len(starts) == 3
        assert len(set(starts)) == 1, "a retry is byte-identical"
        await rig.finish()

    tell_twice(tmp_path, story, settings={"transaction_message_retry_interval_seconds": "2"})


def test_the_wait_before_a_retry_grows_with_each_attempt(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "StartTransaction", count=3))
        await rig.charge(70)
        starts = [frame.at for frame in rig.csms.core.frames if '"StartTransaction"' in frame.text]
        waits = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
        assert waits == [pytest.approx(wait, abs=0.5) for wait in (10, 20, 30)]

    tell(tmp_path, "1.6", story)


SPOILT = [
    FaultKind.EXTRA_FIELD,
    FaultKind.DUPLICATE_ANSWER,
    FaultKind.DISCONNECT_BEFORE_ANSWER,
    FaultKind.DISCONNECT_AFTER_ANSWER,
    FaultKind.SILENCE,
    FaultKind.LOST_REQUEST,
    FaultKind.MALFORMED,
    FaultKind.WRONG_MESSAGE_ID,
    FaultKind.DELAY,
]


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_answer_to_the_start_is_still_one_transaction(tmp_path: Path, kind: FaultKind) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.faults.add(CsmsFault(kind, START[version_of(rig)], seconds=20.0))
        await rig.charge(6)
        await rig.finish()
        await all_told(rig)
        assert len(set(starts_on_the_wire(rig))) == 1, "a retry is byte-identical"
        assert only_transaction(rig).has_ended

    settings = {"transaction_message_retry_interval_seconds": "2", "message_timeout_seconds": "10"}
    provoked = [AnomalyKind.UNEXPECTED_ANSWER] if kind is FaultKind.MALFORMED else []
    tell_twice(tmp_path, story, settings=settings, provoked=provoked)


@under_both
@pytest.mark.parametrize("kind", [FaultKind.DISCONNECT_BEFORE_ANSWER, FaultKind.SILENCE])
def test_a_spoilt_answer_to_the_stop_is_still_one_stop(tmp_path: Path, version: str, kind: FaultKind) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        action = "StopTransaction" if is_1_6(rig) else "TransactionEvent"
        await rig.wait(6)
        rig.csms.core.faults.add(CsmsFault(kind, action))
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).duplicates == 1
        assert rig.bill_wh() == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    settings = {"message_timeout_seconds": "10", "meter_value_sample_interval_seconds": "600"}
    tell(tmp_path, version, story, settings=settings)


def test_a_start_that_is_never_taken_is_buried_and_the_next_transaction_goes_fine(tmp_path: Path) -> None:
    """1.6 errata 3.18: the rest of that transaction goes out with -1."""

    async def whole() -> None:
        settings = {"transaction_message_attempts": "2", "transaction_message_retry_interval_seconds": "1"}
        async with Rig(tmp_path, "1.6", settings=settings) as rig:
            await at_rest(rig)
            rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "StartTransaction", count=2))
            await rig.charge(15)
            await rig.finish()
            await all_told(rig)
            assert rig.csms.core.transactions == []
            assert rig.csms.record.anomaly_kinds().count(AnomalyKind.PLACEHOLDER_TRANSACTION_ID) >= 1
            before_wh = rig.energy_wh()
            await rig.charge(6)
            await rig.finish()
            await all_told(rig)
            assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - before_wh, abs=1.0)
            assert (await dead_letters(rig)) >= 1
            assert_clean(rig, provoked=[AnomalyKind.PLACEHOLDER_TRANSACTION_ID])

    run_virtual(whole())


def test_a_2_0_1_start_that_is_never_taken_is_buried_and_the_next_transaction_goes_fine(tmp_path: Path) -> None:
    provoked = [AnomalyKind.UPDATE_WITHOUT_START, AnomalyKind.STOP_WITHOUT_START, AnomalyKind.SEQUENCE_GAP]

    async def whole() -> None:
        settings = {"transaction_message_attempts": "2", "transaction_message_retry_interval_seconds": "1"}
        async with Rig(tmp_path, "2.0.1", settings=settings) as rig:
            await at_rest(rig)
            rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "TransactionEvent", count=2))
            await rig.charge(6)
            await rig.finish()
            await all_told(rig)
            before_wh = rig.energy_wh()
            await rig.charge(6)
            await rig.finish()
            await all_told(rig)
            last = rig.csms.core.transactions[-1]
            assert last.energy_wh == pytest.approx(rig.energy_wh() - before_wh, abs=1.0)
            assert (await dead_letters(rig)) >= 1
            assert_clean(rig, provoked=provoked)

    run_virtual(whole())


async def dead_letters(rig: Rig) -> int:
    return (await rig.depth()).dead


def test_a_start_answered_with_id_0_and_a_refusal_ends_the_transaction(tmp_path: Path) -> None:
    """ConcurrentTx with transactionId 0: the id is the CSMS's own, and is used."""

    async def whole() -> None:
        async with Rig(tmp_path, "1.6") as rig:
            await at_rest(rig)
            rig.csms.core.faults.add(CsmsFault(FaultKind.TRANSACTION_ID_ZERO))
            rig.plug_in()
            await rig.wait(2)
            await rig.swipe()
            await rig.until(lambda: rig.csms.record.status(1) == "Finishing", 20, "deauthorised")
            await all_told(rig)
            assert_clean(rig, provoked=[AnomalyKind.PLACEHOLDER_TRANSACTION_ID])
            stops = [frame.text for frame in rig.csms.core.frames if '"StopTransaction"' in frame.text]
            assert len(stops) == 1
            assert '"DeAuthorized"' in stops[0]

    run_virtual(whole())


def test_a_csms_that_never_accepts_a_status_still_gets_the_bill(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "StatusNotification", count=None))
        await rig.charge(6)
        await rig.finish()

    tell_twice(tmp_path, story)
