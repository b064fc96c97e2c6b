"""What the service manager is told. The null notifier serves where there is none."""

import logging
import os
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)


class Notifier(Protocol):
    def ready(self) -> None: ...

    def watchdog(self) -> None: ...

    def stopping(self) -> None: ...

    def status(self, text: str) -> None: ...


class NullNotifier:
    """Nobody listens."""

    def ready(self) -> None:
        """Nothing to do."""

    def watchdog(self) -> None:
        """Nothing to do."""

    def stopping(self) -> None:
        """Nothing to do."""

    def status(self, text: str) -> None:
        """Nothing to do."""


class ServiceNotifier:
    """Speaks systemd's notification words through the given sender."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self._send = send

    def ready(self) -> None:
        self._send("READY=1")

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        self._send(f"STATUS={text}")


def notifier_of_this_service() -> Notifier:
    """systemd's, when it started us and its library is here; else the null notifier."""
    if "NOTIFY_SOCKET" not in os.environ:
        return NullNotifier()
    try:
        from systemd.daemon import notify
    except ImportError:
        logger.warning("NOTIFY_SOCKET is set but systemd-python is not installed: the service manager hears nothing")
        return NullNotifier()
    return ServiceNotifier(notify)
