"""A board that behaves: one or more EVSEs with an EV each, kept in numbered cells.

The cells are a list in one process, or a shared memory file between a test and the safety process that it started.
"""

import math
import mmap
from collections.abc import Mapping, MutableSequence
from enum import IntEnum, auto
from pathlib import Path

from chargepoint_hal.contract import EvseHardware, LockPosition, PilotSample, PilotSignal
from chargepoint_hal.faults import Fault, HardwareError


class Cell(IntEnum):
    EV = 0  # 0 A, 1 B, 2 C, 3 D, 4 shorted to PE
    DIODE_MISSING = auto()
    SIGNAL = auto()
    DUTY = auto()
    CONTACTOR = auto()
    WELDED = auto()
    STUCK_OPEN = auto()
    NO_FEEDBACK = auto()
    OHMS = auto()
    LOCK = auto()
    LOCK_JAMMED = auto()
    RCD = auto()
    PE_LOST = auto()
    STOP = auto()
    CELSIUS = auto()
    MAINS_OFF = auto()
    SILENT = auto()
    REFUSES = auto()
    RAISES_BUG = auto()
    NOISE_VOLTS = auto()
    CLOSINGS = auto()
    PHASES = auto()


CELLS_PER_EVSE = len(Cell)
SIGNALS = tuple(PilotSignal)
POSITIVE_VOLTS = {0: 12.0, 1: 9.0, 2: 6.0, 3: 3.0, 4: 0.0}


