"""Wrong clocks, long nights, and processes that die: what was billed is what flowed, dated when it happened."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from chargepoint_hal.bench.ev import PlugIn
from scenarios.stories import (
    UNKNOWN_CARDS,
    all_told,
    assert_clean,
    calls_of_station,
    is_1_6,
    only_transaction,
    reconnect,
    tell,
    tell_twice,
    under_both,
)
from support.rig import START_UTC, START_WH, Rig
from support.virtual_time import run_virtual

IN_1970 = datetime(1970, 1, 1, tzinfo=UTC) - START_UTC
EARLIEST = "2024"


def timestamps(value: object) -> list[str]:
    """Every timestamp in a message, in the order it is written."""
    if isinstance(value, dict):
        own = [str(item) for key, item in value.items() if key == "timestamp"]
        return own + [stamp for key, item in value.items() if key != "timestamp" for stamp in timestamps(item)]
    if isinstance(value, list):
        return [stamp for item in value for stamp in timestamps(item)]
    return []


@under_both
@pytest.mark.requirement("B01.FR.06")
def test_a_session_before_the_clock_was_ever_right_is_dated_right_afterwards(tmp_path: Path, version: str) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, version, clock_is_trusted=False, settings=UNKNOWN_CARDS)
        rig.system_clock_error = IN_1970
        rig.csms.go_offline()
        async with rig:
            await rig.wait(5)
            rig.plug_in()
            await rig.wait(2)
            began = rig.utc_now()
            await rig.swipe()
            await rig.until(rig.is_live, 10)
            await rig.wait(25)
            await rig.finish()
            await rig.wait(30)
            await reconnect(rig)
            await rig.until(lambda: rig.csms.record.is_boot_accepted, 30)
            await all_told(rig)
            transaction = only_transaction(rig)
            assert transaction.start_at is not None
            assert abs(transaction.start_at - began) < timedelta(seconds=2)
            assert transaction.stop_at is not None
            assert transaction.stop_at > transaction.start_at + timedelta(seconds=20)
            stamps = [stamp for payload in calls_of_station(rig) for stamp in timestamps(payload)]
            assert min(stamps) > EARLIEST
            assert_clean(rig)

    run_virtual(whole())


@under_both
def test_a_head_of_the_queue_that_is_dated_in_the_future_blocks_nothing(tmp_path: Path, version: str) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, version, settings=UNKNOWN_CARDS)
        rig.system_clock_error = timedelta(days=20)
        rig.csms.go_offline()
        async with rig:
            await rig.wait(5)
            await rig.charge(6)
            await rig.finish()
            await reconnect(rig)
            await rig.until(lambda: rig.csms.record.is_boot_accepted, 30)
            await all_told(rig)
            assert only_transaction(rig).has_ended
            assert rig.bill_wh() == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)
            assert_clean(rig)

    run_virtual(whole())


@under_both
def test_a_clock_step_of_two_weeks_moves_no_timer(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(15)
        rig.system_clock_error = timedelta(days=14)
        await rig.wait(15)
        rig.system_clock_error = timedelta(days=-14)
        await rig.wait(15)
        assert rig.is_live()
        await rig.finish()
        await all_told(rig)
        sampled = [fact.received_at for fact in only_transaction(rig).facts if "Sample.Periodic" in str(fact.payload)]
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sampled[:4])]
        assert gaps == [pytest.approx(10, abs=0.5)] * 3

        readings = [reading.at for reading in only_transaction(rig).readings if reading.at is not None]
        assert readings[-1] - readings[0] < timedelta(minutes=2), "the CSMS's time, carried by the monotonic clock"

    tell(tmp_path, version, story, clock_is_trusted=False)


@pytest.mark.parametrize(("version", "sessions"), [("1.6", 3), ("2.0.1", 16)])
def test_a_night_of_ten_hours_is_billed_to_the_watt_hour(tmp_path: Path, version: str, sessions: int) -> None:
    """The whole night under one version; the other differs in its words alone and gets two hours."""

    async def story(rig: Rig) -> None:
        for _ in range(sessions):
            rig.plug_in()
            await rig.wait(5)
            await rig.swipe()
            await rig.until(rig.is_live, 10)
            await rig.rest(1800)
            await rig.swipe()
            await rig.until(lambda: rig.snapshot().transaction is None, 20)
            rig.plug_out()
            await rig.rest(580)
        await all_told(rig)
        assert rig.utc_now() - START_UTC > timedelta(hours=10) * (sessions / 16)
        assert len(rig.csms.core.transactions) == sessions
        assert rig.csms.core.bill().unknown == []
        assert rig.bill_wh() == pytest.approx(rig.energy_wh() - START_WH, abs=1.0 * sessions)
        assert rig.bill_wh() > sessions * 10_000

    settings = {"meter_value_sample_interval_seconds": "900"}
    tell(tmp_path, version, story, settings=settings, poll_seconds=4.5)


def test_a_controller_that_comes_back_within_the_lease_leaves_no_gap(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(12)
        await rig.stop_controller()
        for _ in range(20):
            await rig.wait(0.5)
            assert rig.is_live(), "the session goes on"
        await rig.start_controller()
        for _ in range(30):
            await rig.wait(0.5)
            assert rig.is_live(), "and goes on"
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "Local"

    tell_twice(tmp_path, story)


@under_both
def test_a_controller_that_stays_away_lets_the_power_go_off_softly(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(8)
        await rig.stop_controller()
        await rig.wait(18)
        assert rig.is_live()
        await rig.until(lambda: not rig.is_live(), 9, "the lease and 6 s")
        await rig.wait(20)
        await rig.start_controller()
        await rig.until(rig.is_live, 60, "the same EV goes on")
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_a_safety_process_that_restarts_in_the_middle_costs_a_pause_and_no_energy(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(8)
        rig.lose_safety()
        await rig.wait(2)
        assert not rig.is_live()
        rig.restart_safety()
        await rig.until(rig.is_live, 60, "charging goes on")
        assert rig.truth()["duty_percent"] == pytest.approx(32.0 / 0.6, abs=0.1), "it has shown its S2"
        await rig.wait(5)
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_a_simplified_ev_keeps_its_ten_amps_through_a_restart_of_the_safety_process(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(quirk="simplified_pilot"))
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(5)
        rig.lose_safety()
        await rig.wait(2)
        rig.restart_safety()
        await rig.until(rig.is_live, 60, "charging goes on")
        for _ in range(20):
            assert rig.truth()["duty_percent"] <= 10.0 / 0.6 + 0.01
            await rig.wait(1)
        await rig.finish()

    tell(tmp_path, version, story)


@under_both
def test_a_power_cut_in_the_middle_is_one_transaction_and_one_bill(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(15)
        before_cut = rig.energy_wh()
        await rig.power_cut()
        await rig.wait(0.5)
        assert not rig.is_live()
        await rig.wait(30)
        await rig.power_up()
        await rig.until(rig.is_live, 60, "the same EV goes on")
        assert rig.energy_wh() == pytest.approx(before_cut, abs=2)
        assert rig.csms.record.status(1) not in ("Available", "Faulted")
        await rig.wait(8)
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story)


@under_both
def test_an_ev_that_left_during_the_power_cut_is_billed_up_to_the_last_sample(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(25)
        await rig.power_cut()
        cut_at = rig.utc_now()
        rig.plug_out()
        await rig.rest(600)
        await rig.power_up()
        await rig.wait(15)
        await all_told(rig)
        transaction = only_transaction(rig)
        assert transaction.stop_reason == "PowerLoss"
        assert transaction.stop_at is not None
        assert transaction.stop_at <= cut_at + timedelta(seconds=1)
        assert rig.csms.record.status(1) == "Available"
        assert transaction.energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=65)

    tell(tmp_path, version, story)


@under_both
def test_every_timestamp_is_utc_with_a_z(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(12)
        await rig.finish()
        await all_told(rig)
        stamps = [stamp for payload in calls_of_station(rig) for stamp in timestamps(payload)]
        assert len(stamps) > 5
        assert all(stamp.endswith("Z") for stamp in stamps)
        assert is_1_6(rig) == (version == "1.6")

    tell(tmp_path, version, story)
