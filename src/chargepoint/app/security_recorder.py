"""Security events: all of them into the security log, the critical ones into the durable queue as well."""

import asyncio
import logging

from chargepoint.charging.effects import Enqueue
from chargepoint.charging.ports import Clock, StoragePort
from chargepoint.model.errors import StorageError
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.reports import SecurityReport
from chargepoint.security.event_budget import EventBudget
from chargepoint.security.security_events import CRITICALITY, SecurityEvent
from chargepoint.security.security_log import SecurityLog
from chargepoint.storage.writer import Writer

log = logging.getLogger(__name__)


class SecurityRecorder:
    """Whoever records gives words, never a secret."""

    def __init__(self, security_log: SecurityLog, storage: StoragePort, clock: Clock, boot_id: int) -> None:
        self._security_log = security_log
        self._storage = storage
        self._clock = clock
        self._boot_id = boot_id
        self._budget = EventBudget()

    async def record(self, event: SecurityEvent, writer: Writer, text: str = "") -> None:
        """What cannot be stored is told in the process's log: an event never stops the station. What has happened is
        kept also while whoever saw it is being cancelled, as at an orderly stop."""
        moment = self._clock.now()
        left_out = self._budget.admit(event, moment.monotonic)
        if left_out is None:
            log.debug("security event %s: one too many of its kind", event)
            return
        if left_out:
            text = f"{text} ({left_out} more before)".strip()
        log.warning("security event %s%s", event, f": {text}" if text else "")
        storing = asyncio.create_task(self._store(event, writer, text, moment), name=f"security event {event}")
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await storing
            raise

    async def _store(self, event: SecurityEvent, writer: Writer, text: str, moment: Moment) -> None:
        try:
            await writer.run(lambda: self._security_log.write(event, moment.utc, moment.utc_trusted, text))
            if CRITICALITY[event].is_reported:
                stamp = Stamp(self._boot_id, moment.monotonic, moment.utc, moment.utc_trusted)
                await self._storage.commit([Enqueue(SecurityReport(event.value, stamp, text or None))], moment)
        except StorageError as error:
            log.error("security event %s is not stored: %s", event, error)  # noqa: TRY400  # the disk's fault
