"""Reports that were given up are sent again by order: the same message, at its old place, billed once."""

from pathlib import Path

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.records import AnomalyKind
from scenarios.stories import assert_all_billed, is_1_6, only_transaction, tell, under_both
from support.rig import Rig

FEW_ATTEMPTS = {"transaction_message_attempts": "2", "transaction_message_retry_interval_seconds": "1"}


def give_up(rig: Rig, action: str) -> None:
    """The CSMS refuses these until further notice: they become dead letters."""
    wanted = action if is_1_6(rig) else "TransactionEvent"
    rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, wanted, count=None))


async def resend(rig: Rig, row_id: int) -> tuple[int, ...]:
    assert rig._storage is not None
    return (await rig._storage.send_again(row_id)).rows


async def letters(rig: Rig) -> list[int]:
    assert rig._storage is not None
    return sorted(letter.row_id for letter in await rig._storage.dead_letters())


@under_both
def test_a_dead_stop_is_sent_again_and_billed_once_even_after_a_power_cut(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        await rig.drained()
        give_up(rig, "StopTransaction")
        await rig.finish()
        await rig.drained()
        rows = await letters(rig)
        assert rows
        await rig.power_cut()
        await rig.power_up()
        rig.csms.core.faults.clear()
        for row in rows:
            assert await resend(rig, row) == (row,)
            assert await resend(rig, row) == ()
        await rig.drained()
        assert await letters(rig) == []
        assert only_transaction(rig).has_ended
        assert_all_billed(rig)

    tell(tmp_path, version, story, provoked=list(AnomalyKind), settings=FEW_ATTEMPTS)


def test_with_a_dead_stop_its_dead_start_is_sent_before_it(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        give_up(rig, "StartTransaction")
        give_up(rig, "StopTransaction")
        await rig.charge(30)
        await rig.finish()
        await rig.drained()
        first, last = await letters(rig)
        rig.csms.core.faults.clear()
        assert await resend(rig, last) == (first, last)
        await rig.drained()
        assert only_transaction(rig).has_ended
        assert_all_billed(rig)

    tell(tmp_path, "1.6", story, provoked=list(AnomalyKind), settings=FEW_ATTEMPTS)


def test_a_start_whose_end_was_delivered_without_it_opens_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        give_up(rig, "StartTransaction")
        await rig.charge(30)
        await rig.finish()
        await rig.drained()
        (row,) = await letters(rig)
        rig.csms.core.faults.clear()
        starts = rig.csms.actions().count("StartTransaction")
        assert await resend(rig, row) == ()
        await rig.wait(30)
        assert rig.csms.actions().count("StartTransaction") == starts
        assert await letters(rig) == [row]

    tell(tmp_path, "1.6", story, provoked=list(AnomalyKind), settings=FEW_ATTEMPTS)


def test_a_message_that_is_sent_again_keeps_its_id(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        await rig.drained()
        give_up(rig, "StopTransaction")
        await rig.finish()
        await rig.drained()
        (row,) = await letters(rig)
        rig.csms.core.faults.clear()
        await resend(rig, row)
        await rig.drained()
        stops = [each.text for each in rig.csms.core.frames if '"StopTransaction"' in each.text]
        assert len(stops) == 3
        assert len(set(stops)) == 1, "a retry is byte-identical"

    tell(tmp_path, "1.6", story, provoked=list(AnomalyKind), settings=FEW_ATTEMPTS)
