"""Block K of OCPP 2.0.1 by the steps of part 6: setting and clearing charging profiles, down to the pilot."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scenarios.profiles_2_0_1 import (
    DEVIATION,
    ask,
    both_units,
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
from scenarios.stories import calls_of_station, tell
from support.rig import KNOWN_TOKEN, Rig

Story = Callable[[Rig], Awaitable[None]]
UNKNOWN = "00000000-0000-0000-0000-00000000beef"
TOKEN = {"idToken": KNOWN_TOKEN, "type": "ISO14443"}


async def is_reported_as_sent(rig: Rig, wire: dict[str, Any], evse: int) -> None:
    assert await reported(rig, chargingProfileId=[wire["id"]]) == [(evse, wire)]


@both_units
@pytest.mark.parametrize(
    ("purpose", "evse"), [("TxDefaultProfile", 1), ("ChargingStationMaxProfile", 0), ("TxDefaultProfile", 0)]
)
@pytest.mark.requirement("K01.FR.07", "K01.FR.14", "K01.FR.15", "K09.FR.01", "K09.FR.02", "K09.FR.06")
def test_a_profile_is_in_force_at_once_and_reported_as_it_was_sent(
    tmp_path: Path, purpose: str, evse: int, unit: str
) -> None:
    """TC_K_01_CS, TC_K_03_CS, TC_K_10_CS"""

    async def story(rig: Rig) -> None:
        start = wire_time(rig.utc_now())
        wire = profile((0, 6), purpose=purpose, kind="Absolute", unit=unit, startSchedule=start, duration=300)
        assert await install(rig, wire, evse) == "Accepted"
        await is_reported_as_sent(rig, wire, evse)
        await charging(rig)
        await offered(rig, 6.0 if unit == "A" else 8.6)
        for other in () if evse else (2,):
            await rig.swipe("04CCDDEE", evses=(other,))
            rig.plug_in(other)
            await rig.until(lambda: rig.snapshot(2).transaction is not None, 20, "a session at the other EVSE too")
            limit = rig.snapshot(2).limit
            assert limit.set_by == "profile"
            assert limit.amps <= (6.0 if unit == "A" else 8.6)

    tell(tmp_path, "2.0.1", story, evses=1 if evse else 2)


@pytest.mark.requirement("K01.FR.04", "K01.FR.09", "K01.FR.16", "K01.FR.28", "K01.FR.33")
def test_a_profile_for_what_is_not_there_is_rejected(tmp_path: Path) -> None:
    """TC_K_02_CS, TC_K_11_CS, TC_K_14_CS, TC_K_16_CS"""

    async def story(rig: Rig) -> None:
        of_nobody = profile((0, 6), purpose="TxProfile", transactionId=UNKNOWN)
        assert await why_not(rig, of_nobody) == "TxNotFound"
        assert await why_not(rig, of_nobody, evse=0) == "InvalidProfile"
        assert await why_not(rig, profile((0, 6)), evse=2) == "UnknownEvse"
        running = await charging(rig)
        assert await why_not(rig, of_nobody) == "TxNotFound"
        assert await why_not(rig, profile((0, 6), purpose="TxProfile", transactionId=running), evse=0)
        assert await reported(rig) == []
        await offered(rig, 32)

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.requirement("K01.FR.05", "K01.FR.07")
def test_the_same_id_replaces(tmp_path: Path, unit: str) -> None:
    """TC_K_04_CS"""

    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 6), unit=unit)) == "Accepted"
        higher = profile((0, 10), unit=unit)
        assert await install(rig, higher) == "Accepted"
        await is_reported_as_sent(rig, higher, 1)
        assert await composite(rig, unit=unit) == [(0, 10.0)]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K10.FR.01", "K10.FR.03")
def test_a_profile_is_cleared_by_its_id_and_once(tmp_path: Path) -> None:
    """TC_K_05_CS, TC_K_08_CS"""

    async def story(rig: Rig) -> None:
        assert await clear(rig, 1) == "Unknown"
        assert await install(rig, profile((0, 6))) == "Accepted"
        assert await clear(rig, 2) == "Unknown"
        assert await clear(rig, 1) == "Accepted"
        assert await reported(rig, chargingProfileId=[1]) == []
        assert await clear(rig, 1) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K10.FR.01", "K10.FR.04", "K10.FR.05")
def test_a_profile_is_cleared_by_what_it_is_for(tmp_path: Path) -> None:
    """TC_K_06_CS, TC_K_07_CS"""

    async def story(rig: Rig) -> None:
        await charging(rig)
        assert await install(rig, profile((0, 6), level=1)) == "Accepted"
        await offered(rig, 6)
        assert await clear(rig, chargingProfilePurpose="ChargingStationMaxProfile", stackLevel=0) == "Unknown"
        assert await clear(rig, chargingProfilePurpose="TxDefaultProfile", stackLevel=0) == "Unknown"
        await rig.wait(10)
        await offered(rig, 6)
        assert await clear(rig, chargingProfilePurpose="TxDefaultProfile", stackLevel=1) == "Accepted"
        assert await reported(rig, chargingProfilePurpose="TxDefaultProfile", stackLevel=1) == []
        await offered(rig, 32)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("K10.FR.04")
def test_profiles_of_several_evses_are_cleared_together(tmp_path: Path) -> None:
    """TC_K_24_CS"""

    async def story(rig: Rig) -> None:
        for evse in (1, 2):
            assert await install(rig, profile((0, 6), number=evse), evse) == "Accepted"
        criteria: dict[str, Any] = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
        assert len(await reported(rig, **criteria)) == 2
        assert await clear(rig, **criteria) == "Accepted"
        assert await reported(rig, **criteria) == []

    tell(tmp_path, "2.0.1", story, evses=2)


@both_units
@pytest.mark.requirement("K10.FR.05", "K10.FR.07")
def test_a_transaction_goes_on_without_the_default_that_is_cleared(tmp_path: Path, unit: str) -> None:
    """TC_K_09_CS"""

    async def story(rig: Rig) -> None:
        start = wire_time(rig.utc_now())
        wire = profile((0, 6), kind="Absolute", unit=unit, startSchedule=start, duration=400 + 5)
        assert await install(rig, wire) == "Accepted"
        running = await charging(rig)
        assert await composite(rig, duration=300, unit=unit) == [(0, 6.0)]
        assert await clear(rig, chargingProfilePurpose="TxDefaultProfile") == "Accepted"
        after = await composite(rig, duration=300, unit=unit)
        assert after[0][0] == 0
        assert after[0][1] > 6.0
        await offered(rig, 32)
        transaction = rig.snapshot().transaction
        assert transaction is not None
        assert transaction.transaction_id == running
        assert events(rig, "ChargingRateChanged") == [], "the CSMS knows what it has changed"

    tell(tmp_path, "2.0.1", story, settings={"limit_change_significance_percent": "1.0"})


@both_units
@pytest.mark.requirement("K01.FR.27", "K01.FR.10")
def test_profiles_are_there_after_a_reboot(tmp_path: Path, unit: str) -> None:
    """TC_K_13_CS"""

    async def story(rig: Rig) -> None:
        start = wire_time(rig.utc_now())
        wire = profile((0, 6), kind="Absolute", unit=unit, startSchedule=start, duration=86400)
        assert await install(rig, wire) == "Accepted"
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.until(lambda: rig.csms.channel is not None, 30, "reusable state Booted")
        await rig.wait(3)
        await is_reported_as_sent(rig, wire, 1)
        await charging(rig)
        await offered(rig, 6.0 if unit == "A" else 8.6)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("recurrency", ["Daily", "Weekly"])
@pytest.mark.requirement("K01.FR.13", "K01.FR.40")
def test_a_recurring_profile_holds_each_day_or_week_for_its_duration(tmp_path: Path, recurrency: str) -> None:
    """TC_K_19_CS"""

    async def story(rig: Rig) -> None:
        days = {"Daily": 1, "Weekly": 7}[recurrency]
        last = rig.utc_now() - timedelta(days=days, seconds=-100)
        wire = profile((0, 6), kind="Recurring", recurrencyKind=recurrency, startSchedule=wire_time(last), duration=50)
        assert await install(rig, wire) == "Accepted"
        await is_reported_as_sent(rig, wire, 1)
        before, during, after = await composite(rig)
        assert (before[1], during[1], after[1]) == (32.0, 6.0, 32.0)
        assert after[0] - during[0] == 50
        without_start = profile((0, 6), kind="Recurring", recurrencyKind=recurrency)
        assert await why_not(rig, without_start) == "InvalidSchedule"

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.requirement("K01.FR.32", "K01.FR.07", "K02.FR.02", "K03.FR.02", "K03.FR.03")
def test_a_new_default_is_followed_by_the_transaction_that_runs(tmp_path: Path, unit: str) -> None:
    """TC_K_28_CS"""

    async def story(rig: Rig) -> None:
        running = await charging(rig)
        await offered(rig, 32)
        now = rig.utc_now()
        wire = profile(
            (0, 6),
            kind="Absolute",
            unit=unit,
            startSchedule=wire_time(now - DEVIATION),
            duration=400 + 5,
            validFrom=wire_time(now - DEVIATION),
            validTo=wire_time(now + DEVIATION + timedelta(seconds=401)),
        )
        assert await install(rig, wire) == "Accepted"
        assert await composite(rig, duration=300, unit=unit) == [(0, 6.0)]
        await offered(rig, 6.0 if unit == "A" else 8.6)
        transaction = rig.snapshot().transaction
        assert transaction is not None
        assert transaction.transaction_id == running

    tell(tmp_path, "2.0.1", story, settings={"limit_change_significance_percent": "1.0"})


@both_units
@pytest.mark.requirement("K01.FR.04", "K02.FR.04", "K02.FR.05", "K01.FR.39")
def test_a_transactions_own_profile_overrules_the_default_and_ends_with_it(tmp_path: Path, unit: str) -> None:
    """TC_K_60_CS"""

    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 16), number=9)) == "Accepted"
        running = await charging(rig)
        await offered(rig, 16)
        wire = profile((0, 6), purpose="TxProfile", unit=unit, transactionId=running)
        assert await install(rig, wire) == "Accepted"
        await is_reported_as_sent(rig, wire, 1)
        await offered(rig, 6.0 if unit == "A" else 8.6)
        assert await why_not(rig, {**wire, "id": 2}) == "DuplicateProfile"
        await rig.finish()
        assert [one["id"] for _, one in await reported(rig)] == [9]

    tell(tmp_path, "2.0.1", story)


@both_units
@pytest.mark.parametrize("is_plug_first", [True, False])
@pytest.mark.requirement("K05.FR.01", "K05.FR.03", "F01.FR.10", "F01.FR.19", "F02.FR.18")
def test_a_remote_start_brings_its_profile_along(tmp_path: Path, unit: str, is_plug_first: bool) -> None:
    """TC_K_37_CS"""

    async def story(rig: Rig) -> None:
        if is_plug_first:
            rig.plug_in()
            await rig.wait(3)
        wire = profile((0, 6), purpose="TxProfile", unit=unit)
        start = {"idToken": TOKEN, "remoteStartId": 5, "evseId": 1, "chargingProfile": wire}
        assert (await ask(rig, "RequestStartTransaction", start))["status"] == "Accepted"
        if not is_plug_first:
            await rig.wait(3)
            rig.plug_in()
        await rig.until(rig.is_live, 20, "it charges")
        await rig.drained()
        assert [asked["idToken"] for asked in calls_of_station(rig, "Authorize")] == [TOKEN]
        told = calls_of_station(rig, "TransactionEvent")
        (first,) = [event for event in told if "remoteStartId" in event["transactionInfo"]]
        assert first["transactionInfo"]["remoteStartId"] == 5
        assert first["triggerReason"] == ("RemoteStart" if is_plug_first else "CablePluggedIn")
        expected = {**wire, "transactionId": first["transactionInfo"]["transactionId"]}
        await is_reported_as_sent(rig, expected, 1)
        await offered(rig, 6.0 if unit == "A" else 8.6)

    tell(tmp_path, "2.0.1", story, settings={"authorize_remote_tx_requests": "true"})


@pytest.mark.requirement("K05.FR.02", "K05.FR.05", "F01.FR.09", "F01.FR.26")
def test_a_remote_start_with_a_profile_that_can_not_hold_is_rejected(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(3)
        reasons = {
            "InvalidProfile": profile((0, 6)),
            "InvalidSchedule": profile((5, 6), purpose="TxProfile"),
            "InvalidStackLevel": profile((0, 6), purpose="TxProfile", level=21),
        }
        for reason, wire in reasons.items():
            start = {"idToken": TOKEN, "remoteStartId": 5, "chargingProfile": wire}
            answer = await ask(rig, "RequestStartTransaction", start)
            assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)
        await rig.wait(10)
        assert not rig.is_live()

    tell(tmp_path, "2.0.1", story)
