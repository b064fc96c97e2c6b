"""The database behind the writer: every piece of work is one transaction, every failure a StorageError."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.storage.database import Watch, in_transaction, open_database
from chargepoint.storage.space import Ballast, is_full, lengthen_log
from chargepoint.storage.writer import Writer

log = logging.getLogger(__name__)
R = TypeVar("R")
Work = Callable[[sqlite3.Connection], R]

UNSTORABLE = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)
"""What binding or encoding a value may raise that the database has no place for: an integer beyond 64 bits, half a
character, a broken invariant. The same value fails for ever, and must not keep others from the disk."""

LOG_KEPT_BYTES = 256 * 1024
"""On a disk that has been full."""


@dataclass(frozen=True, slots=True)
class Household:
    """What the disk asks of those who use it; all of it is called in the writer."""

    make_room: Work[int]
    """The disk is full: drop what may be dropped, return how much that was."""
    rolled_back: Callable[[], None]
    """Nothing of the present work was stored: forget what you believe to be stored."""
    watch: Watch
    first: Work[None]
    """Goes with the first commit."""


class Disk:
    """One file, one writer."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        writer: Writer,
        household: "Household",
        *,
        lacks_room: bool = False,
    ) -> None:
        """`lacks_room`: the connection is to memory, and nothing is written before the file can be made."""
        self._connection = connection
        self._path = path
        self._writer = writer
        self._household = household
        self._first: Work[None] | None = household.first
        self._ballast = Ballast(path)
        self._is_closed = False
        self._has_long_log = False
        self._lacks_room = lacks_room
        self._has_ballast = not lacks_room and self._ballast.take()

    async def read(self, work: Work[R]) -> R:
        """Look without changing anything."""
        self._refuse_when_closed()
        return await self._writer.run(lambda: self._told(work))

    async def write(self, work: Work[R]) -> R:
        """All of the work in one commit, or StorageError and none of it."""
        self._refuse_when_closed()
        return await self._writer.run(lambda: self._written(work))

    async def close(self) -> None:
        """Finish what was begun, fold the log into the file, close it."""
        if not self._is_closed:
            self._is_closed = True
            await self._writer.run(self._connection.close)
            await self._writer.close()

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise StorageError(f"{self._path}: is closed, the station is stopping")

    def _told(self, work: Work[R]) -> R:
        try:
            return work(self._connection)
        except UNSTORABLE as error:
            raise UnstorableError(f"{self._path}: can not be asked that: {error!r}") from error
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: can not be read: {error}") from error

    def _written(self, work: Work[R]) -> R:
        if self._lacks_room:
            self._make_file()
        try:
            result = self._committed(work)
        except UNSTORABLE as error:
            raise UnstorableError(f"{self._path}: nothing was stored, this can not be: {error!r}") from error
        except sqlite3.Error as error:
            if not is_full(error):
                raise StorageError(f"{self._path}: nothing was stored: {error}") from error
            result = self._written_with_room(work, error)
        if not self._has_ballast:
            self._has_ballast = self._ballast.take()
        if not self._has_long_log:  # behind the first step, which a start waits for
            self._has_long_log = True
            self._writer.later(lambda: lengthen_log(self._path))
        return result

    def _make_file(self) -> None:
        """The disk was full when the station started for the first time; StorageError: it still is."""
        opened = open_database(self._path)
        log.warning("storage: there is room now, %s begins", self._path)
        self._connection.close()
        self._connection = opened.connection
        self._lacks_room = False

    def _committed(self, work: Work[R]) -> R:
        def all_of_it(connection: sqlite3.Connection) -> R:
            if self._first is not None:
                self._first(connection)
            return work(connection)

        try:
            result = in_transaction(self._connection, all_of_it, self._household.watch)
        except BaseException:
            self._household.rolled_back()
            raise
        self._first = None
        return result

    def _written_with_room(self, work: Work[R], full: sqlite3.Error) -> R:
        """Give up the reserve and thin the samples; billing rows stay."""
        self._ballast.give_up()
        self._has_ballast = False
        self._fold_log()
        try:
            dropped = in_transaction(self._connection, self._household.make_room, self._household.watch)
            self._fold_log()
            log.warning("storage: the disk is full (%s): %d samples were dropped", full, dropped)
            return self._committed(work)
        except sqlite3.Error as error:
            raise StorageError(
                f"{self._path}: the disk is full, nothing was stored ({error}): free space on it"
            ) from error

    def _fold_log(self) -> None:
        """Into the file, so that the log begins anew in the room that it has: given back, others would take it. What is
        more than it needs goes to the reserve, or the file could not grow."""
        with suppress(sqlite3.Error):  # then there is no room for that either
            self._connection.execute(f"PRAGMA journal_size_limit = {LOG_KEPT_BYTES}")
            self._connection.execute("PRAGMA wal_checkpoint(RESTART)")
