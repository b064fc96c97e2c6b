"""Meters behind pymodbus' own TCP server on a free loopback port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simdevice import SimAction

LARGEST_GAP = 64


def device(unit: int, words: dict[int, dict[int, int]], action: SimAction | None = None) -> SimDevice:
    """Registers near each other are one range without holes, as in a real meter."""
    table = {address: word for code in words.values() for address, word in code.items()}
    ranges: list[tuple[int, list[int]]] = []
    for address in sorted(table):
        if not ranges or address - (ranges[-1][0] + len(ranges[-1][1])) > LARGEST_GAP:
            ranges.append((address, []))
        start, values = ranges[-1]
        values.extend(table.get(place, 0) for place in range(start + len(values), address + 1))
    simdata = [SimData(start, values=values, datatype=DataType.REGISTERS) for start, values in ranges]
    return SimDevice(id=unit, simdata=simdata, action=action)


@asynccontextmanager
async def tcp_server(*devices: SimDevice, port: int = 0, is_a_bus: bool = False) -> AsyncIterator[int]:
    """Yields the port. On a bus a unit that is not there is silent; a gateway would say so."""
    server = ModbusTcpServer(list(devices), address=("127.0.0.1", port), ignore_missing_devices=is_a_bus)
    await server.serve_forever(background=True)
    try:
        yield server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # an asyncio.Server
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus does not annotate it
