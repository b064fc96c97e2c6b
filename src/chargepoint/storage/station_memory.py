"""The small tables: boots, settings, availability, verdicts, meters. Blocking, in the writer."""

import logging
import sqlite3

from chargepoint.model.errors import StorageError
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterMemo
from chargepoint.model.moment import Stamp
from chargepoint.model.self_test import SelfTestRecord
from chargepoint.model.status import Availability
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.storage import codec
from chargepoint.storage.database import single
from chargepoint.storage.token_memory import VERDICTS_KEPT

log = logging.getLogger(__name__)

BOOTS_KEPT = 1000
MeterMemory = dict[str, MeterMemo]


def next_boot(connection: sqlite3.Connection) -> int:
    """The number of this start; it goes into every stamp."""
    last = single(connection, "SELECT MAX(boot_id) FROM boots")
    return (last if isinstance(last, int) else 0) + 1


def count_boot(connection: sqlite3.Connection, boot_id: int, machine_boot: str | None) -> None:
    """No later start gets this number: it is in the same commit as the first stamp, or in an earlier one."""
    connection.execute("INSERT INTO boots VALUES (?, ?)", (boot_id, machine_boot))
    connection.execute("DELETE FROM boots WHERE boot_id <= ?", (boot_id - BOOTS_KEPT,))


def boots_of_this_machine_boot(
    connection: sqlite3.Connection, boot_id: int, machine_boot: str | None
) -> frozenset[int]:
    """Starts of the process since the machine booted, this one among them: they share one monotonic clock."""
    rows = connection.execute("SELECT boot_id FROM boots WHERE machine_boot = ?", (machine_boot,))
    return frozenset(found for (found,) in rows) | {boot_id}


def first_boots(connection: sqlite3.Connection) -> dict[int, int]:
    """Of each start, the first one of the same boot of the machine; where that is not known it is left out."""
    rows = connection.execute(
        "SELECT boot_id, MIN(boot_id) OVER (PARTITION BY machine_boot) FROM boots WHERE machine_boot IS NOT NULL"
    )
    return dict(rows.fetchall())


def save_setting(connection: sqlite3.Connection, name: str, text: str | None) -> str | None:
    """What was stored before; None for nothing."""
    before = single(connection, "SELECT text FROM settings WHERE name = ?", name)
    if text is None:
        connection.execute("DELETE FROM settings WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, text))
    return before if isinstance(before, str) else None


def setting_texts(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, text FROM settings").fetchall())


def save_availability(connection: sqlite3.Connection, evse_id: EvseId, availability: Availability) -> None:
    connection.execute("INSERT OR REPLACE INTO availability VALUES (?, ?)", (evse_id, availability.value))


def availabilities(connection: sqlite3.Connection) -> dict[EvseId, Availability]:
    known = {each.value for each in Availability}
    rows = connection.execute("SELECT evse_id, availability FROM availability")
    return {EvseId(evse_id): Availability(text) for evse_id, text in rows if text in known}


def save_faults(connection: sqlite3.Connection, evse_id: EvseId, faults: frozenset[Fault]) -> None:
    connection.execute("DELETE FROM kept_faults WHERE evse_id = ?", (evse_id,))
    rows = [(evse_id, fault.value) for fault in sorted(faults)]
    connection.executemany("INSERT INTO kept_faults VALUES (?, ?)", rows)


def kept_faults(connection: sqlite3.Connection) -> dict[EvseId, frozenset[Fault]]:
    """What withholds power until it is over by its rule. A name that can not be read withholds it too."""
    known = {each.value for each in Fault}
    found: dict[EvseId, frozenset[Fault]] = {}
    for evse_id, name in connection.execute("SELECT evse_id, fault FROM kept_faults"):
        if name not in known:
            log.warning("storage: the kept fault %r of EVSE %s is unknown to this release", name, evse_id)
        fault = Fault(name) if name in known else Fault.FAULT_MEMORY_LOST
        found[EvseId(evse_id)] = found.get(EvseId(evse_id), frozenset()) | {fault}
    return found


def save_self_test(connection: sqlite3.Connection, evse_id: EvseId, record: SelfTestRecord) -> None:
    row = (evse_id, codec.VERSION, codec.SELF_TEST.encode(record))
    connection.execute("INSERT OR REPLACE INTO self_tests VALUES (?, ?, ?)", row)


def self_tests(connection: sqlite3.Connection) -> dict[EvseId, SelfTestRecord]:
    """The last verdicts; one that can not be read is none, and the next test is not far."""
    found: dict[EvseId, SelfTestRecord] = {}
    for evse_id, version, body in connection.execute("SELECT evse_id, version, body FROM self_tests"):
        try:
            found[EvseId(evse_id)] = codec.SELF_TEST.decode(body, version)
        except StorageError as error:
            log.warning("storage: the last self-test of EVSE %s is forgotten: %s", evse_id, error)
    return found


def save_verdict(connection: sqlite3.Connection, token: IdToken, verdict: TokenVerdict) -> None:
    """An unchanged verdict is not written again; the oldest goes when there are too many."""
    body = codec.VERDICT.encode(verdict)
    if single(connection, "SELECT body FROM verdicts WHERE token_key = ?", token.key) == body:
        return
    forget_verdict(connection, token)
    connection.execute("INSERT INTO verdicts (token_key, body) VALUES (?, ?)", (token.key, body))
    connection.execute("DELETE FROM verdicts WHERE place <= (SELECT MAX(place) FROM verdicts) - ?", (VERDICTS_KEPT,))


def forget_verdicts(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM verdicts")


def forget_verdict(connection: sqlite3.Connection, token: IdToken) -> None:
    """And of every token that is the same."""
    connection.executemany("DELETE FROM verdicts WHERE token_key = ?", [(key,) for key in token.keys])


def verdicts(connection: sqlite3.Connection) -> dict[str, TokenVerdict]:
    """By token key, the oldest first; what can not be read is left out and asked for again."""
    found: dict[str, TokenVerdict] = {}
    for token_key, body in connection.execute("SELECT token_key, body FROM verdicts ORDER BY place"):
        try:
            found[token_key] = codec.VERDICT.decode(body)
        except StorageError as error:
            log.warning("storage: a remembered verdict is left out: %s", error)
    return found


def save_meter(connection: sqlite3.Connection, name: str, memo: MeterMemo) -> None:
    """Written with every checkpoint, so it is small."""
    last_at = None if memo.last_at is None else codec.STAMP.encode(memo.last_at)
    row = (name, memo.offset_wh, memo.serial_number, memo.last_energy_wh, last_at)
    connection.execute("INSERT OR REPLACE INTO meters VALUES (?, ?, ?, ?, ?)", row)


def meters(connection: sqlite3.Connection) -> MeterMemory:
    """Where the time of the last register can not be read, it is unknown."""
    columns = "name, offset_wh, serial_number, last_energy_wh, last_at"
    rows = connection.execute(f"SELECT {columns} FROM meters")
    return {name: MeterMemo(offset, serial, energy, _stamp(at)) for name, offset, serial, energy, at in rows}


def _stamp(text: str | None) -> Stamp | None:
    try:
        return None if text is None else codec.STAMP.decode(text)
    except StorageError as error:
        log.warning("storage: when a meter was read last is unknown: %s", error)
        return None
