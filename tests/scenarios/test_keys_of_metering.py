"""Configuration keys of 1.6 about what is measured and when: changed over the wire, seen in the messages."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scenarios.keys_of_1_6 import accepted, change, entry, is_told_and_fixed, read, tell_1_6
from scenarios.stories import all_told, calls_of_station
from support.rig import Rig

ENERGY = "Energy.Active.Import.Register"
LISTS = ("MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData")
EVERY_MEASURAND = (
    "Energy.Active.Import.Register,Energy.Active.Export.Register,Power.Active.Import,Power.Factor,"
    "Current.Import,Current.Offered,Voltage,Frequency,Temperature"
)
EVERY_PHASED_MEASURAND = (
    "Power.Active.Import.L1,Power.Active.Import.L2,Power.Active.Import.L3,"
    "Current.Import.L1,Current.Import.L2,Current.Import.L3,"
    "Voltage.L1,Voltage.L2,Voltage.L3,Voltage.L1-N,Voltage.L2-N,Voltage.L3-N"
)


def told(values: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """(context, measurand) of everything in a list of meter values."""
    return {
        (one.get("context", "Sample.Periodic"), one.get("measurand", ENERGY))
        for value in values
        for one in value["sampledValue"]
    }


def meter_values(rig: Rig, context: str) -> list[dict[str, Any]]:
    """MeterValues requests with a value of this context, in order."""
    return [
        payload
        for payload in calls_of_station(rig, "MeterValues")
        if any(found == context for found, _ in told(payload["meterValue"]))
    ]


def times(payloads: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(payload["meterValue"][0]["timestamp"]) for payload in payloads]


def stop_data(rig: Rig) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] | None = calls_of_station(rig, "StopTransaction")[-1].get("transactionData")
    return found


async def ended(rig: Rig) -> None:
    rig.plug_out()
    await all_told(rig)
    await rig.wait(2)


@pytest.mark.ocpp_1_6("MeterValueSampleInterval")
def test_a_sample_interval_acts_in_the_middle_of_a_transaction_and_0_ends_the_samples(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, MeterValueSampleInterval=0)
        await rig.charge(40)
        assert meter_values(rig, "Sample.Periodic") == []
        await accepted(rig, MeterValueSampleInterval=5)
        await rig.wait(16)
        seen = times(meter_values(rig, "Sample.Periodic"))
        assert len(seen) == 3
        assert all(abs((later - earlier).total_seconds() - 5) < 0.5 for earlier, later in pairwise(seen))
        await accepted(rig, MeterValueSampleInterval=0)
        await rig.wait(60)
        assert len(meter_values(rig, "Sample.Periodic")) == 3

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("ClockAlignedDataInterval", "MeterValuesAlignedData")
def test_clock_aligned_values_carry_what_their_list_says_with_and_without_a_transaction(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, MeterValuesAlignedData="Voltage,Frequency", ClockAlignedDataInterval=30)
        await rig.wait(61)
        idle = meter_values(rig, "Sample.Clock")
        assert len(idle) == 2
        assert all("transactionId" not in payload for payload in idle)
        await rig.charge(61)
        payloads = meter_values(rig, "Sample.Clock")
        assert any("transactionId" in payload for payload in payloads)
        for payload in payloads:
            assert told(payload["meterValue"]) == {("Sample.Clock", "Voltage"), ("Sample.Clock", "Frequency")}
        assert all(at.second in (0, 30) for at in times(payloads))
        await accepted(rig, MeterValuesAlignedData="Power.Active.Import")
        await rig.wait(31)
        latest = meter_values(rig, "Sample.Clock")[-1]
        assert told(latest["meterValue"]) == {("Sample.Clock", "Power.Active.Import")}
        await accepted(rig, ClockAlignedDataInterval=0)
        count = len(meter_values(rig, "Sample.Clock"))
        await rig.wait(90)
        assert len(meter_values(rig, "Sample.Clock")) == count

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("MeterValuesSampledData")
def test_periodic_samples_carry_what_their_list_says_from_the_next_one_on(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, MeterValuesSampledData="Current.Offered")
        await rig.charge(12)
        sampled = meter_values(rig, "Sample.Periodic")
        assert told(sampled[-1]["meterValue"]) == {("Sample.Periodic", "Current.Offered")}
        await accepted(rig, MeterValuesSampledData="Current.Import,Voltage")
        await rig.wait(11)
        values = meter_values(rig, "Sample.Periodic")[-1]["meterValue"]
        assert told(values) == {("Sample.Periodic", "Current.Import"), ("Sample.Periodic", "Voltage")}
        phases = {one.get("phase") for one in values[0]["sampledValue"]}
        assert phases == {"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"}, "every phase is told (errata 3.14.3)"
        count = len(meter_values(rig, "Sample.Periodic"))
        await accepted(rig, MeterValuesSampledData="")
        await rig.wait(30)
        assert len(meter_values(rig, "Sample.Periodic")) == count

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("MeterValuesSampledData", "StopTxnSampledData")
def test_a_measurand_with_a_phase_is_told_of_that_phase_alone(tmp_path: Path) -> None:
    """Section 9.1.17: `Voltage.L1`."""
    wanted = "Energy.Active.Import.Register,Current.Import.L1,Power.Active.Import.L3,Voltage.L2,Voltage.L1-N"
    seen = {
        (ENERGY, None),
        ("Current.Import", "L1"),
        ("Power.Active.Import", "L3"),
        ("Voltage", "L2"),
        ("Voltage", "L1-N"),
    }

    def phased(value: dict[str, Any]) -> list[tuple[str, str | None]]:
        return [(one.get("measurand", ENERGY), one.get("phase")) for one in value["sampledValue"]]

    async def story(rig: Rig) -> None:
        await accepted(rig, MeterValuesSampledData=wanted, StopTxnSampledData="Voltage.L1,Voltage")
        await rig.charge(25)
        sampled = phased(meter_values(rig, "Sample.Periodic")[-1]["meterValue"][0])
        assert set(sampled) == seen
        assert len(sampled) == len(seen)
        await accepted(rig, MeterValuesSampledData="Current.Import.L1,Current.Import")
        await rig.wait(11)
        sampled = phased(meter_values(rig, "Sample.Periodic")[-1]["meterValue"][0])
        assert sorted(sampled) == [("Current.Import", each) for each in ("L1", "L2", "L3")], "each once"
        await rig.finish()
        await all_told(rig)
        (stop,) = calls_of_station(rig, "StopTransaction")
        assert set(phased(stop["transactionData"][-1])) == {
            ("Voltage", each) for each in ("L1", "L1-N", "L2-N", "L3-N")
        }

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("MeterValuesSampledData")
def test_a_station_of_one_phase_has_no_second_one_to_tell_of(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, MeterValuesSampledData="Current.Import.L1,Voltage.L1-N")
        assert await change(rig, "MeterValuesSampledData", "Current.Import.L2") == "Rejected"

    tell_1_6(tmp_path, story, config={"evse": ({"id": 1, "phases": 1},)})


@pytest.mark.ocpp_1_6("StopTxnSampledData", "StopTxnAlignedData")
def test_the_stop_carries_what_the_two_lists_say(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await accepted(rig, ClockAlignedDataInterval=20, StopTxnAlignedData="Frequency", StopTxnSampledData=ENERGY)
        await rig.charge(45)
        await ended(rig)
        data = stop_data(rig)
        assert data is not None
        assert told(data) == {
            ("Transaction.Begin", ENERGY),
            ("Sample.Periodic", ENERGY),
            ("Sample.Clock", "Frequency"),
            ("Transaction.End", ENERGY),
        }
        await accepted(rig, StopTxnSampledData="")
        await rig.charge(45)
        await ended(rig)
        data = stop_data(rig)
        assert data is not None
        assert told(data) == {("Sample.Clock", "Frequency")}

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("StopTxnSampledData", "StopTxnAlignedData")
def test_with_both_lists_empty_the_stop_carries_nothing_also_when_emptied_meanwhile(tmp_path: Path) -> None:
    """Errata 3.14.5."""

    async def story(rig: Rig) -> None:
        await accepted(rig, StopTxnSampledData=ENERGY, StopTxnAlignedData="")
        await rig.charge(25)
        await accepted(rig, StopTxnSampledData="")
        await ended(rig)
        assert stop_data(rig) is None
        assert isinstance(calls_of_station(rig, "StopTransaction")[-1]["meterStop"], int)

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6(
    "MeterValuesSampledDataMaxLength",
    "MeterValuesAlignedDataMaxLength",
    "StopTxnSampledDataMaxLength",
    "StopTxnAlignedDataMaxLength",
)
def test_each_list_takes_as_many_measurands_as_its_length_key_says_and_no_more(tmp_path: Path) -> None:
    everything = f"{EVERY_MEASURAND},{EVERY_PHASED_MEASURAND}"

    async def story(rig: Rig) -> None:
        for key in LISTS:
            await is_told_and_fixed(rig, key + "MaxLength", "21", "22")
            assert await change(rig, key, everything) == "Accepted"
            assert await read(rig, key) == everything
            assert await change(rig, key, everything + ",Voltage") == "Rejected"
            assert await read(rig, key) == everything

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("StopTransactionMaxMeterValues")
def test_a_stop_tells_no_more_meter_values_than_the_key_says_and_never_loses_its_begin_and_its_end(
    tmp_path: Path,
) -> None:
    """Errata 3.91."""

    async def story(rig: Rig) -> None:
        await is_told_and_fixed(rig, "StopTransactionMaxMeterValues", "98", "99")
        await accepted(rig, StopTxnSampledData=ENERGY, MeterValueSampleInterval=1)
        for seconds in (80, 120, 330):
            await rig.charge(seconds)
            await ended(rig)
            data = stop_data(rig)
            assert data is not None
            assert 48 < len(data) <= 98
            contexts = [each["sampledValue"][0]["context"] for each in data]
            assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
            assert set(contexts[1:-1]) == {"Sample.Periodic"}
            taken = [datetime.fromisoformat(each["timestamp"]) for each in data]
            gaps = [(late - early).total_seconds() for early, late in pairwise(taken[1:-1])]
            assert max(gaps) <= seconds / 20, "what is left is spread over the whole transaction"

    tell_1_6(tmp_path, story)


@pytest.mark.ocpp_1_6("MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData")
@pytest.mark.parametrize("key", LISTS)
@pytest.mark.parametrize(
    "value",
    [
        "Voltage,SoC",
        "Power.Offered",
        "Voltage,",
        "Voltage;Frequency",
        "Energy",
        "Voltage,Current.Import.N",
        "Frequency.L1",
    ],
)
def test_one_measurand_that_is_not_there_refuses_the_whole_list(tmp_path: Path, key: str, value: str) -> None:
    async def story(rig: Rig) -> None:
        before = await entry(rig, key)
        assert before["readonly"] is False
        assert await change(rig, key, value) == "Rejected"
        assert await entry(rig, key) == before

    tell_1_6(tmp_path, story)
