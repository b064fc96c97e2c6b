"""What the controller answers and asks: authorisations, unlocks, verdicts, resets."""

import asyncio

import pytest

from chargepoint.charging.commands import (
    ChangeAvailability,
    ReportKind,
    ResetKind,
    ResetStation,
    SendReport,
    UnlockConnector,
    VerdictStatus,
)
from chargepoint.charging.effects import CountStart, Notice
from chargepoint.model.power import LockState
from chargepoint.model.reports import HeartbeatReport
from chargepoint.model.status import Availability, SessionState
from chargepoint.model.tokens import AuthorizationStatus, TokenVerdict
from chargepoint.model.transactions import TransactionPhase
from chargepoint.settings import catalogue
from unit.daemon.neighbours import ONE, STRANGER, House, charging, play, settled, state_of


def test_an_answer_of_the_csms_starts() -> None:
    async def story(house: House) -> None:
        house.plug_in()
        house.swipe(STRANGER)
        await settled()
        assert state_of(house) is SessionState.PLUGGED
        await asyncio.sleep(1)
        assert house.csms.asked == [STRANGER]
        assert state_of(house) is SessionState.TRANSACTION

    play(story)


@pytest.mark.parametrize(("thinks_seconds", "is_reachable"), [(3600.0, True), (0.1, False)])
def test_no_answer_falls_into_the_offline_branch_in_bounded_time(thinks_seconds: float, is_reachable: bool) -> None:
    async def story(house: House) -> None:
        house.csms.thinks_seconds, house.csms.is_reachable = thinks_seconds, is_reachable
        house.plug_in()
        house.swipe(STRANGER)
        await house.look_on(house.settings.get(catalogue.AUTHORIZATION_TIMEOUT) + 1.0)
        assert house.shown[-1] is Notice.REFUSED
        house.tokens.cache[STRANGER.key] = TokenVerdict(AuthorizationStatus.ACCEPTED)
        house.settings.apply(catalogue.LOCAL_PRE_AUTHORIZE, "false")
        house.swipe(STRANGER)
        await house.look_on(house.settings.get(catalogue.AUTHORIZATION_TIMEOUT) + 1.0)
        assert state_of(house) is SessionState.TRANSACTION

    play(story)


def test_without_a_csms_the_offline_branch_decides() -> None:
    def alone() -> House:
        house = House()
        house.controller._csms = None
        return house

    async def story(house: House) -> None:
        house.plug_in()
        house.swipe(STRANGER)
        await settled()
        assert house.shown[-1] is Notice.REFUSED

    play(story, alone)


def test_an_unlock_is_answered_when_the_lock_has_moved() -> None:
    async def story(house: House) -> None:
        await charging(house)
        order = asyncio.create_task(house.controller.execute(UnlockConnector(ONE, stops_transaction=True)))
        await settled()
        assert not order.done()
        await house.look_on(2)
        assert (await order).status is VerdictStatus.UNLOCKED
        assert house.disk.phases()[-1] is TransactionPhase.ENDED

    play(story)


def test_two_that_wait_for_the_same_lock_are_both_answered() -> None:
    async def story(house: House) -> None:
        house.outlet.lock, house.outlet.lock_sticks = LockState.LOCKED, True
        house.look()
        orders = [
            asyncio.create_task(house.controller.execute(UnlockConnector(ONE, stops_transaction=True)))
            for _ in range(2)
        ]
        await house.look_on(12)
        verdicts = await asyncio.gather(*orders)
        assert [verdict.status for verdict in verdicts] == [VerdictStatus.UNLOCK_FAILED] * 2

    play(story)


def test_a_refused_unlock_is_answered_at_once() -> None:
    async def story(house: House) -> None:
        await charging(house)
        verdict = await house.controller.execute(UnlockConnector(ONE, stops_transaction=False))
        assert verdict.status is VerdictStatus.TRANSACTION_RUNNING

    play(story)


def test_a_verdict_comes_after_the_commit() -> None:
    async def story(house: House) -> None:
        house.disk.takes_seconds = 2.0
        began = asyncio.get_running_loop().time()
        await house.controller.execute(ChangeAvailability(Availability.INOPERATIVE, ONE))
        assert asyncio.get_running_loop().time() - began == pytest.approx(2.0)
        assert house.disk.commits == 1

    play(story)


def test_a_caller_that_gives_up_loses_nothing() -> None:
    async def story(house: House) -> None:
        house.disk.takes_seconds = 5.0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await house.controller.execute(ChangeAvailability(Availability.INOPERATIVE, ONE))
        await asyncio.sleep(10)
        assert house.disk.commits == 1
        assert house.controller.steps_waiting == 0

    play(story)


def test_a_soft_reset_restarts_when_the_end_is_stored() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.disk.takes_seconds = 3.0
        await house.controller.execute(ResetStation(ResetKind.SOFT))
        await house.look_on(2)
        assert not house.restarts
        await house.look_on(10)
        assert house.restarts == [ResetKind.SOFT]
        assert house.disk.phases()[-1] is TransactionPhase.ENDED

    play(story)


def test_reports_that_are_not_billing_go_to_the_csms_from_memory() -> None:
    async def story(house: House) -> None:
        await house.controller.execute(SendReport(ReportKind.HEARTBEAT))
        assert isinstance(house.csms.said[-1], HeartbeatReport)
        assert house.disk.committed == [CountStart()]

    play(story)
