"""Asks again for the station's certificate while the CSMS has taken the request and none comes (2.0.1 A02.FR.17).

Keeps no key: the same request is said again. 1.6 advises against that (A02, error handling), and tells no answer.
"""

import asyncio
import logging
from collections.abc import Callable

from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.reports import Report, SigningReport
from chargepoint.security.signing_request import resend_waits
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""While nobody listens, whether somebody does again."""


class StationSigning:
    def __init__(
        self,
        settings: LiveSettings,
        say: Callable[[Report], None],
        is_heard: Callable[[], bool],
        tell_over: Callable[[], None],
    ) -> None:
        """`tell_over`: whenever `is_over` has become true."""
        self._settings = settings
        self._say = say
        self._is_heard = is_heard
        self._tell_over = tell_over
        self._newest: str | None = None
        """The request that was made last, in PEM."""
        self._accepted: str | None = None
        """The same once the CSMS has promised a certificate for it."""
        self.is_over = False
        """Nothing more comes of the newest request: refused, a chain has come, or it was repeated often enough."""
        self._changed = asyncio.Event()

    @property
    def is_awaited(self) -> bool:
        """The CSMS has promised a certificate, and it is still asked for."""
        return self._accepted is not None and not self.is_over

    def begin(self, csr_pem: str | None) -> None:
        """This request takes the place of any other; None while it is being made."""
        self._newest, self.is_over = csr_pem, False
        self._set(None)

    def answered(self, csr_pem: str, *, is_repeated: bool) -> None:
        """What the CSMS said to a request; one that is not repeated is over."""
        if csr_pem != self._newest or self.is_over:
            return
        if is_repeated:
            self._set(csr_pem)
        else:
            self.end()

    def end(self) -> None:
        """Also when a certificate has come, good or bad (A02.FR.20)."""
        self._set(None)
        self._be_over()

    def _be_over(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._tell_over()

    def _set(self, accepted: str | None) -> None:
        if accepted != self._accepted:
            self._accepted = accepted
            self._changed.set()

    async def run(self) -> None:
        """For ever."""
        done: str | None = None
        while True:
            self._changed.clear()
            wanted = self._accepted
            if wanted is None or wanted == done:
                await self._changed.wait()
                continue
            await self._ask_again(wanted)
            done = wanted
            if self._accepted == wanted:
                self._be_over()

    async def _ask_again(self, csr_pem: str) -> None:
        waits = resend_waits(
            self._settings.get(catalogue.CERT_SIGNING_WAIT_MINIMUM),
            self._settings.get(catalogue.CERT_SIGNING_REPEAT_TIMES),
        )
        for seconds in waits:
            if not await self._is_missed_for(csr_pem, seconds):
                return
            log.info("no certificate has come within %g s: asked for again", seconds)
            self._say(SigningReport(csr_pem))

    async def _is_missed_for(self, csr_pem: str, seconds: float) -> bool:
        """True once nothing has come for so long and somebody listens; False as soon as it is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._accepted == csr_pem:
            left = until - loop.time()
            if left <= 0 and self._is_heard():
                return True
            self._changed.clear()
            try:
                async with asyncio.timeout(left if left > 0 else LOOK_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return False
