"""A disk that hangs or refuses keeps nobody waiting, and the answers agree with what it takes later."""

import asyncio
from typing import get_args

import pytest

from chargepoint.charging import commands
from chargepoint.charging.commands import (
    CancelReservation,
    ChangeAvailability,
    StopRemotely,
    UnlockConnector,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.effects import RememberAvailability
from chargepoint.charging.events import ClockSynchronised
from chargepoint.daemon.disk_patience import COMMIT_PATIENCE_SECONDS, COMMIT_RETRY_SECONDS, REASON, WITHOUT_DISK
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.power import LockState
from chargepoint.model.status import Availability
from chargepoint.model.transactions import TransactionPhase
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SetOutcome
from unit.daemon.neighbours import ONE, House, charging, play, settled

INOPERATIVE = ChangeAvailability(Availability.INOPERATIVE, ONE)
OTHER_WAY = ChangeAvailability(Availability.OPERATIVE, ONE)
LATEST_SECONDS = COMMIT_PATIENCE_SECONDS + 0.5


async def answered(house: House, command: commands.Command) -> Verdict:
    async with asyncio.timeout(LATEST_SECONDS):
        return await house.controller.execute(command)


def running(house: House) -> TransactionId:
    (transaction_id,) = house.disk.journal()
    return transaction_id


def test_every_order_has_its_place() -> None:
    assert set(WITHOUT_DISK) == set(get_args(commands.Command))


def test_an_order_to_a_disk_that_hangs_is_answered_as_it_is_in_force() -> None:
    async def story(house: House) -> None:
        house.disk.may_commit.clear()
        assert (await answered(house, INOPERATIVE)).status is VerdictStatus.ACCEPTED
        house.disk.may_commit.set()
        await house.look_on(1)
        assert RememberAvailability(ONE, Availability.INOPERATIVE) in house.disk.committed

    play(story)


def test_a_disk_that_has_hung_for_long_takes_no_further_orders() -> None:
    async def story(house: House) -> None:
        house.disk.may_commit.clear()
        await answered(house, INOPERATIVE)
        await house.look_on(1)
        assert (await answered(house, OTHER_WAY)).status is VerdictStatus.REJECTED
        with pytest.raises(StorageError, match="free space"):
            await answered(house, CancelReservation(1))
        house.disk.may_commit.set()
        await house.look_on(1)
        assert RememberAvailability(ONE, Availability.OPERATIVE) not in house.disk.committed
        assert (await answered(house, OTHER_WAY)).status is VerdictStatus.ACCEPTED

    play(story)


def test_a_stop_on_a_disk_that_hangs_stops_at_once_and_is_stored_later() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.disk.may_commit.clear()
        asked = asyncio.ensure_future(answered(house, StopRemotely(running(house))))
        await house.look_on(1)
        assert not house.sent[-1][1].power_allowed
        assert not asked.done(), "a disk that is only slow is waited for"
        await house.look_on(COMMIT_PATIENCE_SECONDS)
        assert (await asked).status is VerdictStatus.ACCEPTED
        house.disk.may_commit.set()
        await house.look_on(5)
        assert house.disk.phases()[-1] is TransactionPhase.ENDED

    play(story)


def test_an_unlock_is_told_while_the_disk_hangs() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.disk.may_commit.clear()
        asked = asyncio.ensure_future(house.controller.execute(UnlockConnector(ONE, stops_transaction=True)))
        await house.look_on(COMMIT_PATIENCE_SECONDS + 1)
        house.outlet.lock = LockState.UNLOCKED
        house.look()
        await house.look_on(2)
        assert asked.done()
        assert asked.result().status is VerdictStatus.UNLOCKED

    play(story)


def test_a_fact_keeps_its_teller_waiting_no_longer_and_the_times_are_put_right_after_the_step() -> None:
    async def story(house: House) -> None:
        house.disk.corrected_after.clear()
        before = len(house.disk.committed)
        house.disk.may_commit.clear()
        await answered(house, INOPERATIVE)
        async with asyncio.timeout(LATEST_SECONDS):
            await house.controller.tell(ClockSynchronised())
        assert house.disk.corrected_after == []
        house.disk.may_commit.set()
        await house.look_on(1)
        assert RememberAvailability(ONE, Availability.INOPERATIVE) in house.disk.committed
        assert house.disk.corrected_after[0] >= before
        assert house.disk.corrected_after[1:] == [len(house.disk.committed)], "once more, for what has waited"

    play(story)


TIME_OUT = catalogue.CONNECTION_TIME_OUT


async def changed(settings: LiveSettings, text: str) -> SetOutcome:
    async with asyncio.timeout(LATEST_SECONDS):
        outcome, why = await settings.change(TIME_OUT, text)
    assert (outcome is SetOutcome.REJECTED) is (REASON in why)
    return outcome


@pytest.mark.parametrize("before", [None, "45"])
def test_a_setting_that_a_disk_which_hangs_is_given_is_refused_and_stays_as_it_was(before: str | None) -> None:
    async def story(house: House) -> None:
        settings = LiveSettings(house.settings, house.disk)
        if before is not None:
            assert await changed(settings, before) is SetOutcome.ACCEPTED
        now, stored = settings.get(TIME_OUT), dict(house.disk.saved)
        house.disk.may_commit.clear()
        assert await changed(settings, "77") is SetOutcome.REJECTED
        async with asyncio.timeout(0.1):
            assert await changed(settings, "78") is SetOutcome.REJECTED
        assert settings.get(TIME_OUT) == now
        house.disk.may_commit.set()
        await settled()
        assert house.disk.saved == stored, "a restart finds what was answered"
        assert await changed(settings, "79") is SetOutcome.ACCEPTED
        assert (settings.get(TIME_OUT), house.disk.saved[TIME_OUT.name]) == (79, "79")

    play(story)


def test_a_setting_that_a_slow_disk_takes_in_time_holds() -> None:
    async def story(house: House) -> None:
        settings = LiveSettings(house.settings, house.disk)
        house.disk.may_commit.clear()
        changing = asyncio.ensure_future(changed(settings, "77"))
        await asyncio.sleep(COMMIT_PATIENCE_SECONDS - 1)
        house.disk.may_commit.set()
        assert await changing is SetOutcome.ACCEPTED
        assert (settings.get(TIME_OUT), house.disk.saved[TIME_OUT.name]) == (77, "77")

    play(story)


def test_what_is_taken_back_is_tried_until_the_disk_takes_that(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        settings = LiveSettings(house.settings, house.disk)
        house.disk.may_commit.clear()
        assert await changed(settings, "77") is SetOutcome.REJECTED
        house.disk.may_commit.set()
        await asyncio.sleep(0)
        house.disk.is_full = True
        await settled()
        assert house.disk.saved == {TIME_OUT.name: "77"}
        house.disk.is_full = False
        await asyncio.sleep(COMMIT_RETRY_SECONDS + 1)
        assert house.disk.saved == {}

    play(story)
    assert "it is taken back" in caplog.text
