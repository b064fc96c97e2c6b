"""The table of reservations. Blocking, in the writer."""

import logging
import sqlite3
from collections.abc import Sequence

from chargepoint.model.errors import StorageError
from chargepoint.model.reservations import Reservation
from chargepoint.storage import codec

log = logging.getLogger(__name__)


def save(connection: sqlite3.Connection, reservations: Sequence[Reservation]) -> None:
    """Make the table what holds now: a handful of rows."""
    connection.execute("DELETE FROM reservations")
    rows = [(each.reservation_id, codec.VERSION, codec.RESERVATION.encode(each)) for each in reservations]
    connection.executemany("INSERT INTO reservations VALUES (?, ?, ?)", rows)


def load(connection: sqlite3.Connection) -> tuple[Reservation, ...]:
    """What can not be read is left out: that outlet is free again."""
    found: list[Reservation] = []
    rows = connection.execute("SELECT reservation_id, version, body FROM reservations ORDER BY rowid")
    for reservation_id, version, body in rows:
        try:
            found.append(codec.RESERVATION.decode(body, version))
        except StorageError as error:
            log.warning("storage: reservation %s is left out: %s", reservation_id, error)
    return tuple(found)
