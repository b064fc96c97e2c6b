"""What several connectors may draw, one by one and together, and what connector 0 means."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint_hal.bench.ev import PlugIn
from scenarios.outlets import ALICE, BOB, CAROL, ONE_EACH, amps_drawn, charges, offered_amps, status
from scenarios.stories import (
    Operator,
    calls_of_station,
    tell,
    told_statuses,
    under_both,
)
from support.rig import Rig

# Charging profiles (1.6; 2.0.1 tells them by other messages)


def profile(amps: float, purpose: str = "TxDefaultProfile", number: int = 1, level: int = 0) -> dict[str, Any]:
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if purpose != "ChargePointMaxProfile" else "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}],
        },
    }


async def install(rig: Rig, connector: int, wire: dict[str, Any]) -> str:
    answer = await rig.csms.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": wire})
    assert answer.payload is not None, answer.error
    return str(answer.payload["status"])


async def composite_amps(rig: Rig, connector: int) -> float:
    asked = {"connectorId": connector, "duration": 60, "chargingRateUnit": "A"}
    answer = await rig.csms.call("GetCompositeSchedule", asked)
    assert answer.payload is not None
    assert answer.payload["status"] == "Accepted"
    return float(answer.payload["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"])


def test_a_default_of_connector_0_holds_everywhere_until_a_connector_has_its_own(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, 0, profile(16, number=1)) == "Accepted"
        assert await install(rig, 2, profile(10, number=2, level=1)) == "Accepted"
        for evse, card in ((1, ALICE), (2, BOB)):
            await charges(rig, evse, card)
        await rig.wait(12)
        assert offered_amps(rig, 1) == pytest.approx(16, abs=0.1)
        assert offered_amps(rig, 2) == pytest.approx(10, abs=0.1)
        assert [await composite_amps(rig, connector) for connector in (1, 2)] == [16.0, 10.0]
        number = rig.csms.core.transactions[0].transaction_id
        own = profile(8, "TxProfile", 3) | {"transactionId": number}
        assert await install(rig, 2, own) == "Rejected", "the transaction is on connector 1"
        assert await install(rig, 1, own) == "Accepted"
        await rig.wait(12)
        assert offered_amps(rig, 1) == pytest.approx(8, abs=0.1)
        assert offered_amps(rig, 2) == pytest.approx(10, abs=0.1)

    tell(tmp_path, "1.6", story, evses=2)


def test_all_together_never_draw_more_than_the_station_may_while_they_come_and_go(tmp_path: Path) -> None:
    """Sampled all the time: who comes waits until the others have given way, however leisurely they follow."""
    leisurely = PlugIn(quirk="slow_to_follow")  # 4.5 s from 24 A to 12 A

    async def story(rig: Rig) -> None:
        highest = 0.0

        async def watch(seconds: float) -> None:
            nonlocal highest
            for _ in range(int(seconds * 5)):
                await rig.wait(0.2)
                highest = max(highest, amps_drawn(rig))

        assert await install(rig, 0, profile(24, "ChargePointMaxProfile", 9)) == "Accepted"
        await charges(rig, 1, ALICE, leisurely)
        await watch(8)
        assert offered_amps(rig, 1) == pytest.approx(24, abs=0.1)
        for evse, card, part in ((2, BOB, 12), (3, CAROL, 8)):
            rig.plug_in(evse)
            await rig.wait(2)
            await rig.swipe(card, evses=(evse,))
            await watch(18)
            assert rig.is_live(evse)
            for other in range(1, evse + 1):
                assert offered_amps(rig, other) == pytest.approx(part, abs=0.1)
        assert amps_drawn(rig) > 20, "what may be used is used"
        assert await composite_amps(rig, 0) == 24.0
        rig.plug_out(1)
        await watch(18)
        assert [offered_amps(rig, evse) for evse in (2, 3)] == [pytest.approx(12, abs=0.1)] * 2
        await charges(rig, 1, ALICE)
        await watch(18)
        assert highest <= 24.1

    tell(tmp_path, "1.6", story, evses=3, readers=((1,), (2,), (3,)))


def test_a_share_that_nobody_could_use_goes_to_those_who_came_first(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, 0, profile(10, "ChargePointMaxProfile", 9)) == "Accepted"
        await charges(rig, 1, ALICE)
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe(BOB, evses=(2,))
        await rig.wait(30)
        assert rig.is_live(1)
        assert not rig.is_live(2), "5 A each would charge nobody"
        assert status(rig, 2) == "SuspendedEVSE"
        rig.plug_out(1)
        await rig.until(lambda: rig.is_live(2), 60, "its turn")
        await rig.wait(10)
        assert offered_amps(rig, 2) == pytest.approx(10, abs=0.1)

    tell(tmp_path, "1.6", story, evses=2, readers=ONE_EACH)


def test_the_composite_schedule_of_connector_0_is_what_all_may_have_together(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await composite_amps(rig, 0) == 64.0, "without a profile what the hardware has"
        assert await install(rig, 1, profile(10)) == "Accepted"
        assert await install(rig, 0, profile(40, "ChargePointMaxProfile", 9)) == "Accepted"
        assert await composite_amps(rig, 0) == 40.0
        assert await composite_amps(rig, 1) == 10.0

    tell(tmp_path, "1.6", story, evses=2)


# Connector 0


def test_connector_0_out_of_service_waits_for_every_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 2, BOB)
        answer = await rig.csms.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
        assert answer.payload == {"status": "Scheduled"}
        await rig.until(lambda: status(rig, 1) == "Unavailable" and status(rig, 3) == "Unavailable", 10)
        assert rig.is_live(2)
        rig.plug_out(2)
        await rig.until(lambda: status(rig, 2) == "Unavailable", 30)
        await rig.until(lambda: told_statuses(rig, 0)[-1] == "Unavailable", 5)
        rig.plug_in(1)
        await rig.wait(2)
        await rig.swipe(ALICE)
        await rig.wait(10)
        assert not rig.is_live(1)
        answer = await rig.csms.call("ChangeAvailability", {"connectorId": 0, "type": "Operative"})
        assert answer.payload == {"status": "Accepted"}
        await rig.until(lambda: told_statuses(rig, 0)[-1] == "Available", 5)
        await rig.until(lambda: status(rig, 3) == "Available", 5)

    tell(tmp_path, "1.6", story, evses=3)


@under_both
def test_one_outlet_out_of_service_leaves_the_others_in_it(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).make("Inoperative", evse=1) == "Accepted"
        await rig.until(lambda: status(rig, 1) == "Unavailable", 10)
        rig.plug_in(1)
        rig.plug_in(2)
        await rig.wait(3)
        await rig.swipe(ALICE)
        await rig.until(lambda: rig.is_live(2), 20)
        assert not rig.is_live(1)
        assert status(rig, 1) == "Unavailable"

    tell(tmp_path, version, story, evses=2)


def test_a_trigger_without_a_connector_means_all_and_with_one_that_one(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        async def told_for(payload: dict[str, Any]) -> list[int]:
            before = len(calls_of_station(rig, payload["requestedMessage"]))
            answer = await rig.csms.call("TriggerMessage", payload)
            assert answer.payload == {"status": "Accepted"}
            await rig.wait(5)
            return [each["connectorId"] for each in calls_of_station(rig, payload["requestedMessage"])[before:]]

        status_of = {"requestedMessage": "StatusNotification"}
        assert await told_for(status_of) == [0, 1, 2, 3]
        assert await told_for(status_of | {"connectorId": 0}) == [0]
        assert await told_for(status_of | {"connectorId": 3}) == [3]
        assert await told_for({"requestedMessage": "MeterValues"}) == [1, 2, 3]
        assert await told_for({"requestedMessage": "MeterValues", "connectorId": 2}) == [2]

    tell(tmp_path, "1.6", story, evses=3)


def test_clock_aligned_values_come_from_every_connector(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await charges(rig, 2, BOB)
        before = len(calls_of_station(rig, "MeterValues"))
        answer = await rig.csms.call("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "30"})
        assert answer.payload == {"status": "Accepted"}
        await rig.wait(31)
        told = calls_of_station(rig, "MeterValues")[before:]
        aligned = [each for each in told if "Sample.Clock" in str(each)]
        assert {each["connectorId"] for each in aligned} == {1, 2, 3}
        assert {each["connectorId"] for each in aligned if "transactionId" in each} == {2}

    tell(tmp_path, "1.6", story, evses=3)
