"""The wires between a board and the world: a memory-mapped file of named float64 signals.

Each signal is one aligned 8-byte slot, so one store or load is whole; there is no other locking. Every signal has
exactly one writer, named beside it. The file starts with a 64-byte header (magic, version, EVSE count, slots per
group); then come the station's slots, then each EVSE's. No physics and no time belong here.
"""

import math
import mmap
import os
import struct
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType

from chargepoint_hal.contract import EvseNumber, LockPosition, PilotSignal
from chargepoint_hal.faults import Fault, HardwareError

MAGIC = b"CPWIRES\0"
VERSION = 1
HEADER = struct.Struct("<8sIIII")
HEADER_BYTES = 64
SLOT_BYTES = 8
MAX_EVSES = 64


class StationSignal(IntEnum):
    """Signals that exist once."""

    ALIVE_COUNTER = 0
    """Board: changes with every toggle of the alive line."""
    HEARTBEAT = 1
    """World: grows with every step; 0 means that no world is behind the wires."""
    MONOFLOP_FITTED = 2
    """World, before its first heartbeat: 1 when a hardware monoflop watches the alive line."""


class EvseSignal(IntEnum):
    """Signals that every EVSE has. Booleans are 0 and 1."""

    DUTY_PERCENT = 0
    """Board: meaningful while PILOT_MODE says PWM."""
    PILOT_MODE = 1
    """Board: see PILOT_MODES."""
    CONTACTOR_COMMAND = 2
    """Board: 1 asks for closed."""
    CONTACTOR_PHASES = 3
    """Board: 1 or 3, written before CONTACTOR_COMMAND."""
    LOCK_COMMAND = 4
    """Board: 1 asks for locked."""
    PILOT_HIGH_VOLTS = 5
    """World: positive peak of the control pilot."""
    PILOT_LOW_VOLTS = 6
    """World: lowest volts of the control pilot; equal to the high side while it is steady."""
    PROXIMITY_OHMS = 7
    """World: infinite when nothing is plugged in."""
    CONTACTOR_FEEDBACK = 8
    """World: the mirror contact; NaN when it gives no answer."""
    LOCK_POSITION = 9
    """World: see LOCK_POSITIONS."""
    RCD_TRIPPED = 10
    """World."""
    PE_CONNECTED = 11
    """World."""
    TEMPERATURE_CELSIUS = 12
    """World: NaN when the sensor is broken."""
    EMERGENCY_STOP_PRESSED = 13
    """World."""
    MAINS_PRESENT = 14
    """World."""
    PHASES_FITTED = 15
    """World, before its first heartbeat: 1 or 3."""
    LOCK_FITTED = 16
    """World, before its first heartbeat."""
    PROXIMITY_FITTED = 17
    """World, before its first heartbeat: 1 at a socket outlet."""
    RCD_TEST_FITTED = 18
    """World, before its first heartbeat: 1 when the RCD has a test input."""
    RCD_TEST_COMMAND = 19
    """Board: 1 starts the RCD's own test."""


PILOT_MODES: Mapping[PilotSignal, float] = MappingProxyType(
    {PilotSignal.STEADY: 0.0, PilotSignal.PWM: 1.0, PilotSignal.FAULT: 2.0}
)
LOCK_POSITIONS: Mapping[LockPosition, float] = MappingProxyType(
    {
        LockPosition.UNLOCKED: 0.0,
        LockPosition.LOCKED: 1.0,
        LockPosition.MOVING: 2.0,
        LockPosition.UNKNOWN: 3.0,
    }
)
STATION_SLOTS = len(StationSignal)
EVSE_SLOTS = len(EvseSignal)
BOARD_SLOTS = EvseSignal.LOCK_COMMAND + 1
_MODE_OF = {code: mode for mode, code in PILOT_MODES.items()}
_POSITION_OF = {code: position for position, code in LOCK_POSITIONS.items()}


