"""Watches over every certificate's period: warns before its end, has the station's own renewed, begins with a new one.

Asks and tells; keeps no certificate itself.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography import x509

from chargepoint.app.renewal import Renewal
from chargepoint.app.security_desk import SecurityDesk, SecurityParts
from chargepoint.app.warning_memory import WarnedEnds, fingerprint, recall, remember
from chargepoint.charging.ports import Clock
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.model.registration import BootReason
from chargepoint.model.reports import SigningReport
from chargepoint.panel.ports import CertificateEnd
from chargepoint.security.certificates import title, warning_days
from chargepoint.security.contracts import OwnV2gIdentity
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.root_store import RootUse
from chargepoint.security.security_events import SecurityEvent

log = logging.getLogger(__name__)

LOOK_SECONDS = 600.0
SETTLING_SECONDS = 1.0
"""After a beginning, so that it has surely passed."""
LEAST_FREE_BYTES = 20 * 1024 * 1024
NO_RESETS = frozenset({BootReason.POWER_UP, BootReason.UNKNOWN, BootReason.TRIGGERED})
STATION = "station"
TOWARDS_EVS = "station_towards_evs"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the watch needs of the station beside its keys."""

    clock: Clock
    show: Callable[[str], None]
    """To the people at the station."""
    boot_reason: BootReason
    free_bytes: Callable[[], int]
    """On the disk that everything is kept on; OSError."""


@dataclass(slots=True)
class _Told:
    """What needs no telling again."""

    start: bool = False
    exhaustion: bool = False
    renewal: Renewal | None = None
    awaited: datetime | None = None
    """When a new certificate of the station's begins that is kept until then."""
    ends: WarnedEnds = field(default_factory=WarnedEnds)
    kept: WarnedEnds | None = None
    """What of the above is on the disk; None: it was not looked for yet."""


class CertificateWatch:
    def __init__(self, desk: SecurityDesk, parts: SecurityParts, surroundings: Surroundings) -> None:
        self._desk = desk
        self._parts = parts
        self._surroundings = surroundings
        self._told = _Told()
        self._ends: tuple[CertificateEnd, ...] = ()

    def ends(self) -> tuple[CertificateEnd, ...]:
        """Of every certificate that was there at the last look."""
        return self._ends

    async def run(self) -> None:
        """Tell of the start, then look again and again, for ever."""
        await self._tell_of_the_start()
        while True:
            wait_seconds = LOOK_SECONDS
            self._desk.changed.clear()
            try:
                await self._look()
                wait_seconds = min(wait_seconds, await self._begin_with_the_new())
            except ChargePointError as error:
                log.warning("the certificates could not be looked at: %s", error)
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._desk.changed.wait()
            except TimeoutError:
                continue

    async def _tell_of_the_start(self) -> None:
        """Once, also when this task has to begin again."""
        if not self._told.start:
            self._told.start = True
            if self._surroundings.boot_reason not in NO_RESETS:
                await self._desk.record(SecurityEvent.RESET_OR_REBOOT, self._surroundings.boot_reason.value)
            await self._desk.record(SecurityEvent.STARTUP_OF_THE_DEVICE)

    async def _look(self) -> None:
        await self._look_at_the_disk()
        await self._desk.count_roots()
        found = await self._parts.writer.run(self._all)
        if self._told.kept is None:
            self._told.kept = await self._parts.writer.run(partial(recall, self._parts.keys))
            self._told.ends = deepcopy(self._told.kept)
        self._ends = tuple(CertificateEnd(use, title(each), each.not_valid_after_utc) for use, each in found)
        for use, certificate in found:
            days = self._warn(certificate)
            if use == STATION and days is not None and self._uses_own:
                await self._renew(certificate, days)
        await self._keep(frozenset(fingerprint(certificate) for _, certificate in found))

    async def _keep(self, present: frozenset[str]) -> None:
        """So that a restart repeats nothing."""
        self._told.ends = self._told.ends.of(present)
        if self._told.ends != self._told.kept:
            await self._parts.writer.run(partial(remember, self._parts.keys, self._told.ends))
            self._told.kept = deepcopy(self._told.ends)

    @property
    def _uses_own(self) -> bool:
        return self._parts.credentials.profile is SecurityProfile.TLS_CLIENT_CERTIFICATE

    def _all(self) -> list[tuple[str, x509.Certificate]]:
        """Runs in the key store's thread. The station's own is watched at every profile: one that has ended is no way
        up to profile 3."""
        found = [(use.value, each) for use in RootUse for each in self._parts.roots.trusted(use)]
        found += [(TOWARDS_EVS, leaf) for leaf in OwnV2gIdentity(self._parts.keys).chain()[:1]]
        try:
            own = self._parts.credentials.identity()
        except ConfigurationError:
            if self._uses_own:
                raise
            return found
        return found if own is None else [*found, (STATION, own)]

    async def _begin_with_the_new(self) -> float:
        """Seconds until the beginning of a new certificate; without one the longest wait."""
        now = self._surroundings.clock.now().utc
        begins = await self._parts.writer.run(self._parts.credentials.identity_begins)
        if begins is not None and begins > now:
            self._told.awaited = begins
            return (begins - now).total_seconds() + SETTLING_SECONDS
        if begins is not None and begins == self._told.awaited:
            self._told.awaited = None
            await self._desk.use_new_identity()
        return LOOK_SECONDS

    def _warn(self, certificate: x509.Certificate) -> int | None:
        """Once for each of 30, 7 and 1 days, and when it is over."""
        days = warning_days(certificate, self._surroundings.clock.now().utc)
        name, warned = fingerprint(certificate), self._told.ends.warned
        if days is not None and warned.get(name) != days:
            warned[name] = days
            end = certificate.not_valid_after_utc.strftime("%Y-%m-%d")
            text = f"the certificate {title(certificate)} {'ends' if days else 'has ended'} on {end}"
            log.warning("%s", text)
            self._surroundings.show(text)
        return days

    async def _renew(self, own: x509.Certificate, days: int) -> None:
        """Once at each threshold (A03.FR.02), never again once it is over: the whitepaper advises against it. What
        could not be asked or was never answered is asked at a later look, what a restart has cut off anew."""
        name, asked, signing = fingerprint(own), self._told.ends.asked, self._desk.signing
        renewal = self._told.renewal
        if renewal is None or renewal.threshold != (name, days):
            renewal = self._told.renewal = Renewal((name, days))
        elif renewal.not_before is not None and signing.is_over:
            asked[name] = days
        now = asyncio.get_running_loop().time()
        is_pending = signing.is_awaited or renewal.may_be_answered(now)
        if asked.get(name) == days or is_pending or not self._desk.is_heard:
            return
        renewal.begin(now)
        try:
            self._desk.say(SigningReport(await self._desk.sign_request()))
        except ChargePointError as error:
            log.warning("no new certificate can be asked for: %s", error)

    async def _look_at_the_disk(self) -> None:
        try:
            free_bytes = await self._parts.writer.run(self._surroundings.free_bytes)
        except OSError as error:
            log.warning("how full the disk is can not be found out: %s", error.strerror)
            return
        if free_bytes >= LEAST_FREE_BYTES:
            self._told.exhaustion = self._told.exhaustion and free_bytes < 2 * LEAST_FREE_BYTES
        elif not self._told.exhaustion:
            self._told.exhaustion = True
            await self._desk.record(SecurityEvent.MEMORY_EXHAUSTION, f"{free_bytes // 1024} kB are free")


def free_bytes_at(path: Path) -> int:
    """OSError where there is no such place."""
    return shutil.disk_usage(path).free
