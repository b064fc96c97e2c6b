"""A timeout that each byte puts off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chargepoint.transfer.outcomes import TransferError, TransferFault


class StallGuard:
    """`moved()` whenever something came or went."""

    def __init__(self, limit: asyncio.Timeout, stall_seconds: float) -> None:
        self._limit = limit
        self._stall_seconds = stall_seconds

    def moved(self) -> None:
        if not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + self._stall_seconds)


@asynccontextmanager
async def unless_stalled(stall_seconds: float, place: str) -> AsyncIterator[StallGuard]:
    """TransferError (STALLED) when nothing has moved for so long."""
    limit = asyncio.timeout(stall_seconds)
    try:
        async with limit:
            yield StallGuard(limit, stall_seconds)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TransferError(
            TransferFault.STALLED, f"nothing moved for {stall_seconds:g} s at {place}: check the server and the network"
        ) from error
