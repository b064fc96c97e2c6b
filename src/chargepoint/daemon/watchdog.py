"""Feeds systemd's watchdog only while both loops live: the controller's renewals and the safety process's word.

A loop that hangs is thus killed and started again, and what it permitted ends with its lease. Here is the decision
and the task; the words go through a port.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

log = logging.getLogger(__name__)

FRESH_SECONDS = 3.0
"""Renewals come each second and observations each half second: three seconds without is no hiccup."""
SAFETY_START_SECONDS = 10.0
"""So long the safety process may be absent after our own start."""
LOOK_SECONDS = 0.25
"""How often is looked whether the station is ready."""
FEEDINGS_PER_PERIOD = 3.0
"""Two feedings may be lost or late."""
CLOCK_GRAIN_SECONDS = 0.001
"""A timer that fires this much early is on time."""


class ServiceManagerPort(Protocol):
    @property
    def watchdog_seconds(self) -> float | None:
        """How long the service manager waits for `watchdog` before it kills us; None: it does not."""
        ...

    def ready(self) -> None: ...

    def watchdog(self) -> None: ...

    def stopping(self) -> None: ...

    def status(self, text: str) -> None: ...


class ControllerPulse(Protocol):
    @property
    def heartbeat_at(self) -> float:
        """Loop time of the last renewal of the directives."""
        ...


class SafetyPulse(Protocol):
    @property
    def heard_at(self) -> float | None:
        """Loop time of the last observation; None before the first."""
        ...


@dataclass(frozen=True, slots=True)
class Vitals:
    """When each loop was last alive, in loop time."""

    started_at: float
    controller_heartbeat_at: float
    safety_heard_at: float | None
    """The last observation; None before the first."""


def why_unhealthy(now: float, vitals: Vitals) -> str | None:
    """The loop that hangs, for a person; None while both live."""
    silent_seconds = now - vitals.controller_heartbeat_at
    if silent_seconds >= FRESH_SECONDS:
        return f"the controller's loop has not renewed its directives for {silent_seconds:.1f} s"
    if vitals.safety_heard_at is None:
        if now - vitals.started_at < SAFETY_START_SECONDS:
            return None
        return f"the safety process has not been heard in the {SAFETY_START_SECONDS:.0f} s since the start"
    silent_seconds = now - vitals.safety_heard_at
    if silent_seconds >= FRESH_SECONDS:
        return f"the safety process has not been heard for {silent_seconds:.1f} s"
    return None


def is_healthy(now: float, vitals: Vitals) -> bool:
    """True while both loops' heartbeats are fresh; the safety process may take its time at the start."""
    return why_unhealthy(now, vitals) is None


def say_running() -> str:
    """The status line where the composition root has none better."""
    return "running"


class Watchdog:
    """READY once, WATCHDOG while healthy, STATUS when it changes, STOPPING when cancelled for good.

    A process that goes on as a new program under the same number does not stop for the service manager: after STOPPING
    that would kill it when its time to stop is over.

    Made after the storage is open: from then on the first observation is all that READY waits for.
    """

    def __init__(
        self,
        service: ServiceManagerPort,
        controller: ControllerPulse,
        safety: SafetyPulse,
        describe: Callable[[], str] = say_running,
        begins_again: Callable[[], bool] = lambda: False,
    ) -> None:
        """`describe` says in a line what the station does; `begins_again` whether this end is a restart in place."""
        self._service = service
        self._controller = controller
        self._safety = safety
        self._describe = describe
        self._begins_again = begins_again
        period_seconds = service.watchdog_seconds
        self._feed_seconds = None if period_seconds is None else period_seconds / FEEDINGS_PER_PERIOD
        self._feed_at = float("-inf")
        self._started_at: float | None = None
        self._is_ready = False
        self._was_healthy = True
        self._status = ""

    async def run(self) -> None:
        """Until cancelled, which is the orderly end of the service."""
        look_seconds = LOOK_SECONDS if self._feed_seconds is None else min(LOOK_SECONDS, self._feed_seconds)
        try:
            while True:
                self._look(asyncio.get_running_loop().time())
                await asyncio.sleep(look_seconds)
        except asyncio.CancelledError:
            if self._begins_again():
                self._service.status("restarting")
            else:
                self._service.stopping()
            raise

    def _look(self, now: float) -> None:
        if self._started_at is None:
            self._started_at = now
        vitals = Vitals(self._started_at, self._controller.heartbeat_at, self._safety.heard_at)
        if not self._is_ready and vitals.safety_heard_at is not None:
            self._is_ready = True
            self._service.ready()
        problem = why_unhealthy(now, vitals)
        if problem is None:
            self._feed(now)
        self._tell(problem)

    def _feed(self, now: float) -> None:
        if self._feed_seconds is None or now < self._feed_at - CLOCK_GRAIN_SECONDS:
            return
        self._feed_at = now + self._feed_seconds
        self._service.watchdog()

    def _tell(self, problem: str | None) -> None:
        """The log hears of a turn once; the status line follows what is."""
        if problem is not None and self._was_healthy:
            log.error("the watchdog is not fed: %s", problem)
        elif problem is None and not self._was_healthy:
            log.warning("the watchdog is fed again")
        self._was_healthy = problem is None
        if problem is not None:
            text = "hangs: a loop is silent, the watchdog is not fed"
        elif not self._is_ready:
            text = "starting: waits for the safety process"
        else:
            text = self._describe()
        if text != self._status:
            self._status = text
            self._service.status(text)
