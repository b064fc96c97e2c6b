"""Block J of OCPP 2.0.1 by the steps of part 6: sampled and clock-aligned values of Started, Updated and Ended."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scenarios.part6 import TestTool, ask, put, read
from scenarios.stories import all_told, assert_all_billed, calls_of_station, tell
from support.rig import Rig

REGISTER = "Energy.Active.Import.Register"
WANTED = f"{REGISTER},Power.Active.Import,Current.Import,Voltage"
PHASES_OF = {"Current.Import": {"L1", "L2", "L3"}, "Voltage": {"L1-N", "L2-N", "L3-N"}}


def assert_sampled(value: dict[str, Any], context: str, wanted: str) -> None:
    """One meterValue: every configured measurand, on every phase where it has phases, in one context."""
    samples = value["sampledValue"]
    assert {sample["context"] for sample in samples} == {context}
    assert {sample["measurand"] for sample in samples} == set(wanted.split(","))
    for measurand in wanted.split(","):
        phases = {sample.get("phase") for sample in samples if sample["measurand"] == measurand}
        assert phases == PHASES_OF.get(measurand, {None})
    assert {sample["location"] for sample in samples} == {"Outlet"}


def gaps(values: list[dict[str, Any]]) -> set[float]:
    """Seconds between timestamps."""
    times = [datetime.fromisoformat(value["timestamp"]) for value in values]
    return {round((later - earlier).total_seconds()) for earlier, later in pairwise(times)}


def of_cause(rig: Rig, cause: str) -> list[dict[str, Any]]:
    return [event for event in calls_of_station(rig, "TransactionEvent") if event["triggerReason"] == cause]


def the_end(rig: Rig) -> dict[str, Any]:
    (end,) = [event for event in calls_of_station(rig, "TransactionEvent") if event["eventType"] == "Ended"]
    return end


async def over(rig: Rig, tool: TestTool) -> None:
    """Reusable states up to ParkingBayUnoccupied."""
    await tool.stop_authorized()
    rig.plug_out()
    await all_told(rig)
    assert_all_billed(rig)


@pytest.mark.requirement("J01.FR.02", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.10", "J01.FR.14", "J01.FR.17")
@pytest.mark.requirement("J01.FR.01", "J01.FR.05", "J01.FR.09")
@pytest.mark.requirement("J01.FR.11")
def test_aligned_values_while_nothing_runs(tmp_path: Path) -> None:
    """TC_J_01_CS"""

    async def story(rig: Rig) -> None:
        await put(rig, AlignedDataCtrlr__Interval=60, AlignedDataCtrlr__Measurands=WANTED)
        await rig.wait(200)
        for evse in (1, 2):
            told = [call for call in calls_of_station(rig, "MeterValues") if call["evseId"] == evse]
            values = [value for call in told for value in call["meterValue"]]
            assert len(values) == 3
            assert gaps(values) == {60}
            for value in values:
                assert_sampled(value, "Sample.Clock", WANTED)

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.parametrize("start", ["EVConnected", "PowerPathClosed"])
@pytest.mark.requirement("J01.FR.22", "J02.FR.22", "J01.FR.14")
def test_aligned_values_while_a_transaction_runs(tmp_path: Path, start: str) -> None:
    """TC_J_02_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, [start])
        await tool.configure(
            AlignedDataCtrlr__Interval=30,
            AlignedDataCtrlr__Measurands=WANTED,
            AlignedDataCtrlr__SendDuringIdle=False,
        )
        await tool.energy_transfer_started()
        before = len(calls_of_station(rig, "MeterValues"))
        await rig.wait(125)
        told = of_cause(rig, "MeterValueClock")
        assert len(told) == 4
        assert gaps([event["meterValue"][0] for event in told]) == {30}
        for event in told:
            assert_sampled(event["meterValue"][0], "Sample.Clock", WANTED)
        assert {call["evseId"] for call in calls_of_station(rig, "MeterValues")[before:]} == {2}

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("E06.FR.11", "E07.FR.08")
def test_aligned_values_of_the_end(tmp_path: Path) -> None:
    """TC_J_03_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.configure(
            AlignedDataCtrlr__TxEndedInterval=30,
            AlignedDataCtrlr__TxEndedMeasurands=WANTED,
            SampledDataCtrlr__TxEndedMeasurands="",
        )
        await tool.energy_transfer_started()
        await rig.wait(125)
        await over(rig, tool)
        aligned = [
            value for value in the_end(rig)["meterValue"] if value["sampledValue"][0]["context"] == "Sample.Clock"
        ]
        assert len(aligned) >= 4
        assert gaps(aligned) == {30}
        for value in aligned:
            assert_sampled(value, "Sample.Clock", WANTED)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("J01.FR.20")
def test_aligned_values_only_while_nothing_runs(tmp_path: Path) -> None:
    """TC_J_06_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.configure(
            AlignedDataCtrlr__Interval=30,
            AlignedDataCtrlr__SendDuringIdle=True,
            SampledDataCtrlr__TxUpdatedInterval=0,
        )
        await rig.wait(65)
        assert len(calls_of_station(rig, "MeterValues")) == 4
        await tool.energy_transfer_started()
        await rig.wait(95)
        assert len(calls_of_station(rig, "MeterValues")) == 4, "of no EVSE while one is in a transaction"
        assert of_cause(rig, "MeterValueClock") == []
        await over(rig, tool)
        before = len(calls_of_station(rig, "MeterValues"))
        await rig.wait(65)
        assert len(calls_of_station(rig, "MeterValues")) == before + 4

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.parametrize("start", ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])
@pytest.mark.requirement("J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.10", "E01.FR.09", "E02.FR.09", "E03.FR.07")
def test_the_values_of_the_start(tmp_path: Path, start: str) -> None:
    """TC_J_07_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig, [start])
        await tool.configure(SampledDataCtrlr__TxStartedMeasurands=WANTED)
        await tool.ev_connected_pre_session()
        await tool.energy_transfer_started()
        started = calls_of_station(rig, "TransactionEvent")[0]
        assert started["eventType"] == "Started"
        (value,) = started["meterValue"]
        assert_sampled(value, "Transaction.Begin", WANTED)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.06", "J02.FR.11", "J02.FR.16", "J02.FR.18")
@pytest.mark.requirement("E02.FR.10", "E03.FR.08")
@pytest.mark.requirement("J02.FR.01", "J02.FR.05")
def test_the_values_of_updates(tmp_path: Path) -> None:
    """TC_J_09_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.configure(SampledDataCtrlr__TxUpdatedInterval=20, SampledDataCtrlr__TxUpdatedMeasurands=WANTED)
        await tool.energy_transfer_started()
        await rig.wait(125)
        told = of_cause(rig, "MeterValuePeriodic")
        assert len(told) == 6
        assert gaps([event["meterValue"][0] for event in told]) == {20}
        registers = []
        for event in told:
            (value,) = event["meterValue"]
            assert_sampled(value, "Sample.Periodic", WANTED)
            registers += [one["value"] for one in value["sampledValue"] if one["measurand"] == REGISTER]
        assert registers == sorted(registers)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("E06.FR.11", "E07.FR.08", "J02.FR.02", "J02.FR.03", "J02.FR.04")
