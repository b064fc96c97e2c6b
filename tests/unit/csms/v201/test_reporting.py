"""GetBaseReport and GetReport, and the NotifyReport that follows."""

from dataclasses import replace
from typing import Any

import pytest

from chargepoint.csms.dialect import CallRefusedError, ErrorCode
from chargepoint.csms.v201.dialect import make_dialect
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import RegistrationStatus
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.store import SettingsStore
from unit.csms.v201.fakes import SECRET, Surroundings
from unit.csms.v201.schema_check import Ask, call_problems

Row = dict[str, Any]


def reported(around: Surroundings, request_id: int = 42) -> list[Row]:
    """The rows of the report that was posted; its parts must be in order and end."""
    payloads = [call.payload for call in around.posted]
    for number, call in enumerate(around.posted):
        assert call.action == "NotifyReport"
        assert call_problems(call.action, call.payload) == []
        assert call.payload["seqNo"] == number
        assert call.payload["requestId"] == request_id
        assert call.payload["tbc"] is (number < len(payloads) - 1)
        assert call.payload["generatedAt"] == "2026-05-01T12:00:00.123Z"
    return [row for payload in payloads for row in payload["reportData"]]


def name_of(row: Row) -> str:
    component, variable = row["component"], row["variable"]
    evse = component.get("evse", {})
    place = "".join(f"#{number}" for number in (evse.get("id"), evse.get("connectorId")) if number)
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    return f"{component['name']}{place}.{variable['name']}{instance}"


def row_of(rows: list[Row], name: str) -> Row:
    (row,) = [each for each in rows if name_of(each) == name]
    return row


# Part 2, 2.13 and the controllers' required variables of the blocks that are served.
REQUIRED = {
    "ChargingStation.Available",
    "ChargingStation.AvailabilityState",
    "ChargingStation.SupplyPhases",
    "EVSE#1.Available",
    "EVSE#1.AvailabilityState",
    "EVSE#1.SupplyPhases",
    "EVSE#1.Power",
    "Connector#1#1.Available",
    "Connector#1#1.ConnectorType",
    "Connector#1#1.SupplyPhases",
    "EVSE#2.Power",
    "ClockCtrlr.DateTime",
    "ClockCtrlr.TimeSource",
    "AuthCtrlr.AuthorizeRemoteStart",
    "AuthCtrlr.LocalAuthorizeOffline",
    "AuthCtrlr.LocalPreAuthorize",
    "AlignedDataCtrlr.Interval",
    "AlignedDataCtrlr.Measurands",
    "AlignedDataCtrlr.TxEndedInterval",
    "AlignedDataCtrlr.TxEndedMeasurands",
    "DeviceDataCtrlr.BytesPerMessage[GetReport]",
    "DeviceDataCtrlr.BytesPerMessage[GetVariables]",
    "DeviceDataCtrlr.BytesPerMessage[SetVariables]",
    "DeviceDataCtrlr.ItemsPerMessage[GetReport]",
    "DeviceDataCtrlr.ItemsPerMessage[GetVariables]",
    "DeviceDataCtrlr.ItemsPerMessage[SetVariables]",
    "OCPPCommCtrlr.FileTransferProtocols",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
    "OCPPCommCtrlr.MessageTimeout[Default]",
    "OCPPCommCtrlr.NetworkConfigurationPriority",
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts",
    "OCPPCommCtrlr.OfflineThreshold",
    "OCPPCommCtrlr.ResetRetries",
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "SampledDataCtrlr.TxEndedInterval",
    "SampledDataCtrlr.TxEndedMeasurands",
    "SampledDataCtrlr.TxStartedMeasurands",
    "SampledDataCtrlr.TxUpdatedInterval",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "SecurityCtrlr.CertificateEntries",
    "SecurityCtrlr.OrganizationName",
    "SecurityCtrlr.SecurityProfile",
    "SmartChargingCtrlr.Entries[ChargingProfiles]",
    "SmartChargingCtrlr.LimitChangeSignificance",
    "SmartChargingCtrlr.PeriodsPerSchedule",
    "SmartChargingCtrlr.ProfileStackLevel",
    "SmartChargingCtrlr.RateUnit",
    "TxCtrlr.EVConnectionTimeOut",
    "TxCtrlr.StopTxOnEVSideDisconnect",
    "TxCtrlr.StopTxOnInvalidId",
    "TxCtrlr.TxStartPoint",
    "TxCtrlr.TxStopPoint",
}


