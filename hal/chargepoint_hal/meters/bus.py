"""One owner for each Modbus line: with `bus_request`, all that knows pymodbus.

It sends one request at a time, keeps the line silent between them, reconnects by itself and counts what each unit
answered. It knows no register map. Whatever it can not stand behind is a HardwareError, never words.

An RTU answer does not say which request it belongs to. After any failure a unit is therefore *out of step* until it
answered a probe, whose shape the next block does not have. Units answer in order: either that answer proves that
nothing older is still on its way, or the next block gets an answer of a wrong shape, which is an error again.
"""

import asyncio
import logging
import os
import termios
from dataclasses import dataclass, field, replace

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.client.base import ModbusBaseClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError, HardwareValueError
from chargepoint_hal.meters.bus_request import Request, is_answer_to, sent
from chargepoint_hal.meters.lines import Line, SerialLine, TcpLine

LOG = logging.getLogger(__name__)
PYMODBUS_LOG = logging.getLogger("pymodbus.logging")

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    6: "device busy",
    10: "gateway path unavailable",
    11: "gateway target does not answer",
}
GATEWAY_EXCEPTIONS = frozenset({10, 11})
LONGEST_ANSWER = 264


@dataclass(frozen=True, slots=True)
class UnitCounters:
    """What one unit answered since the bus was opened."""

    ok: int = 0
    timeouts: int = 0
    broken_frames: int = 0
    """Bytes came in, but no frame with a right checksum."""
    wrong_units: int = 0
    exceptions: int = 0
    wrong_shapes: int = 0
    """A sound answer to another request: one that came too late."""


class RefusedError(HardwareValueError):
    """The unit answered with a Modbus exception: it is alive, but does not give these registers.

    A gateway answers so for a unit that is not there.
    """

    def __init__(self, message: str, exception_code: int) -> None:
        super().__init__(Fault.METER_SILENT, message)
        self.exception_code = exception_code

    @property
    def is_of_gateway(self) -> bool:
        """Nobody is behind the gateway at that number."""
        return self.exception_code in GATEWAY_EXCEPTIONS


@dataclass(slots=True)
class _LineState:
    client: ModbusBaseClient | None = None
    quiet_since: float = 0.0
    heard: bytes = b""
    is_waiting: bool = False
    in_step: set[int] = field(default_factory=set)
    counters: dict[int, UnitCounters] = field(default_factory=dict)


