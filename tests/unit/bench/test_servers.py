"""The meters' Modbus TCP server and the reader's stream, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from chargepoint_hal.bench.meter_server import MeterServer
from chargepoint_hal.bench.reader_server import ReaderServer
from chargepoint_hal.bench.settings import BenchSettings, EvseSettings, MeterSettings
from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.register_map import RegisterMap
from chargepoint_hal.readers.bench import BenchReader, open_reader
from unit.bench.station_side import StationSide

MAPS = ("eastron-sdm630", "eastron-sdm72dm", "eastron-sdm120", "abb-b23", "carlo-gavazzi-em340")


def one_evse_per_map() -> BenchSettings:
    evses = tuple(
        EvseSettings(
            phases=load_register_map(name).phases,
            meter=MeterSettings(map_name=name, energy_import_wh=123_000.0, serial_number="7001234"),
        )
        for name in MAPS
    )
    return BenchSettings(evses=evses, monoflop_seconds=None)


@pytest.fixture
def side() -> StationSide:
    return StationSide(one_evse_per_map())


@pytest.fixture
async def meter_client(side: StationSide) -> AsyncIterator[AsyncModbusTcpClient]:
    server = MeterServer(side.world)
    await server.start()
    client = AsyncModbusTcpClient("127.0.0.1", port=server.port, timeout=0.3, retries=0)
    assert await client.connect()
    yield client
    client.close()
    await server.stop()


async def read_all(client: AsyncModbusTcpClient, unit: int, register_map: RegisterMap) -> dict[str, Any]:
    """Every quantity, register by register, as the map says."""
    words: dict[int, dict[int, int]] = {3: {}, 4: {}}
    for register in register_map.quantities.values():
        read = client.read_holding_registers if register.function_code == 3 else client.read_input_registers
        answer = await read(register.address, count=register.count, device_id=unit)
        if answer.isError():
            continue  # a phase that this map has and this meter lacks
        words[register.function_code].update(
            {register.address + place: word for place, word in enumerate(answer.registers)}
        )
    return dict(register_map.decode(words))


@pytest.mark.parametrize(("unit", "name"), list(enumerate(MAPS, start=1)))
async def test_each_unit_is_a_real_meter_that_shows_what_flows(
    meter_client: AsyncModbusTcpClient, side: StationSide, unit: int, name: str
) -> None:
    side.world.plug_in(unit)
    side.board.evses[unit].control_pilot.signal_pwm(16 / 0.6)
    side.board.evses[unit].contactor.close(3)
    side.advance(10.0)
    register_map = load_register_map(name)
    shown = await read_all(meter_client, unit, register_map)
    expected = {
        "energy_import_wh": 123_000.0,
        "power_watts": 16.0 * 230.0 * register_map.phases,
        "current_l1_amps": 16.0,
    }
    for quantity, value in expected.items():
        if quantity in register_map.quantities:
            assert shown[quantity] == pytest.approx(value, rel=1e-3), quantity
    if "serial_number" in register_map.quantities:
        assert shown["serial_number"] == "7001234"


async def test_a_silent_meter_gives_no_answer_and_the_others_do(
    meter_client: AsyncModbusTcpClient, side: StationSide
) -> None:
    side.world.set_fault(1, "meter_silent", active=True)
    with pytest.raises(ModbusIOException):
        await meter_client.read_input_registers(0, count=2, device_id=1)
    assert not (await meter_client.read_input_registers(0x48, count=2, device_id=2)).isError()
    side.world.set_fault(1, "meter_silent", active=False)
    assert not (await meter_client.read_input_registers(0, count=2, device_id=1)).isError()


async def test_a_unit_that_does_not_exist_gives_no_answer(meter_client: AsyncModbusTcpClient) -> None:
    with pytest.raises(ModbusIOException):
        await meter_client.read_input_registers(0, count=2, device_id=99)


async def test_a_register_can_not_be_written(meter_client: AsyncModbusTcpClient) -> None:
    assert (await meter_client.write_register(0xFC00, 1, device_id=1)).isError()


async def test_a_frozen_meter_shows_the_same_for_ever(meter_client: AsyncModbusTcpClient, side: StationSide) -> None:
    register_map = load_register_map(MAPS[0])
    side.world.set_fault(1, "meter_frozen", active=True)
    before = await read_all(meter_client, 1, register_map)
    side.charge()
    side.advance(60.0)
    assert await read_all(meter_client, 1, register_map) == before
    side.world.set_fault(1, "meter_frozen", active=False)
    assert (await read_all(meter_client, 1, register_map))["power_watts"] == pytest.approx(32.0 * 230 * 3, rel=1e-3)


async def test_an_implausible_meter_jumps_while_the_fault_lasts(
    meter_client: AsyncModbusTcpClient, side: StationSide
) -> None:
    register_map = load_register_map(MAPS[0])
    side.world.set_fault(1, "meter_implausible", active=True)
    assert (await read_all(meter_client, 1, register_map))["energy_import_wh"] == pytest.approx(5_123_000.0)


async def test_a_taken_port_is_said_so(side: StationSide) -> None:
    first, second = MeterServer(side.world), MeterServer(side.world)
    await first.start()
    with pytest.raises(OSError, match="choose another meter_port"):
        await second.start(first.port)
    await first.stop()


@pytest.fixture
async def reader_server(side: StationSide) -> AsyncIterator[ReaderServer]:
    server = ReaderServer(side.world)
    await server.start()
    yield server
    await server.stop()


async def next_sighting(reader: BenchReader) -> TokenSighting | None:
    return await asyncio.to_thread(reader.wait_for_token, 5.0)


async def test_the_stream_says_alive_and_repeats_a_held_card(side: StationSide, reader_server: ReaderServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", reader_server.port)
    assert json.loads(await reader.readline()) == {"alive": True}
    side.world.present_token("04A2B3C4", evses=[1], held_seconds=3600.0)
    lines = [json.loads(await reader.readline()) for _ in range(3)]
    assert lines == [{"uid": "04A2B3C4", "type": "ISO14443", "evses": [1]}] * 3
    writer.close()
    await writer.wait_closed()


async def test_a_reader_sees_only_cards_for_its_evses(side: StationSide, reader_server: ReaderServer) -> None:
    reader = open_reader({"port": reader_server.port, "evses": [2, 3]})
    assert await asyncio.to_thread(reader.wait_for_token, 0.2) is None
    side.world.present_token("AAAAAAAA", evses=[1])
    side.world.present_token("BBBBBBBB", "ISO15693", evses=[3, 4], held_seconds=0.0)
    assert await next_sighting(reader) == TokenSighting("BBBBBBBB", "ISO15693")
    await asyncio.to_thread(reader.close)


async def test_a_reader_finds_the_bench_again_after_it_was_away(side: StationSide) -> None:
    first = ReaderServer(side.world)
    await first.start()
    reader = open_reader({"host": "127.0.0.1", "port": first.port})
    assert await asyncio.to_thread(reader.wait_for_token, 0.2) is None
    await first.stop()
    second = ReaderServer(side.world)
    await second.start(first.port)
    side.world.present_token("04A2B3C4", held_seconds=3600.0)
    assert await next_sighting(reader) == TokenSighting("04A2B3C4", "ISO14443")
    await asyncio.to_thread(reader.close)
    await second.stop()


async def test_garbage_on_the_stream_is_passed_over() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'\xff\n[1]\n{"uid":7,"type":"x"}\n' + b"[" * 9000 + b'\n{"uid":"C0FFEE00","ty')
        await writer.drain()
        writer.write(b'pe":"Local","evses":null}\n')
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    reader = open_reader({"port": server.sockets[0].getsockname()[1]})
    assert await next_sighting(reader) == TokenSighting("C0FFEE00", "Local")
    await asyncio.to_thread(reader.close)
    server.close()


async def test_reader_silent_sends_nothing_and_the_client_says_so(
    side: StationSide, reader_server: ReaderServer
) -> None:
    moments = [0.0]
    reader = BenchReader(lambda: ("127.0.0.1", reader_server.port), (1,), clock=lambda: moments[0])
    side.world.set_fault(1, "reader_silent", active=True)
    moments[0] = 5.0
    with pytest.raises(HardwareError, match="reader_silent") as raised:
        reader.wait_for_token(0.0)
    assert raised.value.fault is Fault.READER_SILENT
    reader.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give either 'bench_directory' or 'port', got none of them"),
        ({"port": 1, "bench_directory": "x"}, "got 'bench_directory' and 'port'"),
        ({"prot": 1}, "option 'prot': unknown option, did you mean 'port'"),
    ],
)
def test_wrong_options_of_the_reader_are_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        open_reader(options)
