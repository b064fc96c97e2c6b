"""Effects in their order: less power at once, then the commit, then the rest."""

import asyncio
from itertools import pairwise

from chargepoint.charging.commands import (
    StopRemotely,
)
from chargepoint.model.faults import Fault
from chargepoint.model.power import LockState
from chargepoint.model.reports import StatusReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import TransactionPhase
from chargepoint.settings import catalogue
from unit.daemon.neighbours import ONE, House, charging, play, settled, state_of


def test_power_is_raised_only_after_the_start_is_stored() -> None:
    async def story(house: House) -> None:
        house.disk.may_commit.clear()
        house.plug_in()
        house.swipe()
        await house.look_on(60)
        assert state_of(house) is SessionState.TRANSACTION
        assert not house.permissions
        house.disk.may_commit.set()
        await settled()
        assert house.disk.phases()[0] is TransactionPhase.STARTED
        assert house.permissions

    play(story)


def test_a_lower_limit_does_not_slip_past_the_start_that_is_not_stored() -> None:
    async def story(house: House) -> None:
        house.disk.may_commit.clear()
        house.plug_in()
        house.swipe()
        house.outlet.cable_rating_amps = 13.0
        house.look()
        house.outlet.lock = LockState.LOCKED
        house.look()
        await house.look_on(5)
        assert not house.permissions
        house.disk.may_commit.set()
        await settled()
        assert {directive.limit_amps for directive in house.permissions} == {13.0}

    play(story)


def test_less_power_does_not_wait_for_a_disk_that_hangs() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.disk.may_commit.clear()
        house.outlet.faults = frozenset({Fault.RESIDUAL_CURRENT})
        house.look()
        assert not house.sent[-1][1].power_allowed
        house.outlet.faults = frozenset()
        await house.look_on(30)
        assert not house.sent[-1][1].power_allowed

    play(story)


def test_a_permission_that_was_overtaken_is_never_sent() -> None:
    async def story(house: House) -> None:
        house.disk.may_commit.clear()
        house.plug_in()
        house.swipe()
        await settled()
        house.outlet.is_plugged_in = False
        house.look()
        house.disk.may_commit.set()
        await house.look_on(5)
        assert not house.permissions
        assert house.disk.phases()[0] is TransactionPhase.STARTED
        assert house.disk.phases()[-1] is TransactionPhase.ENDED

    play(story)


def test_a_full_disk_is_told_and_retried_and_keeps_the_order() -> None:
    async def story(house: House) -> None:
        house.disk.is_full = True
        house.plug_in()
        house.swipe()
        await house.look_on(30)
        assert not house.permissions
        assert house.controller.snapshot().faults == {Fault.STORAGE_FULL}
        warnings = [r for r in house.csms.said if isinstance(r, StatusReport) and r.fault is Fault.STORAGE_FULL]
        assert [warning.evse_id for warning in warnings] == [0]
        house.disk.is_full = False
        await house.look_on(5)
        assert house.permissions
        assert not house.controller.snapshot().faults
        await house.look_on(10)
        house.swipe()
        await house.look_on(5)
        phases = house.disk.phases()
        assert (phases[0], phases[-1]) == (TransactionPhase.STARTED, TransactionPhase.ENDED)
        assert phases.count(TransactionPhase.STARTED) == phases.count(TransactionPhase.ENDED) == 1
        assert house.controller.steps_waiting == 0

    play(story)


def test_a_disk_that_fills_while_charging_does_not_end_the_charging() -> None:
    async def story(house: House) -> None:
        house.settings.apply(catalogue.METER_VALUE_SAMPLE_INTERVAL, "10")
        await charging(house)
        house.disk.is_full = True
        await house.look_on(120)
        assert house.outlet.is_closed
        assert not house.controller.snapshot().evses[ONE].faults

    play(story)


def test_steps_that_pile_up_share_a_commit() -> None:
    async def story(house: House) -> None:
        house.settings.apply(catalogue.METER_VALUE_SAMPLE_INTERVAL, "1")
        await charging(house)
        house.disk.takes_seconds = 5.0
        before = house.disk.commits
        await house.look_on(60)
        assert house.disk.commits - before <= 13
        assert house.controller.steps_waiting <= 10

    play(story)


def test_directives_are_renewed_each_second() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.sent.clear()
        await house.look_on(10.5)
        times = [at for at, directive in house.sent if directive.power_allowed]
        assert len(times) in (10, 11)
        assert max(later - sooner for sooner, later in pairwise(times)) <= 1.001
        assert house.controller.heartbeat_at >= times[-1]

    play(story)


def test_a_disk_that_hangs_does_not_stop_the_renewal() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.disk.may_commit.clear()
        house.sent.clear()
        await house.look_on(30)
        assert len(house.permissions) >= 29

    play(story)


def test_a_new_safety_process_is_told_at_once_what_holds() -> None:
    async def story(house: House) -> None:
        await charging(house)
        house.sent.clear()
        house.controller.safety_link_opened()
        assert [directive.power_allowed for _, directive in house.sent] == [True]

    play(story)


def test_the_core_is_woken_at_its_deadlines() -> None:
    async def story(house: House) -> None:
        house.swipe()
        await settled()
        assert state_of(house) is SessionState.AUTHORIZED
        await asyncio.sleep(house.settings.get(catalogue.CONNECTION_TIME_OUT) + 0.1)
        assert state_of(house) is SessionState.IDLE

    play(story)


def test_a_whole_session_is_stored_in_order() -> None:
    async def story(house: House) -> None:
        await charging(house)
        transaction = house.controller.snapshot().evses[ONE].transaction
        assert transaction is not None
        await house.controller.execute(StopRemotely(transaction.transaction_id))
        await house.look_on(3)
        assert house.disk.journal()[transaction.transaction_id].is_ended
        assert not house.sent[-1][1].power_allowed

    play(story)
