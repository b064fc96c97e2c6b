"""Has the station's V2G key signed: when the CSMS asks for it, before the certificate ends, and again while no answer
comes (CertSigningWaitMinimum, doubled CertSigningRepeatTimes times). Keeps no key itself.
"""

import asyncio
import logging

from chargepoint.app.v2g_desk import V2gDesk
from chargepoint.app.v2g_revocation import Ask
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
OFFLINE_LOOK_SECONDS = 60.0
"""While there is no CSMS, whether there is one again."""


class V2gSigning:
    def __init__(self, desk: V2gDesk, ask: Ask, settings: LiveSettings, clock: Clock) -> None:
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
        chain_pem = await self._desk.own_chain() if self._desk.takes_own_certificate else None
        if chain_pem is None:
            return
        try:
            days = warning_days(read_chain(chain_pem)[0], self._clock.now().utc)
        except CertificateError:
            return
        if days is not None and self._asked != (chain_pem, days) and await self._desk.ask_signature():
            self._asked = (chain_pem, days)

    async def _until_signed(self) -> None:
        """Ask, wait, ask again: 1.6 with a new key, 2.0.1 for the same one. A CSMS that refuses is asked again only
        when it says so (1.6: 2.1), and so is one that has brought a bad certificate (2.0.1 A02.FR.20)."""
        waits = resend_waits(
            self._settings.get(catalogue.CERT_SIGNING_WAIT_MINIMUM),
            self._settings.get(catalogue.CERT_SIGNING_REPEAT_TIMES),
        )
        for wait_seconds in waits:
            if not await self._send():
                return
            if await self._is_over_within(wait_seconds):
                return
            if self._settings.get(catalogue.RULES_OF_1_6) and not await self._desk.ask_signature():
                return
        await self._send()

    async def _send(self) -> bool:
        """True when the CSMS has taken the request. A time without a CSMS does not count."""
        self._desk.csr_wanted.clear()
        csr_pem = self._desk.csr_pem
        if csr_pem is None:
            return False
        while not self._desk.is_online:
            if await self._is_over_within(OFFLINE_LOOK_SECONDS):
                return False
        try:
            answer = await self._ask(SigningQuestion(csr_pem))
        except CsmsError as error:
            log.warning("the V2G certificate could not be asked for: %s", error)
            return True  # asked again after the wait
        if not answer.is_accepted:
            log.warning("the CSMS does not sign V2G certificates")
        return answer.is_accepted

    async def _is_over_within(self, seconds: float) -> bool:
        """True as soon as a certificate has come, good or bad, or the CSMS wants another request."""
        events = (self._desk.signed, self._desk.csr_wanted)
        waiting = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return any(event.is_set() for event in events)
