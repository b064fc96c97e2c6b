"""Every packaged map against pymodbus' own server over TCP."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chargepoint_hal.contract import EnergyMeter, MeterReading
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError, HardwareValueError
from chargepoint_hal.meters.map_files import available_register_maps, load_register_map
from chargepoint_hal.meters.modbus import ModbusMeter, open_meter
from chargepoint_hal.registry import ENERGY_METERS, find_driver
from unit.meters.tcp_meter import device, tcp_server

TRUTH: dict[str, float | str | None] = {
    "energy_import_wh": 1_234_500.0,
    "energy_export_wh": 700.0,
    "power_watts": 11_040.5,
    "power_l1_watts": 3680.1,
    "power_l2_watts": 3680.2,
    "power_l3_watts": 3680.2,
    "current_l1_amps": 16.01,
    "current_l2_amps": 16.02,
    "current_l3_amps": 15.99,
    "voltage_l1_volts": 230.1,
    "voltage_l2_volts": 229.8,
    "voltage_l3_volts": 231.4,
    "frequency_hertz": 50.1,
    "power_factor": 0.987,
    "serial_number": "1234567",
}
ONE_PHASE_TRUTH = {**TRUTH, "power_watts": 3680.1}


def truth_of(map_name: str) -> dict[str, float | str | None]:
    return ONE_PHASE_TRUTH if load_register_map(map_name).phases == 1 else TRUTH


def meter_at(port: int, **options: Any) -> ModbusMeter:
    return open_meter({"map": "eastron-sdm630", "host": "127.0.0.1", "port": port, "timeout_seconds": 2.0, **options})


@pytest.mark.parametrize("map_name", available_register_maps())
async def test_what_a_map_writes_is_read_again(map_name: str) -> None:
    register_map, truth = load_register_map(map_name), truth_of(map_name)
    async with tcp_server(device(1, register_map.encode(truth))) as port:
        meter = meter_at(port, map=map_name, unit=1)
        before = asyncio.get_running_loop().time()
        reading = await meter.read()
        again = await meter.read()
        await meter.close()
    expected = {name: truth[name] for name in register_map.quantities}
    found = {name: value for name, value in values_of(reading).items() if value is not None}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == (value if isinstance(value, str) else pytest.approx(value, rel=2e-3)), name
    assert before <= reading.at_monotonic < again.at_monotonic
    assert len(reading.currents_amps) in (0, register_map.phases)


def values_of(reading: MeterReading) -> dict[str, float | str | None]:
    """By the maps' names, without what the reading does not have."""
    found: dict[str, float | str | None] = {
        name: getattr(reading, name)
        for name in (
            "energy_import_wh",
            "energy_export_wh",
            "power_watts",
            "frequency_hertz",
            "power_factor",
            "serial_number",
        )
        if getattr(reading, name) is not None
    }
    for quantity, unit in (("current", "amps"), ("voltage", "volts"), ("power", "watts")):
        values = getattr(reading, f"{quantity}s_{unit}")
        found |= {f"{quantity}_l{phase}_{unit}": value for phase, value in enumerate(values, 1)}
    return found


async def test_the_driver_is_found_by_its_name_and_keeps_the_contract() -> None:
    meter = find_driver(ENERGY_METERS, "modbus")({"map": "abb-b23", "host": "127.0.0.1", "port": 1, "unit": 3})
    assert isinstance(meter, EnergyMeter)
    assert "abb-b23" in meter.name
    await meter.close()


async def test_what_the_meter_marks_as_not_available_is_unknown_and_not_zero() -> None:
    words = load_register_map("abb-b23").encode({**TRUTH, "energy_import_wh": None, "current_l2_amps": None})
    async with tcp_server(device(1, words)) as port:
        meter = meter_at(port, map="abb-b23")
        reading = await meter.read()
        await meter.close()
    assert reading.energy_import_wh is None
    assert reading.currents_amps == (16.01, None, 15.99)


