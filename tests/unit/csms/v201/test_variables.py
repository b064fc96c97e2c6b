"""GetVariables and SetVariables."""

from typing import Any

import pytest

from chargepoint.csms.dialect import CallRefusedError, ErrorCode
from chargepoint.csms.v201.dialect import make_dialect
from chargepoint.settings import catalogue
from chargepoint.settings.store import SettingsStore
from unit.csms.v201.fakes import SECRET, Surroundings
from unit.csms.v201.schema_check import Ask


def item(component: str, variable: str, *, evse: dict[str, int] | None = None, **more: str) -> dict[str, Any]:
    """One name; `instance`, `component_instance`, `attributeType` and `attributeValue` as further words."""
    place: dict[str, Any] = {"name": component}
    name: dict[str, Any] = {"name": variable}
    if evse is not None:
        place["evse"] = evse
    if "component_instance" in more:
        place["instance"] = more.pop("component_instance")
    if "instance" in more:
        name["instance"] = more.pop("instance")
    return {"component": place, "variable": name, **more}


async def get(ask: Ask, *wanted: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = (await ask("GetVariables", {"getVariableData": list(wanted)}))["getVariableResult"]
    return results


async def change(ask: Ask, *wanted: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await ask("SetVariables", {"setVariableData": list(wanted)})
    results: list[dict[str, Any]] = answer["setVariableResult"]
    return results


@pytest.mark.requirement("B06.FR.01", "B06.FR.02", "B06.FR.04", "B06.FR.10", "B06.FR.11")
async def test_each_variable_is_answered_in_order(ask: Ask) -> None:
    wanted = [item("OCPPCommCtrlr", "HeartbeatInterval"), item("txctrlr", "EVCONNECTIONTIMEOUT")]
    first, second = await get(ask, *wanted)
    assert first == wanted[0] | {
        "attributeType": "Actual",
        "attributeStatus": "Accepted",
        "attributeValue": "300",
    }
    assert second["component"] == {"name": "txctrlr"}
    assert second["attributeValue"] == "60"


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (item("EVSE", "AvailabilityState", evse={"id": 1}), "Available"),
        (item("EVSE", "AvailabilityState", evse={"id": 2}), "Occupied"),
        (item("ChargingStation", "AvailabilityState"), "Available"),
        (item("Connector", "ConnectorType", evse={"id": 1, "connectorId": 1}), "sType2"),
        (item("EVSE", "SupplyPhases", evse={"id": 1}), "3"),
        (item("EVSE", "Power", evse={"id": 1}), "0.0"),
        (item("ClockCtrlr", "DateTime"), "2026-05-01T12:00:00.123Z"),
        (item("DeviceDataCtrlr", "ItemsPerMessage", instance="GetVariables"), "100"),
        (item("VendorCtrlr", "Switch", component_instance="LEFT"), "false"),
    ],
)
async def test_live_and_instanced_variables(ask: Ask, around: Surroundings, wanted: dict[str, Any], value: str) -> None:
    around.station.occupy(2)
    (result,) = await get(ask, wanted)
    assert (result["attributeStatus"], result["attributeValue"]) == ("Accepted", value)


@pytest.mark.requirement("B06.FR.13")
async def test_what_is_not_known_is_an_empty_text(ask: Ask) -> None:
    (result,) = await get(ask, item("EVSE", "SupplyPhases", evse={"id": 2}))
    assert (result["attributeStatus"], result["attributeValue"]) == ("Accepted", "")


@pytest.mark.requirement(
    "B06.FR.03", "B06.FR.06", "B06.FR.07", "B06.FR.08", "B06.FR.15", "B05.FR.03", "B05.FR.04", "B05.FR.05", "B05.FR.06"
)
@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        (item("NoSuchCtrlr", "Enabled"), "UnknownComponent"),
        (item("EVSE", "AvailabilityState"), "UnknownComponent"),
        (item("EVSE", "AvailabilityState", evse={"id": 9}), "UnknownComponent"),
        (item("VendorCtrlr", "Switch"), "UnknownComponent"),
        (item("OCPPCommCtrlr", "NoSuchVariable"), "UnknownVariable"),
        (item("DeviceDataCtrlr", "ItemsPerMessage"), "UnknownVariable"),
        (item("DeviceDataCtrlr", "ItemsPerMessage", instance=""), "UnknownVariable"),
        (item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Target"), "NotSupportedAttributeType"),
    ],
)
async def test_names_that_lead_nowhere(ask: Ask, wanted: dict[str, Any], status: str) -> None:
    (read,) = await get(ask, wanted)
    (written,) = await change(ask, wanted | {"attributeValue": "1"})
    assert read["attributeStatus"] == written["attributeStatus"] == status
    assert "attributeValue" not in read
    assert read["attributeType"] == written["attributeType"] == wanted.get("attributeType", "Actual")


