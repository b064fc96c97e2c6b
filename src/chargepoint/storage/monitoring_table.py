"""The tables of monitors. Blocking, in the writer."""

import logging
import sqlite3
from dataclasses import replace

from chargepoint.model.errors import StorageError
from chargepoint.model.monitoring import Monitor, StoredMonitoring
from chargepoint.storage import codec

log = logging.getLogger(__name__)


def save(connection: sqlite3.Connection, stored: StoredMonitoring) -> None:
    """Make the tables what is given; a row that is right already is not written again."""
    present = dict(connection.execute("SELECT monitor_id, body FROM monitors").fetchall())
    wanted = {monitor.monitor_id: codec.MONITOR.encode(monitor) for monitor in stored.custom}
    for monitor_id in present.keys() - wanted.keys():
        connection.execute("DELETE FROM monitors WHERE monitor_id = ?", (monitor_id,))
    for monitor_id, body in wanted.items():
        if present.get(monitor_id) != body:
            row = (monitor_id, codec.VERSION, body)
            connection.execute("INSERT OR REPLACE INTO monitors VALUES (?, ?, ?)", row)
    body = codec.MONITORING.encode(replace(stored, custom=()))
    connection.execute("INSERT OR REPLACE INTO monitoring VALUES (1, ?, ?)", (codec.VERSION, body))


def load(connection: sqlite3.Connection) -> StoredMonitoring:
    """What can not be read is left out: the CSMS sees in its next report which monitors there are (N04.FR.19)."""
    custom: list[Monitor] = []
    rows = connection.execute("SELECT monitor_id, version, body FROM monitors ORDER BY monitor_id")
    for monitor_id, version, body in rows:
        try:
            custom.append(codec.MONITOR.decode(body, version))
        except StorageError as error:
            log.warning("storage: monitor %s is left out: %s", monitor_id, error)
    row = connection.execute("SELECT body, version FROM monitoring").fetchone()
    stored = StoredMonitoring()
    try:
        stored = stored if row is None else codec.MONITORING.decode(*row)
    except StorageError as error:
        log.warning("storage: base, level and alarms of the monitors are forgotten: %s", error)
    return replace(stored, custom=tuple(custom))
