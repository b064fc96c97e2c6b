"""Has what is stored put right once the clock is known. Keeps nobody waiting for a disk that hangs."""

import asyncio
import logging

from chargepoint.charging.clock_correction import CorrectedStamps
from chargepoint.charging.ports import Clock, StoragePort
from chargepoint.daemon.disk_patience import patiently
from chargepoint.model.errors import StorageError

log = logging.getLogger(__name__)


class StampCorrections:
    def __init__(self, storage: StoragePort, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._late: asyncio.Task[CorrectedStamps] | None = None

    async def make(self) -> CorrectedStamps:
        """What waits on the disk gets the right time before it is sent; what can not be stored keeps its guess."""
        try:
            return await self._storage.correct_stamps(self._clock.now())
        except StorageError as error:
            log.warning("storage: the times of waiting reports stay uncorrected: %s", error)
            return {}

    async def make_soon(self) -> CorrectedStamps | None:
        """The same; None where the disk hangs, and what can be corrected is when it does not any more."""
        making = self._late = asyncio.create_task(self.make(), name="correct-stamps")
        return making.result() if await patiently(making) else None