async def test_total_power_is_the_sum_only_where_the_model_has_none_and_all_phases_are_known(tmp_path: Path) -> None:
    text = (
        'name = "sums"\nphases = 3\nprobe = { register = { address = 0, type = "u16" }, minimum = 1, maximum = 2 }\n'
        '[quantities]\nenergy_import_wh = { address = 10, type = "u32" }\n'
        'power_l1_watts = { address = 12, type = "i16", not_available = [0x7FFF] }\n'
        'power_l2_watts = { address = 13, type = "i16" }\npower_l3_watts = { address = 14, type = "i16" }\n'
    )
    path = tmp_path / "sums.toml"
    path.write_text(text)
    register_map = load_register_map(str(path))
    powers: dict[str, float | str | None] = {"power_l2_watts": 200.0, "power_l3_watts": -50.0, "energy_import_wh": 1.0}
    known = device(1, register_map.encode({**powers, "power_l1_watts": 100.0}))
    unknown = device(2, register_map.encode({**powers, "power_l1_watts": None}))
    async with tcp_server(known, unknown) as port:
        first, second = meter_at(port, map=str(path), unit=1), meter_at(port, map=str(path), unit=2)
        assert (await first.read()).power_watts == 250.0
        assert (await second.read()).power_watts is None
        await first.close()
        await second.close()


async def test_another_model_at_that_address_is_told_apart_by_the_probe() -> None:
    words = load_register_map("eastron-sdm630").encode(TRUTH)
    words[4] |= {0x0000: 0x3333, 0x0001: 0x4366}  # 230.2 V with the low word first
    async with tcp_server(device(1, words)) as port:
        meter = meter_at(port)
        with pytest.raises(HardwareValueError, match="word order") as error:
            await meter.read()
        assert error.value.fault is Fault.METER_IMPLAUSIBLE
        await meter.close()


async def test_no_supply_volts_is_no_reason_to_doubt_the_model() -> None:
    words = load_register_map("eastron-sdm630").encode({**TRUTH, "voltage_l1_volts": 0.0})
    async with tcp_server(device(1, words)) as port:
        meter = meter_at(port)
        assert (await meter.read()).voltages_volts == (0.0, 229.8, 231.4)
        await meter.close()


async def test_a_meter_without_the_asked_registers_says_so_and_names_them() -> None:
    words = load_register_map("eastron-sdm120").encode({"voltage_l1_volts": 230.0})
    words[4] = {address: word for address, word in words[4].items() if address < 0x40}
    async with tcp_server(device(1, words)) as port:
        meter = meter_at(port, map="eastron-sdm120")
        with pytest.raises(HardwareError, match=r"unit 1 .*refused 76 registers from 0x0000.*illegal data address"):
            await meter.read()
        assert meter.counters.exceptions == 1
        await meter.close()


async def test_a_meter_without_a_serial_number_is_still_read() -> None:
    words = load_register_map("eastron-sdm630").encode({**TRUTH, "serial_number": None})
    async with tcp_server(device(1, {4: words[4]})) as port:
        meter = meter_at(port)
        first, second = await meter.read(), await meter.read()
        assert first.serial_number is second.serial_number is None
        assert first.energy_import_wh == second.energy_import_wh == 1_234_500.0
        assert meter.counters.exceptions == 1, "what was refused is not asked for again"
        await meter.close()


async def test_the_serial_number_of_another_edition_is_found_where_it_is_and_looked_for_there_alone() -> None:
    words = load_register_map("eastron-sdm630").encode({**TRUTH, "serial_number": None})
    words[4] |= {0x002A: 0, 0x002B: 0, 0x002C: 0x0012, 0x002D: 0xD687}  # the fake has one table for both functions
    async with tcp_server(device(1, words)) as port:
        meter = meter_at(port)
        assert (await meter.read()).serial_number == "1234567"
        assert (await meter.read()).serial_number == "1234567"
        assert meter.counters.exceptions == 1, "0xFC00 is refused once"
        await meter.close()


