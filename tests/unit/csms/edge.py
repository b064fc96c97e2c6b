"""The whole edge over a CSMS in memory, on virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chargepoint.csms.client import CsmsClient
from chargepoint.csms.dialect import Dialect, DialectContext
from chargepoint.csms.frame_log import FrameLog
from chargepoint.csms.pace import FixedPace
from chargepoint.csms.session import Neighbours
from chargepoint.model.registration import BootReason
from unit.csms.fake_csms import FakeCsms, MemoryConnector
from unit.csms.fake_neighbours import IDENTITY, FakeStation, LoopClock
from unit.csms.few_words import FewWords, NoNumbers
from unit.csms.memory_outbox import MemoryOutbox
from unit.csms.v201.fakes import FakeSettings


class Edge:
    """A client with everything around it."""

    def __init__(self) -> None:
        self.csms = FakeCsms()
        self.connector = MemoryConnector(self.csms)
        self.outbox = MemoryOutbox()
        self.station = FakeStation()
        self.clock = LoopClock()
        self.pace = FixedPace()
        self.frame_log = FrameLog(lambda: self.clock.now().utc)
        self.dialects: list[FewWords] = []
        neighbours = Neighbours(
            dialects={"ocpp1.6": self._few_words, "ocpp2.0.1": self._no_numbers},
            settings=FakeSettings(),
            outbox=self.outbox,
            clock=self.clock,
            identity=IDENTITY,
            evse_ids=(1, 2),
            pace=self.pace,
            frame_log=self.frame_log,
        )
        self.client = CsmsClient(self.connector, neighbours, BootReason.POWER_UP, lambda: 0.5)

    def _few_words(self, context: DialectContext) -> Dialect:
        self.dialects.append(FewWords(context))
        return self.dialects[-1]

    def _no_numbers(self, context: DialectContext) -> Dialect:
        self.dialects.append(NoNumbers(context))
        return self.dialects[-1]


@asynccontextmanager
async def running(edge: Edge, seconds: float = 1.0) -> AsyncIterator[Edge]:
    """The client runs; `seconds` have passed when the story begins."""
    task = asyncio.create_task(edge.client.run(edge.station))
    await asyncio.sleep(seconds)
    try:
        yield edge
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), task.exception()
