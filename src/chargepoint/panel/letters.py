"""Dead letters as the JSON of `GET /api/dead-letters`. Pure. Id tokens appear shortened, unknown is null."""

import json
from collections.abc import Sequence
from typing import Any

from chargepoint.charging.ports import DeadLetter
from chargepoint.model.tokens import IdToken

Json = dict[str, Any]


def letters_json(letters: Sequence[DeadLetter]) -> Json:
    """The body of the answer, the youngest first."""
    return {"dead_letters": [letter_json(letter) for letter in letters]}


def letter_json(letter: DeadLetter) -> Json:
    """What a person needs to bill it by hand, or to decide to send it again."""
    report = _fields(letter.body)
    stamp, token = report.get("stamp"), report.get("id_token")
    value = token.get("value") if isinstance(token, dict) else None
    return {
        "row": letter.row_id,
        "kind": letter.kind,
        "phase": report.get("phase"),
        "transaction": letter.transaction_id,
        "evse": report.get("evse_id"),
        "energy_wh": report.get("energy_wh"),
        "utc": stamp.get("utc") if isinstance(stamp, dict) else None,
        "token": IdToken(value).redacted if isinstance(value, str) else None,
        "stop_reason": report.get("stop_reason"),
        "event": report.get("event_type"),
        "attempts": letter.attempts,
        "reason": letter.reason,
    }


def _fields(body: str) -> Json:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
