"""Room for the billing rows when the disk is full: a file that can be given up, and how to tell that it is full."""

import os
import sqlite3
from pathlib import Path

BALLAST_BYTES = 512 * 1024
FULL_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})


def is_full(error: sqlite3.Error) -> bool:
    """There is no room; nothing is wrong with what is stored."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code in FULL_CODES or code & 0xFF == sqlite3.SQLITE_FULL


class Ballast:
    """Disk space held in reserve beside the database; deleting samples needs some to write on."""

    def __init__(self, database: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self._path = database.with_name(database.name + ".ballast")
        self._size_bytes = size_bytes

    def take(self) -> bool:
        """Reserve the space, or as many eighths of it as there are; False when the disk has none left."""
        if self._path.exists() and self._path.stat().st_size >= self._size_bytes:
            return True
        return any(self._reserve(self._size_bytes * eighths // 8) for eighths in range(8, 0, -1))

    def _reserve(self, size_bytes: int) -> bool:
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size_bytes)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> None:
        """Free the space."""
        self._path.unlink(missing_ok=True)
