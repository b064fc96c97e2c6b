"""What has tripped stays tripped: no power cut, no restart of a process and no free vend closes onto that EV again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chargepoint.charging.commands import AcknowledgeFaults, VerdictStatus
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.monitoring.fault_notices import SETTLING_SECONDS
from chargepoint.panel.status import evse_status
from dev_csms.records import AnomalyKind
from scenarios.monitors import events
from scenarios.stories import calls_of_station, is_1_6, tell, under_both
from support.rig import Rig

ERROR_CODES = {
    Fault.RESIDUAL_CURRENT: "GroundFailure",
    Fault.EMERGENCY_STOP: "OtherError",
    Fault.DIODE: "OtherError",
    Fault.OVER_CURRENT: "OverCurrentFailure",
}
each_latch = pytest.mark.parametrize("fault", ERROR_CODES)
with_and_without_cards = pytest.mark.parametrize("is_free", [True, False], ids=["free", "cards"])
WATCHED_SECONDS = 90.0

Interruption = Callable[[Rig], Awaitable[None]]


async def power_cut(rig: Rig) -> None:
    await rig.power_cut()
    await rig.wait(3)
    await rig.power_up()


async def safety_restart(rig: Rig) -> None:
    rig.lose_safety()
    await rig.wait(2)
    rig.restart_safety()


async def controller_restart(rig: Rig) -> None:
    await rig.stop_controller()
    await rig.wait(2)
    await rig.start_controller()


async def trip(rig: Rig, fault: Fault, is_free: bool) -> None:
    """It charges, the fault comes, the power goes, the cause goes; the EV stays plugged in."""
    if is_free:
        rig.plug_in()
        await rig.until(rig.is_live, 30, "free vend closes")
        await rig.wait(10)
    else:
        await rig.charge(10)
    rig.world.set_fault(1, fault, True)
    await rig.until(lambda: not rig.is_live(), 20, "no power")
    await rig.wait(1)
    rig.world.set_fault(1, fault, False)
    await rig.wait(5)
    assert not rig.is_live()


async def stays_open(rig: Rig) -> None:
    """For as long as a start and every hold-off could take."""
    await rig.until(lambda: rig.snapshot().observation is not None, 20, "the safety process speaks")
    for _ in range(int(2 * WATCHED_SECONDS)):
        assert not rig.is_live(), "closed again onto an EV that has tripped and was never unplugged"
        await rig.wait(0.5)
    assert not rig.snapshot().power_allowed


def told_values(rig: Rig, fault: Fault) -> list[str]:
    """What 2.0.1's events said of it, in order."""
    return [event["actualValue"] for event in events(rig) if event.get("techCode") == fault.value]


FREE_VEND = {"free_vend_active": "true"}


async def acknowledge(rig: Rig) -> tuple[VerdictStatus, str]:
    assert rig.assembly is not None
    verdict = await rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))
    return verdict.status, verdict.reason


@under_both
@each_latch
@with_and_without_cards
def test_a_power_cut_clears_no_latch_and_unplugging_does(
    tmp_path: Path, version: str, fault: Fault, is_free: bool
) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, fault, is_free)
        await power_cut(rig)
        await stays_open(rig)
        if not is_free:
            await rig.swipe()
            await rig.wait(30)
            assert not rig.is_live()
        await power_cut(rig)
        await stays_open(rig)
        rig.plug_out()
        await rig.until(lambda: not rig.snapshot().faults, 5, "it is over with the EV gone")
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 10, "the CSMS hears that it is over")
        await power_cut(rig)
        await rig.wait(5)
        assert not rig.snapshot().faults, "and stays over"
        if is_free:
            rig.plug_in()
            await rig.until(rig.is_live, 60, "the next EV is served")
        else:
            await rig.charge(2)

    tell(tmp_path, version, story, settings=FREE_VEND if is_free else {})


@under_both
@each_latch
def test_after_the_power_cut_the_csms_and_the_local_page_are_told_what_holds_the_power_back(
    tmp_path: Path, version: str, fault: Fault
) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, fault, is_free=True)
        statuses = len(rig.csms.record.statuses)
        await power_cut(rig)
        await rig.until(lambda: len(rig.csms.record.statuses) > statuses, 20, "a status after the restart")
        await rig.wait(SETTLING_SECONDS + 10)
        assert rig.csms.record.status(1) == "Faulted"
        if is_1_6(rig):
            last = [call for call in calls_of_station(rig, "StatusNotification") if call["connectorId"] == 1][-1]
            assert (last["errorCode"], last["vendorErrorCode"]) == (ERROR_CODES[fault], fault.value)
        else:
            assert told_values(rig, fault) == ["true"], "the CSMS knows it, and nothing has taken it back"
        page = evse_status(rig.snapshot(), asyncio.get_running_loop().time())
        assert page["faults"] == page["latched_faults"] == [fault.value]
        assert page["why_not_charging"] == f"fault: {fault.value}"
        rig.plug_out()
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 10, "the end is told")
        if not is_1_6(rig):
            await rig.until(lambda: told_values(rig, fault) == ["true", "false"], 10, "and as an event")

    tell(tmp_path, version, story, settings=FREE_VEND)


