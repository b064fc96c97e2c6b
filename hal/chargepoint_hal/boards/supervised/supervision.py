"""Keeps a controller on what the station wishes, and what it says fresh. One thread, which alone may block.

Whatever the link does, power is only ever asked for by a new wish: a controller that was out of touch is switched off
first when it is back, and stays off until it is asked again. The same holds for a station that asks nothing any more:
the thread lives longer than a loop that hangs, and must not keep its last wish alive.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chargepoint_hal.contract import PilotSignal
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.pilot_controller import PilotLetter

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.2
DEFAULT_SILENT_SECONDS = 2.0
STOP_SECONDS = 3.0
"""How long a controller is told again to give no power, at the end, before it is let go."""
RETRY_SECONDS = 0.05
JOIN_SECONDS = STOP_SECONDS + 2.0
"""The last turn may have to wait for some timeouts of the line."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the controller shall do. Anything but PWM is no power; `amps` counts with PWM only."""

    signal: PilotSignal = PilotSignal.STEADY
    amps: float = 0.0


NO_POWER = Wish()


@dataclass(frozen=True, slots=True)
class Report:
    """What one poll said; what the controller does not tell is None."""

    letter: PilotLetter | None
    contactor_closed: bool | None
    is_obeying: bool
    """False: it is not as it was told to be, after a restart for instance; it is told again."""
    faults: frozenset[Fault] = frozenset()
    celsius: float | None = None
    cable_ohms: float | None = None


class ControllerLink(Protocol):
    """The way to one controller. Every method may block for a few timeouts and raise OSError or HardwareError."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    def connect(self) -> None:
        """Open the line and make sure of what is there and how it is set."""
        ...

    def carry_out(self, wish: Wish) -> None:
        """Tell it, and hear that it was told."""
        ...

    def poll(self, wish: Wish) -> Report:
        """Ask for its state; `wish` is what it was told last."""
        ...

    def disconnect(self) -> None: ...


class Supervision:
    """Made by a board; `start` begins, `stop` ends with the controller told to give no power."""

    def __init__(
        self, link: ControllerLink, silent_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._link = link
        self._silent_seconds = silent_seconds
        self._clock = clock
        self._guard = threading.Lock()
        self._is_due = threading.Event()
        self._is_stopping = threading.Event()
        self._wish = NO_POWER
        self._told: Wish | None = None
        self._report: Report | None = None
        self._reported_at = 0.0
        self._asked_at = 0.0
        self._withdrawn_because = ""
        self._last_error = "it has not answered yet"
        self._is_connected = False
        self._thread = threading.Thread(target=self._run, name="pilot-controller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """From now on; the thread carries it out at once."""
        with self._guard:
            is_new = wish != self._wish
            self._wish = wish
            self._asked_at = self._clock()
            if wish.signal is not PilotSignal.PWM:
                self._withdrawn_because = ""
        if is_new:
            self._is_due.set()

    @property
    def wished(self) -> Wish:
        return self._wish

    def report(self) -> Report:
        """The last one; HardwareError(BOARD_SILENT) when it is too old to be true.

        Also after a wish for power was withdrawn here, until the station itself has wished for none.
        """
        with self._guard:
            self._asked_at = self._clock()
            report, last_error, is_silent = self._report, self._last_error, self._is_silent()
            if is_silent:
                self._withdraw(f"it was silent: {last_error}")
            withdrawn_because = self._withdrawn_because
        if report is None or is_silent:
            why = f"does not answer: {last_error}: check cable and supply"
            raise HardwareError(Fault.BOARD_SILENT, f"the controller at {self._link.place} {why}")
        if withdrawn_because:
            why = f"was told to give no power, as {withdrawn_because}"
            raise HardwareError(Fault.BOARD_SILENT, f"the controller at {self._link.place} {why}")
        return report

    @property
    def is_off(self) -> bool:
        """It was told to give no power, and says itself that it does not."""
        report = self._report
        return (
            self._told is not None
            and self._told.signal is not PilotSignal.PWM
            and (report is not None and report.is_obeying and not report.contactor_closed)
        )

    def stop(self) -> None:
        """Ends the thread, which has the controller off before it lets go."""
        self.wish(NO_POWER)
        self._is_stopping.set()
        self._is_due.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            self._turn()
            self._is_due.wait(POLL_SECONDS)
            self._is_due.clear()
        self._switch_off()
        self._disconnect()

    def _switch_off(self) -> None:
        """Again and again, as one frame may get lost: nobody else ends the supply once the station has gone."""
        has_answered_ever = self._report is not None
        until = self._clock() + STOP_SECONDS
        self._turn()
        while has_answered_ever and not self.is_off and self._clock() < until:
            self._is_due.wait(RETRY_SECONDS)
            self._is_due.clear()
            self._turn()
        if has_answered_ever and not self.is_off:
            LOG.error(
                "%s does not say that it gives no power (%s): it may go on charging, switch its supply off",
                self._link.place,
                self._last_error if self._told is None else "its contactor is not open yet",
            )

    def _turn(self) -> None:
        self._withdraw_when_nobody_asks()
        try:
            report = self._told_and_polled()
        except (OSError, HardwareError) as error:
            self._note_failure(error)
        except Exception as error:  # a dead thread would leave the last wish in force
            LOG.exception("%s: unexpected: the line is opened anew", self._link.place)
            self._note_failure(error)
        else:
            with self._guard:
                self._report, self._reported_at = report, self._clock()

    def _told_and_polled(self) -> Report:
        if not self._is_connected:
            self._told = None
            self._link.connect()
            self._is_connected = True
        with self._guard:
            wish = self._wish
        if wish != self._told:
            self._link.carry_out(wish)
            self._told = wish
        report = self._link.poll(wish)
        if not report.is_obeying:
            self._told = None
        return report

    def _withdraw_when_nobody_asks(self) -> None:
        with self._guard:
            if self._clock() - self._asked_at > self._silent_seconds:
                self._withdraw(f"the station asked nothing for {self._silent_seconds:g} s, as one that hangs")

    def _is_silent(self) -> bool:
        """With the guard held: its last word is too old to be true."""
        return self._report is None or self._clock() - self._reported_at > self._silent_seconds

    def _withdraw(self, because: str) -> None:
        """With the guard held."""
        if self._wish.signal is PilotSignal.PWM:
            self._withdrawn_because = because
            self._wish = NO_POWER

    def _note_failure(self, error: Exception) -> None:
        """A single lost answer is asked for again; a silent controller gets no power when it is back."""
        self._told = None
        with self._guard:
            self._last_error = str(error)
            is_silent = self._is_silent()
            if is_silent:
                self._withdraw(f"it was silent: {error}")
        LOG.debug("%s: %s", self._link.place, error)
        if is_silent or isinstance(error, OSError) or not isinstance(error, HardwareError):
            self._disconnect()

    def _disconnect(self) -> None:
        self._is_connected = False
        try:
            self._link.disconnect()
        except OSError as error:
            LOG.debug("%s: %s", self._link.place, error)
        except Exception:  # as above
            LOG.exception("%s: unexpected at its closing", self._link.place)
