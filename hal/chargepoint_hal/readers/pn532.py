"""The PN532 reader of ISO 14443 A cards on a serial port (HSU), 115200 8N1.

It is asked again and again what is in its field, and answers at once. A card that stays is sighted each time; making
one presentation of that is not its business.
"""

import threading
from collections.abc import Mapping
from typing import Any

from serial.serialutil import Timeout

from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.driver_options import Kind, Option, OptionRules, serial_port_places, takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import LENGTH, REVERSE, Writing
from chargepoint_hal.readers.pn532_frames import (
    ACK,
    FEW_RETRIES,
    LIST_ONE_CARD,
    SAM_CONFIGURATION,
    WAKE_UP,
    Answer,
    frame,
    next_frame,
    uid_in,
)
from chargepoint_hal.readers.serial_line import SerialLine

BAUD_RATE = 115200
ANSWER_SECONDS = 0.4
"""An empty field takes some tens of milliseconds."""
ATTEMPTS = 3
REST_SECONDS = 0.1
"""Between two looks: the reader shares the air with cards of the next bay."""
RANDOM_FIRST_BYTE, RANDOM_LENGTH = 0x08, 4
"""ISO 14443-3: such a number is made up anew each time, as phones do."""
RULES = OptionRules(
    {
        "serial_port": Option("The port, such as a link in /dev/serial/by-id.", Kind.PATH, required=True),
        "length": LENGTH,
        "reverse": REVERSE,
        "skip_random": Option(
            "Pass over numbers that phones make up anew each time (08…).", Kind.BOOLEAN, default="false"
        ),
    },
    places=serial_port_places,
)


class Pn532Reader:
    """One reader. `wait_for_token` belongs to one thread; `close` may be called from another."""

    def __init__(self, line: SerialLine, writing: Writing, name: str, *, skips_random: bool = False) -> None:
        self._line = line
        self._writing = writing
        self._name = name
        self._skips_random = skips_random
        self._in_use = threading.Lock()
        self._stream = b""

    @property
    def name(self) -> str:
        return self._name

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        """The card in the field, or None; HardwareError(READER_SILENT) while the port or the reader is gone."""
        rest = Timeout(timeout_seconds)
        with self._in_use:
            if not self._line.is_open:
                self._wake()
            while True:
                uid = uid_in(self._ask(LIST_ONE_CARD))
                if uid is not None and not self._is_passed_over(uid):
                    return TokenSighting(self._writing.of(uid), "ISO14443")
                if rest.expired() or self._line.is_closed:
                    return None
                self._line.wait(min(REST_SECONDS, max(0.0, rest.time_left() or 0.0)))

    def close(self) -> None:
        """Give the port back; a waiting call ends at once."""
        self._line.close()
        with self._in_use:
            self._line.drop()

    def _wake(self) -> None:
        """From any state: asleep, in the middle of a command, or set otherwise by somebody else."""
        self._line.open()
        self._stream = b""
        self._line.write(WAKE_UP)
        for command in (SAM_CONFIGURATION, FEW_RETRIES):
            self._ask(command)

    def _ask(self, command: bytes) -> bytes:
        """The answer's data. A command that is lost is sent again, after an ACK that ends whatever is under way."""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._line.write(ACK + WAKE_UP)
            self._line.write(frame(command))
            answer = self._answer_to(command[0])
            if answer is not None or self._line.is_closed:
                return answer or b""
        self._line.drop()
        raise HardwareError(
            Fault.READER_SILENT,
            f"{self.name} gave no answer {ATTEMPTS} times: check its supply, its switches for HSU, and TX and RX",
        )

    def _answer_to(self, command: int) -> bytes | None:
        rest = Timeout(ANSWER_SECONDS)
        while not rest.expired() and not self._line.is_closed:
            found, self._stream = next_frame(self._stream)
            match found:
                case Answer(answered, data) if answered == command:
                    return data
                case "error":
                    return None
                case None:
                    self._stream += self._line.read(rest)
                case _:
                    pass  # its ACK, or a late answer to an older command
        return None

    def _is_passed_over(self, uid: bytes) -> bool:
        return self._skips_random and len(uid) == RANDOM_LENGTH and uid[0] == RANDOM_FIRST_BYTE


@takes(RULES)
def open_reader(options: Mapping[str, Any]) -> Pn532Reader:
    """A reader by its options; the first wait opens the port."""
    path = str(options["serial_port"])
    name = f"PN532 on {path}"
    writing = Writing(bool(options.get("reverse", False)), options.get("length"))
    skips_random = bool(options.get("skip_random", False))
    return Pn532Reader(SerialLine(name, path, BAUD_RATE), writing, name, skips_random=skips_random)
