"""The table of the CSMS's messages for the display. Blocking, in the writer."""

import logging
import sqlite3
from collections.abc import Sequence

from chargepoint.model.display import DisplayMessage
from chargepoint.model.errors import StorageError
from chargepoint.storage import codec

log = logging.getLogger(__name__)


def save(connection: sqlite3.Connection, messages: Sequence[DisplayMessage]) -> None:
    """Make the table what is set now: a few rows, seldom."""
    connection.execute("DELETE FROM display_messages")
    rows = [
        (place, each.message_id, codec.VERSION, codec.DISPLAY_MESSAGE.encode(each))
        for place, each in enumerate(messages)
    ]
    connection.executemany("INSERT INTO display_messages VALUES (?, ?, ?, ?)", rows)


def load(connection: sqlite3.Connection) -> tuple[DisplayMessage, ...]:
    """The longest set first; what can not be read is left out, and the CSMS learns so when it asks."""
    found: list[DisplayMessage] = []
    rows = connection.execute("SELECT message_id, version, body FROM display_messages ORDER BY place")
    for message_id, version, body in rows:
        try:
            found.append(codec.DISPLAY_MESSAGE.decode(body, version))
        except StorageError as error:
            log.warning("storage: message %s for the display is left out: %s", message_id, error)
    return tuple(found)
