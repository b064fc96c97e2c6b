"""Wiegand readers and keypads on two inputs, through gpiozero. Both lines rest high; a pulse on one of them is a bit.

Both lines must be brought down to 3.3 V. gpiozero is imported when such a reader is opened.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.driver_options import Kind, Option, OptionRules, Place, gpio_place, takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import LENGTH, REVERSE, Writing, kind_option
from chargepoint_hal.readers.gpio_factory import GPIO_CHIP, PIN_FACTORY, opened_factory, refusals
from chargepoint_hal.readers.wiegand_bits import BitStream, number_in

LINES = ("data0", "data1")
PROCESSOR_PIN = re.compile(r"(?:GPIO|BCM)?(\d{1,2})", re.IGNORECASE)
"""gpiozero has other names too, as BOARD11: whose pin that is, it alone knows, and nobody could say who else has it."""


def line_places(options: Mapping[str, Any]) -> Iterator[Place]:
    """The pins of the lines."""
    for line in LINES:
        if (found := PROCESSOR_PIN.fullmatch(options[line])) is not None:
            yield gpio_place(options.get("gpio_chip", 0), int(found[1]), line)


def line_problems(name: Any) -> Iterator[str]:
    if PROCESSOR_PIN.fullmatch(name) is None:
        yield f"the processor's number is wanted, as 17 or GPIO17, got {name!r}"


RULES = OptionRules(
    {
        "data0": Option(
            "The pin of line D0, by its number: 17 or GPIO17.",
            Kind.TEXT,
            required=True,
            check=line_problems,
        ),
        "data1": Option("The pin of line D1.", Kind.TEXT, required=True, check=line_problems),
        "pin_factory": PIN_FACTORY,
        "gpio_chip": GPIO_CHIP,
        "kind": kind_option("Local"),
        "length": LENGTH,
        "reverse": REVERSE,
    },
    places=line_places,
)


class WiegandReader:
    """One reader. gpiozero calls from threads of its own; `wait_for_token` belongs to one, `close` to any."""

    def __init__(
        self,
        data0: Any,
        data1: Any,
        writing: Writing,
        kind: str = "Local",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The lines are gpiozero's digital inputs, active while they are low."""
        self._lines = (data0, data1)
        self._writing = writing
        self._kind = kind
        self._clock = clock
        self._pulsed = threading.Condition()
        self._stream = BitStream()
        self._numbers: deque[bytes] = deque(maxlen=8)
        self._is_closed = False
        data0.when_activated = lambda: self._pulse(0)
        data1.when_activated = lambda: self._pulse(1)

    @property
    def name(self) -> str:
        return "Wiegand reader on " + " and ".join(str(line.pin) for line in self._lines)

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        """The next card; a frame of another length or with a wrong parity is passed over."""
        deadline = self._clock() + timeout_seconds
        with self._pulsed:
            while not self._is_closed:
                now = self._clock()
                rest = self._stream.rest_seconds(now)
                if rest == 0.0:
                    self._finish()
                if self._numbers:
                    return TokenSighting(self._writing.of(self._numbers.popleft()), self._kind)
                if now >= deadline:
                    return None
                self._pulsed.wait(min(deadline - now, rest) if rest else deadline - now)
        raise HardwareError(Fault.READER_SILENT, "the Wiegand reader was closed")

    def close(self) -> None:
        """Give the pins back; a waiting call ends at once."""
        with self._pulsed:
            self._is_closed = True
            self._pulsed.notify_all()
        for line in self._lines:
            line.close()

    def _pulse(self, bit: int) -> None:
        with self._pulsed:
            now = self._clock()
            if self._stream.rest_seconds(now) == 0.0:
                self._finish()
            self._stream = self._stream.pulse(bit, now)
            self._pulsed.notify_all()

    def _finish(self) -> None:
        number = number_in(self._stream.bits)
        if number is not None:
            self._numbers.append(number)
        self._stream = BitStream()


@takes(RULES)
def open_reader(options: Mapping[str, Any]) -> WiegandReader:
    """A reader by its options; ImportError without the libraries, HardwareError where the pins can not be had."""
    from gpiozero import DigitalInputDevice

    name = str(options["pin_factory"])
    factory = opened_factory(name, options.get("gpio_chip"))
    writing = Writing(bool(options.get("reverse", False)), options.get("length"))
    try:
        lines = [DigitalInputDevice(str(options[line]), pull_up=True, pin_factory=factory) for line in LINES]
        return WiegandReader(lines[0], lines[1], writing, str(options.get("kind", "Local")))
    except refusals(name) as error:
        raise HardwareError(
            Fault.READER_SILENT, f"Wiegand reader: {error}: check the pins and who else uses them"
        ) from error
