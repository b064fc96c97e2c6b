"""Opens the file, sets a corrupt one aside, brings the schema up to date, and runs work inside transactions."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import TypeVar

from chargepoint.model.errors import StorageError
from chargepoint.storage.soundness import CorruptFileError, check_soundness, migration
from chargepoint.storage.space import LOG_BYTES, Ballast, is_full

log = logging.getLogger(__name__)
R = TypeVar("R")
Watch = Callable[[str], None]
"""Told `before_commit` and `after_commit`; for tests that cut the power there."""

NEWEST_SCHEMA = 11
ANY_TABLE = "SELECT 1 FROM sqlite_master LIMIT 1"
PAGE_BYTES = 1024
"""Small pages: a commit writes whole pages, and flash wears by what is written."""
FRAME_BYTES = PAGE_BYTES + 24
LARGEST_STEP_FRAMES = 40
"""Of a step as charging makes them; a larger one makes the log longer for a while."""
LOG_FRAMES = LOG_BYTES // FRAME_BYTES - LARGEST_STEP_FRAMES
"""With so many the log is folded into the file and begins anew, in the same blocks of the disk."""
PRIVATE = 0o600
BUSY_SECONDS = 2.0
LONGEST_TRIAL_SECONDS = 86_400.0 + 3600.0
"""New firmware is confirmed or taken back within a day."""
CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""The last is what a damaged name in the schema gives: nothing in our own words can be wrong."""


class NoRoomError(StorageError):
    """The disk is full."""

    def __init__(self, text: str, is_for_new_file: bool) -> None:
        super().__init__(text)
        self.is_for_new_file = is_for_new_file
        """Nothing is stored there yet: whoever starts without the file misses nothing."""


class NewerFileError(Exception):
    """A newer release has changed the file's schema; a copy from before that lies beside it."""


@dataclass(frozen=True, slots=True)
class Opened:
    connection: sqlite3.Connection
    set_aside: Path | None
    """Where a corrupt file went."""
    lacks_room: bool = False
    """The file is still to be made, where there is room for it: this one is in memory, empty, and not to be written."""


def open_database(path: Path, newest_schema: int = NEWEST_SCHEMA) -> Opened:
    """A checked database of the newest schema, alone in its use.

    StorageError where the place can not be written, another process uses it, or a newer release wrote it; NoRoomError
    where the disk is full and it is still to be made, or its schema to be changed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path.parent}: can not be made ({error.strerror}): check [station] state_dir") from error
    try:
        connection = _open_checked(path, newest_schema)
        return Opened(connection, None if _has_stored(connection) else _last_set_aside(path))
    except NewerFileError as error:
        aside = _set_aside(path, "newer")
        _copy_for(path, newest_schema).rename(path)
        log.error("storage: %s: it is kept as %s, and what was before the update goes on", error, aside)  # noqa: TRY400 - the reason is in the text
        return Opened(_open_checked(path, newest_schema), aside)
    except CorruptFileError as error:
        return begin_anew(path, str(error), newest_schema)


def begin_anew(path: Path, why: str, newest_schema: int = NEWEST_SCHEMA) -> Opened:
    """A new file; the corrupt one, which nobody may hold open, is kept beside it."""
    aside = _set_aside(path)
    log.error("storage: %s is corrupt (%s); it is kept as %s and a new one begins", path, why, aside)
    try:
        return Opened(_open_checked(path, newest_schema), aside)
    except CorruptFileError as again:
        raise StorageError(f"{path}: even a new file can not be used ({again}): check the disk") from again


def open_in_memory(path: Path, newest_schema: int = NEWEST_SCHEMA) -> Opened:
    """In the place of a file that there is no room for."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection, path, newest_schema)
    return Opened(connection, _last_set_aside(path), lacks_room=True)


def _has_stored(connection: sqlite3.Connection) -> bool:
    """Each start goes with its first commit."""
    return single(connection, "SELECT 1 FROM boots LIMIT 1") is not None


def _open_checked(path: Path, newest_schema: int) -> sqlite3.Connection:
    """On a full disk a new file and a migration get what is held in reserve."""
    try:
        return _open_in_room(path, newest_schema)
    except NoRoomError:
        Ballast(path).give_up()
        return _open_in_room(path, newest_schema)


def _open_in_room(path: Path, newest_schema: int) -> sqlite3.Connection:
    _keep_private(path)
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: can not be opened ({error}): check [station] state_dir and its owner") from error
    try:
        _configure(connection)
        _migrate(connection, path, newest_schema)
        check_soundness(connection, newest_schema)
    except sqlite3.Error as error:
        is_new = _is_empty(connection)
        connection.close()
        raise _opening_error(path, error, is_new) from error
    except UnicodeDecodeError as error:  # in SQLite's own words about a damaged schema
        connection.close()
        raise CorruptFileError(str(error)) from error
    except (StorageError, CorruptFileError, NewerFileError):
        connection.close()
        raise
    return connection