@pytest.mark.requirement("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10", "B07.FR.12", "B02.FR.01")
async def test_the_full_inventory_has_everything_even_while_pending(ask: Ask, around: Surroundings) -> None:
    around.registration = RegistrationStatus.PENDING
    answer = await ask("GetBaseReport", {"requestId": 42, "reportBase": "FullInventory"})
    assert answer == {"status": "Accepted"}
    names = [name_of(row) for row in reported(around)]
    assert len(around.posted) > 1
    assert len(set(names)) == len(names)
    assert REQUIRED - set(names) == set()


@pytest.mark.requirement("B07.FR.08", "B07.FR.11")
async def test_a_row_tells_all_there_is_to_know(ask: Ask, around: Surroundings) -> None:
    await ask("GetBaseReport", {"requestId": 42, "reportBase": "FullInventory"})
    rows = reported(around)
    assert row_of(rows, "EVSE#1.Power")["variableCharacteristics"] == {
        "dataType": "decimal",
        "supportsMonitoring": False,
        "unit": "W",
        "maxLimit": 22080.0,
    }
    interval = row_of(rows, "OCPPCommCtrlr.HeartbeatInterval")
    assert interval["variableAttribute"] == [
        {"type": "Actual", "mutability": "ReadWrite", "value": "300", "persistent": True}
    ]
    assert interval["variableCharacteristics"]["dataType"] == "integer"
    assert interval["variableCharacteristics"]["unit"] == "s"
    measurands = row_of(rows, "SampledDataCtrlr.TxUpdatedMeasurands")["variableCharacteristics"]
    assert measurands["dataType"] == "MemberList"
    assert "Energy.Active.Import.Register" in measurands["valuesList"].split(",")
    assert row_of(rows, "EVSE#2.SupplyPhases")["variableAttribute"][0]["value"] == ""
    priority = row_of(rows, "OCPPCommCtrlr.NetworkConfigurationPriority")
    assert priority["variableCharacteristics"]["dataType"] == "SequenceList"


@pytest.mark.requirement("B07.FR.03")
async def test_a_secret_is_reported_without_its_value(ask: Ask, around: Surroundings) -> None:
    await ask("GetBaseReport", {"requestId": 42, "reportBase": "FullInventory"})
    rows = reported(around)
    (attribute,) = row_of(rows, "SecurityCtrlr.BasicAuthPassword")["variableAttribute"]
    assert attribute == {"type": "Actual", "mutability": "WriteOnly", "persistent": True}
    assert SECRET not in str(rows)


@pytest.mark.requirement("B07.FR.07")
async def test_the_configuration_inventory_has_what_can_be_set(ask: Ask, around: Surroundings) -> None:
    await ask("GetBaseReport", {"requestId": 42, "reportBase": "ConfigurationInventory"})
    rows = reported(around)
    mutabilities = {attribute["mutability"] for row in rows for attribute in row["variableAttribute"]}
    assert mutabilities == {"ReadWrite", "WriteOnly"}
    assert "OCPPCommCtrlr.HeartbeatInterval" in map(name_of, rows)


@pytest.mark.requirement("B07.FR.09")
async def test_the_summary_tells_availability_and_problems(ask: Ask, around: Surroundings) -> None:
    station = around.station
    station.evses[EvseId(2)] = replace(station.evses[EvseId(2)], faults=frozenset({Fault.METER_SILENT}))
    await ask("GetBaseReport", {"requestId": 42, "reportBase": "SummaryInventory"})
    assert {name_of(row) for row in reported(around)} == {
        "ChargingStation.AvailabilityState",
        "ChargingStation.Problem",
        "EVSE#1.AvailabilityState",
        "EVSE#2.AvailabilityState",
        "EVSE#2.Problem",
        "Connector#1#1.AvailabilityState",
        "Connector#2#1.AvailabilityState",
    }


