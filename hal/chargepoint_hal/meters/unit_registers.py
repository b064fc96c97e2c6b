"""One unit's registers on a shared bus: reads and writes of any length, each in requests that the unit accepts."""

from dataclasses import dataclass, replace

from chargepoint_hal.meters.bus import ModbusBus, UnitCounters
from chargepoint_hal.meters.bus_request import Request
from chargepoint_hal.meters.read_plan import Block

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
LONGEST_READ, LONGEST_WRITE = 125, 123


@dataclass(frozen=True, slots=True)
class UnitAddress:
    """Which unit, and how it wants to be asked."""

    unit: int
    timeout_seconds: float
    silent_seconds: float = 0.0


class UnitRegisters:
    """Every method raises what `ModbusBus.request` raises."""

    def __init__(self, bus: ModbusBus, address: UnitAddress) -> None:
        self._bus = bus
        self._address = address

    @property
    def is_in_step(self) -> bool:
        """Nothing that the unit was asked before can still be answered."""
        return self._bus.is_in_step(self._address.unit)

    @property
    def counters(self) -> UnitCounters:
        return self._bus.counters.get(self._address.unit, UnitCounters())

    def doubt(self) -> None:
        """What it answered is not what it was asked for: it must answer a probe first."""
        self._bus.doubt(self._address.unit)

    async def ask(self, block: Block, *, is_probe: bool = False) -> list[int]:
        """One read."""
        return await self._bus.request(replace(self._request(block), is_probe=is_probe))

    async def read(self, address: int, count: int) -> list[int]:
        """Holding registers."""
        return await self._read(READ_HOLDING, address, count)

    async def read_input(self, address: int, count: int) -> list[int]:
        """Input registers."""
        return await self._read(READ_INPUT, address, count)

    async def write_one(self, address: int, value: int) -> None:
        """One holding register by the function for one."""
        block = Block(WRITE_ONE, address, 1, frozenset())
        await self._bus.request(replace(self._request(block), values=(value & 0xFFFF,)))

    async def write(self, address: int, values: list[int]) -> None:
        """Holding registers, in as few requests as possible."""
        for start in range(0, len(values), LONGEST_WRITE):
            part = tuple(value & 0xFFFF for value in values[start : start + LONGEST_WRITE])
            block = Block(WRITE_MANY, address + start, len(part), frozenset())
            await self._bus.request(replace(self._request(block), values=part))

    async def close(self) -> None:
        """Give the bus back."""
        await self._bus.close()

    async def _read(self, function_code: int, address: int, count: int) -> list[int]:
        words: list[int] = []
        while count > 0:
            part = min(count, LONGEST_READ)
            words += await self.ask(Block(function_code, address, part, frozenset()))
            address, count = address + part, count - part
        return words

    def _request(self, block: Block) -> Request:
        return Request(self._address.unit, block, self._address.timeout_seconds, self._address.silent_seconds)
