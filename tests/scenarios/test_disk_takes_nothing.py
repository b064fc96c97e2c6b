"""The disk takes nothing while the station runs: the CSMS is answered, and what is stored later agrees with that."""

import asyncio
import sqlite3
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from chargepoint.daemon.disk_patience import COMMIT_RETRY_SECONDS
from chargepoint.model.faults import Fault
from scenarios.stories import (
    Operator,
    all_told,
    assert_all_billed,
    assert_clean,
    is_1_6,
    only_transaction,
    reconnect,
    tell,
    told_statuses,
    under_both,
)
from support.full_disk import no_room
from support.rig import Rig
from support.virtual_time import run_virtual

R = TypeVar("R")
SOON_SECONDS = 6.0
"""A CSMS gives up after half a minute or so."""


def fill(rig: Rig) -> None:
    def refuse(when: str) -> None:
        if when == "before_commit":
            raise sqlite3.OperationalError("database or disk is full")

    rig.commit_watch = refuse


async def free(rig: Rig) -> None:
    """And the next try comes."""
    rig.commit_watch = lambda when: None
    await rig.wait(COMMIT_RETRY_SECONDS + 1.0)


def station_faults(rig: Rig) -> frozenset[Fault]:
    assert rig.assembly is not None
    return rig.assembly.controller.snapshot().faults


async def soon(answer: Awaitable[R]) -> R:
    """What does not come in time is a failure of the story."""
    async with asyncio.timeout(SOON_SECONDS):
        return await answer


async def charging_on_a_full_disk(rig: Rig) -> None:
    await rig.charge(12)
    fill(rig)
    await rig.until(lambda: Fault.STORAGE_FULL in station_faults(rig), 30, "the full disk is noticed")


@under_both
def test_a_remote_stop_on_a_full_disk_stops_is_answered_and_billed_later(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charging_on_a_full_disk(rig)
        assert await soon(Operator(rig).stop(only_transaction(rig).transaction_id)) == "Accepted"
        await rig.until(lambda: not rig.is_live(), 10, "no power")
        assert not only_transaction(rig).has_ended, "what is not stored is not told"
        await free(rig)
        await all_told(rig)
        assert_all_billed(rig)
        assert only_transaction(rig).stop_reason == "Remote"

    tell(tmp_path, version, story)


@under_both
def test_what_would_be_forgotten_is_refused_and_does_not_happen_later(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charging_on_a_full_disk(rig)
        operator = Operator(rig)
        assert await soon(operator.make("Inoperative", 1)) == "Rejected"
        assert await soon(operator.make("Inoperative")) == "Rejected"
        await free(rig)
        await rig.finish()
        await all_told(rig)
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(5)
        assert "Unavailable" not in told_statuses(rig)
        await rig.charge(12)
        assert rig.is_live()

    tell(tmp_path, version, story)


@under_both
def test_where_no_word_fits_the_answer_is_an_error(tmp_path: Path, version: str) -> None:
    """Profiles that stay are not unknown."""

    async def story(rig: Rig) -> None:
        await charging_on_a_full_disk(rig)
        payload = {"id": 7} if is_1_6(rig) else {"chargingProfileId": 7}
        answer = await soon(rig.csms.call("ClearChargingProfile", payload))
        assert answer.error is not None
        assert answer.error.code == "InternalError"
        assert "the disk takes nothing now" in answer.error.description
        await free(rig)
        answer = await soon(rig.csms.call("ClearChargingProfile", payload))
        assert answer.payload is not None
        assert answer.payload["status"] == "Unknown"

    tell(tmp_path, version, story)


@under_both
def test_the_order_that_meets_the_full_disk_first_holds_as_it_was_answered(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        fill(rig)
        assert await soon(Operator(rig).make("Inoperative", 1)) == "Accepted"
        await rig.until(lambda: Fault.STORAGE_FULL in station_faults(rig), 1, "the fault")
        await free(rig)
        await rig.until(lambda: told_statuses(rig)[-1] == "Unavailable", 10, "the status")
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(5)
        assert told_statuses(rig)[-1] == "Unavailable"

    tell(tmp_path, version, story)


@under_both
def test_a_csms_that_comes_back_meanwhile_is_served(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charging_on_a_full_disk(rig)
        rig.csms.go_offline()
        await rig.wait(20)
        await reconnect(rig)
        await rig.wait(SOON_SECONDS)
        operator = Operator(rig)
        assert await soon(operator.trigger("Heartbeat")) == "Accepted"
        assert await soon(operator.stop(only_transaction(rig).transaction_id)) == "Accepted"
        await rig.until(lambda: not rig.is_live(), 10, "no power")
        await free(rig)
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story)


@under_both
def test_a_station_that_starts_on_a_full_disk_is_online_says_so_and_bills_when_there_is_room(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(60)
        await rig.power_cut()
        fill(rig)
        await rig.power_up()
        await rig.until(lambda: Fault.STORAGE_FULL in station_faults(rig), 2, "the fault, before any order")
        assert await soon(Operator(rig).make("Inoperative", 1)) == "Rejected"
        await rig.wait(30)
        assert not rig.is_live(), "nothing flows that is not written down"
        await free(rig)
        await rig.until(rig.is_live, 30, "the transaction goes on")
        assert Fault.STORAGE_FULL not in station_faults(rig)
        await rig.wait(60)
        await rig.finish()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story)


@under_both
def test_a_station_that_never_had_a_database_starts_on_a_full_disk_and_charges_when_there_is_room(
    tmp_path: Path, version: str
) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, version)
        try:
            with no_room():
                await rig.start_world()
                await rig.power_up()
                await rig.until(lambda: Fault.STORAGE_FULL in station_faults(rig), 2, "the fault")
                await rig.wait(SOON_SECONDS)
                rig.plug_in()
                await rig.wait(2)
                await rig.swipe()
                await rig.wait(30)
                assert not rig.is_live(), "nothing flows that is not written down"
                assert await soon(Operator(rig).make("Inoperative", 1)) == "Rejected"
            await rig.until(lambda: Fault.STORAGE_FULL not in station_faults(rig), 30, "the file is made")
            await rig.until(rig.is_live, 30, "it charges")
            await rig.wait(60)
            await rig.power_cut()
            await rig.power_up()
            await rig.until(rig.is_live, 30, "and is remembered")
            await rig.wait(10)
            await rig.finish()
            await all_told(rig)
            assert_all_billed(rig)
            assert_clean(rig)
        finally:
            await rig.close()

    run_virtual(whole())
