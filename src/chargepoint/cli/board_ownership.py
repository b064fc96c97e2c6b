"""Nobody else owns a board while it is checked: the locks of the safety process are asked for, and held meanwhile."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chargepoint.model.errors import ChargePointError
from chargepoint.safety.plan import SOCKET_NAME, SafetyPlan
from chargepoint.safety.serving_lock import lock_path, take

SERVICE_DIRECTORY = Path("/run/chargepoint")
"""Of the service: a shell has no RUNTIME_DIRECTORY that would name it."""


@contextmanager
def board_of_our_own(plan: SafetyPlan) -> Iterator[None]:
    """ChargePointError where a safety process owns the board, or may own it."""
    places = (plan.socket_path.absolute(), SERVICE_DIRECTORY / SOCKET_NAME)
    with ExitStack() as exits:
        for socket_path in dict.fromkeys(places):
            lock = _lock(socket_path)
            if lock is not None:
                exits.callback(os.close, lock)
        yield


def _lock(socket_path: Path) -> int | None:
    """None where no safety process has ever served: a lock file of another user would keep it from its own."""
    try:
        if not lock_path(socket_path).exists() and not _is_ours(socket_path.parent):
            return None
        lock = take(socket_path)
    except OSError as error:
        raise ChargePointError(
            f"{lock_path(socket_path)}: can not be locked ({error.strerror}), so that nobody knows whether the safety "
            "process owns this board: check it as that process's user"
        ) from error
    if lock is None:
        raise ChargePointError(
            f"the safety process owns this board now ({socket_path}): stop it before "
            "(systemctl stop chargepoint-safety)"
        )
    return lock


def _is_ours(directory: Path) -> bool:
    return directory.is_dir() and directory.stat().st_uid == os.geteuid()
