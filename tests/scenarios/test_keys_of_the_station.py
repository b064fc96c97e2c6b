"""Configuration keys of 1.6 about the station itself, its plugs and its limits, seen at the wires and by the CSMS."""

from pathlib import Path
from typing import Any

import pytest

from evidence.ocpp_1_6 import ABSENT_KEYS
from scenarios.keys_of_1_6 import accepted, change, entry, is_told_and_fixed, read, tell_1_6
from scenarios.stories import all_told, only_transaction, reconnect, told_statuses
from support.rig import Rig

EV_RULE_SECONDS = 5.1
"""The pilot changes no sooner than five seconds after its last change, and then at the next tick."""


def profile(number: int, *, level: int = 0, periods: int = 1, unit: str = "A") -> dict[str, Any]:
    steps = [{"startPeriod": 10 * index, "limit": 16.0} for index in range(periods)]
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": unit, "chargingSchedulePeriod": steps},
    }


async def install(rig: Rig, wire: dict[str, Any], connector: int = 1) -> str:
    answer = await rig.csms.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": wire})
    assert answer.payload is not None, answer.error
    return str(answer.payload["status"])


@pytest.mark.ocpp_1_6("NumberOfConnectors")
@pytest.mark.parametrize("evses", [1, 3])
def test_the_number_of_connectors_is_what_is_there(tmp_path: Path, evses: int) -> None:
    async def story(rig: Rig) -> None:
        await is_told_and_fixed(rig, "NumberOfConnectors", str(evses), "7")
        assert {note.evse_id for note in rig.csms.record.statuses} == set(range(evses + 1))

    tell_1_6(tmp_path, story, evses=evses)


@pytest.mark.ocpp_1_6("ConnectorPhaseRotation", "ConnectorPhaseRotationMaxLength")
def test_the_phase_rotation_is_told_for_each_connector_and_outlives_a_power_cut(tmp_path: Path) -> None:
    key = "ConnectorPhaseRotation"

    async def unknown(rig: Rig) -> None:
        assert (await entry(rig, key))["readonly"] is False
        assert await read(rig, key) == "0.Unknown,1.NotApplicable,2.Unknown"
        await is_told_and_fixed(rig, key + "MaxLength", "3", "4")
        await accepted(rig, ConnectorPhaseRotation="0.RST, 1.NotApplicable, 2.TSR")
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.wait(10)
        assert await read(rig, key) == "0.RST, 1.NotApplicable, 2.TSR"

    async def known(rig: Rig) -> None:
        assert await read(rig, key) == "1.RST,2.STR"
        for bad in ("3.RST", "1.RRR", "1.RST,1.RTS", "1", "RST", "", "1.RST,", "-1.RST", "1.rst"):
            assert await change(rig, key, bad) == "Rejected", bad
        assert await read(rig, key) == "1.RST,2.STR"

    rows = {"evse": ({"id": 1, "phases": 1}, {"id": 2})}
    for name, story, settings in (
        ("unknown", unknown, {}),
        ("known", known, {"connector_phase_rotation": "1.RST,2.STR"}),
    ):
        (tmp_path / name).mkdir()
        tell_1_6(tmp_path / name, story, evses=2, config=rows | {"settings": settings})


@pytest.mark.ocpp_1_6("MinimumStatusDuration")
def test_a_status_is_told_when_it_has_lasted_and_a_fault_at_once(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, MinimumStatusDuration=30)
        before = len(rig.csms.record.statuses)
        rig.plug_in()
        await rig.wait(10)
        rig.plug_out()
        await rig.wait(60)
        assert len(rig.csms.record.statuses) == before, "it did not last"
        rig.plug_in()
        await rig.wait(25)
        assert rig.csms.record.status(1) == "Available"
        await rig.until(lambda: rig.csms.record.status(1) == "Preparing", 10)
        rig.world.set_fault(1, "residual_current", True)
        await rig.until(lambda: rig.csms.record.status(1) == "Faulted", 5)
        rig.world.set_fault(1, "residual_current", False)
        await accepted(rig, MinimumStatusDuration=0)
        rig.plug_out()
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 5)

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ResumeTransactionsOnBoot")
@pytest.mark.parametrize("value", ["true", "false"])
def test_after_a_power_cut_the_transaction_goes_on_only_where_it_shall(tmp_path: Path, value: str) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, ResumeTransactionsOnBoot=value)
        await rig.charge(15)
        await rig.power_cut()
        await rig.wait(20)
        await rig.power_up()
        await rig.wait(30)
        assert rig.is_live() == (value == "true")
        assert only_transaction(rig).is_running == (value == "true")
        rig.plug_out()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == ("EVDisconnected" if value == "true" else "PowerLoss")

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("StopTransactionOnEVSideDisconnect")
@pytest.mark.parametrize("value", ["true", "false"])
def test_pulling_the_plug_at_the_ev_ends_the_transaction_only_where_it_shall(tmp_path: Path, value: str) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, StopTransactionOnEVSideDisconnect=value)
        await rig.charge(10)
        rig.plug_out(cable_stays=True)
        await rig.until(lambda: not rig.is_live(), 0.5, "whatever the key says")
        await rig.wait(10)
        assert only_transaction(rig).has_ended == (value == "true")
        if value == "false":
            assert "Finishing" not in told_statuses(rig)
            rig.plug_in()
            await rig.until(rig.is_live, 60, "the same transaction goes on")
            await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).stop_reason == ("EVDisconnected" if value == "true" else "Local")

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("UnlockConnectorOnEVSideDisconnect")
@pytest.mark.parametrize("value", ["true", "false"])
def test_the_plug_at_the_station_is_unlocked_or_kept_when_the_ev_is_gone(tmp_path: Path, value: str) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, UnlockConnectorOnEVSideDisconnect=value)
        await rig.charge(10)
        assert rig.truth()["locked"] is True
        rig.plug_out(cable_stays=True)
        await all_told(rig)
        await rig.wait(15)
        assert rig.truth()["locked"] is (value == "false")
        if value == "false":
            await rig.swipe()
            await rig.until(lambda: rig.truth()["locked"] is False, 5, "its owner's card")

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("UnlockConnectorOnEVSideDisconnect")
def test_a_fixed_cable_is_never_unlocked_and_says_so(tmp_path: Path) -> None:
    """Errata 3.84: always false, and not to be changed."""

    async def story(rig: Rig) -> None:
        await is_told_and_fixed(rig, "UnlockConnectorOnEVSideDisconnect", "false", "true")

    tell_1_6(tmp_path, story, config={"safety": {"outlet": "tethered"}})


