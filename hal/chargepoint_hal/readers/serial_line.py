"""A reader's serial port: opened when it is needed, lost when it fails, closed from any thread. It knows no frames."""

import termios
import threading

import serial
from serial.serialutil import Timeout

from chargepoint_hal.faults import Fault, HardwareError

REOPEN_SECONDS = 1.0
PORT_ERRORS = (OSError, termios.error)
"""What pyserial raises of a port that fails; the second, of a tty that hangs up while it is opened, is no OSError."""


class SerialLine:
    """One port. `read` and `write` belong to one thread; `close` may be called from another."""

    def __init__(self, who: str, path: str, baud_rate: int) -> None:
        self._who = who
        self._path = path
        self._baud_rate = baud_rate
        self._port: serial.Serial | None = None
        self._closed = threading.Event()

    @property
    def is_open(self) -> bool:
        return self._port is not None

    @property
    def is_closed(self) -> bool:
        """For good."""
        return self._closed.is_set()

    def open(self) -> None:
        """HardwareError(READER_SILENT) where the port is not there; at most one attempt a second is made."""
        if self._closed.is_set():
            raise HardwareError(Fault.READER_SILENT, f"{self._who} was closed")
        try:
            self._port = serial.Serial(self._path, self._baud_rate, exclusive=True)
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def write(self, raw: bytes) -> None:
        """HardwareError(READER_SILENT) when the port is gone."""
        try:
            if self._port is not None:
                self._port.write(raw)
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def read(self, rest: Timeout) -> bytes:
        """What came in, after the first byte everything that is there; nothing when the time is over."""
        port = self._port
        try:
            if port is None or rest.expired() or self._closed.is_set():
                return b""
            port.timeout = rest.time_left()
            first: bytes = port.read(1)
            return first + port.read(port.in_waiting)
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def wait(self, seconds: float) -> None:
        """Let the field rest; ends when the line is closed."""
        self._closed.wait(seconds)

    def drop(self) -> None:
        """The next use opens it anew."""
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def close(self) -> None:
        """For good; a read under way ends at once. The port itself is given back by `drop`."""
        self._closed.set()
        if (port := self._port) is not None:
            port.cancel_read()

    def _lost(self, error: Exception) -> HardwareError:
        self.drop()
        self._closed.wait(REOPEN_SECONDS)
        return HardwareError(
            Fault.READER_SILENT, f"{self._who}: {error}: check that the port is there and may be opened"
        )
