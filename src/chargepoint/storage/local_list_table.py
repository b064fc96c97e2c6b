"""The table of the local authorisation list. Blocking, in the writer; an update is one transaction with its version."""

import logging
import sqlite3
from collections.abc import Callable
from functools import cache

from chargepoint.model.errors import StorageError
from chargepoint.model.local_list import ListUpdate, StoredList
from chargepoint.model.tokens import TokenVerdict, keys_alike
from chargepoint.storage import codec
from chargepoint.storage.database import single

log = logging.getLogger(__name__)


def apply(connection: sqlite3.Connection, update: ListUpdate) -> None:
    """Only rows that differ are written: a nightly full list that has hardly changed costs the flash hardly anything.

    A token that is listed now is forgotten by the cache: what the cache said of it must not come back when it leaves
    the list.
    """
    stored = dict(connection.execute("SELECT token_key, body FROM local_list").fetchall())
    encode: Callable[[TokenVerdict], str] = cache(codec.VERDICT.encode)
    wanted = {entry.token.key: encode(entry.verdict) for entry in update.entries if entry.verdict is not None}
    named = stored.keys() if update.is_full else {key for entry in update.entries for key in entry.token.keys}
    gone = (named & stored.keys()) - wanted.keys()
    connection.executemany("DELETE FROM local_list WHERE token_key = ?", [(key,) for key in gone])
    rows = [(key, body) for key, body in wanted.items() if stored.get(key) != body]
    connection.executemany("INSERT OR REPLACE INTO local_list VALUES (?, ?)", rows)
    connection.execute("INSERT OR REPLACE INTO local_list_state VALUES (1, ?)", (update.version,))
    cached = [key for (key,) in connection.execute("SELECT token_key FROM verdicts")]
    listed = [(key,) for key in cached if not wanted.keys().isdisjoint(keys_alike(key))]
    connection.executemany("DELETE FROM verdicts WHERE token_key = ?", listed)


def load(connection: sqlite3.Connection) -> StoredList:
    """An entry that can not be read is left out; the version is then 0, so that the CSMS sends the list anew."""
    decode: Callable[[str], TokenVerdict] = cache(codec.VERDICT.decode)
    version = single(connection, "SELECT list_version FROM local_list_state")
    entries: dict[str, TokenVerdict] = {}
    is_whole = True
    for token_key, body in connection.execute("SELECT token_key, body FROM local_list"):
        try:
            entries[token_key] = decode(body)
        except StorageError as error:
            is_whole = False
            log.warning("storage: an entry of the local list is left out: %s", error)
    return StoredList(version if isinstance(version, int) and is_whole else 0, entries)
