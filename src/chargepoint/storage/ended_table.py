"""The last ended transaction of each EVSE. Blocking, in the writer."""

import logging
import sqlite3

from chargepoint.model.cost import EndedTransaction
from chargepoint.model.errors import StorageError
from chargepoint.storage import codec

log = logging.getLogger(__name__)


def save(connection: sqlite3.Connection, ended: EndedTransaction) -> None:
    row = (ended.evse_id, codec.VERSION, codec.ENDED.encode(ended))
    connection.execute("INSERT OR REPLACE INTO ended_transactions VALUES (?, ?, ?)", row)


def load(connection: sqlite3.Connection) -> tuple[EndedTransaction, ...]:
    """What can not be read is left out: its final cost is not shown any more."""
    found: list[EndedTransaction] = []
    for evse_id, version, body in connection.execute("SELECT evse_id, version, body FROM ended_transactions"):
        try:
            found.append(codec.ENDED.decode(body, version))
        except StorageError as error:
            log.warning("storage: the last transaction of EVSE %s is left out: %s", evse_id, error)
    return tuple(found)
