"""The bench's virtual reader, over its line-JSON stream on loopback. Blocking, for the reader's own thread.

It connects by itself, again and again, and holds that the reader is gone when nothing came for SILENT_SECONDS.
"""

import json
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock
from typing import Any

from chargepoint_hal.contract import EvseNumber, TokenSighting
from chargepoint_hal.driver_options import Kind, Option, OptionRules, Way, takes
from chargepoint_hal.faults import Fault, HardwareError

SILENT_SECONDS = 5.0
CONNECT_SECONDS = 1.0
RETRY_SECONDS = 0.5
CLOSE_LOOK_SECONDS = 0.5
LINE_BYTES = 65536
RULES = OptionRules(
    {
        "bench_directory": Option(
            "The run directory of a bench, whose bench.json says where its reader is.", Kind.PATH
        ),
        "host": Option("Where the bench's reader is.", Kind.TEXT, default="127.0.0.1"),
        "port": Option("Its port.", Kind.WHOLE_NUMBER, 1, 65535),
        "evses": Option("The EVSEs that it serves; the station fills them in.", Kind.WHOLE_NUMBERS, 1, 99),
    },
    ways=(Way("bench_directory"), Way("port", allows=("host",))),
)


class BenchReader:
    """Serves `evses` (None: all). Cards shown to others never appear here."""

    def __init__(
        self,
        find_address: Callable[[], tuple[str, int]],
        evses: tuple[EvseNumber, ...] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_address = find_address
        self._served = None if evses is None else frozenset(evses)
        self._clock = clock
        self._last_heard_at = clock()
        self._socket: socket.socket | None = None
        self._unfinished = b""
        self._sightings: deque[TokenSighting] = deque(maxlen=64)
        self._closed = Event()
        self._listening = Lock()

    @property
    def name(self) -> str:
        return "bench reader"

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        deadline = self._clock() + timeout_seconds
        while not self._sightings and not self._closed.is_set():
            remaining = deadline - self._clock()
            if remaining <= 0:
                break
            with self._listening:
                self._listen(min(remaining, CLOSE_LOOK_SECONDS))
        if self._sightings:
            return self._sightings.popleft()
        if not self._closed.is_set() and self._clock() - self._last_heard_at >= SILENT_SECONDS:
            raise HardwareError(
                Fault.READER_SILENT,
                f"the bench's reader sent nothing for {SILENT_SECONDS:g} s: see that the bench runs "
                "and that its fault reader_silent is cleared",
            )
        return None

    def close(self) -> None:
        """May be called from another thread: a running wait ends at once, at the latest after half a second."""
        self._closed.set()
        with suppress(OSError, AttributeError):  # gone, or never there
            self._socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # wakes the waiting thread
        with self._listening:
            self._disconnect()

    def _listen(self, seconds: float) -> None:
        """Wait for bytes for at most that long; an absent bench costs the same time."""
        connection = None if self._closed.is_set() else self._socket or self._connect()
        if connection is None:
            self._closed.wait(min(seconds, RETRY_SECONDS))
            return
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            if not selector.select(seconds):
                return
        try:
            received = connection.recv(LINE_BYTES)
        except OSError:
            received = b""
        if received:
            self._take(received)
        else:
            self._disconnect()

    def _connect(self) -> socket.socket | None:
        try:
            connection = socket.create_connection(self._find_address(), timeout=CONNECT_SECONDS)
        except (OSError, ValueError, KeyError, TypeError):  # no bench there, or its bench.json is not readable yet
            return None
        self._socket, self._unfinished = connection, b""
        if self._served is not None:
            try:
                connection.sendall(json.dumps({"evses": sorted(self._served)}).encode() + b"\n")
            except OSError:
                self._disconnect()
        return self._socket

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _take(self, received: bytes) -> None:
        *lines, self._unfinished = (self._unfinished + received).split(b"\n")
        if len(self._unfinished) > LINE_BYTES:
            self._disconnect()
            return
        for line in lines:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        """A card, a sign of life, or something else that is passed over."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        self._last_heard_at = self._clock()
        uid, kind, evses = message.get("uid"), message.get("type"), message.get("evses")
        if isinstance(uid, str) and uid and isinstance(kind, str) and self._serves(evses):
            self._sightings.append(TokenSighting(uid, kind))

    def _serves(self, evses: object) -> bool:
        if evses is None or self._served is None:
            return True
        return isinstance(evses, list) and any(evse in self._served for evse in evses)


@takes(RULES)
def open_reader(options: Mapping[str, Any]) -> BenchReader:
    """The bench's reader at `host` and `port`, or where `bench_directory`'s bench.json says; `evses` it serves."""
    evses = tuple(options["evses"]) if "evses" in options else None
    if "bench_directory" in options:
        directory = Path(options["bench_directory"])
        return BenchReader(lambda: _address_in(directory / "bench.json"), evses)
    address = (str(options.get("host", "127.0.0.1")), int(options["port"]))
    return BenchReader(lambda: address, evses)


def _address_in(bench_json: Path) -> tuple[str, int]:
    reader = json.loads(bench_json.read_text(encoding="utf-8"))["reader"]
    return str(reader["host"]), int(reader["port"])
