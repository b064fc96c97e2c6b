"""Keeps what the CSMS says of the revocation of the station's V2G certificates (2.0.1 M06): an EV waits too briefly for
anyone to be asked during its handshake. What is too old is not shown. Remembers nothing over a restart: it asks again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chargepoint.app.contract_rules import ContractRules
from chargepoint.charging.ports import Clock
from chargepoint.model.errors import CsmsError
from chargepoint.model.plug_and_charge import Answer, OcspData, Question, RevocationQuestion
from chargepoint.security.ocsp_responses import response_ends

log = logging.getLogger(__name__)

LONGEST_AGE = timedelta(days=7)
"""M06.FR.10: refreshed at least once a week."""
REFRESH_AGE = timedelta(days=6)
"""So that a CSMS that has no answer can be asked again in time."""
REFRESH_BEFORE_END = timedelta(hours=2)
"""Before the response's own nextUpdate."""
LOOK_SECONDS = 3600.0
"""How often ages are looked at, and how long a CSMS that has no response is left alone."""
RETRY_SECONDS = 60.0
"""After a question that brought no answer; doubled up to `LOOK_SECONDS`."""

Ask = Callable[[Question], Awaitable[Answer]]
Chain = Callable[[], Awaitable[Sequence[OcspData | None]]]
"""By what each part of the chain is asked for, leaf first; None where it cannot be."""


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    taken_at: float
    """Monotonic."""
    ends_at: datetime | None

    def is_older_than(self, age: timedelta, margin: timedelta, monotonic: float, utc: datetime) -> bool:
        if monotonic - self.taken_at >= age.total_seconds():
            return True
        return self.ends_at is not None and utc >= self.ends_at - margin


class V2gRevocation:
    def __init__(self, chain: Chain, ask: Ask, rules: ContractRules, clock: Clock) -> None:
        self._chain = chain
        self._ask = ask
        self._rules = rules
        self._clock = clock
        self._kept: dict[OcspData, _Kept] = {}
        self._is_renewed = False
        self._retry_seconds = RETRY_SECONDS
        self._changed = asyncio.Event()

    def renew(self) -> None:
        """There is a new certificate: all of its chain is asked for at once (M06.FR.07)."""
        self._is_renewed = True
        self._changed.set()

    async def current(self) -> tuple[str | None, ...]:
        """For each part of the chain the response in base64; None where there is none that counts."""
        now = self._clock.now()
        found: list[str | None] = []
        for name in await self._chain():
            kept = None if name is None else self._kept.get(name)
            is_old = kept is None or kept.is_older_than(LONGEST_AGE, timedelta(0), now.monotonic, now.utc)
            found.append(None if kept is None or is_old else kept.text)
        return tuple(found)

    async def run(self) -> None:
        """For ever."""
        while True:
            self._changed.clear()
            wait_seconds = await self._refresh()
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _refresh(self) -> float:
        """Ask for what is missing or getting old; after how many seconds to look again."""
        if not self._rules.asks_for_revocation:
            return RETRY_SECONDS
        is_renewed, self._is_renewed = self._is_renewed, False
        names = [name for name in await self._chain() if name is not None]
        self._kept = {name: kept for name, kept in self._kept.items() if name in names}
        asked = [await self._asked(name) for name in names if is_renewed or self._is_due(name)]
        if all(asked):
            self._retry_seconds = RETRY_SECONDS
            return LOOK_SECONDS
        self._is_renewed = self._is_renewed or is_renewed
        wait_seconds = self._retry_seconds
        self._retry_seconds = min(2 * wait_seconds, LOOK_SECONDS)
        return wait_seconds

    async def _asked(self, name: OcspData) -> bool:
        """True when the CSMS has answered. Its *Failed* is no word on the certificate: what is kept counts until it
        is too old."""
        try:
            answer = await self._ask(RevocationQuestion(name))
        except CsmsError as error:
            log.debug("no word on the revocation of %s: %s", name.serial_number, error)
            return False
        if answer.is_accepted and answer.text is not None:
            self._kept[name] = _Kept(answer.text, self._clock.now().monotonic, response_ends(answer.text))
        else:
            log.warning("the CSMS has no OCSP response for %s: asked again in an hour", name.serial_number)
        return True

    def _is_due(self, name: OcspData) -> bool:
        kept, now = self._kept.get(name), self._clock.now()
        return kept is None or kept.is_older_than(REFRESH_AGE, REFRESH_BEFORE_END, now.monotonic, now.utc)
