"""Has the station's V2G key signed: when the CSMS asks for it, before the certificate ends, and again while no answer
comes (CertSigningWaitMinimum, doubled CertSigningRepeatTimes times). Keeps no key itself.
"""

import asyncio
import logging

from chargepoint.app.renewal import Renewal
from chargepoint.app.v2g_desk import V2gDesk
from chargepoint.app.v2g_revocation import Ask
from chargepoint.app.warning_memory import fingerprint
from chargepoint.charging.ports import Clock
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import CsmsError, StorageError
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
        self._renewal: Renewal | None = None
        """Of the certificate that ends soon, at the present threshold."""
        self._is_answered = False
        """The CSMS has said something to the newest request, or brought a certificate."""

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._renew_in_time()
            except StorageError as error:
                log.warning("whether the V2G certificate is to be renewed can not be known: %s", error)
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._desk.csr_wanted.wait()
            except TimeoutError:
                continue
            await self._until_signed()

    async def _renew_in_time(self) -> None:
        """Once at each of 30, 7 and 1 days before the end (A03). What could not be asked or was never answered is asked
        at a later look, what a restart has cut off anew."""
        chain_pem = await self._desk.own_chain() if self._desk.takes_own_certificate else None
        if chain_pem is None:
            return
        try:
            leaf = read_chain(chain_pem)[0]
        except CertificateError:
            return
        days = warning_days(leaf, self._clock.now().utc)
        if days is None:
            return
        renewal, now = self._renewal_at((fingerprint(leaf), days)), asyncio.get_running_loop().time()
        if renewal.not_before is not None and self._is_answered:
            await self._desk.note_renewal_over(renewal.threshold)
        is_due = not renewal.may_be_answered(now) and not await self._desk.renewal_is_over(renewal.threshold)
        if is_due and await self._desk.ask_signature():
            renewal.begin(now)

    def _renewal_at(self, threshold: tuple[str, int]) -> Renewal:
        if self._renewal is None or self._renewal.threshold != threshold:
            self._renewal = Renewal(threshold)
        return self._renewal

    async def _until_signed(self) -> None:
        """Ask, wait, ask again: 1.6 with a new key, 2.0.1 for the same one. A CSMS that refuses is asked again only
        when it says so (1.6: 2.1), and so is one that has brought a bad certificate (2.0.1 A02.FR.20)."""
        self._is_answered = False
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
        self._is_answered = True
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
        self._is_answered = self._is_answered or self._desk.signed.is_set()
        return any(event.is_set() for event in events)
