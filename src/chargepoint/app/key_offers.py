"""Passwords and profiles that a CSMS offers: stored within the disk's patience, or as if they had never been offered.

Whoever answers must not be contradicted by what a disk that hung takes later: it is undone in the same thread.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chargepoint.daemon.disk_patience import REASON, patiently
from chargepoint.model.errors import StorageError
from chargepoint.security.credentials import Entry
from chargepoint.security.keystore import KeyStore, Secret
from chargepoint.storage.writer import Writer

T = TypeVar("T")
OFFERED = (Entry.PASSWORD.value, Entry.PASSWORD.candidate, Entry.PROFILE.candidate)
"""What an offer may write."""


@dataclass(slots=True)
class _Deal:
    """Whether an offer counts, between the thread that stores it and whoever waits for that."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_stored: bool = False
    is_given_up: bool = False

    def close(self) -> bool:
        """It is stored; False where nobody waits for it any more."""
        with self.lock:
            self.is_stored = not self.is_given_up
            return self.is_stored

    def give_up(self) -> bool:
        """False where it has been stored just now."""
        with self.lock:
            self.is_given_up = not self.is_stored
            return self.is_given_up


class KeyOffers:
    def __init__(self, keys: KeyStore, writer: Writer) -> None:
        self._keys = keys
        self._writer = writer
        self._late: set[asyncio.Task[object]] = set()

    async def make(self, offer: Callable[[], T]) -> T:
        """What `offer` says, which runs in the writer's thread; StorageError where the disk hangs."""
        deal = _Deal()
        making = asyncio.create_task(self._writer.run(lambda: self._made(offer, deal)), name="key offer")
        if await patiently(making) or not deal.give_up():
            return await making
        self._late.add(making)
        making.add_done_callback(self._forget)
        raise StorageError(f"{REASON}: try again later")

    def _made(self, offer: Callable[[], T], deal: _Deal) -> T:
        before = {name: self._keys.read(name) for name in OFFERED}
        said = offer()
        if not deal.close():
            self._undo(before)
        return said

    def _undo(self, before: dict[str, Secret | None]) -> None:
        for name, content in before.items():
            if content is None:
                self._keys.remove(name)
            elif self._keys.read(name) != content:
                self._keys.write(name, content)

    def _forget(self, making: "asyncio.Task[object]") -> None:
        self._late.discard(making)
        if not making.cancelled():
            making.exception()  # nobody waits for it: an offer that failed late was not stored either
