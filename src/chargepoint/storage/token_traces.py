"""Where an id token is stored: for a customer who asks what is known of them. Blocking, in the writer."""

import sqlite3
from contextlib import suppress

from chargepoint.charging.ports import TokenTraces
from chargepoint.model.errors import StorageError
from chargepoint.model.tokens import IdToken, TokenVerdict, look_up
from chargepoint.storage import codec
from chargepoint.storage.database import single

ROWS = "SELECT COUNT(*) FROM {table} WHERE {condition}"
NAMES = "instr(lower({column}), ?) > 0"


def find(connection: sqlite3.Connection, token: IdToken) -> TokenTraces:
    names = [_name_in_a_body(each) for each in token.alike]
    return TokenTraces(
        listed=_verdict(connection, "local_list", token),
        cached=_verdict(connection, "verdicts", token),
        waiting_reports=sum(
            _rows(connection, table, column, names)
            for table, column in (("outbox", "body"), ("starts", "body"), ("transactions", "record"))
        ),
        dead_letters=_rows(connection, "dead_letters", "body", names),
    )


def _name_in_a_body(token: IdToken) -> str:
    """As codec.py writes a token, but for its case; no other token's text has this one's in it."""
    return codec.TOKEN.encode(token).removeprefix("{").lower()


def _verdict(connection: sqlite3.Connection, table: str, token: IdToken) -> TokenVerdict | None:
    known: dict[str, TokenVerdict] = {}
    for key in token.keys:
        body = single(connection, f"SELECT body FROM {table} WHERE token_key = ?", key)  # ours
        with suppress(StorageError):  # it is not used either
            known |= {key: codec.VERDICT.decode(body)} if isinstance(body, str) else {}
    return look_up(token, known)


def _rows(connection: sqlite3.Connection, table: str, column: str, names: list[str]) -> int:
    condition = " OR ".join([NAMES.format(column=column)] * len(names))
    found = single(connection, ROWS.format(table=table, condition=condition), *names)
    return found if isinstance(found, int) else 0
