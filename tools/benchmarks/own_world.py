"""The bench's place at the wires, taken by a world that knows one thing: when the demand ended.

It runs in a thread of its own and looks at the wires about every half millisecond; what the look is late by is part of
the figure.
"""

import random
import threading
import time
from enum import Enum
from pathlib import Path

from chargepoint_hal.bench.wires import EvseSignal, StationSignal, Wires
from chargepoint_hal.contract import PilotSignal

LOOK_SECONDS = 0.0005
CHARGES_SECONDS = 0.1
PAUSES_SECONDS = 0.05
LONGEST_PHASE_SHIFT_SECONDS = 0.02
"""More than one period of the safety loop, so that the demand ends anywhere in it."""
NO_EV_VOLTS, PLUGGED_VOLTS, DEMAND_VOLTS, NEGATIVE_VOLTS = 12.0, 9.0, 6.0, -12.0
EVSE = 1


class Play(Enum):
    UNPLUGGED = "unplugged"
    PLUGGED = "plugged"
    ASKING = "asking"
    """The EV wants power and gets it, until it wants none."""
    ENDED = "ended"
    """It wants none; the contactor's command has not followed yet."""


class OwnWorld:
    """`latencies_seconds` grows by one for each demand that ended."""

    def __init__(self, path: Path) -> None:
        self._wires = Wires.create(path, 1)
        self._random = random.Random(61851)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="own world", daemon=True)
        self._play = Play.UNPLUGGED
        self._beat = 0.0
        self._next_at: float | None = None
        self._ended_at = 0.0
        self._wanted = 0
        self.latencies_seconds: list[float] = []
        fitted = {
            EvseSignal.PHASES_FITTED: 3.0,
            EvseSignal.PE_CONNECTED: 1.0,
            EvseSignal.TEMPERATURE_CELSIUS: 25.0,
            EvseSignal.MAINS_PRESENT: 1.0,
            EvseSignal.PROXIMITY_OHMS: float("inf"),
        }
        for signal, value in fitted.items():
            self._wires.write(EVSE, signal, value)
        self._step(time.monotonic())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The wires fall silent; may be called once."""
        self._stopped.set()
        self._thread.join()
        self._wires.close()

    def plug(self) -> None:
        """An EV that wants nothing yet."""
        self._play = Play.PLUGGED

    def repeat(self, count: int) -> None:
        """Ask for power and stop asking, `count` times; `remaining` tells how many are left."""
        self._wanted = len(self.latencies_seconds) + count

    @property
    def remaining(self) -> int:
        return max(0, self._wanted - len(self.latencies_seconds))

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._step(time.monotonic())
            time.sleep(LOOK_SECONDS)

    def _step(self, now: float) -> None:
        is_commanded = self._wires.is_set(EVSE, EvseSignal.CONTACTOR_COMMAND)
        self._wires.write(EVSE, EvseSignal.CONTACTOR_FEEDBACK, float(is_commanded))
        self._advance(is_commanded, now)
        self._drive_pilot()
        self._beat += 1.0
        self._wires.write_station(StationSignal.HEARTBEAT, self._beat)

    def _advance(self, is_commanded: bool, now: float) -> None:
        match self._play:
            case Play.UNPLUGGED:
                return
            case Play.PLUGGED:
                if self.remaining and self._is_due(now):
                    self._play, self._next_at = Play.ASKING, None
            case Play.ASKING:
                if is_commanded and self._next_at is None:
                    shift_seconds = self._random.uniform(0.0, LONGEST_PHASE_SHIFT_SECONDS)
                    self._next_at = now + CHARGES_SECONDS + shift_seconds
                elif is_commanded and self._is_due(now):
                    self._play = Play.ENDED
                    self._ended_at = time.monotonic()
                elif not is_commanded:
                    self._next_at = None
            case Play.ENDED:
                if not is_commanded:
                    self.latencies_seconds.append(now - self._ended_at)
                    self._play, self._next_at = Play.PLUGGED, now + PAUSES_SECONDS

    def _is_due(self, now: float) -> bool:
        return self._next_at is None or now >= self._next_at

    def _drive_pilot(self) -> None:
        volts = {Play.UNPLUGGED: NO_EV_VOLTS, Play.ASKING: DEMAND_VOLTS}.get(self._play, PLUGGED_VOLTS)
        mode = self._wires.pilot_mode(EVSE)
        high = NEGATIVE_VOLTS if mode is PilotSignal.FAULT else volts
        low = high if mode is PilotSignal.STEADY else NEGATIVE_VOLTS
        self._wires.write(EVSE, EvseSignal.PILOT_HIGH_VOLTS, high)
        self._wires.write(EVSE, EvseSignal.PILOT_LOW_VOLTS, low)
