"""Which samples the report of the end carries: at an interval of their own (2.0.1), or at that of all samples (1.6)."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chargepoint.settings import catalogue
from scenarios.stories import Operator, all_told, calls_of_station, is_1_6, tell, under_both
from support.rig import Rig


@pytest.mark.requirement("E06.FR.11")
@pytest.mark.parametrize(("interval", "distances"), [("30", {30.0}), ("0", set())])
def test_in_2_0_1_the_end_has_samples_at_its_own_interval(tmp_path: Path, interval: str, distances: set[float]) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.change(catalogue.TX_ENDED_SAMPLE_INTERVAL, interval) == "Accepted"
        assert await operator.read(catalogue.METER_VALUE_SAMPLE_INTERVAL) == "10", "another variable"
        await rig.charge(100)
        await rig.finish()
        await all_told(rig)
        ended = calls_of_station(rig, "TransactionEvent")[-1]
        assert contexts(ended)[0] == "Transaction.Begin"
        assert contexts(ended)[-1] == "Transaction.End"
        assert {round(seconds) for seconds in periodic_distances(ended["meterValue"])} == distances
        told = [call for call in calls_of_station(rig, "TransactionEvent") if is_periodic(call)]
        assert len(told) >= 8, "the periodic samples go on at their own interval"

    tell(tmp_path, "2.0.1", story)


@under_both
def test_until_it_is_set_the_end_has_every_sample(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.change(catalogue.METER_VALUE_SAMPLE_INTERVAL, "20") == "Accepted"
        await rig.charge(100)
        await rig.finish()
        await all_told(rig)
        if is_1_6(rig):
            values = calls_of_station(rig, "StopTransaction")[-1]["transactionData"]
        else:
            assert await operator.read(catalogue.TX_ENDED_SAMPLE_INTERVAL) == "20"
            values = calls_of_station(rig, "TransactionEvent")[-1]["meterValue"]
        assert {round(seconds) for seconds in periodic_distances(values)} == {20}

    tell(tmp_path, version, story)


def test_the_clock_aligned_samples_of_the_end_have_a_grid_of_their_own(tmp_path: Path) -> None:
    settings = {"stop_txn_aligned_data": "Voltage", "tx_ended_aligned_interval_seconds": "60"}

    async def story(rig: Rig) -> None:
        assert await Operator(rig).read(catalogue.CLOCK_ALIGNED_DATA_INTERVAL) == "0"
        await rig.charge(200)
        await rig.finish()
        await all_told(rig)
        ended = calls_of_station(rig, "TransactionEvent")[-1]
        stamps = [value["timestamp"] for value in ended["meterValue"] if context_of(value) == "Sample.Clock"]
        assert len(stamps) >= 3
        assert all(datetime.fromisoformat(stamp).second == 0 for stamp in stamps)
        assert not any(call["triggerReason"] == "MeterValueClock" for call in calls_of_station(rig, "TransactionEvent"))

    tell(tmp_path, "2.0.1", story, settings=settings)


def context_of(value: dict[str, Any]) -> str:
    return str(value["sampledValue"][0]["context"])


def contexts(payload: dict[str, Any]) -> list[str]:
    return [context_of(value) for value in payload["meterValue"]]


def is_periodic(payload: dict[str, Any]) -> bool:
    return bool(payload["triggerReason"] == "MeterValuePeriodic")


def periodic_distances(values: list[dict[str, Any]]) -> list[float]:
    """Seconds from one periodic sample to the next."""
    times = [datetime.fromisoformat(v["timestamp"]) for v in values if context_of(v) == "Sample.Periodic"]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
