"""Block B of OCPP 2.0.1 by the steps of part 6: boot, variables, reports."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint.csms.v201.standard_variables import STANDARD_VARIABLES
from dev_csms.faults import CsmsFault, FaultKind
from scenarios.stories import Operator, ask, calls_of_station, tell
from support.rig import Rig
from support.virtual_time import run_virtual

LISTS = {"OptionList", "SequenceList", "MemberList"}


def item(component: str, variable: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


async def report(rig: Rig, action: str, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of the NotifyReports that follow; their parts must be in order."""
    before = len(calls_of_station(rig, "NotifyReport"))
    assert (await ask(rig, action, {"requestId": 77, **wanted})) == {"status": "Accepted"}

    def parts() -> list[dict[str, Any]]:
        return calls_of_station(rig, "NotifyReport")[before:]

    await rig.until(lambda: any(not part["tbc"] for part in parts()), 60, "the whole report")
    assert [part["seqNo"] for part in parts()] == list(range(len(parts())))
    assert {part["requestId"] for part in parts()} == {77}
    rows = [row for part in parts() for row in part["reportData"]]
    for row in rows:
        about = row["variableCharacteristics"]
        assert about["dataType"] not in LISTS or about["valuesList"], row
        for attribute in row["variableAttribute"]:
            assert ("value" in attribute) is (attribute.get("mutability") != "WriteOnly"), row
    return rows


def names(rows: list[dict[str, Any]]) -> set[str]:
    return {f"{row['component']['name']}.{row['variable']['name']}" for row in rows}


async def booting(rig: Rig, kind: FaultKind, count: int) -> None:
    """The station comes up at a CSMS that does not accept it yet."""
    rig.csms.core.faults.add(CsmsFault(kind, count=count))
    await rig.start_world()
    await rig.power_up(wait=False)
    await rig.until(lambda: len(rig.csms.record.boots) == 1, 5, "the first boot")
    await rig.wait(0.5)


@pytest.mark.requirement("B01.FR.01", "B01.FR.05", "B01.FR.09")
def test_a_cold_boot_tells_its_reason_and_then_every_connector(tmp_path: Path) -> None:
    """TC_B_01_CS"""

    async def story(rig: Rig) -> None:
        (boot,) = calls_of_station(rig, "BootNotification")
        assert boot["reason"] == "PowerUp"
        assert {"model", "vendorName", "serialNumber", "firmwareVersion"} <= boot["chargingStation"].keys()
        await rig.wait(5)
        told = {(each["evseId"], each["connectorStatus"]) for each in calls_of_station(rig, "StatusNotification")}
        assert told >= {(1, "Available"), (2, "Available")}
        assert rig.csms.actions()[0] == "BootNotification"

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B02.FR.01", "B02.FR.02", "B02.FR.04", "B02.FR.05", "B02.FR.06", "B02.FR.08", "F06.FR.17")
def test_a_pending_station_is_configured_read_out_and_then_accepted(tmp_path: Path) -> None:
    """TC_B_02_CS"""

    async def whole() -> None:
        rig = Rig(tmp_path, "2.0.1")
        await booting(rig, FaultKind.BOOT_PENDING, 1)
        threshold = item("OCPPCommCtrlr", "OfflineThreshold")
        changed = await ask(rig, "SetVariables", {"setVariableData": [threshold | {"attributeValue": "300"}]})
        assert changed["setVariableResult"][0]["attributeStatus"] == "Accepted"
        read = await ask(rig, "GetVariables", {"getVariableData": [threshold]})
        assert read["getVariableResult"][0]["attributeValue"] == "300"
        assert await report(rig, "GetBaseReport", reportBase="FullInventory")
        assert await Operator(rig).start() == "Rejected"
        assert set(rig.csms.actions()) == {"BootNotification", "NotifyReport"}
        assert await Operator(rig).trigger("BootNotification") == "Accepted"
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 5, "accepted")
        await rig.wait(5)
        assert [boot["reason"] for boot in calls_of_station(rig, "BootNotification")] == ["PowerUp", "Triggered"]
        assert {each["connectorStatus"] for each in calls_of_station(rig, "StatusNotification")} == {"Available"}
        await rig.close()

    run_virtual(whole())


