"""The clock is set only after the controller, or the whole machine, has restarted: no bill has a time of before."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev_csms.transactions import CsmsTransaction
from scenarios.stories import UNKNOWN_CARDS, all_told, assert_clean, calls_of_station, only_transaction, reconnect
from scenarios.test_clock_and_crashes import timestamps
from support.rig import START_UTC, Rig
from support.virtual_time import run_virtual

ACTIONS = {"1.6": ("StartTransaction", "MeterValues", "StopTransaction"), "2.0.1": ("TransactionEvent",)}
SETTINGS = UNKNOWN_CARDS | {
    "stop_txn_sampled_data": "Energy.Active.Import.Register",
    "meter_value_sample_interval_seconds": "10",
    "sampled_data_tx_ended_interval_seconds": "10",
}
WRONG = {"1970": datetime(1970, 1, 1, tzinfo=UTC) - START_UTC, "ahead": timedelta(days=400)}
CLOSE = timedelta(seconds=2)
WITH_A_CLOCK_THAT_IS = pytest.mark.parametrize("wrong", WRONG)
UNDER_BOTH = pytest.mark.parametrize("version", ACTIONS)

Story = Callable[[Rig, datetime], Awaitable[None]]


def tell_of_wrong_clock(directory: Path, version: str, wrong: str, story: Story) -> None:
    """A session has begun offline, by a clock that nobody has set; the story goes on from there."""

    async def whole() -> None:
        rig = Rig(directory, version, clock_is_trusted=False, settings=SETTINGS)
        rig.system_clock_error = WRONG[wrong]
        rig.csms.go_offline()
        async with rig:
            await rig.wait(5)
            rig.plug_in()
            await rig.wait(2)
            began = rig.utc_now()
            await rig.swipe()
            await rig.until(rig.is_live, 10)
            await rig.wait(35)
            await story(rig, began)
            assert_clean(rig)

    run_virtual(whole())


async def told(rig: Rig) -> CsmsTransaction:
    """The CSMS has the whole of it, and nothing of it is dated before its start, after its stop, or backwards."""
    await rig.until(lambda: rig.csms.record.is_boot_accepted, 60)
    await all_told(rig)
    transaction = only_transaction(rig)
    assert transaction.start_at is not None
    assert transaction.stop_at is not None
    calls = [payload for action in ACTIONS[str(transaction.version)] for payload in calls_of_station(rig, action)]
    stamps = [datetime.fromisoformat(stamp) for payload in calls for stamp in timestamps(payload)]
    assert len(stamps) > 5
    assert transaction.start_at <= min(stamps)
    assert max(stamps) <= transaction.stop_at
    assert transaction.stop_at <= rig.utc_now()
    return transaction


async def kill_controller_and_pull_the_plug(rig: Rig) -> datetime:
    """When it was surely charging for the last time; the controller is still away."""
    last = rig.utc_now()
    await rig.stop_controller()
    rig.lose_safety()
    rig.plug_out()
    rig.csms.come_back()
    await rig.wait(3)
    rig.restart_safety()
    return last


@WITH_A_CLOCK_THAT_IS
@UNDER_BOTH
def test_one_that_goes_on_over_a_restart_is_dated_right_from_end_to_end(
    tmp_path: Path, version: str, wrong: str
) -> None:
    async def story(rig: Rig, began: datetime) -> None:
        await rig.stop_controller()
        await rig.wait(3)
        await rig.start_controller()
        await rig.until(rig.is_live, 60)
        await rig.wait(25)
        await reconnect(rig)
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 60)
        await rig.wait(30)
        await rig.finish()
        ended = rig.utc_now()
        transaction = await told(rig)
        assert transaction.start_at is not None
        assert transaction.stop_at is not None
        assert abs(transaction.start_at - began) < CLOSE
        assert abs(transaction.stop_at - ended) < timedelta(seconds=10)

    tell_of_wrong_clock(tmp_path, version, wrong, story)


@WITH_A_CLOCK_THAT_IS
@UNDER_BOTH
def test_one_that_a_killed_controller_left_ends_when_it_was_open_for_the_last_time(
    tmp_path: Path, version: str, wrong: str
) -> None:
    async def story(rig: Rig, began: datetime) -> None:
        last = await kill_controller_and_pull_the_plug(rig)
        await rig.start_controller()
        transaction = await told(rig)
        assert transaction.stop_reason == "PowerLoss"
        assert transaction.start_at is not None
        assert transaction.stop_at is not None
        assert abs(transaction.start_at - began) < CLOSE
        assert last - timedelta(seconds=11) <= transaction.stop_at <= last

    tell_of_wrong_clock(tmp_path, version, wrong, story)


@WITH_A_CLOCK_THAT_IS
@UNDER_BOTH
def test_a_power_cut_leaves_its_duration_and_places_it_before_the_cut(tmp_path: Path, version: str, wrong: str) -> None:
    async def story(rig: Rig, began: datetime) -> None:
        lasted = rig.utc_now() - began
        await rig.power_cut()
        rig.plug_out()
        rig.csms.come_back()
        await rig.wait(20)
        await rig.power_up()
        transaction = await told(rig)
        assert transaction.stop_reason == "PowerLoss"
        assert transaction.start_at is not None
        assert transaction.stop_at is not None
        duration = transaction.stop_at - transaction.start_at
        assert lasted - timedelta(seconds=11) <= duration <= lasted
        assert abs(transaction.start_at - began) < timedelta(minutes=2), "nobody knows how long the power was off"

    tell_of_wrong_clock(tmp_path, version, wrong, story)


@WITH_A_CLOCK_THAT_IS
@UNDER_BOTH
def test_two_restarts_and_a_power_cut_run_no_bill_backwards(tmp_path: Path, version: str, wrong: str) -> None:
    async def story(rig: Rig, began: datetime) -> None:
        await rig.stop_controller()
        await rig.wait(3)
        await rig.start_controller()
        await rig.until(rig.is_live, 60)
        await rig.wait(35)
        await rig.power_cut()
        rig.plug_out()
        rig.csms.come_back()
        await rig.wait(20)
        await rig.power_up()
        assert (await told(rig)).stop_reason == "PowerLoss"

    tell_of_wrong_clock(tmp_path, version, wrong, story)


@WITH_A_CLOCK_THAT_IS
@UNDER_BOTH
def test_a_restart_that_finds_the_clock_set_puts_right_what_was_dated_before(
    tmp_path: Path, version: str, wrong: str
) -> None:
    async def story(rig: Rig, began: datetime) -> None:
        last = await kill_controller_and_pull_the_plug(rig)
        rig.system_clock_error, rig.clock_is_trusted = timedelta(0), True
        await rig.start_controller()
        transaction = await told(rig)
        assert transaction.start_at is not None
        assert transaction.stop_at is not None
        assert abs(transaction.start_at - began) < CLOSE
        assert last - timedelta(seconds=11) <= transaction.stop_at <= last

    tell_of_wrong_clock(tmp_path, version, wrong, story)
