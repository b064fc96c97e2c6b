"""One value that no disk takes must not keep what comes after it from the disk, least of all a stop."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from chargepoint.charging.commands import InstallProfile, VerdictStatus
from chargepoint.charging.effects import Checkpoint, Effect, Enqueue, RememberProfiles
from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.model.faults import Fault
from chargepoint.model.moment import Moment
from chargepoint.model.reports import TransactionReport
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import TransactionPhase
from unit.daemon.neighbours import ONE, FakeDisk, House, charging, play, settled, state_of


@dataclass(slots=True)
class ChoosyDisk(FakeDisk):
    """Takes nothing of a commit in which one effect is refused."""

    refuses: Callable[[Effect], bool] = field(default=lambda effect: False)

    async def commit(self, effects: Sequence[Effect], moment: Moment) -> None:
        if any(self.refuses(effect) for effect in effects):
            raise UnstorableError("an integer with more than 64 bits")
        await FakeDisk.commit(self, effects, moment)


def is_profiles(effect: Effect) -> bool:
    return isinstance(effect, RememberProfiles)


def is_start(effect: Effect) -> bool:
    return isinstance(effect, Enqueue) and getattr(effect.report, "phase", None) is TransactionPhase.STARTED


def house_with(refuses: Callable[[Effect], bool]) -> Callable[[], House]:
    return lambda: House(disk=ChoosyDisk(refuses=refuses))


def limit_of(number: int) -> InstallProfile:
    schedule = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, 16.0),))
    profile = ChargingProfile(number, 0, ProfilePurpose.TX_DEFAULT, ProfileKind.RELATIVE, schedule)
    return InstallProfile(profile, ONE)


def test_a_stop_after_an_unstorable_profile_is_stored_and_opens() -> None:
    async def story(house: House) -> None:
        await charging(house)
        verdict = await house.controller.execute(limit_of(1))
        assert verdict.status is VerdictStatus.ACCEPTED
        house.swipe()
        await house.look_on(5)
        assert not house.sent[-1][1].power_allowed
        assert state_of(house) is SessionState.FINISHED
        assert house.disk.phases()[-1] is TransactionPhase.ENDED
        assert house.controller.steps_waiting == 0
        assert Fault.STORAGE_CORRUPT in house.controller.snapshot().faults

    play(story, house_with(is_profiles))


def test_of_a_batch_only_the_unstorable_effect_is_lost_and_nothing_is_stored_twice() -> None:
    async def story(house: House) -> None:
        await charging(house)
        before = len(house.disk.committed)
        house.disk.may_commit.clear()
        waiting = asyncio.create_task(house.controller.execute(limit_of(1)))
        house.swipe()
        await house.look_on(2)
        house.disk.may_commit.set()
        await house.look_on(5)
        await waiting
        stored = house.disk.committed[before:]
        reports = [each.report for each in stored if isinstance(each, Enqueue)]
        sequences = [report.sequence for report in reports if isinstance(report, TransactionReport)]
        assert sequences == sorted(set(sequences))
        assert house.disk.phases()[-1] is TransactionPhase.ENDED

    play(story, house_with(is_profiles))


def test_a_disk_that_fails_while_a_batch_goes_apart_gets_the_rest_later_and_once() -> None:
    async def story(house: House) -> None:
        await charging(house)
        disk = house.disk
        assert isinstance(disk, ChoosyDisk)
        seen: list[Effect] = []

        def refuses(effect: Effect) -> bool:
            seen.append(effect)
            if len(seen) == 4:
                raise StorageError("the disk is full")
            return isinstance(effect, Checkpoint)

        disk.refuses = refuses
        house.swipe()
        await house.look_on(20)
        ends = [phase for phase in disk.phases() if phase is TransactionPhase.ENDED]
        assert ends == [TransactionPhase.ENDED]
        assert house.controller.steps_waiting == 0

    play(story, house_with(lambda effect: False))


def test_no_power_flows_for_a_start_that_can_not_be_stored() -> None:
    async def story(house: House) -> None:
        house.plug_in()
        house.swipe()
        await settled()
        await house.look_on(30)
        house.outlet.cable_rating_amps = 13.0
        await house.look_on(10)
        assert not house.permissions
        assert house.controller.steps_waiting == 0

    play(story, house_with(is_start))


@pytest.mark.parametrize("refuses", [is_profiles, is_start])
def test_the_next_session_is_served(refuses: Callable[[Effect], bool]) -> None:
    async def story(house: House) -> None:
        house.plug_in()
        house.swipe()
        await house.look_on(10)
        house.swipe()
        await house.look_on(5)
        house.outlet.is_plugged_in = False
        await house.look_on(5)
        disk = house.disk
        assert isinstance(disk, ChoosyDisk)
        disk.refuses = lambda effect: False
        house.sent.clear()
        await charging(house)

    play(story, house_with(refuses))