@pytest.mark.requirement("B03.FR.02", "B03.FR.06", "B03.FR.08")
def test_a_rejected_station_is_silent_and_serves_nothing_until_it_may_boot_again(tmp_path: Path) -> None:
    """TC_B_03_CS, TC_B_30_CS"""

    async def whole() -> None:
        rig = Rig(tmp_path, "2.0.1")
        await booting(rig, FaultKind.BOOT_REJECTED, 1)
        refused = await rig.csms.call("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
        assert refused.error is not None
        assert refused.error.code == "SecurityError"
        await rig.until(lambda: rig.csms.record.is_boot_accepted, 120, "accepted")
        first, second = rig.csms.record.boots
        assert (second.at - first.at).total_seconds() >= 2.0, "the interval that it was given"
        await rig.wait(5)
        assert rig.csms.actions()[:2] == ["BootNotification", "BootNotification"]
        assert {each["connectorStatus"] for each in calls_of_station(rig, "StatusNotification")} == {"Available"}
        await rig.close()

    run_virtual(whole())


@pytest.mark.requirement("B05.FR.01", "B05.FR.07", "B05.FR.10", "B06.FR.01", "B06.FR.10", "B06.FR.14")
def test_variables_are_read_and_set_one_by_one_and_several_at_once(tmp_path: Path) -> None:
    """TC_B_06_CS, TC_B_07_CS, TC_B_09_CS, TC_B_10_CS, TC_B_11_CS"""

    async def story(rig: Rig) -> None:
        threshold, remote = item("OCPPCommCtrlr", "OfflineThreshold"), item("AuthCtrlr", "AuthorizeRemoteStart")
        both = [threshold | {"attributeValue": "123"}, remote | {"attributeValue": "true"}]
        changed = await ask(rig, "SetVariables", {"setVariableData": both})
        assert [each["attributeStatus"] for each in changed["setVariableResult"]] == ["Accepted"] * 2
        read = await ask(rig, "GetVariables", {"getVariableData": [threshold, remote]})
        assert [each["attributeValue"] for each in read["getVariableResult"]] == ["123", "true"]
        limit = item("DeviceDataCtrlr", "ItemsPerMessage")
        limit["variable"]["instance"] = "GetReport"
        (told,) = (await ask(rig, "GetVariables", {"getVariableData": [limit]}))["getVariableResult"]
        assert (told["variable"], told["attributeStatus"]) == (limit["variable"], "Accepted")
        for wrong in (threshold | {"attributeValue": "-1"}, remote | {"attributeValue": "yes"}):
            refused = await ask(rig, "SetVariables", {"setVariableData": [wrong]})
            assert refused["setVariableResult"][0]["attributeStatus"] == "Rejected"

    tell(tmp_path, "2.0.1", story)


UNKNOWN = [
    (item("UnknownComponent", "OfflineThreshold"), "UnknownComponent"),
    (item("OCPPCommCtrlr", "UnknownVariable"), "UnknownVariable"),
    (item("OCPPCommCtrlr", "OfflineThreshold", attributeType="Target"), "NotSupportedAttributeType"),
]


@pytest.mark.requirement("B05.FR.04", "B05.FR.05", "B05.FR.06", "B05.FR.09", "B06.FR.06", "B06.FR.07", "B06.FR.08")
def test_what_is_not_there_has_its_own_word(tmp_path: Path) -> None:
    """TC_B_32_CS, TC_B_33_CS, TC_B_34_CS, TC_B_35_CS, TC_B_36_CS, TC_B_37_CS, TC_B_39_CS"""

    async def story(rig: Rig) -> None:
        for wanted, status in UNKNOWN:
            (read,) = (await ask(rig, "GetVariables", {"getVariableData": [wanted]}))["getVariableResult"]
            assert read["attributeStatus"] == status
            assert "attributeValue" not in read
            change = {"setVariableData": [wanted | {"attributeValue": "1"}]}
            (changed,) = (await ask(rig, "SetVariables", change))["setVariableResult"]
            assert changed["attributeStatus"] == status
        read_only = item("OCPPCommCtrlr", "MessageTimeout", attributeValue="50")
        read_only["variable"]["instance"] = "Default"
        (changed,) = (await ask(rig, "SetVariables", {"setVariableData": [read_only]}))["setVariableResult"]
        assert changed["attributeStatus"] == "Rejected"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("B07.FR.01", "B07.FR.03", "B07.FR.07", "B07.FR.08", "B07.FR.09", "B07.FR.10", "B07.FR.12")
def test_the_three_base_reports(tmp_path: Path) -> None:
    """TC_B_12_CS, TC_B_13_CS, TC_B_14_CS"""

    async def story(rig: Rig) -> None:
        full = await report(rig, "GetBaseReport", reportBase="FullInventory")
        settable = await report(rig, "GetBaseReport", reportBase="ConfigurationInventory")
        assert all(a["mutability"] != "ReadOnly" for row in settable for a in row["variableAttribute"])
        assert names(settable) < names(full)
        assert (
            REQUIRED_WRITABLE - {f"{row['component']['name']}.{row['variable']['name']}" for row in settable} == set()
        )
        summary = await report(rig, "GetBaseReport", reportBase="SummaryInventory")
        places = [row["component"]["name"] for row in summary if row["variable"]["name"] == "AvailabilityState"]
        assert sorted(places) == ["ChargingStation", "Connector", "EVSE"]

    tell(tmp_path, "2.0.1", story)


REQUIRED_WRITABLE = {
    *("AlignedDataCtrlr.Interval", "AlignedDataCtrlr.Measurands", "AlignedDataCtrlr.TxEndedInterval"),
    *("AlignedDataCtrlr.TxEndedMeasurands", "AuthCtrlr.AuthorizeRemoteStart", "AuthCtrlr.LocalAuthorizeOffline"),
    *("AuthCtrlr.LocalPreAuthorize", "ClockCtrlr.TimeSource", "OCPPCommCtrlr.MessageAttemptInterval"),
    *("OCPPCommCtrlr.MessageAttempts", "OCPPCommCtrlr.NetworkConfigurationPriority", "OCPPCommCtrlr.OfflineThreshold"),
    *("OCPPCommCtrlr.NetworkProfileConnectionAttempts", "OCPPCommCtrlr.ResetRetries", "SecurityCtrlr.OrganizationName"),
    *("SampledDataCtrlr.TxEndedInterval", "SampledDataCtrlr.TxEndedMeasurands", "SampledDataCtrlr.TxStartedMeasurands"),
    *("SampledDataCtrlr.TxUpdatedInterval", "SampledDataCtrlr.TxUpdatedMeasurands", "TxCtrlr.EVConnectionTimeOut"),
    *(
        "SmartChargingCtrlr.LimitChangeSignificance",
        "TariffCostCtrlr.Currency",
        "TariffCostCtrlr.TariffFallbackMessage",
    ),
    *("TariffCostCtrlr.TotalCostFallbackMessage", "TxCtrlr.StopTxOnInvalidId"),
}
"""Part 2, referenced components and variables: required, and ReadWrite with no choice."""


MINIMUM = {
    *("AlignedDataCtrlr", "AuthCtrlr", "ClockCtrlr", "DeviceDataCtrlr", "OCPPCommCtrlr", "SampledDataCtrlr"),
    *("SecurityCtrlr", "TxCtrlr", "ChargingStation", "EVSE", "Connector"),
}
"""The components that every charging station has."""


@pytest.mark.requirement("B07.FR.08")
def test_a_full_inventory_has_all_that_is_required_with_values_of_their_lists(tmp_path: Path) -> None:
    """TC_B_53_CS"""

    async def story(rig: Rig) -> None:
        full = await report(rig, "GetBaseReport", reportBase="FullInventory")
        components = {row["component"]["name"] for row in full}
        assert components >= MINIMUM
        found = {(row["component"]["name"], row["variable"]["name"], row["variable"].get("instance")) for row in full}
        required = {row[:3] for row in STANDARD_VARIABLES if row.is_required and row.component in components}
        assert required - found == set()
        for row in full:
            about, (actual, *_) = row["variableCharacteristics"], row["variableAttribute"]
            if about["dataType"] in LISTS and actual.get("value"):
                assert set(actual["value"].split(",")) <= set(about["valuesList"].split(",")), row

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.05", "B08.FR.09", "B08.FR.12", "B08.FR.14")
def test_a_custom_report_of_what_is_enabled(tmp_path: Path) -> None:
    """TC_B_16_CS"""

    async def story(rig: Rig) -> None:
        full = await report(rig, "GetBaseReport", reportBase="FullInventory")
        switches = [row for row in full if row["variable"]["name"] == "Enabled"]
        enabled = await report(rig, "GetReport", componentCriteria=["Enabled"])
        assert enabled == [row for row in switches if row["variableAttribute"][0]["value"] == "true"]
        assert enabled
        for row in enabled:
            wanted = {"component": row["component"], "variable": row["variable"]}
            (read,) = (await ask(rig, "GetVariables", {"getVariableData": [wanted]}))["getVariableResult"]
            assert (read["attributeStatus"], read["attributeValue"]) == ("Accepted", "true")

    tell(tmp_path, "2.0.1", story, evses=2)


STATES = {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"}


def state_of(**component: Any) -> dict[str, Any]:
    return {"component": {"name": "EVSE", **component}, "variable": {"name": "AvailabilityState"}}


def assert_is_the_state_of_evse_1(row: dict[str, Any]) -> None:
    assert {key: row[key] for key in ("component", "variable")} == state_of(evse={"id": 1})
    about = row["variableCharacteristics"]
    assert about["dataType"] == "OptionList"
    assert {word.strip() for word in about["valuesList"].split(",")} == STATES
    (attribute,) = row["variableAttribute"]
    assert (attribute.get("type", "Actual"), attribute["mutability"]) == ("Actual", "ReadOnly")


@pytest.mark.requirement("B08.FR.01", "B08.FR.06", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.21", "B08.FR.23")
def test_custom_reports_by_name(tmp_path: Path) -> None:
    """TC_B_17_CS, TC_B_54_CS, TC_B_55_CS, TC_B_56_CS"""

    async def story(rig: Rig) -> None:
        (row,) = await report(rig, "GetReport", componentVariable=[state_of(evse={"id": 1})])
        assert_is_the_state_of_evse_1(row)
        limits: dict[str, Any] = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
        rows = await report(rig, "GetReport", componentVariable=[limits])
        assert {row["variable"]["name"] for row in rows} == {"ItemsPerMessage"}
        assert {row["variable"]["instance"] for row in rows} >= {"GetReport", "GetVariables"}
        limits["variable"]["instance"] = "GetReport"
        (row,) = await report(rig, "GetReport", componentVariable=[limits])
        assert row["variable"] == limits["variable"]
        rows = await report(rig, "GetReport", componentVariable=[state_of()])
        assert [row["component"]["evse"]["id"] for row in rows] == [1, 2]

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("B08.FR.24", "B08.FR.25")
def test_a_custom_report_of_components_that_have_instances(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        readers: dict[str, Any] = {"component": {"name": "TokenReader"}}
        rows = await report(rig, "GetReport", componentVariable=[readers])
        assert {row["component"]["instance"] for row in rows} == {"front", "back"}
        readers["component"]["instance"] = "back"
        rows = await report(rig, "GetReport", componentVariable=[readers])
        assert {row["component"]["instance"] for row in rows} == {"back"}

    tell(tmp_path, "2.0.1", story, config={"reader": ({"name": "front"}, {"name": "back"})})


@pytest.mark.requirement("B08.FR.01", "B08.FR.05", "B08.FR.08", "B08.FR.10", "B08.FR.11", "B08.FR.15")
def test_custom_reports_by_criteria_and_name(tmp_path: Path) -> None:
    """TC_B_18_CS"""

    async def story(rig: Rig) -> None:
        wanted = [state_of(evse={"id": 1})]
        (row,) = await report(rig, "GetReport", componentCriteria=["Available"], componentVariable=wanted)
        assert_is_the_state_of_evse_1(row)
        empty = {"requestId": 78, "componentCriteria": ["Problem"], "componentVariable": wanted}
        answer = await ask(rig, "GetReport", empty)
        assert answer["status"] == "EmptyResultSet"
        assert answer.get("statusInfo", {"reasonCode": "NotFound"})["reasonCode"] == "NotFound"

    tell(tmp_path, "2.0.1", story, evses=2)