async def test_a_silent_unit_ends_the_cycle_at_its_first_timeout() -> None:
    words, released = load_register_map("eastron-sdm630").encode(TRUTH), asyncio.Event()

    async def answer_never(*_request: object) -> None:
        await released.wait()

    async with tcp_server(device(1, words), device(9, words, answer_never)) as port:
        silent, answering = meter_at(port, unit=9, timeout_seconds=0.05), meter_at(port, unit=1)
        with pytest.raises(HardwareTimeoutError, match="unit 9") as error:
            await silent.read()
        assert error.value.fault is Fault.METER_SILENT
        assert silent.counters.timeouts == 1
        assert (await answering.read()).energy_import_wh == 1_234_500.0
        assert answering.counters.timeouts == 0
        released.set()
        await silent.close()
        await answering.close()


async def test_a_meter_that_is_gone_is_silent_and_one_that_comes_back_is_read_again() -> None:
    words = load_register_map("eastron-sdm630").encode(TRUTH)
    async with tcp_server(device(1, words)) as port:
        meter = meter_at(port)
        first = await meter.read()
    with pytest.raises(HardwareError, match="unit 1") as error:
        await meter.read()
    assert error.value.fault is Fault.METER_SILENT
    async with tcp_server(device(1, words), port=port):
        second = await meter.read()
    await meter.close()
    assert second.energy_import_wh == first.energy_import_wh
    assert second.at_monotonic > first.at_monotonic


async def test_a_meter_that_was_swapped_while_it_was_gone_shows_its_new_serial_number() -> None:
    register_map = load_register_map("eastron-sdm630")
    async with tcp_server(device(1, register_map.encode(TRUTH))) as port:
        meter = meter_at(port)
        assert (await meter.read()).serial_number == "1234567"
    with pytest.raises(HardwareError):
        await meter.read()
    async with tcp_server(device(1, register_map.encode({**TRUTH, "serial_number": "7654321"})), port=port):
        assert (await meter.read()).serial_number == "7654321"
    await meter.close()


async def test_two_meters_on_one_gateway_share_its_connection() -> None:
    words = load_register_map("eastron-sdm630").encode(TRUTH)
    other = load_register_map("eastron-sdm630").encode({**TRUTH, "energy_import_wh": 5000.0})
    async with tcp_server(device(1, words), device(2, other)) as port:
        first, second = meter_at(port, unit=1), meter_at(port, unit=2)
        readings = await asyncio.gather(first.read(), second.read(), first.read())
        assert [reading.energy_import_wh for reading in readings] == [1_234_500.0, 5000.0, 1_234_500.0]
        assert first._registers._bus is second._registers._bus
        await first.close()
        assert (await second.read()).energy_import_wh == 5000.0
        await second.close()
        await second.close()


async def test_the_benchs_file_says_where_the_meter_of_an_evse_is(tmp_path: Path) -> None:
    words = load_register_map("abb-b23").encode(TRUTH)
    async with tcp_server(device(7, words)) as port:
        bench = {"meter": {"host": "127.0.0.1", "port": port}, "meters": {"2": {"unit": 7, "map": "abb-b23"}}}
        (tmp_path / "bench.json").write_text(json.dumps(bench))
        meter = open_meter({"bench_directory": str(tmp_path), "evse": 2})
        assert (await meter.read()).energy_import_wh == 1_234_500.0
        await meter.close()
        with pytest.raises(ValueError, match="no meter for EVSE 1"):
            open_meter({"bench_directory": str(tmp_path), "evse": 1})
    with pytest.raises(HardwareError, match="start the bench first"):
        open_meter({"bench_directory": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"map": "abb-b23", "hots": "x"}, "did you mean 'host'"),
        ({"host": "x"}, "'map': is missing"),
        ({"map": "abb-b23"}, "either 'host'"),
        ({"map": "abb-b23", "host": "x", "serial_port": "/dev/x"}, "either 'host'"),
        ({"map": "abb-b23", "host": "x", "unit": 300}, "'unit': a whole number from 0 to 255 is wanted, got 300"),
        ({"map": "abb-b23", "host": "x", "timeout_seconds": 0}, "timeout_seconds"),
        ({"map": "nobody", "host": "x"}, "no such register map"),
    ],
)
def test_options_that_can_not_be_right_are_refused_with_a_reason(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        open_meter(options)
