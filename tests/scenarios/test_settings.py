"""Settings that the CSMS changes: they act at once, and they are still there after a restart."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from chargepoint.settings import catalogue
from scenarios.stories import Operator, calls_of_station, is_1_6, only_transaction, tell, under_both
from support.rig import Rig


def periodic_samples(rig: Rig) -> list[datetime]:
    """When the transaction was sampled."""
    readings = only_transaction(rig).readings
    return [reading.at for reading in readings if reading.context == "Sample.Periodic" and reading.at is not None]


@under_both
@pytest.mark.ocpp_1_6("MeterValues", "MeterValueSampleInterval", "ChangeConfiguration")
def test_the_sample_interval_acts_at_once_and_survives_a_restart(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(2)
        assert await Operator(rig).change(catalogue.METER_VALUE_SAMPLE_INTERVAL, "5") == "Accepted"
        changed_at = rig.utc_now()
        await rig.wait(21)
        sampled = [at for at in periodic_samples(rig) if at > changed_at]
        assert len(sampled) == 4
        assert all(abs((later - at).total_seconds() - 5) < 0.5 for at, later in pairwise(sampled))
        await rig.power_cut()
        await rig.wait(1)
        await rig.power_up()
        await rig.wait(2)
        assert await Operator(rig).read(catalogue.METER_VALUE_SAMPLE_INTERVAL) == "5"

    tell(tmp_path, version, story)


@under_both
@pytest.mark.ocpp_1_6("Heartbeat", "HeartbeatInterval")
@pytest.mark.requirement("B01.FR.04")
@pytest.mark.requirement("G02.FR.01")
def test_the_heartbeat_interval_of_the_csms_and_of_an_order_are_kept(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).read(catalogue.HEARTBEAT_INTERVAL) == "300"
        assert await Operator(rig).change(catalogue.HEARTBEAT_INTERVAL, "30") == "Accepted"
        before = len(rig.csms.record.heartbeats)
        await rig.wait(100)
        assert 3 <= len(rig.csms.record.heartbeats) - before <= 4

    tell(tmp_path, version, story)


@under_both
@pytest.mark.ocpp_1_6("MeterValuesSampledData", "ChangeConfiguration")
def test_measurands_are_taken_whole_or_not_at_all(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        setting = catalogue.METER_VALUES_SAMPLED_DATA
        before = await operator.read(setting)
        assert await operator.change(setting, "Energy.Active.Import.Register,SoC") == "Rejected"
        assert await operator.read(setting) == before
        assert await operator.change(setting, "Energy.Active.Import.Register,Voltage") == "Accepted"
        await rig.charge(12)
        sampled = [str(payload) for payload in calls_of_station(rig) if "Sample.Periodic" in str(payload)]
        assert sampled
        assert "'Voltage'" in sampled[-1]
        assert "Power.Active.Import" not in sampled[-1]

    tell(tmp_path, version, story)


@under_both
@pytest.mark.ocpp_1_6("ChangeConfiguration", "GetConfiguration")
def test_what_is_read_only_out_of_range_or_unknown_is_refused(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.change(catalogue.METER_VALUE_SAMPLE_INTERVAL, "-1") == "Rejected"
        assert await operator.change(catalogue.METER_VALUE_SAMPLE_INTERVAL, "soon") == "Rejected"
        assert await operator.change(catalogue.SUPPORTED_FILE_TRANSFER_PROTOCOLS, "FTP") == "Rejected"
        assert await operator.read(catalogue.METER_VALUE_SAMPLE_INTERVAL) == "10"
        if is_1_6(rig):
            answer = await rig.csms.call("ChangeConfiguration", {"key": "NoSuchKey", "value": "1"})
            assert answer.payload == {"status": "NotSupported"}
            answer = await rig.csms.call("GetConfiguration", {"key": ["NoSuchKey"]})
            assert answer.payload == {"configurationKey": [], "unknownKey": ["NoSuchKey"]}
        else:
            wanted = {"component": {"name": "NoSuchCtrlr"}, "variable": {"name": "Nothing"}}
            answer = await rig.csms.call("GetVariables", {"getVariableData": [wanted]})
            assert answer.payload is not None
            assert answer.payload["getVariableResult"][0]["attributeStatus"] == "UnknownComponent"

    tell(tmp_path, version, story)


@pytest.mark.ocpp_1_6("GetConfiguration")
def test_all_configuration_of_1_6_is_told_and_every_key_once(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        answer = await rig.csms.call("GetConfiguration", {})
        assert answer.payload is not None
        keys = [entry["key"] for entry in answer.payload["configurationKey"]]
        assert len(keys) == len(set(keys))
        assert {"HeartbeatInterval", "NumberOfConnectors", "SupportedFeatureProfiles"} <= set(keys)

    tell(tmp_path, "1.6", story)


@under_both
@pytest.mark.requirement("J01.FR.14")
@pytest.mark.ocpp_1_6("MeterValues", "ClockAlignedDataInterval")
def test_clock_aligned_values_come_on_the_grid_of_the_wall_clock(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        assert await Operator(rig).change(catalogue.CLOCK_ALIGNED_DATA_INTERVAL, "60") == "Accepted"
        await rig.wait(61)
        loose = rig.csms.record.loose_meter_values
        assert loose, "without a transaction the values come by themselves"
        await rig.charge(60)
        on_grid = [reading.at for reading in only_transaction(rig).readings if reading.context == "Sample.Clock"]
        assert on_grid
        for at in on_grid:
            assert at is not None
            assert timedelta(0) <= timedelta(seconds=at.second, microseconds=at.microsecond) < timedelta(seconds=1)

    tell(tmp_path, version, story)
