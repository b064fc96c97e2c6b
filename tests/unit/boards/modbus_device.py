"""Controllers behind pymodbus' own servers, on TCP or on a serial line that loses and garbles frames when it is told.

Each runs in a thread of its own, as the boards that talk to them block.
"""

import asyncio
import os
import select
import threading
import tty
from collections.abc import Callable
from dataclasses import dataclass, field

from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simdevice import SimAction
from pymodbus.simulator.simutils import SimUtils

Table = dict[int, int]


def blocks(table: Table) -> list[SimData]:
    """One block for each run of addresses."""
    runs: list[tuple[int, list[int]]] = []
    for address in sorted(table):
        if not runs or address != runs[-1][0] + len(runs[-1][1]):
            runs.append((address, []))
        runs[-1][1].append(table[address])
    return [SimData(start, values=values, datatype=DataType.REGISTERS) for start, values in runs]


class TwoPtys:
    """A serial line with two ends; what goes from the device to the station can be lost or garbled.

    `swallowed` has what the station said while the line was cut; `answer_seconds`: how slow the answers come.
    """

    def __init__(self) -> None:
        self._near_master, self._near = os.openpty()
        self._far_master, self._far = os.openpty()
        for end in (self._near, self._far):
            tty.setraw(end)
        self.station_path, self.device_path = os.ttyname(self._near), os.ttyname(self._far)
        self._wake, self._waker = os.pipe()
        self._rest = threading.Event()
        self.is_cut = False
        self.answer_seconds = 0.0
        self.swallowed: list[bytes] = []
        self.answers_garbled = 0
        self.answers_lost = 0
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def close(self) -> None:
        os.write(self._waker, b"x")
        self._thread.join()
        ends = (self._near_master, self._near, self._far_master, self._far, self._wake, self._waker)
        for descriptor in ends:
            os.close(descriptor)

    def _carry(self) -> None:
        while True:
            ready, _, _ = select.select([self._near_master, self._far_master, self._wake], [], [])
            if self._wake in ready:
                return
            if self._near_master in ready:
                asked = os.read(self._near_master, 512)
                if self.is_cut:
                    self.swallowed.append(asked)
                else:
                    os.write(self._far_master, asked)
            if self._far_master in ready:
                self._answer(os.read(self._far_master, 512))

    def _answer(self, answered: bytes) -> None:
        self._rest.wait(self.answer_seconds)
        if self.is_cut:
            return
        if self.answers_lost:
            self.answers_lost -= 1
        elif self.answers_garbled:
            self.answers_garbled -= 1
            os.write(self._near_master, b"\x55" + answered[:-1] + b"\xaa")
        else:
            os.write(self._near_master, answered)


@dataclass
class ModbusDevice:
    """Serves a SimDevice until `close`."""

    device: SimDevice
    serial_path: str | None = None
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _is_up: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._is_up.wait(20)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server: ModbusTcpServer | ModbusSerialServer
        if self.serial_path is None:
            server = ModbusTcpServer([self.device], address=("127.0.0.1", self.port))
        else:
            server = ModbusSerialServer([self.device], port=self.serial_path, baudrate=9600)
        await server.serve_forever(background=True)
        if self.serial_path is None:
            self.port = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # an asyncio.Server
        self._is_up.set()
        await self._stop.wait()
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus does not annotate it


READS = frozenset({3, 4})
COILS = frozenset({1, 5, 15})
BITS = 16


def coils(first: int) -> list[SimData]:
    """Sixteen coils from an address on that sixteen divides."""
    return [SimData(first, values=[False] * BITS, datatype=DataType.BITS)]


def living(table_of: Callable[[], Table], on_write: Callable[[int, int], None]) -> SimAction:
    """An action: before a read the registers show the device's present state; a write is told to the device."""

    async def act(
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> None:
        now = table_of()
        if function_code in COILS:
            first = start_address * BITS
            bits = [bool(now.get(first + place, 0)) for place in range(BITS)]
            current_registers[:1] = SimUtils.bitsToRegisters(bits)
        elif function_code in READS:
            for place in range(count):
                if (address + place) in now:
                    current_registers[address + place - start_address] = now[address + place]
        for place, value in enumerate(set_values or ()):
            on_write(address + place, int(value))

    return act
