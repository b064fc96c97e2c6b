"""Where an id token is stored: for a customer who asks what is known of them. Blocking, in the writer."""

import json
import sqlite3

from chargepoint.charging.ports import TokenTraces
from chargepoint.model.errors import StorageError
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.storage import codec
from chargepoint.storage.database import single

ROWS_THAT_NAME = "SELECT COUNT(*) FROM {table} WHERE instr(lower({column}), ?) > 0"


def find(connection: sqlite3.Connection, token: IdToken) -> TokenTraces:
    named = _name_in_a_body(token)
    return TokenTraces(
        listed=_verdict(connection, "local_list", token),
        cached=_verdict(connection, "verdicts", token),
        waiting_reports=sum(
            _rows(connection, table, column, named)
            for table, column in (("outbox", "body"), ("starts", "body"), ("transactions", "record"))
        ),
        dead_letters=_rows(connection, "dead_letters", "body", named),
    )


def _name_in_a_body(token: IdToken) -> str:
    """As codec.py writes a token's value, but for its case."""
    return '"value":' + json.dumps(token.value, ensure_ascii=False).lower()


def _verdict(connection: sqlite3.Connection, table: str, token: IdToken) -> TokenVerdict | None:
    body = single(connection, f"SELECT body FROM {table} WHERE token_key = ?", token.key)  # ours
    try:
        return codec.VERDICT.decode(body) if isinstance(body, str) else None
    except StorageError:
        return None  # it is not used either


def _rows(connection: sqlite3.Connection, table: str, column: str, named: str) -> int:
    found = single(connection, ROWS_THAT_NAME.format(table=table, column=column), named)
    return found if isinstance(found, int) else 0
