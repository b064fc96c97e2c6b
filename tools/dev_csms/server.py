"""The whole development CSMS in one process, on real sockets: core, gate and control interface."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from dev_csms.connection import UtcClock
from dev_csms.control import Control
from dev_csms.core import CsmsCore
from dev_csms.desk import CsmsPolicy
from dev_csms.faults import FaultBoard
from dev_csms.gate import Gate, GateOptions
from dev_csms.outcomes import CallAnswer
from dev_csms.records import StationRecord
from dev_csms.transactions import CsmsTransaction
from dev_csms.wire import Json


def utc_now() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


class DevCsms:
    """`async with DevCsms() as csms:` listens at `csms.url` and is controlled at `csms.http_url`."""

    def __init__(
        self,
        options: GateOptions | None = None,
        policy: CsmsPolicy | None = None,
        http_port: int = 0,
        utc_clock: UtcClock = utc_now,
    ) -> None:
        self.core = CsmsCore(policy)
        self.gate = Gate(self.core, options or GateOptions(), utc_clock)
        self.http_url = ""
        self._control = Control(self.core, self.gate)
        self._http_port = http_port
        self._changed = asyncio.Event()
        self.core.frame_listeners.append(lambda _frame: self._changed.set())
        self.gate.listeners.append(self._changed.set)

    async def __aenter__(self) -> Self:
        await self.gate.listen(True)
        self.http_url = await self._control.open("127.0.0.1", self._http_port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._control.close()
        await self.gate.close()

    @property
    def url(self) -> str:
        """Where stations connect; they append `/` and their identity."""
        return self.gate.url

    @property
    def faults(self) -> FaultBoard:
        """Where misbehaviour is ordered."""
        return self.core.faults

    @property
    def transactions(self) -> list[CsmsTransaction]:
        """All transactions, in the order of their first message."""
        return self.core.transactions

    def station(self, station: str) -> StationRecord:
        """What this station told; an empty record if nothing."""
        return self.core.station(station)

    def billed_wh(self, station: str | None = None) -> float:
        """Energy billed over ended transactions; ValueError if one of them ended with unknown energy."""
        bill = self.core.bill(station)
        if bill.unknown:
            raise ValueError(f"transactions {bill.unknown} ended without known energy; see their facts")
        return bill.energy_wh

    async def call(self, station: str, action: str, payload: Json, timeout_seconds: float = 30.0) -> CallAnswer:
        """Send a CALL and wait for the answer; CallRefusedError: outside its schema, CallFailedError: no answer."""
        return await self.gate.connection(station).call(action, payload, timeout_seconds=timeout_seconds)

    async def until(self, condition: Callable[[], bool], timeout_seconds: float = 60.0) -> None:
        """Wait until `condition` holds, asked again after each frame and each change of connections; TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
