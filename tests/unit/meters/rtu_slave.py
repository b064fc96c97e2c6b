"""A Modbus RTU line with meters on it: a pty whose far end answers real frames, well or badly."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pymodbus.framer.rtu import FramerRTU

from chargepoint_hal.contract import EnergyMeter

REQUEST_BYTES = 8

Words = dict[int, dict[int, int]]
Behaviour = Callable[[bytes], list[bytes]]
"""From the frame that is right to the chunks that are sent."""


def framed(body: bytes) -> bytes:
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def silent(answer: bytes) -> list[bytes]:
    return []


def crc_broken(answer: bytes) -> list[bytes]:
    return [answer[:-1] + bytes([answer[-1] ^ 0x55])]


def half_frame(answer: bytes) -> list[bytes]:
    return [answer[: len(answer) // 2]]


def from_unit(unit: int) -> Behaviour:
    return lambda answer: [framed(bytes([unit]) + answer[1:-2])]


def noise_before(answer: bytes) -> list[bytes]:
    return [b"\x00\xff\x00" + answer]


def exception(code: int) -> Behaviour:
    return lambda answer: [framed(bytes([answer[0], answer[1] | 0x80, code]))]


@dataclass
class RtuLine:
    """Meters by unit; `behaviours` are used up one a request, then every answer is right."""

    master: int
    path: str
    meters: dict[int, Words]
    behaviours: deque[Behaviour] = field(default_factory=deque)
    asked: list[tuple[int, int, int, int]] = field(default_factory=list)
    late: list[bytes] = field(default_factory=list)
    received: bytes = b""
    most_registers: int = 125
    readers: list[EnergyMeter] = field(default_factory=list)
    """Closed with the line."""

    def too_late(self, answer: bytes) -> list[bytes]:
        """Keep the answer until `send_late_answers`."""
        self.late.append(answer)
        return []

    def send_late_answers(self) -> None:
        for answer in self.late:
            os.write(self.master, answer)
        self.late.clear()

    def hear(self) -> None:
        self.received += os.read(self.master, 1024)
        while len(self.received) >= REQUEST_BYTES:
            request, self.received = self.received[:REQUEST_BYTES], self.received[REQUEST_BYTES:]
            assert framed(request[:-2]) == request
            behaviour = self.behaviours.popleft() if self.behaviours else lambda answer: [answer]
            if (answer := self.right_answer(request)) is not None:
                for chunk in behaviour(answer):
                    os.write(self.master, chunk)

    def right_answer(self, request: bytes) -> bytes | None:
        unit, code = request[0], request[1]
        address, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        self.asked.append((unit, code, address, count))
        if unit not in self.meters:
            return None
        table = self.meters[unit].get(code, {})
        if not table or count > self.most_registers or not min(table) <= address <= max(table):
            return framed(bytes([unit, code | 0x80, 2]))
        words = [table.get(address + place, 0) for place in range(count)]
        return framed(bytes([unit, code, 2 * count]) + b"".join(word.to_bytes(2, "big") for word in words))


@asynccontextmanager
async def rtu_line(meters: dict[int, Words]) -> AsyncIterator[RtuLine]:
    master, far_end = os.openpty()
    line = RtuLine(master, os.ttyname(far_end), meters)
    loop = asyncio.get_running_loop()
    loop.add_reader(master, line.hear)
    try:
        yield line
    finally:
        for reader in line.readers:
            await reader.close()
        loop.remove_reader(master)
        os.close(far_end)
        os.close(master)