@under_both
@pytest.mark.parametrize("interruption", [safety_restart, controller_restart])
@pytest.mark.parametrize("fault", [Fault.RESIDUAL_CURRENT, Fault.EMERGENCY_STOP])
def test_no_process_that_starts_again_clears_a_latch(
    tmp_path: Path, version: str, fault: Fault, interruption: Interruption
) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, fault, is_free=True)
        await interruption(rig)
        await stays_open(rig)
        rig.plug_out()
        await rig.until(lambda: not rig.snapshot().faults, 5, "it is over with the EV gone")
        rig.plug_in()
        await rig.until(rig.is_live, 60, "the next EV is served")

    tell(tmp_path, version, story, settings=FREE_VEND)


@under_both
def test_an_emergency_stop_of_before_a_power_cut_can_be_acknowledged(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, Fault.EMERGENCY_STOP, is_free=True)
        await power_cut(rig)
        await stays_open(rig)
        assert await acknowledge(rig) == (VerdictStatus.ACCEPTED, "acknowledged: emergency_stop")
        await rig.until(rig.is_live, 60, "the EV is charged again")
        await power_cut(rig)
        await rig.until(rig.is_live, 60, "and the acknowledgement is remembered")

    tell(tmp_path, version, story, settings=FREE_VEND)


@under_both
def test_a_pressed_emergency_stop_is_not_acknowledged_for_later(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, Fault.EMERGENCY_STOP, is_free=True)
        rig.world.set_fault(1, Fault.EMERGENCY_STOP, True)
        await rig.wait(2)
        await acknowledge(rig)
        await rig.wait(2)
        await safety_restart(rig)
        await rig.wait(10)
        rig.world.set_fault(1, Fault.EMERGENCY_STOP, False)
        await stays_open(rig)

    tell(tmp_path, version, story, settings=FREE_VEND)


@under_both
def test_a_residual_current_trip_ends_by_unplugging_alone(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, Fault.RESIDUAL_CURRENT, is_free=True)
        refusal = (VerdictStatus.REJECTED, "ends when the EV is unplugged: residual_current")
        assert await acknowledge(rig) == refusal
        await power_cut(rig)
        await stays_open(rig)
        assert await acknowledge(rig) == refusal
        await stays_open(rig)

    tell(tmp_path, version, story, settings=FREE_VEND)


async def corrupt_cut(rig: Rig) -> None:
    """The power cut damages the database."""
    await rig.power_cut()
    with (rig.directory / "chargepoint.db").open("r+b") as file:
        file.write(b"no database at all" * 8)
    await rig.power_up()


@under_both
@each_latch
def test_a_latch_that_is_lost_with_the_database_closes_onto_no_ev_that_is_still_there(
    tmp_path: Path, version: str, fault: Fault
) -> None:
    async def story(rig: Rig) -> None:
        await trip(rig, fault, is_free=True)
        await corrupt_cut(rig)
        await stays_open(rig)
        assert rig.csms.record.status(1) == "Faulted"
        page = evse_status(rig.snapshot(), asyncio.get_running_loop().time())
        assert page["why_not_charging"] == "fault: fault_memory_lost"
        await acknowledge(rig)
        await power_cut(rig)
        await stays_open(rig)
        rig.plug_out()
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 10, "it is over with the EV gone")
        rig.plug_in()
        await rig.until(rig.is_live, 60, "the next EV is served")

    lost = (AnomalyKind.OVERLAPPING_TRANSACTION,)  # a transaction that was open is lost with the database
    tell(tmp_path, version, story, settings=FREE_VEND, provoked=lost)


@under_both
def test_an_ev_that_comes_after_a_database_was_lost_is_charged(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.wait(5)
        await corrupt_cut(rig)
        await rig.until(lambda: not rig.snapshot().faults, 10, "nobody was there")
        await rig.charge(5)

    tell(tmp_path, version, story)
