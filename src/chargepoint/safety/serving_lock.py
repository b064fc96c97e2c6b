"""Who serves the link: a lock beside the socket, so that nobody has to connect to find out.

A connection would replace the controller's; asking must not disturb.
"""

import fcntl
import os
from pathlib import Path
from time import sleep

ATTEMPTS = 10
ATTEMPT_SECONDS = 0.02
"""Somebody may be asking `is_served` this instant."""


def lock_path(socket_path: Path) -> Path:
    return socket_path.with_name(socket_path.name + ".lock")


def take(socket_path: Path) -> int | None:
    """The descriptor that holds the lock until it is closed; None where another process serves. OSError as usual."""
    descriptor = os.open(lock_path(socket_path), os.O_RDWR | os.O_CREAT, 0o660)
    for _ in range(ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(ATTEMPT_SECONDS)
        else:
            return descriptor
    os.close(descriptor)
    return None


def is_served(socket_path: Path) -> bool:
    """True while a process serves that path."""
    try:
        descriptor = os.open(lock_path(socket_path), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
