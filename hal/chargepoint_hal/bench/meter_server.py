"""The bench's meters on real Modbus TCP: one server, one unit per EVSE, each with a real meter's register map.

Registers are encoded from the world at each request. A silent meter, and a unit that does not exist, give no answer,
as on a real bus. It decides nothing about energy.
"""

import asyncio

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from chargepoint_hal.bench.bench_meter import BenchMeter
from chargepoint_hal.bench.world import World
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.register_map import RegisterMap

LOOPBACK = "127.0.0.1"
READABLE_GAP_REGISTERS = 128
ANY_UNIT = 0


class MeterServer:
    """Start it inside a running loop; `port` is known afterwards."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._server: ModbusTcpServer | None = None
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; OSError when the port is taken."""
        devices = [
            MeterUnit(number, self._world.evse(number).meter, load_register_map(settings.meter.map_name)).device()
            for number, settings in enumerate(self._world.settings.evses, start=1)
        ]
        absent = SimDevice(ANY_UNIT, _blocks({}), action=_give_no_answer)
        server = ModbusTcpServer([absent, *devices], address=(LOOPBACK, port), ignore_missing_devices=True)
        is_listening = await server.listen()
        listener: object = server.transport  # annotated as a transport, it is the loop's server
        if not is_listening or not isinstance(listener, asyncio.Server):
            raise OSError(f"the bench can not serve meters on {LOOPBACK}:{port}: choose another meter_port, or 0")
        self._server = server
        self.port = listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it bare
            self._server = None


class MeterUnit:
    """One meter behind its unit id."""

    def __init__(self, unit: int, meter: BenchMeter, register_map: RegisterMap) -> None:
        self._unit = unit
        self._meter = meter
        self._map = register_map

    def device(self) -> SimDevice:
        """The unit for the Modbus server."""
        return SimDevice(self._unit, _blocks(self._map.encode(self._meter.quantities())), action=self._refresh)

    async def _refresh(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by the server at each request, with the registers that it is about to answer from."""
        if self._meter.is_silent:
            raise NoSuchIdException(f"meter {self._unit} is silent")
        if set_values is not None:
            return ExcCodes.ILLEGAL_FUNCTION
        words = self._map.encode(self._meter.quantities()).get(function_code, {})
        for place in range(address, address + count):
            registers[place - start_address] = words.get(place, 0)
        return None


async def _give_no_answer(
    function_code: int,
    start_address: int,
    address: int,
    count: int,
    registers: list[int],
    set_values: list[int] | list[bool] | None,
) -> ExcCodes | None:
    raise NoSuchIdException("no meter with this unit")


def _blocks(
    words: dict[int, dict[int, int]],
) -> tuple[list[SimData], list[SimData], list[SimData], list[SimData]]:
    """Coils, discrete inputs, holding registers and input registers; a meter has no bits."""
    no_bits = SimData(0, values=[False] * 16, datatype=DataType.BITS)
    return [no_bits], [no_bits], _register_block(words.get(3, {})), _register_block(words.get(4, {}))


def _register_block(words: dict[int, int]) -> list[SimData]:
    """Runs of readable registers; what lies between two near ones reads as 0, as real meters do."""
    if not words:
        return [SimData(0, count=0x10000, values=0, datatype=DataType.REGISTERS)]
    addresses = sorted(words)
    runs = [[addresses[0], addresses[0]]]
    for address in addresses[1:]:
        if address - runs[-1][1] <= READABLE_GAP_REGISTERS:
            runs[-1][1] = address
        else:
            runs.append([address, address])
    return [
        SimData(first, values=[words.get(place, 0) for place in range(first, last + 1)], datatype=DataType.REGISTERS)
        for first, last in runs
    ]
