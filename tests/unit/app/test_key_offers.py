"""A password that the disk takes too late was never offered."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from chargepoint.app.key_offers import KeyOffers
from chargepoint.daemon.disk_patience import COMMIT_PATIENCE_SECONDS
from chargepoint.model.errors import StorageError
from chargepoint.security.credentials import Entry
from chargepoint.security.keystore import FileKeyStore, Secret
from support.virtual_time import run_virtual

R = TypeVar("R")
CANDIDATE = Entry.PASSWORD.candidate


class HangingWriter:
    """Implements `Writer`; begins nothing while it hangs."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def run(self, work: Callable[[], R]) -> R:
        await self.goes_on.wait()
        return work()

    def later(self, work: Callable[[], None]) -> None:
        work()

    async def close(self) -> None: ...


def offer(keys: FileKeyStore, text: bytes) -> None:
    keys.write(CANDIDATE, Secret(text))


@pytest.mark.parametrize("before", [None, Secret(b"an older candidate")])
def test_what_the_disk_takes_after_the_answer_is_undone(tmp_path: Path, before: Secret | None) -> None:
    async def story() -> None:
        keys, writer = FileKeyStore(tmp_path / "keys"), HangingWriter()
        if before is not None:
            keys.write(CANDIDATE, before)
        offers = KeyOffers(keys, writer)
        with pytest.raises(StorageError, match="try again later"):
            async with asyncio.timeout(COMMIT_PATIENCE_SECONDS + 0.5):
                await offers.make(lambda: offer(keys, b"too late"))
        writer.goes_on.set()
        await asyncio.sleep(0.1)
        assert keys.read(CANDIDATE) == before
        await offers.make(lambda: offer(keys, b"in time"))
        assert keys.read(CANDIDATE) == Secret(b"in time")

    run_virtual(story())


def test_a_slow_disk_is_waited_for_and_what_is_wrong_with_an_offer_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        keys, writer = FileKeyStore(tmp_path / "keys"), HangingWriter()
        offers = KeyOffers(keys, writer)
        making = asyncio.ensure_future(offers.make(lambda: offer(keys, b"in time")))
        await asyncio.sleep(COMMIT_PATIENCE_SECONDS - 1)
        writer.goes_on.set()
        await making
        assert keys.read(CANDIDATE) == Secret(b"in time")
        assert await offers.make(lambda: "too short") == "too short"

    run_virtual(story())