async def get_report(ask: Ask, around: Surroundings, **wanted: object) -> set[str]:
    around.posted.clear()
    assert await ask("GetReport", {"requestId": 42, **wanted}) == {"status": "Accepted"}
    return {name_of(row) for row in reported(around)}


@pytest.mark.requirement("B08.FR.01", "B08.FR.11", "B08.FR.20", "B08.FR.21")
async def test_what_a_request_leaves_open_matches_everything(ask: Ask, around: Surroundings) -> None:
    clock = await get_report(ask, around, componentVariable=[{"component": {"name": "ClockCtrlr"}}])
    assert clock == {"ClockCtrlr.DateTime", "ClockCtrlr.TimeSource"}
    limits = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
    assert len(await get_report(ask, around, componentVariable=[limits])) == 3
    one = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage", "instance": "GetReport"}}
    assert await get_report(ask, around, componentVariable=[one]) == {"DeviceDataCtrlr.ItemsPerMessage[GetReport]"}


@pytest.mark.requirement("B08.FR.22", "B08.FR.23")
async def test_open_evse_and_connector_mean_each_of_them(ask: Ask, around: Surroundings) -> None:
    phases = {"name": "SupplyPhases"}
    both = await get_report(ask, around, componentVariable=[{"component": {"name": "Connector"}, "variable": phases}])
    assert both == {"Connector#1#1.SupplyPhases", "Connector#2#1.SupplyPhases"}
    first = {"component": {"name": "Connector", "evse": {"id": 1}}, "variable": phases}
    assert await get_report(ask, around, componentVariable=[first]) == {"Connector#1#1.SupplyPhases"}


@pytest.mark.requirement("B08.FR.10", "B08.FR.15")
async def test_no_problem_is_an_empty_result(ask: Ask, around: Surroundings) -> None:
    answer = await ask("GetReport", {"requestId": 42, "componentCriteria": ["Problem"]})
    assert answer == {"status": "EmptyResultSet"}
    assert around.posted == []
    station = around.station
    station.evses[EvseId(2)] = replace(station.evses[EvseId(2)], faults=frozenset({Fault.METER_SILENT}))
    names = await get_report(ask, around, componentCriteria=["Problem"])
    assert {name.split(".")[0] for name in names} == {"ChargingStation", "EVSE#2"}


@pytest.mark.requirement("B08.FR.07", "B08.FR.09", "B08.FR.13", "B08.FR.05")
async def test_criteria_narrow_the_components(ask: Ask, around: Surroundings) -> None:
    enabled = {"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "Enabled"}}
    both = await get_report(ask, around, componentCriteria=["Enabled"], componentVariable=[enabled])
    assert both == {"AuthCacheCtrlr.Enabled"}
    off = enabled | {"attributeValue": "false"}
    await ask("SetVariables", {"setVariableData": [off]})
    answer = await ask("GetReport", {"requestId": 1, "componentCriteria": ["Enabled"], "componentVariable": [enabled]})
    assert answer == {"status": "EmptyResultSet"}
    either = await get_report(ask, around, componentCriteria=["Enabled", "Available"], componentVariable=[enabled])
    assert either == {"AuthCacheCtrlr.Enabled"}


async def test_without_criteria_everything_is_reported(ask: Ask, around: Surroundings) -> None:
    assert await get_report(ask, around) >= REQUIRED


@pytest.mark.requirement("B08.FR.17")
async def test_more_components_than_stated_are_refused(ask: Ask) -> None:
    with pytest.raises(CallRefusedError, match="at most 100") as refusal:
        await ask("GetReport", {"requestId": 1, "componentVariable": [{"component": {"name": "EVSE"}}] * 101})
    assert refusal.value.code is ErrorCode.OCCURRENCE_CONSTRAINT


async def test_a_catalogue_without_limits_limits_nothing(around: Surroundings) -> None:
    around.settings.store = SettingsStore([each for each in CATALOGUE if "per_message" not in each.name])
    wanted = {"requestId": 42, "componentVariable": [{"component": {"name": "EVSE"}}] * 500}
    assert (await make_dialect(around.context()).serve("GetReport", wanted))["status"] == "Accepted"