class Wires:
    """Named signals over a mapped file (two processes) or over anonymous memory (one process)."""

    def __init__(self, memory: mmap.mmap, evse_count: int, path: Path | None) -> None:
        self._memory = memory
        self._view = memoryview(memory)
        slots = STATION_SLOTS + evse_count * EVSE_SLOTS
        self._bytes = self._view[HEADER_BYTES : HEADER_BYTES + slots * SLOT_BYTES]
        self._slots = self._bytes.cast("d")
        self._is_closed = False
        self.path = path
        self.evses: tuple[EvseNumber, ...] = tuple(range(1, evse_count + 1))
        self._first_slots = {evse: STATION_SLOTS + (evse - 1) * EVSE_SLOTS for evse in self.evses}

    @classmethod
    def create(cls, path: Path, evse_count: int) -> "Wires":
        """Put a new, silent file at the path in one step; whoever has an older one mapped keeps the older one."""
        size = _size_for(evse_count)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_bytes(_header(evse_count).ljust(size, b"\0"))
        partial.replace(path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "Wires":
        """Map existing wires; HardwareError(BOARD_SILENT) when there are none or the file is something else."""
        try:
            with path.open("r+b") as file:
                evse_count = _evse_count(path, file.read(HEADER_BYTES), os.fstat(file.fileno()).st_size)
                return cls(mmap.mmap(file.fileno(), _size_for(evse_count)), evse_count, path)
        except OSError as error:
            raise HardwareError(
                Fault.BOARD_SILENT,
                f"no wires at {path}: {error.strerror}; start the bench first or correct the board's option `wires`",
            ) from error

    @classmethod
    def in_memory(cls, evse_count: int) -> "Wires":
        """Wires for a board and a world in one process."""
        memory = mmap.mmap(-1, _size_for(evse_count))
        memory[: HEADER.size] = _header(evse_count)
        return cls(memory, evse_count, None)

    def read(self, evse: EvseNumber, signal: EvseSignal) -> float:
        first = self._first_slots.get(evse)  # the safety loop asks seven times a tick: no further call
        return self._slots[(self._first_slot(evse) if first is None else first) + signal]

    def commands(self, evse: EvseNumber) -> tuple[float, ...]:
        """Everything that the board writes for an EVSE: equal means that nothing was commanded in between."""
        first = self._first_slot(evse)
        test = self._slots[first + EvseSignal.RCD_TEST_COMMAND]
        return (*self._slots[first : first + BOARD_SLOTS], test)

    def write(self, evse: EvseNumber, signal: EvseSignal, value: float) -> None:
        self._slots[self._first_slot(evse) + signal] = value

    def is_set(self, evse: EvseNumber, signal: EvseSignal) -> bool:
        """The signal as a boolean; NaN is not set."""
        return self.read(evse, signal) >= 1.0

    def read_station(self, signal: StationSignal) -> float:
        return self._slots[signal]

    def write_station(self, signal: StationSignal, value: float) -> None:
        self._slots[signal] = value

    def pilot_mode(self, evse: EvseNumber) -> PilotSignal:
        """What the board drives; a code that nobody wrote on purpose counts as steady."""
        return _MODE_OF.get(self.read(evse, EvseSignal.PILOT_MODE), PilotSignal.STEADY)

    def lock_position(self, evse: EvseNumber) -> LockPosition:
        return _POSITION_OF.get(self.read(evse, EvseSignal.LOCK_POSITION), LockPosition.UNKNOWN)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        """Unmap; may be called again."""
        if self._is_closed:
            return
        self._is_closed = True
        self._slots.release()
        self._bytes.release()
        self._view.release()
        self._memory.close()

    def _first_slot(self, evse: EvseNumber) -> int:
        first = self._first_slots.get(evse)
        if first is None:
            raise KeyError(f"no EVSE {evse} on these wires, only 1 to {len(self.evses)}")
        return first


def optional_truth(value: float) -> bool | None:
    """A boolean signal that may be missing: NaN is None."""
    return None if math.isnan(value) else value >= 1.0


def _size_for(evse_count: int) -> int:
    if not 1 <= evse_count <= MAX_EVSES:
        raise ValueError(f"evse_count is {evse_count}: wires carry 1 to {MAX_EVSES} EVSEs")
    return HEADER_BYTES + SLOT_BYTES * (STATION_SLOTS + evse_count * EVSE_SLOTS)


def _header(evse_count: int) -> bytes:
    return HEADER.pack(MAGIC, VERSION, evse_count, STATION_SLOTS, EVSE_SLOTS)


def _evse_count(path: Path, header: bytes, size: int) -> int:
    """The EVSE count of a good header; HardwareError for any other file."""
    expected = (MAGIC, VERSION, STATION_SLOTS, EVSE_SLOTS)
    if len(header) >= HEADER.size:
        magic, version, evse_count, station_slots, evse_slots = HEADER.unpack_from(header)
        is_ours = (magic, version, station_slots, evse_slots) == expected and 1 <= evse_count <= MAX_EVSES
        if is_ours and size == _size_for(evse_count):
            return int(evse_count)
    raise HardwareError(
        Fault.BOARD_SILENT,
        f"{path} is not a wires file of version {VERSION}: let the board's option `wires` name the file "
        "that the bench of this same release created (`wires` in its bench.json)",
    )
