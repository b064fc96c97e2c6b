"""USB readers that type like a keyboard, read at the kernel's input device and taken away from the console (grabbed).

The device's events have a fixed form and one request is enough to grab it: no library is needed for that.
"""

import fcntl
import os
import select
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from serial.serialutil import Timeout

from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.driver_options import Kind, Option, OptionRules, takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import LENGTH, REVERSE, Writing, kind_option
from chargepoint_hal.readers.typed_lines import EVENT, TypedLine, events_in, number_in

EVIOCGRAB = 0x40044590
"""_IOW('E', 0x90, int): nobody else gets this device's events until it is closed."""
EVENTS_AT_ONCE = 64
REOPEN_SECONDS = 1.0
RULES = OptionRules(
    {
        "device": Option(
            "Its input device, such as a link in /dev/input/by-id that ends in -event-kbd.", Kind.PATH, required=True
        ),
        "format": Option("What it types.", Kind.TEXT, choices=("hex", "decimal"), default="hex"),
        "kind": kind_option("ISO14443"),
        "length": LENGTH,
        "reverse": REVERSE,
    }
)


def grab(descriptor: int) -> None:
    """OSError where it is no input device or somebody else has it."""
    fcntl.ioctl(descriptor, EVIOCGRAB, 1)


class KeyboardReader:
    """One reader. `wait_for_token` belongs to one thread; `close` may be called from another."""

    def __init__(
        self,
        path: str,
        writing: Writing,
        form: str = "hex",
        kind: str = "ISO14443",
        take: Callable[[int], None] = grab,
    ) -> None:
        self._path = path
        self._writing = writing
        self._form = form
        self._kind = kind
        self._take = take
        self._descriptor: int | None = None
        self._unfinished = b""
        self._line = TypedLine()
        self._lines: list[str] = []
        self._in_use = threading.Lock()
        self._closed = threading.Event()
        self._wake_end, self._woken_end = os.pipe()

    @property
    def name(self) -> str:
        return f"keyboard reader {self._path}"

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        """The next card, or None; HardwareError(READER_SILENT) while the device is gone or taken."""
        rest = Timeout(timeout_seconds)
        with self._in_use:
            while not self._closed.is_set():
                self._listen(rest)
                while self._lines:
                    number = number_in(self._lines.pop(0), self._form)
                    if number is not None:
                        return TokenSighting(self._writing.of(number), self._kind)
                if rest.expired():
                    break
        return None

    def close(self) -> None:
        """Give the device back to the console; a waiting call ends at once."""
        if self._closed.is_set():
            return
        self._closed.set()
        os.write(self._woken_end, b"\0")
        with self._in_use:
            self._drop()
            os.close(self._wake_end)
            os.close(self._woken_end)

    def _listen(self, rest: Timeout) -> None:
        if self._lines:
            return
        try:
            descriptor = self._opened()
            ready, _, _ = select.select([descriptor, self._wake_end], [], [], rest.time_left())
            if descriptor not in ready:
                return
            received = os.read(descriptor, EVENT.size * EVENTS_AT_ONCE)
            if not received:
                raise OSError("the device is gone")
        except OSError as error:
            self._drop()
            self._closed.wait(REOPEN_SECONDS)
            raise HardwareError(
                Fault.READER_SILENT, f"{self.name}: {error}: check that it is plugged in and may be read (group input)"
            ) from error
        events, self._unfinished = events_in(self._unfinished + received)
        for event in events:
            self._line, text = self._line.after(event)
            if text is not None:
                self._lines.append(text)

    def _opened(self) -> int:
        if self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                self._take(descriptor)
            except OSError:
                os.close(descriptor)
                raise
            self._descriptor, self._unfinished, self._line = descriptor, b"", TypedLine()
        return self._descriptor

    def _drop(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)


@takes(RULES)
def open_reader(options: Mapping[str, Any]) -> KeyboardReader:
    """A reader by its options; the first wait opens and grabs the device."""
    writing = Writing(bool(options.get("reverse", False)), options.get("length"))
    return KeyboardReader(
        str(options["device"]), writing, str(options.get("format", "hex")), str(options.get("kind", "ISO14443"))
    )