def test_the_values_of_the_end(tmp_path: Path) -> None:
    """TC_J_10_CS"""

    async def story(rig: Rig) -> None:
        tool = TestTool(rig)
        await tool.configure(
            SampledDataCtrlr__TxEndedInterval=20,
            SampledDataCtrlr__TxEndedMeasurands=WANTED,
            AlignedDataCtrlr__TxEndedMeasurands="",
        )
        await tool.energy_transfer_started()
        await rig.wait(105)
        await over(rig, tool)
        values = the_end(rig)["meterValue"]
        kinds = [value["sampledValue"][0]["context"] for value in values]
        assert kinds[0] == "Transaction.Begin"
        assert kinds[-1] == "Transaction.End"
        assert set(kinds[1:-1]) == {"Sample.Periodic"}
        assert gaps(values[:-1]) == {20}
        for value, kind in zip(values, kinds, strict=True):
            assert_sampled(value, kind, WANTED)

    tell(tmp_path, "2.0.1", story)


def test_a_phase_that_1_6_has_asked_for_is_no_word_of_2_0_1(tmp_path: Path) -> None:
    """Part 2 lists measurands alone; the value stays what the operator has set under 1.6."""

    async def story(rig: Rig) -> None:
        variable = ("SampledDataCtrlr", "TxUpdatedMeasurands")
        assert await read(rig, *variable) == "Voltage,Frequency"
        name = {"component": {"name": variable[0]}, "variable": {"name": variable[1]}}
        wanted = {"setVariableData": [{**name, "attributeValue": "Frequency,Voltage.L1"}]}
        (result,) = (await ask(rig, "SetVariables", wanted))["setVariableResult"]
        assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == ("Rejected", "InvalidValue")
        assert await read(rig, *variable) == "Voltage,Frequency"
        await put(rig, SampledDataCtrlr__TxUpdatedMeasurands="Voltage")
        assert await read(rig, *variable) == "Voltage"

    tell(tmp_path, "2.0.1", story, settings={"meter_values_sampled_data": "Voltage.L1,Frequency,Voltage.L2"})
