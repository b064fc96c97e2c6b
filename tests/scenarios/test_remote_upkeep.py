"""What the CSMS orders for upkeep: out of service and back, unlocking, resets."""

from pathlib import Path

import pytest

from chargepoint.charging.commands import ResetKind
from scenarios.stories import (
    Operator,
    all_told,
    is_1_6,
    only_transaction,
    tell,
    told_statuses,
    under_both,
)
from support.rig import Rig


@under_both
@pytest.mark.ocpp_1_6("ChangeAvailability")
def test_an_idle_station_is_taken_out_of_service_and_stays_so_over_a_restart(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.make("Inoperative", 1) == "Accepted"
        await rig.wait(2)
        assert rig.csms.record.status(1) == "Unavailable"
        assert await operator.start() == "Rejected"
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.until(lambda: rig.csms.record.statuses[-1].received_at > rig.csms.record.boots[-1].at, 20, "status")
        await rig.wait(5)
        assert rig.csms.record.status(1) == "Unavailable"
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(8)
        assert not rig.is_live()
        assert await operator.make("Operative", 1) == "Accepted"
        await rig.wait(2)
        await rig.swipe()
        await rig.until(rig.is_live, 10, "in service again")

    tell(tmp_path, version, story)


@under_both
@pytest.mark.requirement("G03.FR.05", "G04.FR.06")
@pytest.mark.ocpp_1_6("ChangeAvailability")
def test_taking_out_of_service_waits_for_the_running_transaction(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        await rig.charge(5)
        assert await operator.make("Inoperative") == "Scheduled"
        await rig.wait(5)
        assert rig.is_live()
        await rig.finish()
        await all_told(rig)
        assert rig.csms.record.status(1) == "Unavailable"
        if is_1_6(rig):
            assert rig.csms.record.status(0, 0) == "Unavailable"
        assert await operator.make("Operative") == "Accepted"
        await rig.wait(2)
        assert rig.csms.record.status(1) == "Available"

    tell(tmp_path, version, story)


@under_both
def test_unlocking_a_plugged_cable_moves_the_bolt_before_the_answer(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(4)
        await rig.swipe()
        await all_told(rig)
        assert await Operator(rig).unlock() == "Unlocked"
        assert rig.truth()["locked"] is False

    tell(tmp_path, version, story)


@pytest.mark.ocpp_1_6("UnlockConnector")
def test_unlocking_during_a_transaction_ends_it_under_1_6(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(4)
        assert rig.truth()["locked"] is True
        assert await Operator(rig).unlock() == "Unlocked"
        assert not rig.is_live()
        assert rig.truth()["locked"] is False
        await all_told(rig)
        assert only_transaction(rig).stop_reason == "UnlockCommand"

    tell(tmp_path, "1.6", story)


@pytest.mark.requirement("F05.FR.02")
def test_unlocking_during_a_transaction_is_refused_under_2_0_1(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(4)
        assert await Operator(rig).unlock() == "OngoingAuthorizedTransaction"
        await rig.wait(3)
        assert rig.is_live()

    tell(tmp_path, "2.0.1", story)


@under_both
def test_a_jammed_bolt_is_told_as_a_failed_unlock(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        await rig.swipe()
        rig.world.set_fault(1, "lock_jammed", True)
        await all_told(rig)
        assert await Operator(rig).unlock() == "UnlockFailed"

    tell(tmp_path, version, story)


RESETS = [
    ("1.6", "Soft", ResetKind.SOFT, "SoftReset"),
    ("1.6", "Hard", ResetKind.HARD, "HardReset"),
    ("2.0.1", "Immediate", ResetKind.IMMEDIATE, "ImmediateReset"),
]


@pytest.mark.parametrize(("version", "kind", "restart", "reason"), RESETS)
@pytest.mark.requirement("B12.FR.04")
@pytest.mark.ocpp_1_6("Reset")
def test_a_reset_ends_the_transaction_with_its_reason_before_it_restarts(
    tmp_path: Path, version: str, kind: str, restart: ResetKind, reason: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        assert await Operator(rig).reset(kind, kind) == "Accepted"
        await rig.until(lambda: rig.restarts.kinds == [restart], 20, "the restart")
        assert not rig.is_live()
        await rig.stop_controller()
        await rig.start_controller()
        await rig.wait(10)
        await all_told(rig)
        assert only_transaction(rig).stop_reason == reason
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - 1_000_000, abs=1.0)

    tell(tmp_path, version, story)


@pytest.mark.requirement("B12.FR.01", "B12.FR.03")
def test_a_reset_on_idle_waits_for_the_end_of_the_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(6)
        assert await Operator(rig).reset("Soft", "OnIdle") == "Scheduled"
        await rig.wait(10)
        assert rig.is_live()
        assert rig.restarts.kinds == []
        await rig.finish()
        await rig.until(lambda: rig.restarts.kinds == [ResetKind.SCHEDULED], 10, "the restart")

    tell(tmp_path, "2.0.1", story)


@under_both
def test_a_reset_of_an_idle_station_restarts_at_once(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).reset("Soft", "OnIdle") == "Accepted"
        await rig.until(lambda: len(rig.restarts.kinds) == 1, 5, "the restart")

    tell(tmp_path, version, story)


@under_both
@pytest.mark.requirement("G04.FR.01")
def test_the_whole_stations_availability_is_that_of_every_connector_in_1_6_and_a_level_of_its_own_in_2_0_1(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.make("Inoperative", 1) == "Accepted"
        await rig.charge(5, evse=2)
        assert await operator.make("Inoperative") == "Scheduled"
        await rig.wait(2)
        assert only_transaction(rig).is_running
        await rig.finish(2)
        await rig.until(lambda: rig.csms.record.status(2) == "Unavailable", 10, "the scheduled change")
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.until(lambda: rig.csms.channel is not None, 20, "connected")
        await rig.wait(8)
        assert told_statuses(rig, 2)[-1] == "Unavailable", "remembered"
        assert await operator.make("Operative") == "Accepted"
        await rig.until(lambda: rig.csms.record.status(2) == "Available", 10, "EVSE 2 is told")
        await rig.wait(5)
        first = rig.csms.record.status(1)
        assert first == ("Available" if is_1_6(rig) else "Unavailable")
        await rig.power_cut()
        await rig.power_up()
        await rig.until(lambda: rig.csms.channel is not None, 20, "connected")
        await rig.wait(10)
        assert rig.csms.record.status(1) == first, "and over the next restart"

    tell(tmp_path, version, story, evses=2)
