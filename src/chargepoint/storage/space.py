"""Room on the disk that is taken beforehand: for the billing rows when it is full, and for the log, so that a commit
does not make it longer. And how to tell that the disk is full.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

BALLAST_BYTES = 512 * 1024
LOG_BYTES = 1024 * 1024
BLOCK_BYTES = 4096
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
            self._path.touch(0o600)
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size_bytes)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> None:
        """Free the space."""
        self._path.unlink(missing_ok=True)


def lengthen_log(database: Path) -> None:
    """Fill the log with zeros up to `LOG_BYTES`: SQLite reads them as its end, and writes over them.

    A commit that makes the file longer writes two to four blocks of the file system's own books besides its own.
    Where there is no room the log stays as it is.
    """
    log = database.with_name(database.name + "-wal")
    with suppress(OSError), log.open("r+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        try:
            while (length := file.tell()) < LOG_BYTES:  # by blocks: of one long piece the kernel counts all as written
                file.write(bytes(BLOCK_BYTES - length % BLOCK_BYTES))
            os.fdatasync(file.fileno())  # now, or the next commit waits for it
        except OSError:
            file.truncate(end)
