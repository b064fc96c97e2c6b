"""Judges whether an opened file is whole: its pages, its indexes, its tables. It mends what can be made anew from the
rest, and changes no row.
"""

import logging
import sqlite3
from contextlib import closing
from importlib.resources import files

log = logging.getLogger(__name__)

SHAPE = """
    SELECT t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
    FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
    UNION ALL
    SELECT t.name, i.name, i."unique", i.partial, x.seqno, x.name
    FROM sqlite_master t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) x WHERE t.type = 'table'
"""
Shape = frozenset[tuple[object, ...]]


class CorruptFileError(Exception):
    """The file is no database of ours any more."""


def check_soundness(connection: sqlite3.Connection, schema: int) -> None:
    """CorruptFileError where pages are damaged, or a table of this schema is not as its migrations make it."""
    verdict = _verdict(connection)
    if verdict != "ok":
        log.warning("storage: %s: the indexes are made anew", verdict)
        connection.execute("REINDEX")
        verdict = _verdict(connection)
    if verdict != "ok":
        raise CorruptFileError(verdict)
    if changed := _shape(schema) - _shape_of(connection):
        raise CorruptFileError(f"not as they were made: {', '.join(sorted({str(table) for table, *_ in changed}))}")


def migration(version: int) -> str:
    """The script that makes this schema out of the one before it."""
    return files("chargepoint.storage.migrations").joinpath(f"v{version}.sql").read_text(encoding="utf-8")


def _verdict(connection: sqlite3.Connection) -> str:
    """Indexes are compared with their tables too: a wrong one lets every later commit fail."""
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    return str(verdict)


def _shape(schema: int) -> Shape:
    """Columns and indexes as a new file has them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for version in range(1, schema + 1):
            connection.executescript(migration(version))
        return _shape_of(connection)


def _shape_of(connection: sqlite3.Connection) -> Shape:
    return frozenset(connection.execute(SHAPE))
