"""Where a Modbus bus is and how its frames look there. Pure but for following a link to its device."""

import os
from dataclasses import dataclass, replace

from pymodbus.framer.rtu import FramerRTU

BITS_PER_CHARACTER = 11
SILENT_CHARACTERS = 4  # the standard asks for 3.5 between frames
SHORTEST_RTU_FRAME = 4
TCP_UNIT_PLACE = 6


@dataclass(frozen=True, slots=True)
class TcpLine:
    host: str
    port: int
    rtu_frames: bool = False
    """A transparent gateway: RTU frames inside TCP."""

    @property
    def key(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def silent_seconds(self) -> float:
        return 0.0

    def is_set_like(self, other: "Line") -> bool:
        return self == other

    def sender_of(self, heard: bytes) -> int | None:
        """The unit that a sound frame names; None for anything else."""
        if self.rtu_frames:
            return _rtu_sender_of(heard)
        return heard[TCP_UNIT_PLACE] if len(heard) > TCP_UNIT_PLACE else None


@dataclass(frozen=True, slots=True)
class SerialLine:
    path: str
    baud_rate: int
    parity: str
    stop_bits: int

    @property
    def key(self) -> str:
        """The device behind the path, so that two names of one port are one bus."""
        return os.path.realpath(self.path)

    @property
    def silent_seconds(self) -> float:
        return SILENT_CHARACTERS * BITS_PER_CHARACTER / self.baud_rate

    def is_set_like(self, other: "Line") -> bool:
        """The same but for the name by which it was found."""
        return isinstance(other, SerialLine) and replace(other, path=self.path) == self

    def sender_of(self, heard: bytes) -> int | None:
        """The unit that a sound frame names; None for anything else."""
        return _rtu_sender_of(heard)


Line = TcpLine | SerialLine


def _rtu_sender_of(heard: bytes) -> int | None:
    is_sound = len(heard) >= SHORTEST_RTU_FRAME and FramerRTU.check_CRC(heard[:-2], int.from_bytes(heard[-2:], "big"))
    return heard[0] if is_sound else None
