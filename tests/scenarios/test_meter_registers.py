"""The meter's register over power cuts and changed meters: one monotone register, and no bill that nobody drew."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.in_process import InProcessMeter
from chargepoint_hal.contract import MeterReading
from scenarios.stories import all_told, assert_all_billed, calls_of_station, is_1_6, only_transaction, tell, under_both
from support.rig import START_WH, Rig

SAMPLE_WH = 75.0
"""One sample interval (10 s) of 22 kW, and some."""


def contexts_of(call: dict[str, Any]) -> list[str]:
    values = call.get("meterValue", [])
    return [str(sampled.get("context")) for value in values for sampled in value["sampledValue"]]


@under_both
@pytest.mark.parametrize("clock_is_trusted", [True, False])
@pytest.mark.parametrize("jump_wh", [900_000.0, 2_000.0, -500_000.0])
def test_a_register_that_jumps_over_a_power_cut_is_not_billed(
    tmp_path: Path, version: str, jump_wh: float, clock_is_trusted: bool
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(60)
        await rig.power_cut()
        flowed_wh = rig.energy_wh() - START_WH
        rig.world.set_energy(1, rig.energy_wh() + jump_wh)
        await rig.wait(5)
        await rig.power_up()
        await rig.wait(30)
        assert not rig.is_live(), "a changed meter ends what it was billing"
        await all_told(rig)
        transaction = only_transaction(rig)
        assert transaction.stop_reason == "PowerLoss"
        assert transaction.energy_wh is not None
        assert flowed_wh - SAMPLE_WH <= transaction.energy_wh <= flowed_wh + 1.0

    tell(tmp_path, version, story, clock_is_trusted=clock_is_trusted)


@under_both
@pytest.mark.parametrize("clock_is_trusted", [True, False])
def test_an_ordinary_power_cut_loses_no_more_than_a_sample(
    tmp_path: Path, version: str, clock_is_trusted: bool
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(60)
        await rig.power_cut()
        await rig.wait(120)
        await rig.power_up()
        await rig.until(rig.is_live, 30, "charging goes on")
        await rig.wait(20)
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story, clock_is_trusted=clock_is_trusted)


@under_both
@pytest.mark.parametrize("serial_number", [None, "NEW-7"])
def test_a_meter_that_was_changed_while_the_power_was_off_goes_on_from_the_lifetime_register(
    tmp_path: Path, version: str, serial_number: str | None
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        first_wh = rig.energy_wh() - START_WH
        await rig.power_cut()
        rig.world.change_meter(1, energy_import_wh=5.0, serial_number=serial_number)
        await rig.wait(5)
        await rig.power_up()
        await rig.wait(20)
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        first, second = rig.csms.core.transactions
        assert first.start_wh is not None
        assert second.start_wh == pytest.approx(first.start_wh + first_wh, abs=2.0)
        assert first.energy_wh == pytest.approx(first_wh, abs=1.0)
        assert second.energy_wh == pytest.approx(rig.energy_wh() - 5.0, abs=2.0)

    tell(tmp_path, version, story)


@under_both
def test_a_meter_that_is_changed_in_the_middle_closes_the_segment_and_the_csms_hears_it(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(32)
        before_wh = rig.energy_wh() - START_WH
        rig.world.change_meter(1, energy_import_wh=7_000.0, serial_number="NEW-7")
        await rig.wait(30)
        assert rig.is_live(), "a meter that speaks again costs nobody his charge"
        await rig.finish()
        await all_told(rig)
        transaction = only_transaction(rig)
        registers = [reading.energy_wh for reading in transaction.readings]
        whole = [int(register_wh) for register_wh in registers]  # the meterStop of 1.6 has no tenths
        assert whole == sorted(whole)
        after_wh = rig.energy_wh() - 7_000.0
        assert transaction.energy_wh is not None
        lost_wh = before_wh + after_wh - transaction.energy_wh
        assert -1.0 <= lost_wh <= SAMPLE_WH, "no more than a sample is lost, and nothing is invented"
        told = calls_of_station(rig, "MeterValues" if is_1_6(rig) else "TransactionEvent")
        closing = [call for call in told if "Interruption.Begin" in contexts_of(call)]
        assert "Interruption.End" in contexts_of(closing[0])
        if not is_1_6(rig):
            assert closing[0]["triggerReason"] == "AbnormalCondition"

    tell(tmp_path, version, story)


class NamelessMeter(InProcessMeter):
    """Tells no serial number."""

    async def read(self) -> MeterReading:
        return replace(await super().read(), serial_number=None)


class MovedMeter(NamelessMeter):
    """The same meter at another address of its bus or network."""

    @property
    def name(self) -> str:
        return f"{super().name} on another line"


@under_both
def test_a_meter_at_another_address_is_the_same_meter_and_its_register_does_not_go_back(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(30)
        await rig.finish()
        await rig.power_cut()
        rig.meter_kind = NamelessMeter
        rig.world.change_meter(1, energy_import_wh=5.0)
        await rig.power_up()
        await rig.wait(20)
        await rig.charge(30)
        await rig.finish()
        await rig.power_cut()
        rig.meter_kind = MovedMeter
        await rig.power_up()
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        _, before, after = rig.csms.core.transactions
        assert after.start_wh == pytest.approx(before.stop_wh, abs=2.0)

    tell(tmp_path, version, story)


STRONG = {"evse": ({"id": 1, "max_current_amps": 63.0},)}
RARELY = {"meter_value_sample_interval_seconds": "60"}


@under_both
@pytest.mark.parametrize("clock_is_trusted", [True, False])
def test_a_controller_killed_at_63_amps_goes_on_with_the_session_and_bills_all_of_it(
    tmp_path: Path, version: str, clock_is_trusted: bool
) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in(plug=PlugIn(max_current_amps=63.0))
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, what="the contactor is closed")
        await rig.wait(55)
        await rig.stop_controller()
        await rig.wait(12)
        assert rig.is_live(), "the lease has not run out"
        await rig.start_controller()
        await rig.wait(20)
        assert rig.is_live(), "nobody's charge ends for a restart"
        await rig.finish()
        await all_told(rig)
        assert only_transaction(rig).energy_wh == pytest.approx(rig.energy_wh() - START_WH, abs=1.0)

    tell(tmp_path, version, story, clock_is_trusted=clock_is_trusted, config=STRONG, settings=RARELY)


class SlowMeter(InProcessMeter):
    """Six answers, each after 0.45 s, the energy first: an EM24-DIN within what its manual allows."""

    async def read(self) -> MeterReading:
        await asyncio.sleep(0.45)
        reading = await super().read()
        await asyncio.sleep(5 * 0.45)
        return replace(reading, read_seconds=6 * 0.45)


@under_both
def test_a_slow_meter_is_billed_from_and_its_readings_say_how_old_they_are(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        rig.meter_kind = SlowMeter
        await rig.stop_controller()
        await rig.start_controller()
        await rig.wait(10)
        await rig.charge(20)
        for _ in range(200):
            await rig.wait(0.5)
            snapshot = rig.snapshot()
            assert snapshot.faults == frozenset()
            assert snapshot.meter is not None, "stale"
            assert 0.0 <= asyncio.get_running_loop().time() - snapshot.meter.at_monotonic < 2 * 6 * 0.45
        await rig.finish()
        await all_told(rig)
        assert_all_billed(rig)

    tell(tmp_path, version, story)
