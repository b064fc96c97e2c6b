"""The one row that says how far the firmware update has come. Blocking, in the writer."""

import logging
import sqlite3

from chargepoint.model.errors import StorageError
from chargepoint.model.firmware import UpdateRecord
from chargepoint.storage import codec

log = logging.getLogger(__name__)


def save(connection: sqlite3.Connection, record: UpdateRecord) -> None:
    row = (codec.VERSION, codec.UPDATE_RECORD.encode(record))
    connection.execute("INSERT OR REPLACE INTO firmware_update (place, version, body) VALUES (1, ?, ?)", row)


def load(connection: sqlite3.Connection) -> UpdateRecord | None:
    """None where there was none, or where it can not be read: the CSMS then asks again."""
    row = connection.execute("SELECT body, version FROM firmware_update").fetchone()
    try:
        return None if row is None else codec.UPDATE_RECORD.decode(*row)
    except StorageError as error:
        log.warning("storage: the firmware update is forgotten: %s", error)
        return None
