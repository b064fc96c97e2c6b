"""The residual-current monitor tests itself; where it fails nothing is charged and everybody hears why."""

import asyncio
from pathlib import Path

import pytest

from chargepoint.charging.commands import AcknowledgeFaults
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import SelfTest, SelfTestCause
from chargepoint.panel.status import evse_status
from chargepoint_hal.bench.wires import EvseSignal
from scenarios.monitors import events
from scenarios.stories import all_told, is_1_6, only_transaction, tell, under_both
from scenarios.test_faults import last_error_code
from support.rig import Rig

FAILED = Fault.RESIDUAL_CURRENT_SELF_TEST


def verdict(rig: Rig) -> SelfTest | None:
    """None: nothing has been heard yet."""
    seen = rig.snapshot().observation
    return None if seen is None else seen.self_test


def age_seconds(rig: Rig) -> float:
    """Of the last verdict."""
    seen = rig.snapshot().observation
    assert seen is not None
    assert seen.self_test_age_seconds is not None
    return seen.self_test_age_seconds


def is_tested(rig: Rig) -> bool:
    return rig.wires.is_set(1, EvseSignal.RCD_TEST_COMMAND)


@under_both
def test_a_good_test_at_the_start_and_after_a_session_disturbs_nobody(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.until(lambda: verdict(rig) is SelfTest.PASSED, 15)
        told = len(rig.csms.record.statuses)
        await rig.charge(20)
        await rig.swipe()
        await rig.until(lambda: rig.snapshot().transaction is None, 30)
        await rig.wait(10)
        assert age_seconds(rig) > 30, "not with an EV"
        rig.plug_out()
        await rig.until(lambda: age_seconds(rig) < 1, 10, "after the session")
        await rig.wait(10)
        statuses = [note.status for note in rig.csms.record.statuses[told:] if note.evse_id == 1]
        assert "Faulted" not in statuses
        assert rig.snapshot().faults == frozenset()
        await rig.charge(5)

    tell(tmp_path, version, story, has_rcd_test=True)


@under_both
def test_a_failed_test_is_told_withholds_power_and_is_remembered(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.until(lambda: verdict(rig) is SelfTest.PASSED, 15)
        await rig.charge(20)
        rig.world.set_fault(1, FAILED, True)
        await rig.wait(5)
        assert rig.is_live(), "a running charge goes on"
        await rig.finish()
        await rig.until(lambda: FAILED in rig.snapshot().faults, 30)
        await all_told(rig)
        await rig.until(lambda: rig.csms.record.status(1) == "Faulted", 10)
        if is_1_6(rig):
            assert last_error_code(rig) == "InternalError"
        else:
            await rig.until(lambda: any(each.get("techCode") == FAILED for each in events(rig)), 10)
        assert only_transaction(rig).has_ended
        rig.world.set_fault(1, FAILED, False)
        await rig.power_cut()
        await rig.wait(2)
        await rig.power_up()
        await rig.until(lambda: verdict(rig) is SelfTest.PASSED, 30)
        await rig.wait(5)
        assert FAILED in rig.snapshot().faults, "one good test does not make it good"
        rig.plug_in()
        await rig.swipe()
        await rig.wait(20)
        assert not rig.is_live()
        rig.plug_out()
        await rig.wait(5)
        assert rig.assembly is not None
        await rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))
        await rig.until(lambda: rig.snapshot().faults == frozenset(), 20)
        await rig.charge(5)

    tell(tmp_path, version, story, has_rcd_test=True)


@under_both
def test_a_person_asks_for_another_test_and_that_one_decides(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, FAILED, True)
        await rig.until(lambda: FAILED in rig.snapshot().faults, 40)
        assert rig.assembly is not None
        await rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))
        await rig.wait(40)
        assert FAILED in rig.snapshot().faults, "it has failed again"
        rig.world.set_fault(1, FAILED, False)
        await rig.assembly.controller.execute(AcknowledgeFaults(EvseId(1)))
        await rig.until(lambda: rig.snapshot().faults == frozenset(), 30)
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 10)
        await rig.charge(5)

    tell(tmp_path, version, story, has_rcd_test=True)


def test_an_ev_that_comes_in_the_middle_of_a_test_is_charged_all_the_same(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.until(lambda: verdict(rig) is SelfTest.PASSED, 15)
        await rig.charge(10)
        rig.world.set_fault(1, FAILED, True)
        await rig.finish()
        await rig.until(lambda: is_tested(rig), 10)
        await rig.wait(0.3)
        await rig.charge(10)
        assert not is_tested(rig)
        assert rig.snapshot().faults == frozenset()
        rig.world.set_fault(1, FAILED, False)
        await rig.finish()
        await rig.until(lambda: verdict(rig) is SelfTest.PASSED, 15)

    tell(tmp_path, "2.0.1", story, has_rcd_test=True)


def test_a_trip_outside_of_a_test_is_a_trip(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.until(lambda: verdict(rig) is SelfTest.PASSED, 15)
        await rig.charge(10)
        rig.world.set_fault(1, "residual_current", True)
        await rig.until(lambda: not rig.is_live(), 0.5)
        await rig.until(lambda: Fault.RESIDUAL_CURRENT in rig.snapshot().faults, 2)

    tell(tmp_path, "2.0.1", story, has_rcd_test=True)


async def told_2_0_1(rig: Rig, instance: str) -> str:
    """What GetVariables says of the last self-test."""
    variable = {"name": "ResidualCurrentSelfTest", "instance": instance}
    wanted = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": variable}
    answer = await rig.csms.call("GetVariables", {"getVariableData": [wanted]})
    assert answer.payload is not None
    (result,) = answer.payload["getVariableResult"]
    assert result["attributeStatus"] == "Accepted", result
    return str(result.get("attributeValue", ""))


def shown(rig: Rig) -> dict[str, object]:
    """As `GET /api/status` has it."""
    status = evse_status(rig.snapshot(), asyncio.get_running_loop().time())
    last = status["last_self_test"]
    assert isinstance(last, dict)
    return last


@under_both
def test_the_last_verdict_is_known_after_a_restart_with_its_time_and_cause(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.world.set_fault(1, FAILED, True)
        assert rig.snapshot().self_test is None, "never tested is not passed"
        if not is_1_6(rig):
            assert await told_2_0_1(rig, "Result") == "NeverTested"
        await rig.until(lambda: rig.snapshot().self_test is not None, 60)
        record = rig.snapshot().self_test
        assert record is not None
        assert (record.verdict, record.cause) == (SelfTest.FAILED, SelfTestCause.NO_TRIP)
        rig.plug_in()
        await rig.wait(5)
        await rig.power_cut()
        await rig.wait(600)
        await rig.power_up()
        await rig.wait(5)
        assert verdict(rig) is SelfTest.DUE, "an EV keeps the new safety process from testing"
        assert rig.snapshot().self_test == record
        assert shown(rig)["verdict"] == "failed"
        assert shown(rig)["text"] == "it did not trip"
        assert shown(rig)["age_seconds"] == pytest.approx(610, abs=60)
        if not is_1_6(rig):
            assert await told_2_0_1(rig, "Result") == "Failed"
            assert await told_2_0_1(rig, "Cause") == "it did not trip"
            assert (await told_2_0_1(rig, "Time"))[:16] == record.stamp.utc.isoformat()[:16]
        rig.world.set_fault(1, FAILED, False)
        rig.plug_out()
        await rig.until(lambda: shown(rig)["verdict"] == "passed", 30)

    tell(tmp_path, version, story, has_rcd_test=True)