def shared_cells(path: Path, evses: int = 1) -> MutableSequence[float]:
    """Cells in a file that two processes may map."""
    size = 8 * CELLS_PER_EVSE * evses
    if not path.exists():
        path.write_bytes(bytes(size))
    with path.open("r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), size)).cast("d")  # type: ignore[return-value]  # a view of doubles


class FakeEvse:
    """Every part of one EVSE, and the hands of the test on its EV."""

    def __init__(self, cells: MutableSequence[float], index: int = 0) -> None:
        self._cells = cells
        self._offset = index * CELLS_PER_EVSE

    def __getitem__(self, cell: Cell) -> float:
        return self._cells[self._offset + cell]

    def __setitem__(self, cell: Cell, value: float) -> None:
        self._cells[self._offset + cell] = value

    def reset(self) -> None:
        for cell in Cell:
            self[cell] = 0.0
        self[Cell.OHMS], self[Cell.CELSIUS] = math.inf, 25.0

    def plug_in(self, ohms: float = 220.0, wants_power: bool = False) -> None:
        self[Cell.EV], self[Cell.OHMS] = (2 if wants_power else 1), ohms

    def plug_out(self) -> None:
        self[Cell.EV], self[Cell.OHMS] = 0, math.inf

    def want_power(self, wanted: bool = True) -> None:
        self[Cell.EV] = 2 if wanted else 1

    def commanded_closed(self) -> bool:
        return bool(self[Cell.CONTACTOR])

    def is_live(self) -> bool:
        return bool(self[Cell.WELDED]) or (self.commanded_closed() and not self[Cell.STUCK_OPEN])

    @property
    def pilot_signal(self) -> PilotSignal:
        return SIGNALS[int(self[Cell.SIGNAL])]

    def hardware(self) -> EvseHardware:
        return EvseHardware(
            control_pilot=_Pilot(self),
            contactor=_Contactor(self),
            proximity_pilot=_Proximity(self),
            connector_lock=_Lock(self),
            residual_current_monitor=_Rcd(self),
            protective_earth_monitor=_Earth(self),
            emergency_stop=_Stop(self),
            thermometer=_Thermometer(self),
            mains_monitor=_Mains(self),
        )


class _Part:
    def __init__(self, evse: FakeEvse) -> None:
        self.evse = evse


class _Pilot(_Part):
    def signal_steady(self) -> None:
        self.evse[Cell.SIGNAL], self.evse[Cell.DUTY] = SIGNALS.index(PilotSignal.STEADY), 0.0

    def signal_pwm(self, duty_percent: float) -> None:
        if not 4.5 <= duty_percent <= 96.0:
            raise ValueError(f"duty {duty_percent}")
        self.evse[Cell.SIGNAL], self.evse[Cell.DUTY] = SIGNALS.index(PilotSignal.PWM), duty_percent

    def signal_fault(self) -> None:
        self.evse[Cell.SIGNAL], self.evse[Cell.DUTY] = SIGNALS.index(PilotSignal.FAULT), 0.0

    def sample(self) -> PilotSample:
        if self.evse[Cell.RAISES_BUG]:
            raise ZeroDivisionError("a bug in the driver")
        if self.evse[Cell.SILENT]:
            raise HardwareError(Fault.BOARD_SILENT, "the board does not answer: check its cable")
        high = POSITIVE_VOLTS[int(self.evse[Cell.EV])] + self.evse[Cell.NOISE_VOLTS]
        if self.evse.pilot_signal is PilotSignal.FAULT:
            return PilotSample(-12.0, -12.0)
        if self.evse.pilot_signal is PilotSignal.STEADY:
            return PilotSample(high, high)
        mirrored = self.evse[Cell.DIODE_MISSING] or self.evse[Cell.EV] in (0, 4)
        return PilotSample(high, -high if mirrored else -12.0)


class _Contactor(_Part):
    def open(self) -> None:
        if self.evse[Cell.REFUSES]:
            raise HardwareError(Fault.BOARD_SILENT, "the contactor's driver does not answer")
        self.evse[Cell.CONTACTOR] = 0

    def close(self, phases: int) -> None:
        if self.evse[Cell.REFUSES]:
            raise HardwareError(Fault.BOARD_SILENT, "the contactor's driver does not answer")
        self.evse[Cell.CONTACTOR], self.evse[Cell.PHASES] = 1, phases
        self.evse[Cell.CLOSINGS] += 1

    def is_closed(self) -> bool | None:
        return None if self.evse[Cell.NO_FEEDBACK] else self.evse.is_live()


class _Proximity(_Part):
    def resistance_ohms(self) -> float:
        return self.evse[Cell.OHMS]


class _Lock(_Part):
    def lock(self) -> None:
        if not self.evse[Cell.LOCK_JAMMED]:
            self.evse[Cell.LOCK] = 1

    def unlock(self) -> None:
        assert not self.evse.is_live(), "the lock was opened on a live contactor"
        if not self.evse[Cell.LOCK_JAMMED]:
            self.evse[Cell.LOCK] = 0

    def position(self) -> LockPosition:
        return LockPosition.LOCKED if self.evse[Cell.LOCK] else LockPosition.UNLOCKED


class _Rcd(_Part):
    def is_tripped(self) -> bool:
        return bool(self.evse[Cell.RCD])


class _Earth(_Part):
    def is_connected(self) -> bool:
        return not self.evse[Cell.PE_LOST]


class _Stop(_Part):
    def is_pressed(self) -> bool:
        return bool(self.evse[Cell.STOP])


class _Thermometer(_Part):
    def celsius(self) -> float:
        return self.evse[Cell.CELSIUS]


class _Mains(_Part):
    def is_present(self) -> bool:
        return not self.evse[Cell.MAINS_OFF]


class FakeAlive:
    def __init__(self) -> None:
        self.toggles = 0

    def toggle(self) -> None:
        self.toggles += 1


class FakeBoard:
    def __init__(self, cells: MutableSequence[float] | None = None, evses: int = 1, reset: bool = True) -> None:
        kept = [0.0] * (CELLS_PER_EVSE * evses) if cells is None else cells
        self.fakes = [FakeEvse(kept, index) for index in range(evses)]
        if reset:
            for fake in self.fakes:
                fake.reset()
        self._evses = {index + 1: fake.hardware() for index, fake in enumerate(self.fakes)}
        self._alive_line = FakeAlive()
        self.make_safe()

    @property
    def name(self) -> str:
        return "fake"

    @property
    def evses(self) -> Mapping[int, EvseHardware]:
        return self._evses

    @property
    def alive_line(self) -> FakeAlive:
        return self._alive_line

    def make_safe(self) -> None:
        for fake in self.fakes:
            fake[Cell.CONTACTOR], fake[Cell.SIGNAL] = 0, SIGNALS.index(PilotSignal.STEADY)

    def close(self) -> None:
        self.make_safe()
