"""Limits that the site imposes hold without the CSMS, over a power cut and before the clock is known (2.0.1 K11)."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.commands import ImposeSiteLimit, ReleaseSiteLimit, VerdictStatus
from chargepoint.model.charging_profiles import ChargingSchedule, RateUnit, SchedulePeriod
from scenarios.profiles_2_0_1 import (
    charging,
    events,
    offered,
)
from scenarios.site_limits import EMS, cleared, impose, limit, notified, order
from scenarios.stories import VERSIONS, reconnect, tell
from support.rig import Rig
from support.virtual_time import run_virtual


def test_offline_the_limit_holds_and_the_newest_word_is_told_on_return(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charging(rig)
        rig.csms.go_offline()
        await rig.wait(2)
        await impose(rig, limit(16))
        await offered(rig, 16)
        await impose(rig, limit(10))
        await offered(rig, 10)
        assert notified(rig) == []
        await reconnect(rig)
        await rig.until(lambda: len(notified(rig)) == 1, 30)
        await rig.drained()
        changed = events(rig, "ChargingRateChanged")
        assert [event.get("offline") for event in changed] == [True, True]
        rig.csms.go_offline()
        await rig.wait(2)
        await order(rig, ReleaseSiteLimit())
        await offered(rig, 32)
        await reconnect(rig)
        await rig.until(lambda: len(cleared(rig)) == 1, 30)
        await rig.wait(5)
        assert len(notified(rig)) == 1

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_limit_survives_a_power_cut_and_holds_before_anything_is_energised(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await charging(rig)
        await impose(rig, limit(10))
        await offered(rig, 10)
        before = len(notified(rig))
        await rig.power_cut()
        await rig.wait(20)
        await rig.power_up()
        await rig.until(rig.is_live, 60, "the session is taken up again")
        for _ in range(40):
            assert max(rig.truth()["amps"]) <= 10.0
            await rig.wait(0.5)
        if version == "2.0.1":
            assert len(notified(rig)) == before + 1, "nobody can know whether it was told"

    tell(tmp_path, version, story)


def test_before_the_clock_is_known_a_single_limit_is_taken_and_one_that_changes_with_time_is_not(
    tmp_path: Path,
) -> None:
    async def story(rig: Rig) -> None:
        await impose(rig, limit(12))
        steps = (SchedulePeriod(0, 8), SchedulePeriod(60, 32))
        timed = ImposeSiteLimit(EMS, ChargingSchedule(RateUnit.AMPS, steps, rig.utc_now(), 600))
        assert (await order(rig, timed)).status is VerdictStatus.REJECTED
        rig.plug_in()
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 60, "it charges")
        await offered(rig, 12)
        await reconnect(rig)
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 10)
        await rig.wait(10)
        await offered(rig, 12)
        assert (await order(rig, timed)).status is VerdictStatus.ACCEPTED
        await offered(rig, 8)

    async def whole() -> None:
        rig = Rig(
            tmp_path,
            "2.0.1",
            clock_is_trusted=False,
            settings={"allow_offline_tx_for_unknown_id": "true"},
        )
        rig.csms.go_offline()
        rig.system_clock_error = timedelta(days=400)
        async with rig:
            await rig.wait(2)
            await story(rig)

    run_virtual(whole())


def test_a_station_whose_owner_wants_no_signals_takes_none(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert (await order(rig, limit(10))).status is VerdictStatus.REJECTED
        await charging(rig)
        await offered(rig, 32)
        assert notified(rig) == []

    tell(tmp_path, "2.0.1", story, settings={"external_control_signals_enabled": "false"})


def test_limits_of_the_site_hold_while_smart_charging_is_turned_off(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await impose(rig, limit(10))
        await charging(rig)
        await offered(rig, 10)

    tell(tmp_path, "2.0.1", story, settings={"smart_charging_enabled": "false"})
