"""The edge to the CSMS as the rest of the station sees it: one connection task, for ever.

Every failure but a commanded stop is retried; the same link is never opened twice at once.
"""

import asyncio
import logging
from collections.abc import Callable
from random import random as system_random

from chargepoint.charging.ports import CsmsStatus, StationPort
from chargepoint.csms.backoff import Backoff
from chargepoint.csms.channel import ConnectFailedError, Connector, OpenedLink
from chargepoint.csms.mailbox import Mailbox
from chargepoint.csms.registration import Registration
from chargepoint.csms.session import Neighbours, Session
from chargepoint.model.data_transfer import DataTransfer, DataTransferAnswer
from chargepoint.model.errors import CsmsError
from chargepoint.model.plug_and_charge import Answer, Question
from chargepoint.model.registration import BootReason, RegistrationStatus
from chargepoint.model.reports import Report
from chargepoint.model.tokens import IdToken, TokenVerdict

log = logging.getLogger(__name__)

STATE_OF: dict[RegistrationStatus | None, str] = {
    None: "connected",
    RegistrationStatus.PENDING: "pending",
    RegistrationStatus.REJECTED: "rejected",
    RegistrationStatus.ACCEPTED: "accepted",
}


class CsmsClient:
    """Implements `CsmsPort`."""

    def __init__(
        self,
        connector: Connector,
        neighbours: Neighbours,
        boot_reason: BootReason,
        random: Callable[[], float] = system_random,
    ) -> None:
        self._connector = connector
        self._neighbours = neighbours
        self._registration = Registration(boot_reason)
        self._mailbox = Mailbox()
        self._backoff = Backoff(random)
        self._session: Session | None = None
        self._subprotocol: str | None = None
        self._connected_since: str | None = None
        self._last_error: str | None = None
        self._next_attempt_at: float | None = None
        self._connections = 0
        self._is_held = False
        self._reopens = False
        self._poked = asyncio.Event()
        self._closings: set[asyncio.Task[None]] = set()

    async def run(self, station: StationPort) -> None:
        """Connect for ever; ends only by cancellation, with the link closed."""
        while True:
            while self._is_held:
                await self._wait_for_poke(None)
            try:
                link = await self._connector.connect()
            except ConnectFailedError as error:
                self._failed(str(error))
                self._backoff.link_ended(None)
            else:
                await self._use(link, station)
            if self._reopens:
                self._reopens = False
            elif not self._is_held:
                await self._pause()

    async def _use(self, link: OpenedLink, station: StationPort) -> None:
        if self._is_held:
            await link.channel.close(1000, "held")
            return
        loop = asyncio.get_running_loop()
        self._registration.link_opened(link.subprotocol, loop.time(), link.network_profile)
        session = Session(link, self._neighbours, station, self._registration, self._mailbox)
        self._session, self._subprotocol = session, link.subprotocol
        self._connected_since = self._neighbours.clock.now().utc.isoformat(timespec="seconds")
        self._last_error = None
        self._connections += 1
        log.info("connected to the CSMS", extra={"url": self._connector.url, "subprotocol": link.subprotocol})
        try:
            reason = await session.run()
        finally:
            self._session = self._subprotocol = self._connected_since = None
        accepted_at = session.was_accepted_at
        self._backoff.link_ended(None if accepted_at is None else loop.time() - accepted_at)
        self._failed(reason)

    def _failed(self, reason: str) -> None:
        """A reason is a warning once; the same again is only for who looks closer."""
        log.log(logging.DEBUG if reason == self._last_error else logging.WARNING, "no link to the CSMS: %s", reason)
        self._last_error = reason

    async def _pause(self) -> None:
        wait_seconds = self._backoff.next_wait_seconds(self._neighbours.pace.backoff)
        self._next_attempt_at = asyncio.get_running_loop().time() + wait_seconds
        await self._wait_for_poke(wait_seconds)
        self._next_attempt_at = None

    async def _wait_for_poke(self, timeout_seconds: float | None) -> None:
        self._poked.clear()
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._poked.wait()
        except TimeoutError:
            return

    def say(self, report: Report) -> None:
        """Send a STATE or NOISE report from memory; ValueError for a billing one."""
        self._mailbox.say(report)

    async def authorize(self, token: IdToken) -> TokenVerdict:
        """At most the CALL in flight is waited for; CsmsError when there is no verdict."""
        if self._session is None:
            raise CsmsError("there is no link to the CSMS")
        return await self._session.authorize(token)

    async def transfer_data(self, request: DataTransfer) -> DataTransferAnswer:
        """CsmsError when there is no answer."""
        if self._session is None:
            raise CsmsError("there is no link to the CSMS")
        return await self._session.transfer_data(request)

    async def ask(self, question: Question) -> Answer:
        """A question of plug and charge; CsmsError without an answer."""
        if self._session is None:
            raise CsmsError("there is no link to the CSMS")
        return await self._session.ask(question)

    def hold_closed(self) -> None:
        self._is_held = True
        self._poked.set()
        self._close("held closed")

    def reopen(self) -> None:
        """Close the link and open it again at once, with whatever credentials are now in force; without a link
        nothing happens, the next attempt uses them anyway."""
        self._reopens = self._session is not None
        self._close("new credentials")

    def _close(self, reason: str) -> None:
        if self._session is not None:
            closing = asyncio.create_task(self._session.close(reason))
            self._closings.add(closing)
            closing.add_done_callback(self._closings.discard)

    def open_now(self) -> None:
        self._is_held = False
        self._poked.set()

    def status(self) -> CsmsStatus:
        seconds = None
        if self._next_attempt_at is not None:
            seconds = max(0.0, self._next_attempt_at - asyncio.get_running_loop().time())
        return CsmsStatus(
            state=self._state(),
            url=self._connector.url,
            subprotocol=self._subprotocol,
            last_error=self._last_error,
            next_attempt_seconds=seconds,
            connected_since_utc=self._connected_since,
            connections=self._connections,
        )

    def _state(self) -> str:
        if self._session is not None:
            return STATE_OF[self._registration.status]
        if self._is_held:
            return "held"
        return "connecting" if self._next_attempt_at is None else "waiting"
