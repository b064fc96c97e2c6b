"""The durable outbox, in memory."""

import asyncio
from collections import deque
from dataclasses import replace

from chargepoint.charging.ports import Envelope, OutboxBell, OutboxDepth
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import Report, TransactionReport
from chargepoint.model.transactions import TransactionPhase


class Bell:
    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def wait(self) -> None:
        await self.event.wait()
        self.event.clear()


class MemoryOutbox:
    """Implements `OutboxPort` as the database does."""

    def __init__(self) -> None:
        self.rows: list[Envelope] = []
        self.dead: list[tuple[Envelope, str]] = []
        self.delivered_rows: list[int] = []
        self.starts: dict[TransactionId, TransactionReport] = {}
        self.numbers: dict[TransactionId, int] = {}
        self.told_in: dict[TransactionId, set[str]] = {}
        self.dead_starts: set[TransactionId] = set()
        self.failures: deque[StorageError] = deque()
        self.commit_seconds = 0.0
        self._bells: list[Bell] = []
        self._next_row = 1

    def add(self, report: Report) -> None:
        transaction_id = report.transaction_id if isinstance(report, TransactionReport) else None
        self.rows.append(Envelope(self._next_row, report, f"row-{self._next_row}", 0, transaction_id, None))
        if isinstance(report, TransactionReport) and report.phase is TransactionPhase.STARTED:
            self.starts[report.transaction_id] = report
        self._next_row += 1
        for bell in self._bells:
            bell.event.set()

    def _may_fail(self) -> None:
        if self.failures:
            raise self.failures.popleft()

    async def oldest(self) -> Envelope | None:
        self._may_fail()
        if not self.rows:
            return None
        row = self.rows[0]
        if row.transaction_id is None:
            return row
        return replace(
            row,
            csms_transaction_id=self.numbers.get(row.transaction_id),
            start_is_dead=row.transaction_id in self.dead_starts,
            start_told_in=frozenset(self.told_in.get(row.transaction_id, ())),
        )

    async def delivered(
        self, row_id: int, csms_transaction_id: int | None = None, subprotocol: str | None = None
    ) -> None:
        self._may_fail()
        await asyncio.sleep(self.commit_seconds)
        row = next(row for row in self.rows if row.row_id == row_id)
        self.rows.remove(row)
        self.delivered_rows.append(row_id)
        if csms_transaction_id is not None and row.transaction_id is not None:
            self.numbers[row.transaction_id] = csms_transaction_id
        is_start = isinstance(row.report, TransactionReport) and row.report.phase is TransactionPhase.STARTED
        if row.transaction_id is not None and subprotocol is not None and is_start:
            self.told_in.setdefault(row.transaction_id, set()).add(subprotocol)

    async def start_told(
        self, transaction_id: TransactionId, subprotocol: str, csms_transaction_id: int | None = None
    ) -> None:
        self._may_fail()
        self.told_in.setdefault(transaction_id, set()).add(subprotocol)
        if csms_transaction_id is not None:
            self.numbers[transaction_id] = csms_transaction_id

    async def tell_as_offline(self, row_id: int) -> None:
        self._may_fail()
        place = next(place for place, row in enumerate(self.rows) if row.row_id == row_id)
        report = self.rows[place].report
        if isinstance(report, TransactionReport):
            self.rows[place] = replace(self.rows[place], report=replace(report, offline=True))

    async def attempt_failed(self, row_id: int) -> int:
        self._may_fail()
        place = next(place for place, row in enumerate(self.rows) if row.row_id == row_id)
        self.rows[place] = replace(self.rows[place], attempts=self.rows[place].attempts + 1)
        return self.rows[place].attempts

    async def bury(self, row_id: int, reason: str) -> None:
        self._may_fail()
        row = next(row for row in self.rows if row.row_id == row_id)
        self.rows.remove(row)
        self.dead.append((row, reason))
        if isinstance(row.report, TransactionReport) and row.report.phase is TransactionPhase.STARTED:
            self.dead_starts.add(row.report.transaction_id)

    async def depth(self) -> OutboxDepth:
        return OutboxDepth(len(self.rows), len(self.dead))

    async def has_reports_of(self, transaction_id: TransactionId) -> bool:
        return any(row.transaction_id == transaction_id for row in self.rows)

    async def has_reports_of_any_transaction(self) -> bool:
        return any(row.transaction_id is not None for row in self.rows)

    async def csms_transaction_id(self, transaction_id: TransactionId) -> int | None:
        return self.numbers.get(transaction_id)

    async def transaction_by_csms_id(self, csms_transaction_id: int) -> TransactionId | None:
        return next((ours for ours, theirs in self.numbers.items() if theirs == csms_transaction_id), None)

    async def started_report(self, transaction_id: TransactionId) -> TransactionReport | None:
        self._may_fail()
        return self.starts.get(transaction_id)

    def subscribe(self) -> OutboxBell:
        bell = Bell()
        self._bells.append(bell)
        return bell
