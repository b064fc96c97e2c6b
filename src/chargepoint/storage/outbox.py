"""The durable queue of reports as the courier uses it. Nothing of it is kept in memory but counts."""

import asyncio
import logging
import sqlite3
from typing import TypeVar
from weakref import WeakSet

from chargepoint.charging.ports import Envelope, OutboxBell, OutboxDepth
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import TransactionReport, UnpluggedReport
from chargepoint.model.transactions import TransactionPhase
from chargepoint.storage.disk import Disk, Work
from chargepoint.storage.journal import Journal
from chargepoint.storage.outbox_table import OutboxTable, UnreadableRowError, count
from chargepoint.storage.stamps import DurableReport

log = logging.getLogger(__name__)
R = TypeVar("R")

ROWS_KEPT = 20_000
"""Past this every second sample goes, as when the disk is full; starts and ends never do."""


class Bell:
    """Implements `OutboxBell`: rung once for any number of rows."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._rung.set()

    async def wait(self) -> None:
        await self._rung.wait()
        self._rung.clear()

    def ring(self) -> None:
        self._rung.set()


class DurableOutbox:
    """Implements `OutboxPort`."""

    def __init__(self, disk: Disk, table: OutboxTable, journal: Journal, rows_kept: int = ROWS_KEPT) -> None:
        self._disk = disk
        self._table = table
        self._journal = journal
        self._rows_kept = rows_kept
        self._bells: WeakSet[Bell] = WeakSet()
        self._added_since_count = 0

    async def oldest(self) -> Envelope | None:
        """The next row to send. One that can not be read is buried, so that the others leave."""
        while True:
            try:
                row = await self._disk.read(self._table.oldest)
                if row is not None and self._table.undated_row is not None:
                    await self._write(self._table.keep_times)
                elif row is not None and self._table.answered_row is not None:
                    await self._write(lambda connection: None)  # so that what is said twice is always the last
                return row
            except UnreadableRowError as error:
                log.error("storage: outbox row %d can not be read, it is a dead letter now", error.row_id)  # noqa: TRY400 - bury keeps the reason
                await self.bury(error.row_id, str(error))

    async def delivered(
        self, row_id: int, csms_transaction_id: int | None = None, subprotocol: str | None = None
    ) -> None:
        """Delete the row; in the same commit remember what became of its start, or close its book.

        One answered sample waits for the next commit, whatever that is: flash wears by what is written.
        """
        if await self._disk.read(lambda connection: self._table.is_sample(connection, row_id)):
            self._table.answered_row = row_id
            return

        def work(connection: sqlite3.Connection) -> None:
            step = self._table.step_of(connection, row_id)
            if step is None:
                return
            transaction_id, phase = step
            self._table.remove(connection, row_id)
            if transaction_id is not None and csms_transaction_id is not None:
                self._journal.number(connection, transaction_id, csms_transaction_id)
            if transaction_id is not None and phase == TransactionPhase.STARTED and subprotocol is not None:
                self._journal.start_told(connection, transaction_id, subprotocol)
            if transaction_id is not None and phase == TransactionPhase.ENDED:
                self._journal.close_book(connection, transaction_id)

        await self._write(work)

    async def start_told(
        self, transaction_id: TransactionId, subprotocol: str, csms_transaction_id: int | None = None
    ) -> None:
        """Remember that a start was told again in another version, and 1.6's number for it."""

        def work(connection: sqlite3.Connection) -> None:
            self._journal.start_told(connection, transaction_id, subprotocol)
            if csms_transaction_id is not None:
                self._journal.number(connection, transaction_id, csms_transaction_id)

        await self._disk.write(work)

    async def tell_as_offline(self, row_id: int) -> None:
        """The row is of offline from now on, after a restart too: what was said once is said so again."""
        await self._write(lambda connection: self._table.mark_offline(connection, row_id))

    async def attempt_failed(self, row_id: int) -> int:
        """Count one attempt; the new number, which outlives a restart."""
        return await self._disk.write(lambda connection: self._table.count_attempt(connection, row_id))

    async def bury(self, row_id: int, reason: str) -> None:
        """Keep the row as a dead letter; the rest of the outbox goes on."""

        def work(connection: sqlite3.Connection) -> None:
            transaction_id, phase = self._table.step_of(connection, row_id) or (None, None)
            self._table.bury(connection, row_id, reason)
            if transaction_id is None:
                return
            if phase == TransactionPhase.STARTED:
                self._journal.start_died(connection, transaction_id)
            elif phase == TransactionPhase.ENDED:
                self._journal.note_past(connection, transaction_id)

        await self._disk.write(work)
        log.warning("storage: outbox row %d is a dead letter: %s", row_id, reason)

    async def depth(self) -> OutboxDepth:
        return await self._disk.read(
            lambda connection: OutboxDepth(self._table.waiting(connection), count(connection, "dead_letters"))
        )

    async def has_reports_of(self, transaction_id: TransactionId) -> bool:
        return await self._disk.read(lambda connection: self._table.has_reports_of(connection, transaction_id))

    async def has_reports_of_any_transaction(self) -> bool:
        return await self._disk.read(self._table.has_reports_of_any_transaction)

    async def transaction_by_csms_id(self, csms_transaction_id: int) -> TransactionId | None:
        return await self._disk.read(lambda connection: self._journal.by_csms_id(connection, csms_transaction_id))

    async def csms_transaction_id(self, transaction_id: TransactionId) -> int | None:
        return await self._disk.read(lambda connection: self._journal.csms_id(connection, transaction_id))

    async def started_report(self, transaction_id: TransactionId) -> TransactionReport | None:
        return await self._disk.read(lambda connection: self._journal.started_report(connection, transaction_id))

    def subscribe(self) -> OutboxBell:
        """A bell that rings for every row from now on, and once at first."""
        bell = Bell()
        self._bells.add(bell)
        return bell

    async def _write(self, work: Work[R]) -> R:
        """One commit, and the answered sample goes with it."""
        answered = self._table.answered_row

        def both(connection: sqlite3.Connection) -> R:
            if answered is not None:
                self._table.remove(connection, answered)
            return work(connection)

        result = await self._disk.write(both)
        if self._table.answered_row == answered:
            self._table.answered_row = None
        return result

    def _ring(self) -> None:
        for bell in self._bells:
            bell.ring()

    def _add(self, connection: sqlite3.Connection, report: DurableReport) -> None:
        """A step that is there already, or comes after the end, is an error of ours and is not said."""
        is_new = not isinstance(report, TransactionReport) or self._journal.note_report(connection, report)
        if not is_new or not self._table.add(connection, report):
            log.error("storage: this report was made twice or after the end, it is left out: %s", _step_text(report))
            return
        self._added_since_count += 1
        if self._added_since_count > self._rows_kept // 20:
            self._added_since_count = 0
            if count(connection, "outbox") > self._rows_kept:
                dropped = self._table.thin(connection)
                log.warning("storage: the outbox has more than %d rows: %d samples go", self._rows_kept, dropped)


def _step_text(report: DurableReport) -> str:
    if isinstance(report, TransactionReport):
        return f"{report.phase} {report.sequence} of {report.transaction_id}"
    if isinstance(report, UnpluggedReport):
        return f"the unplugging after {report.transaction_id}"
    return type(report).__name__
