"""Delivers one row of the durable outbox: encoded when sent, deleted when answered, buried when there is no use.

A lost link uses up no attempt. Knows nothing of the order of messages.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from chargepoint.charging.events import TransactionAnswered
from chargepoint.charging.ports import Envelope
from chargepoint.csms.courier_wires import UNENCODABLE, CourierWires
from chargepoint.csms.dialect import ReportAnswer
from chargepoint.csms.rpc import CallFailedError, CallFailure
from chargepoint.model.errors import CsmsError, StorageError, UnstorableError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import (
    KeptEventReport,
    Report,
    ReservationReport,
    SecurityReport,
    TransactionReport,
    UpdateReport,
)
from chargepoint.model.transactions import TransactionPhase

log = logging.getLogger(__name__)
T = TypeVar("T")

UNWANTED_CODES = frozenset({"NotImplemented", "NotSupported"})
"""A CSMS without firmware management or the security extension says so; asking again changes nothing."""
MAY_BE_UNWANTED = SecurityReport | UpdateReport | ReservationReport | KeptEventReport
FIRST_STORAGE_PAUSE_SECONDS = 1.0
LONGEST_STORAGE_PAUSE_SECONDS = 30.0


class UnsayableError(CsmsError):
    """The report cannot be said in this OCPP version."""


class NoStartYetError(CsmsError):
    """This version knows no start of the transaction yet, and so nothing of it: 1.6 before somebody is authorised."""


class RowDelivery:
    """For one connection."""

    def __init__(self, wires: CourierWires) -> None:
        self._wires = wires
        self._outbox = wires.outbox
        self._dead_starts: set[TransactionId] = set()
        """Starts that could not be told again on this connection."""
        self.due_at = 0.0
        """Loop time before which no row is sent, because the last attempt failed."""
        self.accepted_at: float | None = None
        """Loop time since which the CSMS takes reports on this connection."""

    async def deliver(self, row: Envelope) -> None:
        """One attempt; CallFailedError only when the link is closed."""
        told = row = await self._with_flag(row)
        try:
            told = await self._with_start(row)
            answer = await self._exchange(row.report, told, row.message_id)
        except NoStartYetError:
            await until_stored(lambda: self._outbox.delivered(row.row_id))
        except UnsayableError as error:
            await self._bury(row, str(error))
        except CallFailedError as error:
            await self._failed(told, error)
        else:
            number = answer.csms_transaction_id  # which may be 0
            number = told.csms_transaction_id if number is None else number
            subprotocol = self._wires.dialect.traits.subprotocol
            try:
                await until_stored(lambda: self._outbox.delivered(row.row_id, number, subprotocol))
            except UnstorableError as error:
                await self._failed(told, CallFailedError(CallFailure.MALFORMED, f"the answer is useless: {error}"))
            else:
                await self._tell_answer(row.report, answer)

    async def _with_flag(self, row: Envelope) -> Envelope:
        """What was still queued when a link was lost is told as of offline (2.0.1 E11.FR.07); but what may have been
        on the wire then is said in the same words again. So what it is told as is stored before it is said."""
        report, mailbox = row.report, self._wires.mailbox
        is_left = isinstance(report, TransactionReport) and self._was_left_queued(report)
        if not isinstance(report, TransactionReport) or not is_left or self._may_have_been_said(row, report):
            mailbox.last_row_id = max(row.row_id, mailbox.last_row_id or 0)
            return row
        try:
            await self._outbox.tell_as_offline(row.row_id)
            row = replace(row, report=replace(report, offline=True))
        except StorageError as error:
            log.warning("a report left by a lost link is told as it was made: %s", error, extra={"row": row.row_id})
        mailbox.last_row_id = max(row.row_id, mailbox.last_row_id or 0)
        return row

    def _was_left_queued(self, report: TransactionReport) -> bool:
        boot_id = self._wires.boot_id
        if (
            report.offline
            or self.accepted_at is None
            or boot_id is None
            or not self._wires.dialect.traits.tells_offline
        ):
            return False
        return report.stamp.boot_id != boot_id or report.stamp.monotonic < self.accepted_at

    def _may_have_been_said(self, row: Envelope, report: TransactionReport) -> bool:
        """By this start, which knows, or by an earlier one, which can have left none but the oldest on the wire."""
        last_row_id = self._wires.mailbox.last_row_id
        if last_row_id is None:
            return report.stamp.boot_id != self._wires.boot_id
        return row.row_id <= last_row_id

    async def _exchange(self, report: Report, envelope: Envelope, message_id: str) -> ReportAnswer:
        dialect = self._wires.dialect
        try:
            call = dialect.encode(report, envelope)
        except UNENCODABLE as error:
            raise UnsayableError(f"cannot be said in {dialect.traits.subprotocol}: {error!r}") from error
        if call is None:
            return ReportAnswer()
        payload = await self._wires.rpc.call(call, message_id)
        try:
            return dialect.read_answer(report, payload)
        except UNENCODABLE as error:
            raise CallFailedError(CallFailure.MALFORMED, f"the answer to {call.action} is useless: {error}") from error

    def _is_sayable(self, start: TransactionReport, envelope: Envelope) -> bool:
        try:
            return self._wires.dialect.encode(start, envelope) is not None
        except UNENCODABLE:
            return True  # said why when it is tried

    async def _with_start(self, row: Envelope) -> Envelope:
        """A CSMS that was not told of the start of this transaction in this version is told of it first."""
        transaction_id = self._lacks_start(row)
        if transaction_id is None:
            return row
        if transaction_id in self._dead_starts:
            return replace(row, start_is_dead=True)
        return await self._say_start_again(row, transaction_id)

    def _lacks_start(self, row: Envelope) -> TransactionId | None:
        report = row.report
        if not isinstance(report, TransactionReport) or report.phase is TransactionPhase.STARTED or row.start_is_dead:
            return None
        traits = self._wires.dialect.traits
        has_number = row.csms_transaction_id is not None
        is_told = has_number if traits.numbers_transactions else traits.subprotocol in row.start_told_in
        return None if is_told else report.transaction_id

    async def _say_start_again(self, row: Envelope, transaction_id: TransactionId) -> Envelope:
        start = await until_stored(lambda: self._outbox.started_report(transaction_id))
        if start is None:
            log.warning("no start is known any more of a transaction that this CSMS was not told of")
            self._dead_starts.add(transaction_id)
            return replace(row, start_is_dead=True)
        message_id = str(uuid.uuid5(uuid.NAMESPACE_OID, transaction_id))
        envelope = Envelope(row.row_id, start, message_id, row.attempts, transaction_id, None)
        if not self._is_sayable(start, envelope):
            raise NoStartYetError(f"nobody is authorised yet for transaction {transaction_id}")
        answer = await self._exchange(start, envelope, message_id)
        number, traits = answer.csms_transaction_id, self._wires.dialect.traits
        if number is None and traits.numbers_transactions:
            raise CallFailedError(CallFailure.MALFORMED, "the start was answered without a transaction number")
        try:
            await until_stored(lambda: self._outbox.start_told(transaction_id, traits.subprotocol, number))
        except UnstorableError as error:
            raise CallFailedError(CallFailure.MALFORMED, f"the answer is useless: {error}") from error
        await self._tell_answer(start, answer)
        number = row.csms_transaction_id if number is None else number
        return replace(row, csms_transaction_id=number, start_told_in=row.start_told_in | {traits.subprotocol})

    async def _tell_answer(self, report: Report, answer: ReportAnswer) -> None:
        if isinstance(report, TransactionReport):
            is_start = report.phase is TransactionPhase.STARTED
            await self._wires.tell(
                TransactionAnswered(
                    report.transaction_id,
                    answer.verdict,
                    is_start,
                    answer.csms_transaction_id,
                    answer.charging_priority,
                    report.id_token,
                    answer.cost,
                )
            )

    async def _failed(self, row: Envelope, error: CallFailedError) -> None:
        if error.failure is CallFailure.CLOSED:
            raise error
        if error.failure is CallFailure.UNSENDABLE or (
            error.code in UNWANTED_CODES and isinstance(row.report, MAY_BE_UNWANTED)
        ):
            await self._bury(row, str(error))
            return
        pace = self._wires.pace
        attempts = await until_stored(lambda: self._outbox.attempt_failed(row.row_id))
        log.warning("a report was not taken by the CSMS", extra={"attempt": attempts, "reason": str(error)})
        if not 0 < pace.transaction_message_attempts <= attempts:
            pause = pace.transaction_message_retry_interval_seconds * attempts
            self.due_at = asyncio.get_running_loop().time() + max(1.0, pause)
            return
        unstarted = self._lacks_start(row)
        if unstarted is None or unstarted in self._dead_starts:
            await self._bury(row, f"given up after {attempts} attempts: {error}")
        else:
            self._dead_starts.add(unstarted)

    async def _bury(self, row: Envelope, reason: str) -> None:
        """Kept and visible, and no longer in the way."""
        log.error("a report is undeliverable and kept as a dead letter: %s", reason, extra={"row": row.row_id})
        await until_stored(lambda: self._outbox.bury(row.row_id, reason))


async def until_stored(operation: Callable[[], Awaitable[T]]) -> T:
    """What the CSMS has answered must reach the disk before the next row: try for ever, with growing pauses.

    UnstorableError for what no disk takes.
    """
    pause = FIRST_STORAGE_PAUSE_SECONDS
    while True:
        try:
            return await operation()
        except UnstorableError:
            raise
        except StorageError as error:
            log.warning("the outbox cannot be written, trying again: %s", error, extra={"pause_seconds": pause})
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_STORAGE_PAUSE_SECONDS)
