"""A message whose answer never came is said again in the same words, whatever happened to the link and the station."""

from pathlib import Path

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from scenarios.cut_books import TRANSACTION_ACTIONS, assert_retries_identical
from scenarios.stories import (
    all_told,
    assert_all_billed,
    calls_of_station,
    only_transaction,
    tell,
    under_both,
)
from support.rig import Rig

SETTINGS = {"meter_value_sample_interval_seconds": "10", "sampled_data_tx_updated_interval_seconds": "10"}


async def lose_the_answer_after(rig: Rig, messages: int) -> None:
    """The link comes, and breaks when the CSMS has just taken so many messages about transactions."""
    left = messages

    def watch(direction: str, text: str) -> None:
        nonlocal left
        if direction == "taken_by_csms" and any(f'"{action}"' in text for action in TRANSACTION_ACTIONS):
            left -= 1
            if left == 0:
                rig.csms.go_offline()

    rig.csms.watch = watch
    rig.csms.come_back()
    await rig.until(lambda: not rig.csms.is_reachable, 60, "the answer is lost")


async def leave_some_in_the_queue(rig: Rig) -> None:
    """Made while the link seemed to be up, one of them on the wire; then it was lost."""
    await rig.charge(5)
    await rig.drained()
    rig.csms.is_black_hole = True
    await rig.wait(37)
    rig.csms.go_offline()
    rig.csms.is_black_hole = False
    await rig.wait(5)


async def back_after_a_restart(rig: Rig) -> None:
    await rig.stop_controller()
    await rig.wait(3)
    rig.csms.come_back()
    await rig.start_controller()
    await rig.until(lambda: rig.csms.channel is not None, 30)
    await rig.drained()


@under_both
@pytest.mark.requirement("E11.FR.07")
def test_what_was_said_as_of_offline_is_said_so_after_a_restart(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await leave_some_in_the_queue(rig)
        await lose_the_answer_after(rig, 2)
        await back_after_a_restart(rig)
        await rig.finish()
        await all_told(rig)
        assert_retries_identical(rig)
        assert only_transaction(rig).duplicates >= 1
        assert_all_billed(rig)

    tell(tmp_path, version, story, settings=SETTINGS)


@under_both
def test_two_links_and_two_restarts_change_no_word(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await leave_some_in_the_queue(rig)
        for messages in (2, 1, 2):
            await lose_the_answer_after(rig, messages)
            await rig.stop_controller()
            await rig.wait(1)
            await rig.start_controller()
        await back_after_a_restart(rig)
        await rig.finish()
        await all_told(rig)
        assert_retries_identical(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story, settings=SETTINGS)


@under_both
def test_a_start_that_was_on_the_wire_at_a_restart_is_said_again_as_it_was(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        action = "StartTransaction" if version == "1.6" else "TransactionEvent"
        rig.csms.core.faults.add(CsmsFault(FaultKind.SILENCE, action=action, count=1))
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(3)
        await back_after_a_restart(rig)
        await rig.finish()
        await all_told(rig)
        assert (
            len([each for each in calls_of_station(rig, action) if each.get("eventType", "Started") == "Started"]) == 2
        )
        assert_retries_identical(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story, settings=SETTINGS)
