"""The last OCPP frames, for people: secrets masked, id tokens shortened. Keeps nothing on disk."""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chargepoint.csms.frames import is_too_deep

KEPT_FRAMES = 200
KEPT_CHARACTERS = 4096
WAITING_FRAMES = 100
"""What a slow watcher may be behind before the oldest frames are skipped for it."""

READABLE_CHARACTERS = 65_536
"""Longer frames are counted, not shown: masking them would cost more than they tell."""

MASK = "***"
SECRET_NAMES = frozenset({"authorizationkey", "basicauthpassword", "password", "apnpassword"})
KEY_CODE = "KeyCode"
"""The type of an id token that is a PIN: nothing of it stays (2.0.1 C04.FR.04)."""
VALUE_FIELDS = frozenset({"value", "attributeValue"})
ID_TOKEN_FIELDS = frozenset({"idTag", "parentIdTag", "idToken"})
URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s]*@")
URL_QUERY = re.compile(r"(\w://[^\s?]*\?)\S+")
"""May be a signature that lets anybody in."""


class Direction(StrEnum):
    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class LoggedFrame:
    number: int
    direction: Direction
    utc: datetime
    text: str
    """Masked, and cut to a readable length."""


def masked(text: str) -> str:
    """Without passwords and keys; of an id token the last four characters stay."""
    if len(text) > READABLE_CHARACTERS:
        return f"({len(text)} characters, too long to show)"
    try:
        value = None if is_too_deep(text) else json.loads(text)
    except ValueError:
        value = None
    if value is None:
        return f"({len(text)} characters that are no OCPP frame)"
    return json.dumps(_masked(value), separators=(",", ":"), ensure_ascii=False)[:KEPT_CHARACTERS]


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        if value.get("type") == KEY_CODE:
            return value | {"idToken": MASK}
        is_secret = _names_a_secret(value)
        return {key: _masked_field(key, item, is_secret) for key, item in value.items()}
    return URL_QUERY.sub(rf"\1{MASK}", URL_PASSWORD.sub(rf"\1{MASK}@", value)) if isinstance(value, str) else value


def _names_a_secret(value: dict[str, Any]) -> bool:
    """1.6 `{"key": …, "value": …}`, 2.0.1 `{"variable": {"name": …}, "attributeValue": …}`."""
    variable = value.get("variable")
    names = (value.get("key"), value.get("name"), variable.get("name") if isinstance(variable, dict) else None)
    return any(isinstance(name, str) and name.casefold() in SECRET_NAMES for name in names)


def _masked_field(key: str, item: Any, is_secret: bool) -> Any:
    if key.casefold() in SECRET_NAMES or (is_secret and key in VALUE_FIELDS):
        return MASK
    if key in ID_TOKEN_FIELDS and isinstance(item, str):
        return f"…{item[-4:]}" if len(item) > 4 else "…"
    return _masked(item)


class FrameLog:
    """A ring of frames and the watchers of it."""

    def __init__(self, utc_now: Callable[[], datetime], kept: int = KEPT_FRAMES) -> None:
        self._utc_now = utc_now
        self._frames: deque[LoggedFrame] = deque(maxlen=kept)
        self._watchers: list[asyncio.Queue[LoggedFrame]] = []
        self._number = 0

    def note(self, direction: Direction, text: str) -> None:
        self._number += 1
        frame = LoggedFrame(self._number, direction, self._utc_now(), masked(text))
        self._frames.append(frame)
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(frame)

    def last(self) -> tuple[LoggedFrame, ...]:
        """Oldest first."""
        return tuple(self._frames)

    async def watch(self) -> AsyncGenerator[LoggedFrame, None]:
        """Every frame from now on; a watcher that is too slow misses the oldest."""
        queue: asyncio.Queue[LoggedFrame] = asyncio.Queue(WAITING_FRAMES)
        self._watchers.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.remove(queue)
