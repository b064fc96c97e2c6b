"""A PN532 at the far end of a pty: asleep at first, with cards in its field, and with bad manners on demand."""

import os
import select
import threading
import tty
from dataclasses import dataclass, field

ACK = bytes.fromhex("0000ff00ff00")
AWAKE = b"\x55\x55"


def answer(command: int, data: bytes) -> bytes:
    body = bytes([0xD5, command + 1]) + data
    return b"\x00\x00\xff" + bytes([len(body), -len(body) & 0xFF]) + body + bytes([-sum(body) & 0xFF]) + b"\x00"


def one_card(uid: bytes) -> bytes:
    """As InListPassiveTarget answers: number, SENS_RES, SEL_RES, length, number of the card."""
    return bytes([1, 1, 0x00, 0x04, 0x08, len(uid)]) + uid


@dataclass
class FakePn532:
    """`with` starts and ends it. What is written to `field_card` lies in its field from then on."""

    field_card: bytes | None = None
    noise: bytes = b""
    """Before each answer."""
    lost_answers: int = 0
    is_slow_of_speech: bool = False
    """It sends byte by byte."""
    is_dead: bool = False
    commands: list[int] = field(default_factory=list)
    received: bytes = b""
    is_awake: bool = False

    def __enter__(self) -> "FakePn532":
        self.master, self.far_end = os.openpty()
        tty.setraw(self.far_end)
        self.path = os.ttyname(self.far_end)
        self.stop_reader, self.stop_writer = os.pipe()
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self.stop_writer, b"\0")
        self.thread.join()
        for descriptor in (self.master, self.far_end, self.stop_reader, self.stop_writer):
            os.close(descriptor)

    def _live(self) -> None:
        while True:
            ready, _, _ = select.select([self.master, self.stop_reader], [], [])
            if self.stop_reader in ready:
                return
            self.received += os.read(self.master, 1024)
            self._obey()

    def _obey(self) -> None:
        if AWAKE in self.received:
            self.is_awake = True
        while self.is_awake and (command := self._next_command()):
            self.commands.append(command[0])
            if self.is_dead:
                continue
            if self.lost_answers:
                self.lost_answers -= 1
                continue
            self._say(ACK + self.noise + answer(command[0], self._data_for(command)))

    def _next_command(self) -> bytes:
        """Behind a start code, with a right length and checksum; ACKs of the host have none."""
        while (place := self.received.find(b"\x00\xff")) >= 0:
            rest = self.received[place + 2 :]
            if len(rest) < 2 or len(rest) < rest[0] + 3:
                self.received = rest if rest[:2] in (b"\x00\xff", b"\xff\x00") else self.received
                if rest[:2] not in (b"\x00\xff",):
                    return b""
                continue
            self.received = rest[rest[0] + 3 :]
            body = rest[2 : 2 + rest[0]]
            if body[:1] == b"\xd4":
                return body[1:]
        return b""

    def _data_for(self, command: bytes) -> bytes:
        if command[0] == 0x4A:
            return b"\x00" if self.field_card is None else one_card(self.field_card)
        return b"\x32\x01\x06\x07" if command[0] == 0x02 else b""

    def _say(self, raw: bytes) -> None:
        chunks = [raw[place : place + 1] for place in range(len(raw))] if self.is_slow_of_speech else [raw]
        for chunk in chunks:
            os.write(self.master, chunk)
