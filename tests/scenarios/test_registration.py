"""May we talk: what a Pending or Rejected station says, and what it does with the orders it gets meanwhile."""

from pathlib import Path

import pytest

from dev_csms.faults import CsmsFault, FaultKind
from scenarios.stories import UNKNOWN_CARDS, Operator, all_told, assert_clean, is_1_6, only_transaction, under_both
from support.rig import START_WH, Rig
from support.virtual_time import run_virtual


@under_both
@pytest.mark.parametrize("kind", [FaultKind.BOOT_PENDING, FaultKind.BOOT_REJECTED])
@pytest.mark.requirement("B01.FR.08", "B02.FR.02", "B02.FR.03", "B03.FR.01", "B03.FR.02")
def test_before_it_is_accepted_the_station_says_nothing_else(tmp_path: Path, version: str, kind: FaultKind) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, version, settings=UNKNOWN_CARDS)
        rig.csms.core.faults.add(CsmsFault(kind, count=12))
        await rig.start_world()
        await rig.power_up(wait=False)
        await rig.wait(5)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(8)
        assert set(rig.csms.actions()) == {"BootNotification"}
        assert rig.is_live(), "who may charge offline may charge now"
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 60, "accepted at last")
        await rig.wait(5)
        assert len(rig.csms.record.boots) == 13
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)
        assert_clean(rig)
        await rig.close()

    run_virtual(whole())


@under_both
@pytest.mark.requirement("B02.FR.05")
def test_while_pending_remote_starts_are_refused_and_settings_served(tmp_path: Path, version: str) -> None:
    async def whole() -> None:
        rig = Rig(tmp_path, version)
        rig.csms.core.faults.add(CsmsFault(FaultKind.BOOT_PENDING, count=10))
        await rig.start_world()
        await rig.power_up(wait=False)
        await rig.until(lambda: len(rig.csms.record.boots) == 1, 5)
        await rig.wait(0.5)
        assert await Operator(rig).start() == "Rejected"
        asked = {"key": ["HeartbeatInterval"]}
        variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        answer = await Operator(rig).ask("GetConfiguration", asked, "GetVariables", {"getVariableData": [variable]})
        assert answer.payload is not None
        assert await Operator(rig).trigger("BootNotification") == "Accepted"
        await rig.until(lambda: len(rig.csms.record.boots) >= 2, 5, "the boot asked for")
        if not is_1_6(rig):
            assert rig.csms.record.boots[1].payload["reason"] == "Triggered"
        await rig.close()

    run_virtual(whole())


@under_both
@pytest.mark.ocpp_1_6("BootNotification")
def test_a_mere_reconnect_does_not_boot_again(tmp_path: Path, version: str) -> None:
    async def whole() -> None:
        async with Rig(tmp_path, version) as rig:
            await rig.wait(5)
            rig.csms.cut()
            await rig.wait(15)
            assert rig.csms.channel is not None
            assert len(rig.csms.record.boots) == 1
            await rig.power_cut()
            await rig.power_up()
            await rig.wait(1)
            assert len(rig.csms.record.boots) == 2
            assert_clean(rig)

    run_virtual(whole())
