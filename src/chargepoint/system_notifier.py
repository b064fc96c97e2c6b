"""What the service manager is told: ready, alive, stopping, and a line about the state. No choice is made here.

systemd listens where NOTIFY_SOCKET says, through systemd-python; elsewhere nobody does, and that is said once.
"""

import logging
import os
from collections.abc import Callable, Mapping
from typing import Protocol

log = logging.getLogger(__name__)


class Notifier(Protocol):
    @property
    def watchdog_seconds(self) -> float | None:
        """How long the service manager waits for `watchdog` before it kills this process; None: it does not."""
        ...

    def ready(self) -> None: ...

    def watchdog(self) -> None: ...

    def stopping(self) -> None: ...

    def status(self, text: str) -> None: ...


class NullNotifier:
    """Nobody listens."""

    watchdog_seconds: float | None = None

    def ready(self) -> None:
        """Nothing to do."""

    def watchdog(self) -> None:
        """Nothing to do."""

    def stopping(self) -> None:
        """Nothing to do."""

    def status(self, text: str) -> None:
        """Nothing to do."""


class SystemdNotifier:
    """sd_notify's words through the given sender. A socket that does not take them is logged, never raised."""

    def __init__(self, send: Callable[[str], object], watchdog_seconds: float | None = None) -> None:
        self._send = send
        self.watchdog_seconds = watchdog_seconds
        self._has_failed = False

    def ready(self) -> None:
        self._say("READY=1")

    def watchdog(self) -> None:
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def status(self, text: str) -> None:
        self._say(f"STATUS={' '.join(text.split())}")

    def _say(self, words: str) -> None:
        try:
            self._send(words)
        except OSError as error:
            if not self._has_failed:
                log.warning("systemd does not take our notifications (%s): look at NOTIFY_SOCKET", error)
            self._has_failed = True
        else:
            self._has_failed = False


def notifier_of_this_service(environment: Mapping[str, str] = os.environ) -> Notifier:
    """systemd's when it started us and systemd-python is installed; else the null notifier."""
    if not environment.get("NOTIFY_SOCKET"):
        log.debug("no service manager listens: NOTIFY_SOCKET is not set")
        return NullNotifier()
    try:
        from systemd.daemon import notify
    except ImportError:
        log.warning("systemd hears nothing of us: install systemd-python (the extra `systemd`) for its watchdog")
        return NullNotifier()
    return SystemdNotifier(notify, watchdog_seconds_in(environment, os.getpid()))


def watchdog_seconds_in(environment: Mapping[str, str], own_pid: int) -> float | None:
    """The watchdog's time in WATCHDOG_USEC; None when it is not set, makes no sense or is meant for another process."""
    usec = environment.get("WATCHDOG_USEC", "")
    watched_pid = environment.get("WATCHDOG_PID", "")
    if not (usec.isascii() and usec.isdecimal() and int(usec) > 0):
        return None
    if watched_pid and watched_pid != str(own_pid):
        return None
    return int(usec) / 1_000_000
