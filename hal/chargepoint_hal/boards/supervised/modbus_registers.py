"""Registers and coils of one controller on Modbus, blocking: for the supervision's thread alone."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.client.base import ModbusBaseSyncClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from chargepoint_hal.boards.supervised.supervision import DEFAULT_SILENT_SECONDS
from chargepoint_hal.driver_options import Kind, Option
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError

PYMODBUS_LOG = logging.getLogger("pymodbus.logging")
ANSWER_SECONDS = 0.4
MODBUS_TCP_PORT = 502
DEFAULT_BAUD_RATE = 9600

SERIAL_OPTIONS: Mapping[str, Option] = {
    "serial_port": Option("The serial port of its bus, such as a link in /dev/serial/by-id.", Kind.PATH),
    "baud_rate": Option("Its speed.", Kind.WHOLE_NUMBER, 1200, 115200, "baud", default=str(DEFAULT_BAUD_RATE)),
    "parity": Option("Its parity.", Kind.TEXT, choices=("N", "E", "O"), default="N"),
}
TCP_OPTIONS: Mapping[str, Option] = {
    "host": Option("Its address on Modbus TCP.", Kind.TEXT),
    "port": Option("The port there.", Kind.WHOLE_NUMBER, 1, 65535, default=str(MODBUS_TCP_PORT)),
}
SILENT_OPTION = Option(
    "Silent for so long it is out of touch: a fault.", Kind.NUMBER, 0.5, 30, "s", default=f"{DEFAULT_SILENT_SECONDS:g}"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One controller: its number on the bus, and the silence that it wants before each request."""

    number: int
    gap_seconds: float = 0.0


class Registers:
    """One request at a time. HardwareTimeoutError without an answer, HardwareError for one that refuses."""

    def __init__(self, place: str, open_client: Callable[[], ModbusBaseSyncClient], unit: Unit) -> None:
        self.place = place
        self._open_client = open_client
        self._unit = unit
        self._client: ModbusBaseSyncClient | None = None

    def connect(self) -> None:
        self.disconnect()
        if PYMODBUS_LOG.level == logging.NOTSET:
            PYMODBUS_LOG.setLevel(logging.CRITICAL)  # the HardwareError says it once
        client = self._open_client()
        if not client.connect():
            client.close()  # type: ignore[no-untyped-call]  # pymodbus does not annotate it
            raise HardwareTimeoutError(Fault.BOARD_SILENT, f"{self.place} can not be opened")
        self._client = client

    def disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()  # type: ignore[no-untyped-call]  # pymodbus does not annotate it

    def read_holding(self, address: int, count: int = 1) -> list[int]:
        return self._registers(lambda client: client.read_holding_registers(address, count=count, **self._to), count)

    def read_input(self, address: int, count: int = 1) -> list[int]:
        return self._registers(lambda client: client.read_input_registers(address, count=count, **self._to), count)

    def read_coil(self, address: int) -> bool:
        bits = self._ask(lambda client: client.read_coils(address, count=1, **self._to)).bits
        if not bits:
            raise HardwareError(Fault.BOARD_SILENT, f"{self.place}: no coil in its answer")
        return bool(bits[0])

    def write_registers(self, address: int, values: list[int]) -> None:
        """Function 16."""
        self._ask(lambda client: client.write_registers(address, values, **self._to))

    def write_register(self, address: int, value: int) -> None:
        """Function 6."""
        self._ask(lambda client: client.write_register(address, value, **self._to))

    def write_coil(self, address: int, value: bool) -> None:
        self._ask(lambda client: client.write_coil(address, value, **self._to))

    @property
    def _to(self) -> dict[str, Any]:
        return {"device_id": self._unit.number}

    def _registers(self, request: Callable[[ModbusBaseSyncClient], ModbusPDU], count: int) -> list[int]:
        words = self._ask(request).registers
        if len(words) != count:
            raise HardwareError(Fault.BOARD_SILENT, f"{self.place}: {len(words)} registers instead of {count}")
        return list(words)

    def _ask(self, request: Callable[[ModbusBaseSyncClient], ModbusPDU]) -> ModbusPDU:
        if self._client is None:
            raise HardwareTimeoutError(Fault.BOARD_SILENT, f"{self.place} is not open")
        if self._unit.gap_seconds:
            time.sleep(self._unit.gap_seconds)
        try:
            answer = request(self._client)
        except ModbusException as error:
            raise HardwareTimeoutError(Fault.BOARD_SILENT, f"{self.place}: {error}") from error
        if answer.isError():
            raise HardwareError(Fault.BOARD_SILENT, f"{self.place} refuses: {answer}")
        return answer


def serial_registers(options: Mapping[str, Any], unit: Unit) -> Registers:
    """On the serial port of the options."""
    path, baud_rate = str(options["serial_port"]), options.get("baud_rate", DEFAULT_BAUD_RATE)
    parity = options.get("parity", "N")
    return Registers(
        f"{path} unit {unit.number}",
        lambda: ModbusSerialClient(path, baudrate=baud_rate, parity=parity, timeout=ANSWER_SECONDS, retries=0),
        unit,
    )


def tcp_registers(options: Mapping[str, Any], unit: Unit) -> Registers:
    """At the host of the options."""
    host, port = str(options["host"]), options.get("port", MODBUS_TCP_PORT)
    return Registers(
        f"{host}:{port} unit {unit.number}",
        lambda: ModbusTcpClient(host, port=port, timeout=ANSWER_SECONDS, retries=0),
        unit,
    )
