"""Every packaged map against registers that are written down from the meters' documents, on pymodbus' own server."""

import asyncio
from typing import Any

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.simulator.simdevice import SimAction

from chargepoint_hal.meters.map_files import available_register_maps, load_register_map
from chargepoint_hal.meters.plausibility import GatePolicy, MeterGate
from unit.meters.known_registers import KNOWN, CarloGavazzi, Known
from unit.meters.tcp_meter import device, tcp_server
from unit.meters.test_modbus_tcp import meter_at, values_of

MODEL_NUMBER = 0x000B


def manners_of(known: Known) -> SimAction:
    """What the meter refuses, and what it answers only to who asks for it alone."""

    async def answer(
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if count > known.most_registers:
            return ExcCodes.ILLEGAL_VALUE
        if isinstance(known, CarloGavazzi):
            registers[MODEL_NUMBER - start_address] = known.model if (address, count) == (MODEL_NUMBER, 1) else 0
        return None

    return answer


ANSWER_SECONDS = 0.02


async def test_a_meter_that_takes_long_for_each_answer_is_slow_and_not_silent() -> None:
    """Six answers are six times as long as one: more than two of the cycles that were wished for."""
    name = "carlo-gavazzi-em24"
    known, register_map = KNOWN[name], load_register_map(name)
    manners, gate = manners_of(known), MeterGate(GatePolicy(cycle_seconds=ANSWER_SECONDS))

    async def slowly(*asked: Any) -> Any:
        await asyncio.sleep(ANSWER_SECONDS)
        return await manners(*asked)

    async with tcp_server(device(register_map.serial.unit, known.table(), slowly)) as port:
        meter = meter_at(port, map=name, unit=register_map.serial.unit)
        for _ in range(3):
            reading = await meter.read()
            now = asyncio.get_running_loop().time()
            judged = gate.judge(reading, now)
            assert judged.faults == frozenset(), judged.why
            assert judged.reading is not None
            assert now - judged.reading.at_monotonic > 2 * ANSWER_SECONDS, "it is as old as its energy"
            assert judged.reading.read_seconds > now - judged.reading.at_monotonic
        await meter.close()


def test_every_packaged_map_has_known_registers() -> None:
    assert sorted(KNOWN) == available_register_maps()


@pytest.mark.parametrize("name", available_register_maps())
async def test_a_map_reads_what_the_document_of_its_meter_says(name: str) -> None:
    known, register_map = KNOWN[name], load_register_map(name)
    async with tcp_server(device(register_map.serial.unit, known.table(), manners_of(known))) as port:
        meter = meter_at(port, map=name, unit=register_map.serial.unit)
        reading = await meter.read()
        again = await meter.read()
        await meter.close()
    found = {quantity: value for quantity, value in values_of(reading).items() if value is not None}
    assert found == known.means
    assert values_of(again) == values_of(reading)
    assert len(reading.currents_amps) in (0, register_map.phases)


async def test_a_meter_that_is_passed_the_other_way_shows_import_again() -> None:
    known = KNOWN["eastron-sdm630"]
    async with tcp_server(device(1, known.table())) as port:
        meter = meter_at(port, reversed=True)
        reading = await meter.read()
        await meter.close()
    assert (reading.energy_import_wh, reading.energy_export_wh) == (700.0, 1_234_500.0)
    assert reading.power_watts == 1250.5
    assert reading.powers_watts == (-3680.5, 4931.0, 0.0)
    assert reading.currents_amps == (16.25, 21.5, 0.5)


@pytest.mark.parametrize("name", ["sunspec-203", "sunspec-213"])
async def test_a_sunspec_meter_of_another_model_is_named(name: str) -> None:
    other = KNOWN["sunspec-201"]
    async with tcp_server(device(1, other.table())) as port:
        meter = meter_at(port, map=name)
        for _ in range(2):
            with pytest.raises(ValueError, match=r"has the SunSpec models \[1, 201, 64001\] and not"):
                await meter.read()
        await meter.close()
