"""An OpenEVSE that behaves: RAPI on a real pty, its states, its heartbeat, its faults, and a line that loses things."""

import os
import select
import threading
import time
import tty
from dataclasses import dataclass, field

A, B, C = 1, 2, 3
SLEEPING, DISABLED = 0xFE, 0xFF


def checksum(text: str) -> str:
    total = 0
    for character in text.encode("ascii"):
        total ^= character
    return f"{total:02X}"


@dataclass
class FakeOpenEvse:
    """The EV is `ev`: A, B or C as its resistors show. `log` has every command that was taken.

    It runs its heartbeat by the real clock. `is_dead`: it does nothing and hears nothing. `is_cut`: it goes on, and its
    line carries nothing.
    """

    ev: int = A
    fault_state: int = 0
    mode: str = "FE"  # it charges by itself until it is told otherwise
    amps: int = 32
    heartbeat: list[int] = field(default_factory=lambda: [0, 0])
    missed_pulse: bool = False
    has_boot_lock: bool = True
    is_boot_locked: bool = False
    tenths: str = "-2560 315 -2560"
    answers_lost: int = 0
    answers_garbled: int = 0
    is_dead: bool = False
    is_cut: bool = False
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._master, far_end = os.openpty()
        tty.setraw(far_end)
        self._far_end = far_end
        self.path = os.ttyname(far_end)
        self._wake, self._waker = os.pipe()
        self._received = b""
        self.is_boot_locked = self.has_boot_lock
        self._pulse_due: float | None = None
        self._count_from_now()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        os.write(self._waker, b"x")
        self._thread.join()
        for descriptor in (self._master, self._far_end, self._wake, self._waker):
            os.close(descriptor)

    def is_supplying(self) -> bool:
        return self.mode == "FE" and self.ev == C and not self.fault_state and not self.is_boot_locked

    def restart(self) -> None:
        """A brown-out: it says so and charges by itself again."""
        self.mode, self.amps = "FE", 32
        self.is_boot_locked, self.missed_pulse = self.has_boot_lock, False
        self._count_from_now()
        text = "$AB 00 8.2.3"
        os.write(self._master, f"{text}^{checksum(text)}\r".encode("ascii"))

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._wake], [], [], self._until_pulse_is_due())
            if self._wake in ready:
                return
            if self._master not in ready:
                self.miss_pulse()
                continue
            self._received += os.read(self._master, 256)
            while b"\r" in self._received:
                line, self._received = self._received.split(b"\r", 1)
                self._hear(line.decode("ascii"))

    def miss_pulse(self) -> None:
        """No pulse for its interval: from now on it gives its fallback at most, and never less than 6 A."""
        self._pulse_due = None
        if not self.is_dead:
            self.missed_pulse = True
            self.amps = min(self.amps, max(6, self.heartbeat[1]))

    def _until_pulse_is_due(self) -> float | None:
        return None if self._pulse_due is None else max(0.0, self._pulse_due - time.monotonic())

    def _count_from_now(self) -> None:
        self._pulse_due = time.monotonic() + self.heartbeat[0] if self.heartbeat[0] else None

    def _hear(self, line: str) -> None:
        if self.is_dead or self.is_cut:
            return
        body, _, told_sum = line.rpartition("^")
        assert checksum(body) == told_sum, line
        command, _, sequence = body[1:].partition(" :")
        self.log.append(command)
        answer = self._answer(command.split())
        text = f"${answer} :{sequence}"
        frame = f"{text}^{checksum(text)}\r".encode("ascii")
        if self.answers_lost:
            self.answers_lost -= 1
        elif self.answers_garbled:
            self.answers_garbled -= 1
            os.write(self._master, b"\xff\x00$O" + frame[:-3] + b"!\r")
        else:
            os.write(self._master, frame)

    def _answer(self, words: list[str]) -> str:
        match words:
            case ["GS"]:
                flags = (0x40 if self.is_supplying() else 0) | (0x4000 if self.is_boot_locked else 0)
                return f"OK {self._state():02x} 120 {0 if self.mode == 'FD' else self.ev:02x} {flags:04x}"
            case ["GC"]:
                return f"OK 6 80 {self.amps} 32"
            case ["GP"]:
                return f"OK {self.tenths}"
            case ["GY"]:
                return f"OK {self.heartbeat[0]} {self.heartbeat[1]} 0"
            case ["SB"]:
                self.is_boot_locked = False
                return "OK"
            case ["SC", amps, "V"]:
                self.amps = max(6, min(32, int(amps)))
                return f"OK {self.amps}" if self.amps == int(amps) else f"NK {self.amps}"
            case ["SY"]:
                if not self.missed_pulse:
                    self._count_from_now()
                return f"{'NK' if self.missed_pulse else 'OK'} {self.heartbeat[0]} {self.heartbeat[1]} 0"
            case ["SY", "165"]:
                self.missed_pulse, self.amps = False, 32  # up to the configured maximum, not to what it was
                self._count_from_now()
                return "OK"
            case ["SY", interval, amps]:
                self.heartbeat = [int(interval), int(amps)]
                self._count_from_now()
                return "OK"
            case ["FE" | "FS" | "FD" as mode]:
                self.mode = mode
                return "OK"
        return "NK"

    def _state(self) -> int:
        if self.fault_state:
            return self.fault_state
        return {"FS": SLEEPING, "FD": DISABLED}.get(self.mode, self.ev)