def _keep_private(path: Path) -> None:
    """Cards and bills are nobody else's; what SQLite lays beside the file is as readable as the file (2.0.1 C10.FR.12).
    One that belongs to somebody else stays as its owner has it."""
    try:
        path.touch(PRIVATE)
        for each in (path, path.with_name(path.name + "-wal")):
            if each.exists():
                each.chmod(PRIVATE)
    except OSError as error:
        log.debug("storage: %s: who may read it stays as it is (%s)", path, error.strerror)


def _is_empty(connection: sqlite3.Connection) -> bool:
    """No schema was ever committed: the first one comes in one piece."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return single(connection, "PRAGMA user_version") == 0 and single(connection, ANY_TABLE) is None
    return False


def _opening_error(path: Path, error: sqlite3.Error, is_new: bool) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in CORRUPT_CODES:
        return CorruptFileError(str(error))
    if is_full(error):
        return NoRoomError(f"{path}: can not be written ({error}): free space on the disk", is_new)
    if code == sqlite3.SQLITE_BUSY:
        return StorageError(f"{path}: another process uses it: stop the other chargepoint first")
    return StorageError(f"{path}: can not be used ({error}): check the disk and who owns the file")


def _configure(connection: sqlite3.Connection) -> None:
    connection.text_factory = _damaged_or_not
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_FRAMES}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    connection.execute("PRAGMA temp_store = MEMORY")


def _damaged_or_not(raw: bytes) -> str:
    """A text with a flipped bit must not hide its row: whoever reads it sees U+FFFD there and judges."""
    return raw.decode("utf-8", "replace")


def _migrate(connection: sqlite3.Connection, path: Path, newest_schema: int) -> None:
    (present,) = connection.execute("PRAGMA user_version").fetchone()
    if present > newest_schema and _is_recent(_copy_for(path, newest_schema), path):
        raise NewerFileError(f"{path} was written by a newer release, which was taken back")
    if present > newest_schema:
        raise StorageError(
            f"{path}: was written by a newer release (schema {present}, this one knows {newest_schema}): "
            "install that release, or move the file away to begin anew"
        )
    if 0 < present < newest_schema:
        _keep_copy(connection, _copy_for(path, present))
    steps = [migration(version) for version in range(present + 1, newest_schema + 1)]
    if steps:
        script = "\n".join(steps)
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {newest_schema};\nCOMMIT;")


def _copy_for(path: Path, schema: int) -> Path:
    """As the file was before a newer release changed its schema: what a release that is taken back goes on with."""
    return path.with_name(f"{path.name}.schema-{schema}")


def _is_recent(copy: Path, path: Path) -> bool:
    """Of an update on trial; what has long been confirmed is not undone with transactions of long ago."""
    return copy.exists() and path.stat().st_mtime - copy.stat().st_mtime < LONGEST_TRIAL_SECONDS


def _keep_copy(connection: sqlite3.Connection, copy: Path) -> None:
    """Whole or not at all; sqlite3.Error where there is no room, and then nothing is migrated either."""
    fresh = copy.with_name(copy.name + ".new")
    fresh.unlink(missing_ok=True)
    _keep_private(fresh)
    connection.execute("VACUUM INTO ?", (str(fresh),))
    fresh.rename(copy)


def _asides(path: Path, why: str) -> Iterator[Path]:
    return (path.with_name(f"{path.name}.{why}-{number}") for number in count(1))


def _last_set_aside(path: Path) -> Path | None:
    """Of the corrupt ones, whose place is still empty."""
    there = list(takewhile(Path.exists, _asides(path, "corrupt")))
    return there[-1] if there else None


def _set_aside(path: Path, why: str = "corrupt") -> Path:
    aside = next(each for each in _asides(path, why) if not each.exists())
    try:
        for ending in ("-wal", "-shm"):
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + ending))
        path.rename(aside)
    except OSError as error:
        raise StorageError(f"{path}: is corrupt and can not be moved away ({error.strerror}): move it") from error
    return aside


def in_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], R], watch: Watch) -> R:
    """All of the work or none of it; sqlite3.Error when nothing was committed."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        watch("before_commit")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    watch("after_commit")
    return result


def single(connection: sqlite3.Connection, query: str, *values: object) -> object:
    """The first column of the first row; None where there is no row."""
    with closing(connection.execute(query, values)) as cursor:
        row = cursor.fetchone()
    return None if row is None else row[0]
