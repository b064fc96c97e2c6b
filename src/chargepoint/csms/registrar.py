"""Sends BootNotification and Heartbeat over one connection when the registration says they are due."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from chargepoint.csms.dialect import Dialect
from chargepoint.csms.mailbox import Mailbox
from chargepoint.csms.pace import Pace
from chargepoint.csms.registration import Registration
from chargepoint.csms.rpc import CallFailedError, CallFailure, Rpc
from chargepoint.model.registration import RegistrationAnswer

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0
"""So soon a changed HeartbeatInterval counts, also one that was an hour."""

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What reading nonsense from the CSMS may raise."""


@dataclass(frozen=True, slots=True)
class RegistrationNews:
    """Who is told; each returns when it is done."""

    clock_told: Callable[[datetime], Awaitable[None]]
    accepted: Callable[[], Awaitable[None]]
    not_accepted: Callable[[str], Awaitable[None]]


class Registrar:
    def __init__(self, rpc: Rpc, dialect: Dialect, registration: Registration, mailbox: Mailbox, pace: Pace) -> None:
        self._rpc = rpc
        self._dialect = dialect
        self._registration = registration
        self._mailbox = mailbox
        self._pace = pace
        self._heartbeat_from = asyncio.get_running_loop().time()

    async def run(self, news: RegistrationNews) -> None:
        """Until the link closes (CallFailedError of that kind ends it quietly)."""
        if self._registration.is_accepted:
            await news.accepted()
        try:
            while True:
                await self._wait()
                await self._act(news)
        except CallFailedError as error:
            log.debug("no more registration on this link: %s", error)

    async def _wait(self) -> None:
        deadlines = [due for due in (self._registration.boot_due_at(), self._heartbeat_due_at()) if due is not None]
        look_again_at = asyncio.get_running_loop().time() + LOOK_AGAIN_SECONDS
        try:
            async with asyncio.timeout_at(min([look_again_at, *deadlines])):
                await self._mailbox.asked.wait()
        except TimeoutError:
            return
        self._mailbox.asked.clear()
        if self._mailbox.is_boot_asked:
            self._registration.boot_asked()
        if self._mailbox.is_heartbeat_asked:
            self._registration.heartbeat_asked()
        self._mailbox.is_boot_asked = self._mailbox.is_heartbeat_asked = False

    async def _act(self, news: RegistrationNews) -> None:
        now = asyncio.get_running_loop().time()
        boot_at, heartbeat_at = self._registration.boot_due_at(), self._heartbeat_due_at()
        if boot_at is not None and boot_at <= now:
            await self._boot(news)
        elif heartbeat_at is not None and heartbeat_at <= now:
            await self._heartbeat(news)

    def _heartbeat_due_at(self) -> float | None:
        counted_from = max(self._heartbeat_from, self._rpc.last_answered_at or 0.0)
        return self._registration.heartbeat_due_at(counted_from, self._pace.heartbeat_interval_seconds)

    async def _boot(self, news: RegistrationNews) -> None:
        was_accepted = self._registration.is_accepted
        answer = await self._ask_to_register()
        now = asyncio.get_running_loop().time()
        if answer is None:
            self._registration.boot_failed(now)
            return
        self._registration.boot_answered(answer, now)
        log.info(
            "BootNotification answered", extra={"status": answer.status, "interval_seconds": answer.interval_seconds}
        )
        if answer.csms_utc is not None:
            await news.clock_told(answer.csms_utc)
        if self._registration.is_accepted:
            if answer.interval_seconds > 0:
                await self._pace.take_heartbeat_interval(answer.interval_seconds)
            if not was_accepted:
                await news.accepted()
        elif was_accepted:
            await news.not_accepted(f"the CSMS answered BootNotification with {answer.status}")

    async def _ask_to_register(self) -> RegistrationAnswer | None:
        try:
            answer = await self._rpc.call(self._dialect.boot(self._registration.next_boot_reason()))
            return self._dialect.read_boot(answer)
        except CallFailedError as error:
            if error.failure is CallFailure.CLOSED:
                raise
            log.warning("BootNotification failed: %s", error)
        except UNREADABLE as error:
            log.warning("the answer to BootNotification makes no sense: %s", error)
        return None

    async def _heartbeat(self, news: RegistrationNews) -> None:
        csms_utc = None
        try:
            csms_utc = self._dialect.read_heartbeat(await self._rpc.call(self._dialect.heartbeat()))
        except CallFailedError as error:
            if error.failure is CallFailure.CLOSED:
                raise
            log.debug("Heartbeat failed: %s", error)
        except UNREADABLE as error:
            log.debug("the answer to Heartbeat makes no sense: %s", error)
        self._heartbeat_from = asyncio.get_running_loop().time()
        self._registration.heartbeat_done(self._heartbeat_from)
        if csms_utc is not None:
            await news.clock_told(csms_utc)
