"""Carries reports to the CSMS over one connection: the durable outbox oldest first, and what is said from memory.

Decides only the order: nothing that fails keeps the other messages waiting.
"""

import asyncio
import logging

from chargepoint.charging.ports import Envelope
from chargepoint.csms.courier_wires import UNENCODABLE, CourierWires
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.mailbox import Letter
from chargepoint.csms.registration import Said
from chargepoint.csms.row_delivery import RowDelivery
from chargepoint.csms.rpc import CallFailedError, CallFailure
from chargepoint.model.errors import StorageError
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import (
    KeptEventReport,
    MeterReport,
    Report,
    ReservationReport,
    SecurityReport,
    StatusReport,
    TransactionReport,
    UpdateReport,
)

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
"""So long a status waits for the transaction messages said before it."""
PROMISED_PATIENCE_SECONDS = 1.0
"""The same for one that the CSMS has asked for: Accepted has promised it within 5 s."""
STORAGE_PAUSE_SECONDS = 5.0


class Courier:
    """For one connection."""

    def __init__(self, wires: CourierWires) -> None:
        self._wires = wires
        self._mailbox = wires.mailbox
        self._rows = RowDelivery(wires)
        self._accepted_at: float | None = None
        """None: what was kept while offline waits until the core has said its present state."""
        self._is_rows_turn = False
        self._is_over = False
        self._told: dict[tuple[int, int], JsonObject] = {}
        """The last status of each connector on this link, without its time."""

    def accepted(self) -> None:
        """What was said until now goes before the rows: the CSMS sees the present state first (2.0.1 B01.FR.05)."""
        self._accepted_at = self._rows.accepted_at = asyncio.get_running_loop().time()
        self._mailbox.open()

    def stop(self) -> None:
        """The link is closed: finish what the CSMS has answered already, then end."""
        self._is_over = True
        self._mailbox.changed.set()

    async def run(self) -> None:
        """Until the link closes."""
        listener = asyncio.create_task(self._listen(), name="outbox bell")
        try:
            while not self._is_over:
                self._mailbox.changed.clear()
                if not await self._send_next():
                    await self._wait()
        except CallFailedError as error:
            log.debug("no more deliveries on this link: %s", error)
        finally:
            listener.cancel()

    async def _listen(self) -> None:
        bell = self._wires.outbox.subscribe()
        while True:
            await bell.wait()
            self._mailbox.changed.set()

    async def _wait(self) -> None:
        is_retry_due = self._rows.due_at > asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(self._rows.due_at if is_retry_due else None):
                await self._mailbox.changed.wait()
        except TimeoutError:
            return

    async def _send_next(self) -> bool:
        """Send one message; False when there is none to send now. CallFailedError when the link is closed."""
        may_report = self._accepted_at is not None and self._wires.registration.may_say(Said.REPORT)
        if not may_report and not self._wires.registration.may_say(Said.INSTRUCTED):
            return False
        letter = self._mailbox.first(only_instructed=not may_report)
        row = await self._due_row() if may_report else None
        if letter is not None and (row is None or self._goes_before(letter, row.report)):
            self._is_rows_turn = True
            await self._deliver_letter(letter)
        elif row is not None:
            self._is_rows_turn = False
            await self._rows.deliver(row)
        else:
            return False
        return True

    async def _due_row(self) -> Envelope | None:
        now = asyncio.get_running_loop().time()
        if now < self._rows.due_at:
            return None
        try:
            return await self._wires.outbox.oldest()
        except StorageError as error:
            log.warning("the outbox cannot be read, trying again: %s", error)
            self._rows.due_at = now + STORAGE_PAUSE_SECONDS
            return None

    def _goes_before(self, letter: Letter, report: Report) -> bool:
        """Status and transaction messages leave in the order they were said; others take turns."""
        now = asyncio.get_running_loop().time()
        patience = PROMISED_PATIENCE_SECONDS if letter.is_instructed else PATIENCE_SECONDS
        if self._accepted_at is None or letter.said_at <= self._accepted_at or now - letter.said_at >= patience:
            return True
        if letter.stamp is None or not isinstance(
            report, TransactionReport | SecurityReport | UpdateReport | ReservationReport | KeptEventReport
        ):
            return not self._is_rows_turn
        is_same_boot = letter.stamp.boot_id == report.stamp.boot_id
        if isinstance(report, ReservationReport):  # the outlet's new status comes first (2.0.1 H04)
            return is_same_boot and letter.stamp.monotonic <= report.stamp.monotonic
        return is_same_boot and letter.stamp.monotonic < report.stamp.monotonic

    async def _deliver_letter(self, letter: Letter) -> None:
        """At most once, but for a lost link: a state is then said again on the next one."""
        content = letter.content
        try:
            call = content if isinstance(content, OutgoingCall) else await self._encoded(content)
            if call is not None and not self._is_old_news(letter, call):
                answer = await self._wires.rpc.call(call)
                self._remember_told(letter, call)
                if call.on_answer is not None:
                    call.on_answer(answer)
        except CallFailedError as error:
            if error.failure is CallFailure.CLOSED:
                raise
            level = logging.WARNING if isinstance(content, StatusReport) else logging.DEBUG
            log.log(level, "%s was not taken by the CSMS: %s", type(content).__name__, error)
        except UNENCODABLE:
            log.exception("%s cannot be said in this OCPP version", type(content).__name__)
        self._mailbox.taken(letter)

    async def _encoded(self, report: Report) -> OutgoingCall | None:
        """Meter values beside a transaction are given its number, where the version numbers them and it is known."""
        dialect = self._wires.dialect
        if not isinstance(report, MeterReport) or report.transaction_id is None:
            return dialect.encode(report, None)
        number = None
        if dialect.traits.numbers_transactions:
            number = await self._number_of(report.transaction_id)
        return dialect.encode(report, Envelope(0, report, "", 0, report.transaction_id, number))

    async def _number_of(self, transaction_id: TransactionId) -> int | None:
        try:
            return await self._wires.outbox.csms_transaction_id(transaction_id)
        except StorageError as error:
            log.warning("the number of a transaction cannot be read: %s", error)
            return None

    def _is_old_news(self, letter: Letter, call: OutgoingCall) -> bool:
        """Two neutral statuses may be one word in this version (2.0.1 Occupied): it is told once, unless asked for."""
        place = _place(letter)
        return place is not None and not letter.is_instructed and self._told.get(place) == _timeless(call)

    def _remember_told(self, letter: Letter, call: OutgoingCall) -> None:
        place = _place(letter)
        if place is not None:
            self._told[place] = _timeless(call)


def _place(letter: Letter) -> tuple[int, int] | None:
    content = letter.content
    return (content.evse_id, content.connector_id) if isinstance(content, StatusReport) else None


def _timeless(call: OutgoingCall) -> JsonObject:
    return {name: value for name, value in call.payload.items() if name != "timestamp"}