@pytest.mark.ocpp_1_6("OfflineLimitAmps", "OfflineLimitAfter")
def test_the_offline_limit_holds_after_its_time_and_no_longer_than_the_outage(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        await accepted(rig, OfflineLimitAmps=10, OfflineLimitAfter=60)
        rig.csms.go_offline()
        await rig.wait(55)
        assert rig.truth()["duty_percent"] == pytest.approx(32 / 0.6, abs=0.1)
        await rig.until(lambda: rig.truth()["duty_percent"] == pytest.approx(10 / 0.6, abs=0.1), 5 + EV_RULE_SECONDS)
        await reconnect(rig)
        await rig.until(lambda: rig.truth()["duty_percent"] == pytest.approx(32 / 0.6, abs=0.1), 5 + EV_RULE_SECONDS)
        await accepted(rig, OfflineLimitAmps=0)
        rig.csms.go_offline()
        await rig.wait(120)
        assert rig.truth()["duty_percent"] == pytest.approx(32 / 0.6, abs=0.1)

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6(
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
    "ChargingScheduleAllowedChargingRateUnit",
)
def test_profiles_are_taken_up_to_the_limits_that_the_keys_tell_and_no_further(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await is_told_and_fixed(rig, "ChargeProfileMaxStackLevel", "3", "9")
        await is_told_and_fixed(rig, "ChargingScheduleMaxPeriods", "5", "9")
        await is_told_and_fixed(rig, "MaxChargingProfilesInstalled", "2", "9")
        await is_told_and_fixed(rig, "ChargingScheduleAllowedChargingRateUnit", "Current,Power", "Current")
        assert await install(rig, profile(1, level=4)) == "Rejected"
        assert await install(rig, profile(1, periods=6)) == "Rejected"
        assert await install(rig, profile(1, level=3, periods=5, unit="A")) == "Accepted"
        assert await install(rig, profile(2, level=2, unit="W")) == "Accepted"
        assert await install(rig, profile(3, level=1)) == "Rejected"
        assert await install(rig, profile(2, level=1)) == "Accepted", "the same id takes no further place"

    limits = {
        "charge_profile_max_stack_level": "3",
        "charging_schedule_max_periods": "5",
        "max_charging_profiles_installed": "2",
    }
    tell_1_6(tmp_path, story, settings=limits)


@pytest.mark.ocpp_1_6("SupportedFeatureProfiles")
def test_the_feature_profiles_are_told_and_fixed(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        told = (await read(rig, "SupportedFeatureProfiles") or "").split(",")
        assert {"Core", "LocalAuthListManagement", "RemoteTrigger", "Reservation", "SmartCharging"} <= set(told)
        assert await change(rig, "SupportedFeatureProfiles", "Core") == "Rejected"

    tell_1_6(tmp_path, story)


@pytest.mark.parametrize("key", sorted(ABSENT_KEYS))
def test_a_key_of_the_specification_that_is_not_there_says_so(tmp_path: Path, key: str) -> None:
    async def story(rig: Rig) -> None:
        assert await change(rig, key, 1) == "NotSupported"
        answer = await rig.csms.call("GetConfiguration", {"key": [key]})
        assert answer.payload == {"configurationKey": [], "unknownKey": [key]}

    tell_1_6(tmp_path, story)
