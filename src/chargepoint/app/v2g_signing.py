"""Has the station's V2G key signed: when the CSMS asks for it, before the certificate ends, and again while no answer
comes (CertSigningWaitMinimum, doubled CertSigningRepeatTimes times). Keeps no key itself.
"""

import asyncio
import logging

from chargepoint.app.contract_desk import Ask, ContractDesk
from chargepoint.charging.ports import Clock
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import CsmsError
from chargepoint.model.plug_and_charge import SigningQuestion
from chargepoint.security.certificates import CertificateError, read_chain, warning_days
from chargepoint.security.signing_request import resend_waits
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

LOOK_SECONDS = 3600.0
"""How often the end of the certificate is looked at."""


class V2gSigning:
    def __init__(self, desk: ContractDesk, ask: Ask, settings: LiveSettings, clock: Clock) -> None:
        self._desk = desk
        self._ask = ask
        self._settings = settings
        self._clock = clock
        self._asked: tuple[str, int] | None = None
        """For which certificate, and how many days before its end, a new one was asked for by ourselves."""

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._renew_in_time()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._desk.csr_wanted.wait()
            except TimeoutError:
                continue
            await self._until_signed()

    async def _renew_in_time(self) -> None:
        """Once at each of 30, 7 and 1 days before the end (A03)."""
        chain_pem = await self._desk.own_chain() if self._desk.is_enabled else None
        if chain_pem is None:
            return
        try:
            days = warning_days(read_chain(chain_pem)[0], self._clock.now().utc)
        except CertificateError:
            return
        if days is not None and self._asked != (chain_pem, days) and await self._desk.ask_signature():
            self._asked = (chain_pem, days)

    async def _until_signed(self) -> None:
        """Ask, wait, ask again with a new key. A CSMS that refuses is asked again only when it says so (2.1)."""
        waits = resend_waits(
            self._settings.get(catalogue.CERT_SIGNING_WAIT_MINIMUM),
            self._settings.get(catalogue.CERT_SIGNING_REPEAT_TIMES),
        )
        for wait_seconds in waits:
            if not await self._send():
                return
            if await self._is_signed_within(wait_seconds) or self._desk.csr_wanted.is_set():
                return
            if not await self._desk.ask_signature():
                return
        await self._send()

    async def _send(self) -> bool:
        """True when the CSMS has taken the request."""
        self._desk.csr_wanted.clear()
        csr_pem = self._desk.csr_pem
        if csr_pem is None:
            return False
        try:
            answer = await self._ask(SigningQuestion(csr_pem))
        except CsmsError as error:
            log.warning("the V2G certificate could not be asked for: %s", error)
            return True  # asked again after the wait
        if not answer.is_accepted:
            log.warning("the CSMS does not sign V2G certificates")
        return answer.is_accepted

    async def _is_signed_within(self, seconds: float) -> bool:
        """True as soon as it has come; a new request of the CSMS ends the wait too."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._desk.signed, self._desk.csr_wanted)]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return self._desk.signed.is_set()