@pytest.mark.requirement("B06.FR.09")
async def test_a_secret_can_be_written_but_not_read(ask: Ask, around: Surroundings) -> None:
    name = item("SecurityCtrlr", "BasicAuthPassword")
    (read,) = await get(ask, name)
    assert read["attributeStatus"] == "Rejected"
    assert SECRET not in str(read)
    (written,) = await change(ask, name | {"attributeValue": "another-secret-word"})
    assert written["attributeStatus"] == "Accepted"
    assert around.settings.password == "another-secret-word"
    (refused,) = await change(ask, name | {"attributeValue": "hush" * 20})
    assert refused["attributeStatus"] == "Rejected"
    assert "hush" not in str(refused)


@pytest.mark.requirement("B05.FR.01", "B05.FR.02", "B05.FR.10", "B05.FR.12")
async def test_a_change_is_persisted_and_in_force(ask: Ask, around: Surroundings) -> None:
    (result,) = await change(ask, item("OCPPCommCtrlr", "OfflineThreshold", attributeValue="300"))
    assert result["attributeStatus"] == "Accepted"
    assert result["attributeType"] == "Actual"
    assert "attributeStatusInfo" not in result
    assert around.settings.saved == {"offline_threshold_seconds": "300"}
    assert around.settings.get(catalogue.OFFLINE_THRESHOLD) == 300


async def test_the_intervals_of_updates_and_of_the_end_are_two(ask: Ask) -> None:
    await change(ask, item("SampledDataCtrlr", "TxEndedInterval", attributeValue="900"))
    ended, updated = await get(
        ask, item("SampledDataCtrlr", "TxEndedInterval"), item("SampledDataCtrlr", "TxUpdatedInterval")
    )
    assert (ended["attributeValue"], updated["attributeValue"]) == ("900", "60")


@pytest.mark.requirement("B05.FR.07", "B05.FR.08", "B05.FR.09")
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (item("OCPPCommCtrlr", "OfflineThreshold", attributeValue="soon"), "InvalidValue"),
        (item("OCPPCommCtrlr", "OfflineThreshold", attributeValue="-1"), "InvalidValue"),
        (item("SecurityCtrlr", "SecurityProfile", attributeValue="1"), "ReadOnly"),
        (item("ClockCtrlr", "DateTime", attributeValue="2026-05-01T12:00:00Z"), "ReadOnly"),
    ],
)
async def test_what_can_not_be_set(ask: Ask, around: Surroundings, wanted: dict[str, Any], reason: str) -> None:
    (result,) = await change(ask, wanted)
    assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == ("Rejected", reason)
    assert around.settings.saved == {}


async def test_a_change_that_needs_a_restart_says_so(ask: Ask, around: Surroundings) -> None:
    (result,) = await change(ask, item("VendorCtrlr", "Switch", component_instance="left", attributeValue="true"))
    assert result["attributeStatus"] == "RebootRequired"
    assert around.settings.saved == {"vendor_switch": "true"}


@pytest.mark.requirement("B05.FR.09")
async def test_a_full_disk_is_told_and_the_next_item_still_answered(ask: Ask, around: Surroundings) -> None:
    around.settings.disk_is_full = True
    first, second = await change(
        ask,
        item("OCPPCommCtrlr", "OfflineThreshold", attributeValue="300"),
        item("OCPPCommCtrlr", "NoSuchVariable", attributeValue="1"),
    )
    assert first["attributeStatus"] == "Rejected"
    assert "try again later" in first["attributeStatusInfo"]["additionalInfo"]
    assert second["attributeStatus"] == "UnknownVariable"


@pytest.mark.requirement("B06.FR.16")
@pytest.mark.parametrize(
    ("action", "list_name", "more"),
    [("GetVariables", "getVariableData", {}), ("SetVariables", "setVariableData", {"attributeValue": "60"})],
)
async def test_more_items_than_stated_are_refused(
    ask: Ask, around: Surroundings, action: str, list_name: str, more: dict[str, str]
) -> None:
    one = item("OCPPCommCtrlr", "OfflineThreshold") | more
    assert len((await ask(action, {list_name: [one] * 100})).popitem()[1]) == 100
    with pytest.raises(CallRefusedError, match="101 items; at most 100") as refusal:
        await ask(action, {list_name: [one] * 101})
    assert refusal.value.code is ErrorCode.OCCURRENCE_CONSTRAINT


@pytest.mark.requirement("B06.FR.17", "B08.FR.18")
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("GetVariables", {"getVariableData": [item("OCPPCommCtrlr", "OfflineThreshold")] * 3}),
        ("GetReport", {"requestId": 1, "componentVariable": [item("OCPPCommCtrlr", "OfflineThreshold")] * 3}),
    ],
)
async def test_more_bytes_than_stated_are_refused(around: Surroundings, action: str, payload: dict[str, Any]) -> None:
    around.settings.store = SettingsStore(
        facts={"bytes_per_message_get_variables": 200, "bytes_per_message_get_report": 200}
    )
    with pytest.raises(CallRefusedError, match="bytes; at most 200") as refusal:
        await make_dialect(around.context()).serve(action, payload)
    assert refusal.value.code is ErrorCode.FORMAT
