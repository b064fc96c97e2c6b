"""One station at a time in its directories: a second one ends before it touches anything of the first."""

import fcntl
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

from chargepoint.model.errors import ChargePointError

LOCK_FILE = "station.lock"


class AlreadyRunningError(ChargePointError):
    """Another process is this station: who, where, and what to do."""


class InstanceLock:
    """Held from `__enter__` to the end of the process or `__exit__`; the kernel lets go of it after a kill -9."""

    def __init__(self, *directories: Path) -> None:
        """The directories exist. AlreadyRunningError by `__enter__` where another process holds one of them."""
        self._paths = [directory / LOCK_FILE for directory in dict.fromkeys(each.resolve() for each in directories)]
        self._held = ExitStack()

    def __enter__(self) -> "InstanceLock":
        try:
            for path in self._paths:
                self._take(path)
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _take(self, path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ChargePointError(
                f"{path}: can not be written ({error.strerror}): "
                "check station.state_dir, station.run_dir and their owner"
            ) from error
        self._held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunningError(
                f"{path.parent}: another chargepoint (pid {holder}) runs this station: stop that one first, "
                "or give this one its own station.state_dir and station.run_dir"
            ) from error
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # on a full disk the lock holds without the number
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