class ModbusBus:
    """The owner of one line, shared by every meter on it. Made by `open_bus`, given back by `close`."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.users = 0
        self._turn = asyncio.Lock()
        self._state = _LineState()

    @property
    def counters(self) -> dict[int, UnitCounters]:
        """A copy, by unit."""
        return dict(self._state.counters)

    def is_in_step(self, unit: int) -> bool:
        """Nothing that the unit was asked before can still be answered; False until a probe is answered."""
        return unit in self._state.in_step

    def doubt(self, unit: int) -> None:
        """What the unit answered is not what it was asked for: it must answer a probe before the next block."""
        self._state.in_step.discard(unit)

    async def request(self, request: Request) -> list[int]:
        """The block's words. HardwareTimeoutError, RefusedError, HardwareValueError or HardwareError(METER_SILENT)."""
        async with self._turn:
            client = await self._connected(request)
            await self._keep_silence(request)
            was_in_step = self.is_in_step(request.unit)
            self._state.in_step.discard(request.unit)  # also when this task is cancelled
            try:
                answer = await self._exchange(client, request)
            finally:
                self._state.quiet_since = asyncio.get_running_loop().time()
            if was_in_step or (request.is_probe and not answer.isError()):
                self._state.in_step.add(request.unit)
            return self._words_of(answer, request)

    async def close(self) -> None:
        """Give the bus back; the last user closes the line."""
        self.users -= 1
        if self.users <= 0:
            _BUSES.pop(self.line.key, None)
            async with self._turn:
                self._disconnect()

    async def _connected(self, request: Request) -> ModbusBaseClient:
        if self._state.client is not None and self._state.client.connected:
            return self._state.client
        self._disconnect()
        self._state.client = self._new_client()
        connected = False
        try:
            async with asyncio.timeout(request.timeout_seconds):
                connected = await self._state.client.connect()
        except (TimeoutError, OSError, ValueError, termios.error) as error:
            LOG.debug("meter bus does not connect", extra={"bus": self.line.key, "reason": str(error)})
        if connected:
            return self._state.client
        self._disconnect()
        self._count(request, "timeouts")
        raise HardwareError(
            Fault.METER_SILENT,
            f"no connection to meter bus {self.line.key} for unit {request.unit}: check that it is there and reachable",
        )

    def _new_client(self) -> ModbusBaseClient:
        # pymodbus tells the same failure again at ERROR for every cycle; the HardwareError says it once.
        if PYMODBUS_LOG.level == logging.NOTSET:
            PYMODBUS_LOG.setLevel(logging.CRITICAL)
        match self.line:
            case TcpLine(host, port, rtu_frames):
                return AsyncModbusTcpClient(
                    host,
                    port=port,
                    framer=FramerType.RTU if rtu_frames else FramerType.SOCKET,
                    reconnect_delay=0,
                    retries=0,
                    trace_packet=self._overhear,
                    trace_connect=self._notice_connection,
                )
            case SerialLine(path, baud_rate, parity, stop_bits):
                return AsyncModbusSerialClient(
                    path,
                    baudrate=baud_rate,
                    parity=parity,
                    stopbits=stop_bits,
                    reconnect_delay=0,
                    retries=0,
                    trace_packet=self._overhear,
                    trace_connect=self._notice_connection,
                )

    def _overhear(self, sending: bool, data: bytes) -> bytes:
        self._state.heard = b"" if sending else data[:LONGEST_ANSWER]
        return data

    def _notice_connection(self, is_made: bool) -> None:
        """pymodbus lets a request wait for its time-out when its connection is gone; end it at once."""
        client = self._state.client
        if not is_made and client is not None and self._state.is_waiting and not client.ctx.response_future.done():
            client.ctx.response_future.set_exception(ConnectionException("lost"))

    async def _keep_silence(self, request: Request) -> None:
        wanted = max(request.silent_seconds, self.line.silent_seconds)
        rest = self._state.quiet_since + wanted - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, rest))

    async def _exchange(self, client: ModbusBaseClient, request: Request) -> ModbusPDU:
        self._state.is_waiting = True
        try:
            async with asyncio.timeout(request.timeout_seconds):
                return await sent(client, request)
        except TimeoutError:
            failure = self._why_no_answer(request)
        except ConnectionException:
            self._count(request, "timeouts")
            failure = HardwareError(
                Fault.METER_SILENT, f"{self._who(request)}: the connection was lost while it was asked"
            )
        except (ModbusException, OSError) as error:
            self._count(request, "broken_frames")
            failure = HardwareValueError(Fault.METER_SILENT, f"{self._who(request)} sent no usable answer: {error}")
        finally:
            self._state.is_waiting = False
        self._forget_line()
        raise failure

    def _why_no_answer(self, request: Request) -> HardwareError:
        heard, who = self._state.heard, self._who(request)
        if not heard:
            self._count(request, "timeouts")
            text = (
                f"{who} gave no answer in {request.timeout_seconds} s: check address, baud rate, parity and wires A/B"
            )
            return HardwareTimeoutError(Fault.METER_SILENT, text)
        sender = self.line.sender_of(heard)
        if sender is not None and sender != request.unit:
            self._count(request, "wrong_units")
            text = f"{who} was asked but unit {sender} answered: check the addresses of all units on this line"
        else:
            self._count(request, "broken_frames")
            text = f"{who} answered {len(heard)} bytes without a right checksum: check termination and bias of the line"
        return HardwareValueError(Fault.METER_SILENT, text)

    def _words_of(self, answer: ModbusPDU, request: Request) -> list[int]:
        who, block = self._who(request), request.block
        if answer.isError():
            self._count(request, "exceptions")
            reason = EXCEPTIONS.get(answer.exception_code, f"exception {answer.exception_code}")
            raise RefusedError(
                f"{who} refused {block.count} registers from {block.address:#06x} with function {block.function_code}: "
                f"{reason}. Is it the right register map, or is max_registers_per_read too high for it?",
                answer.exception_code,
            )
        if not is_answer_to(answer, request):
            self._count(request, "wrong_shapes")
            self._state.in_step.discard(request.unit)
            self._forget_line()
            raise HardwareValueError(
                Fault.METER_SILENT, f"{who} answered an older request: it is too slow or disturbed"
            )
        self._count(request, "ok")
        return list(answer.registers)

    def _forget_line(self) -> None:
        """A late answer dies with its TCP connection; a serial port stays open for the other units."""
        if isinstance(self.line, TcpLine):
            self._disconnect()

    def _disconnect(self) -> None:
        if self._state.client is not None:
            self._state.client.close()
        self._state.client = None
        self._state.in_step.clear()

    def _count(self, request: Request, name: str) -> None:
        counters = self._state.counters.get(request.unit, UnitCounters())
        self._state.counters[request.unit] = replace(counters, **{name: getattr(counters, name) + 1})

    def _who(self, request: Request) -> str:
        return f"meter unit {request.unit} on {self.line.key}"


_BUSES: dict[str, ModbusBus] = {}
"""Every open line of this process: a port can have one owner only."""


def open_bus(line: Line) -> ModbusBus:
    """The owner of that line, the same for every meter on it; ValueError if another meter wants it set otherwise."""
    bus = _BUSES.setdefault(line.key, ModbusBus(line))
    if not bus.line.is_set_like(line):
        raise ValueError(f"two meters want {line.key} set differently: {bus.line} and {line}")
    if isinstance(line, SerialLine) and os.path.basename(line.path).startswith(("ttyUSB", "ttyACM")):
        LOG.warning(
            "serial port may get another name after a restart: use its link in /dev/serial/by-id",
            extra={"serial_port": line.path},
        )
    bus.users += 1
    return bus
