"""Limits that the site imposes: they hold at once and whatever happens, and the CSMS is told (2.0.1 K11 to K13)."""

from pathlib import Path

import pytest

from chargepoint.charging.commands import ReleaseSiteLimit, VerdictStatus
from chargepoint.charging.share_handover import HANDOVER_SECONDS
from chargepoint.model.charging_profiles import LimitSource, RateUnit
from scenarios.profiles_2_0_1 import (
    EV_RULE_SECONDS,
    ask,
    charging,
    clear,
    composite,
    events,
    install,
    offered,
    profile,
    reported,
    why_not,
    wire_time,
)
from scenarios.site_limits import EMS, GRID, cleared, impose, limit, notified, order
from scenarios.stories import tell
from support.rig import Rig

MAINS_VOLTS = 230.0


@pytest.mark.requirement("K11.FR.01", "K11.FR.02", "K11.FR.04", "K11.FR.05", "K13.FR.01", "K13.FR.02", "K13.FR.03")
def test_a_limit_of_the_site_holds_at_once_for_the_transaction_that_runs_and_goes_when_it_is_released(
    tmp_path: Path,
) -> None:
    async def story(rig: Rig) -> None:
        running = await charging(rig)
        await impose(rig, limit(16, is_critical=True))
        await offered(rig, 16)
        assert rig.snapshot().limit.set_by == "site"
        await rig.drained()
        await rig.until(lambda: len(notified(rig)) == 1, 5)
        assert notified(rig) == [{"chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": True}}]
        (event,) = events(rig, "ChargingRateChanged")
        assert (event["eventType"], event["transactionInfo"]["transactionId"]) == ("Updated", running)
        assert (await order(rig, ReleaseSiteLimit())).status is VerdictStatus.ACCEPTED
        await offered(rig, 32)
        await rig.until(lambda: cleared(rig) == [{"chargingLimitSource": "EMS"}], 5)
        await rig.drained()
        assert len(events(rig, "ChargingRateChanged")) == 2
        assert (await order(rig, ReleaseSiteLimit())).status is VerdictStatus.UNKNOWN_TARGET
        await rig.wait(5)
        assert len(cleared(rig)) == 1

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K12.FR.01", "K12.FR.02", "K12.FR.04", "K12.FR.05", "K11.FR.06")
def test_a_limit_of_the_site_without_a_transaction_is_told_and_reported(tmp_path: Path) -> None:
    """TC_K_52_CS"""

    async def story(rig: Rig) -> None:
        await impose(rig, limit(16))
        await rig.until(lambda: len(notified(rig)) == 1, 5)
        ((evse, told),) = await reported(rig, chargingProfilePurpose="ChargingStationExternalConstraints")
        assert evse == 0
        assert told["id"] < 0
        assert told["chargingProfilePurpose"] == "ChargingStationExternalConstraints"
        assert told["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 16.0}]
        assert await reported(rig, chargingLimitSource=["EMS"]) == [(0, told)]
        assert await reported(rig, 1) == []
        assert await composite(rig, 0) == [(0, 16.0)]
        await charging(rig)
        rig.plug_in(2)
        await rig.swipe("04CCDDEE", evses=(2,))
        for _ in range(80):
            assert max(rig.truth(1)["amps"]) + max(rig.truth(2)["amps"]) <= 16.0
            await rig.wait(0.5)
        await offered(rig, 8, 1)
        await offered(rig, 8, 2)

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("K01.FR.05", "K10.FR.08", "K10.FR.09", "K08.FR.04")
def test_the_csms_can_neither_clear_nor_replace_what_the_site_set_and_the_lower_of_both_holds(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await impose(rig, limit(16))
        ((_, told),) = await reported(rig)
        assert await why_not(rig, profile((0, 32), number=told["id"])) == "DuplicateProfile"
        assert await clear(rig, told["id"]) == "Unknown"
        assert await clear(rig, chargingProfilePurpose="ChargingStationExternalConstraints") == "Unknown"
        assert await clear(rig, evseId=0) == "Unknown"
        await charging(rig)
        await offered(rig, 16)
        assert await install(rig, profile((0, 10))) == "Accepted"
        await offered(rig, 10)
        assert await clear(rig, evseId=1) == "Accepted"
        await offered(rig, 16, within_seconds=HANDOVER_SECONDS + EV_RULE_SECONDS)
        assert events(rig, "ChargingRateChanged") == [], "the CSMS changed it, and knows"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K11.FR.02", "K11.FR.04", "K12.FR.02")
def test_what_is_not_significant_is_not_told_and_small_steps_add_up(tmp_path: Path) -> None:
    async def put(rig: Rig, value: str) -> None:
        item = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "LimitChangeSignificance"},
            "attributeValue": value,
        }
        answer = await ask(rig, "SetVariables", {"setVariableData": [item]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"

    async def story(rig: Rig) -> None:
        await put(rig, "10")
        await charging(rig)
        for amps, told in ((20, 1), (19, 1), (18.5, 1), (17.9, 2), (16.2, 2), (16, 3)):
            await impose(rig, limit(amps))
            await offered(rig, amps)
            await rig.wait(6)
            assert (amps, len(notified(rig)), len(events(rig, "ChargingRateChanged"))) == (amps, told, told)
        await put(rig, "0")
        await impose(rig, limit(15.9))
        await rig.until(lambda: len(notified(rig)) == 4, 5)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K13.FR.01", "K13.FR.03")
def test_no_current_is_a_pause_and_a_release_is_told_though_the_rise_waits_its_turn(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        start = wire_time(rig.utc_now())
        own = profile((0, 20), purpose="ChargingStationMaxProfile", kind="Absolute", startSchedule=start)
        assert await install(rig, own, 0) == "Accepted"
        running = await charging(rig)
        await offered(rig, 20)
        await impose(rig, limit(0))
        await rig.until(lambda: not rig.is_live(), 10, "the contactor opens")
        await rig.wait(5)
        assert (await order(rig, ReleaseSiteLimit(EMS))).status is VerdictStatus.ACCEPTED
        await rig.until(rig.is_live, 40, "it goes on")
        await offered(rig, 20)
        await rig.drained()
        changed = events(rig, "ChargingRateChanged")
        assert [event["transactionInfo"]["transactionId"] for event in changed] == [running] * 2

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K11.FR.03", "K12.FR.03")
def test_the_limit_itself_is_told_where_the_csms_wishes_it(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        item = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "NotifyChargingLimitWithSchedules"},
            "attributeValue": "true",
        }
        answer = await ask(rig, "SetVariables", {"setVariableData": [item]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
        await impose(rig, limit(11_000, GRID, RateUnit.WATTS))
        await rig.until(lambda: len(notified(rig)) == 1, 5)
        (told,) = notified(rig)
        assert told["chargingLimit"] == {"chargingLimitSource": "SO"}
        (schedule,) = told["chargingSchedule"]
        assert schedule["chargingRateUnit"] == "W"
        assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 11000.0}]
        await charging(rig)
        for _ in range(30):
            assert sum(rig.truth()["amps"]) * MAINS_VOLTS <= 11_000
            await rig.wait(0.5)

    tell(tmp_path, "2.0.1", story)


def test_each_source_keeps_its_own_limit_and_the_lowest_holds(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charging(rig)
        await impose(rig, limit(20, EMS))
        await impose(rig, limit(12, GRID))
        await offered(rig, 12)
        await impose(rig, limit(24, EMS))
        await rig.wait(10)
        await offered(rig, 12)
        assert (await order(rig, ReleaseSiteLimit(GRID))).status is VerdictStatus.ACCEPTED
        await offered(rig, 24)
        assert cleared(rig) == [{"chargingLimitSource": "SO"}]
        refused = await order(rig, limit(8, LimitSource.CSO))
        assert refused.status is VerdictStatus.REJECTED
        await rig.wait(10)
        await offered(rig, 24)

    tell(tmp_path, "2.0.1", story)
