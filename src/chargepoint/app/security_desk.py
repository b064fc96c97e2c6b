"""The station's keys and certificates at work: answers the CSMS about them, watches over their ends.

Touches the key store in one thread, so that the event loop never waits for the disk and no two changes meet.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from chargepoint.app.security_recorder import SecurityRecorder
from chargepoint.charging.ports import Clock, CsmsStatus
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.model.reports import Report, SigningReport
from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    StationName,
    check_station_chain,
    read_chain,
    title,
    warning_days,
)
from chargepoint.security.credentials import Credentials, station_certificate_pem
from chargepoint.security.keystore import KeyStore
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootStore, RootUse
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.signing_request import make_signing_request
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SetOutcome
from chargepoint.storage.writer import Writer

log = logging.getLogger(__name__)

SIGNING_KEY = "signing-key"
REOPEN_AFTER_SECONDS = 1.0
"""The answer to the CSMS leaves first."""
FIRST_LOOK_SECONDS = 60.0
LOOK_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class SecurityParts:
    """What the desk works with."""

    keys: KeyStore
    roots: RootStore
    credentials: Credentials
    recorder: SecurityRecorder
    writer: Writer
    serial_number: str


@dataclass(frozen=True, slots=True)
class CsmsHandle:
    """What the desk needs of the edge to the CSMS, which is made after it."""

    reopen: Callable[[], None]
    say: Callable[[Report], None]
    status: Callable[[], CsmsStatus]


class SecurityDesk:
    """Implements `CertificatePort`, and keeps AuthorizationKey and SecurityProfile."""

    def __init__(self, parts: SecurityParts, settings: LiveSettings, clock: Clock) -> None:
        self._parts = parts
        self._settings = settings
        self._clock = clock
        self._csms: CsmsHandle | None = None
        self._warned: dict[bytes, int] = {}
        self._asked: dict[bytes, int] = {}
        self.shown: tuple[x509.Certificate, ...] = ()
        """What the CSMS has shown on the present connection; empty without TLS."""
        settings.attach_keeper(catalogue.AUTHORIZATION_KEY, self.change_authorization_key)
        settings.attach_keeper(catalogue.SECURITY_PROFILE, self.raise_profile)

    def attach_csms(self, csms: CsmsHandle) -> None:
        self._csms = csms

    # CertificatePort

    async def sign_request(self) -> str:
        organization = self._settings.get(catalogue.ORGANIZATION_NAME)

        def make() -> str:
            made = make_signing_request(self._parts.serial_number, organization)
            self._parts.keys.write(SIGNING_KEY, made.key)
            return made.pem

        return await self._parts.writer.run(make)

    async def take_signed(self, chain_pem: str) -> bool:
        now = self._clock.now().utc
        try:
            await self._parts.writer.run(lambda: self._take(chain_pem, now))
        except CertificateError as error:
            await self._record(SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE, str(error))
            return False
        await self._record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, "new station certificate")
        if self._parts.credentials.profile is SecurityProfile.TLS_CLIENT_CERTIFICATE:
            self._reopen_soon()
        return True

    def _take(self, chain_pem: str, now: datetime) -> None:
        longest = self._settings.get(catalogue.CERTIFICATE_SIGNED_MAX_CHAIN_SIZE)
        if len(chain_pem) > longest:
            raise CertificateError(
                CertificateFault.TOO_LONG, f"the chain has {len(chain_pem)} characters, the most is {longest}"
            )
        keys = self._parts.keys
        key = keys.read(SIGNING_KEY)
        name = StationName(self._parts.serial_number, self._settings.get(catalogue.ORGANIZATION_NAME))
        roots = self._parts.roots.trusted(RootUse.CSMS)
        check_station_chain(read_chain(chain_pem), key, name, roots, now)
        if key is not None:
            self._parts.credentials.offer_identity(key, chain_pem)
            keys.remove(SIGNING_KEY)

    async def install(self, use: RootUse, pem: str) -> InstallOutcome:
        now = self._clock.now().utc
        outcome, why = await self._parts.writer.run(lambda: self._parts.roots.install(use, pem, now))
        if outcome is InstallOutcome.ACCEPTED:
            await self._record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, why)
            await self._count()
        else:
            log.warning("a root certificate for %s was not installed: %s", use, why)
        return outcome

    async def delete(self, certificate: CertificateHash) -> DeleteOutcome:
        outcome = await self._parts.writer.run(lambda: self._parts.roots.delete(certificate, self.shown))
        if outcome is DeleteOutcome.ACCEPTED:
            await self._record(
                SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS,
                f"root certificate {certificate.serial_number} deleted",
            )
            await self._count()
        return outcome

    async def installed(self, use: RootUse) -> tuple[CertificateHash, ...]:
        return await self._parts.writer.run(lambda: self._parts.roots.hashes(use))

    async def _count(self) -> None:
        count = await self._parts.writer.run(self._parts.roots.count)
        self._settings.note_fact(catalogue.CERTIFICATE_ENTRIES, str(count))

    # Keepers

    async def change_authorization_key(self, text: str) -> tuple[SetOutcome, str]:
        """Tried at once; the old one is kept until the new one has worked."""
        wrong = await self._parts.writer.run(lambda: self._parts.credentials.offer_password(text))
        if wrong is not None:
            return SetOutcome.REJECTED, wrong
        await self._record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, "AuthorizationKey changed")
        if self._parts.credentials.profile.uses_password:
            self._reopen_soon()
        return SetOutcome.ACCEPTED, ""

    async def raise_profile(self, text: str) -> tuple[SetOutcome, str]:
        """Only upwards, only where everything for it is there (A05)."""
        if text not in ("1", "2", "3"):
            return SetOutcome.REJECTED, "1, 2 or 3 is wanted"
        wanted, now = SecurityProfile(int(text)), self._clock.now().utc
        try:
            obstacle = await self._parts.writer.run(lambda: self._parts.credentials.offer_profile(wanted, now))
        except ConfigurationError as error:
            obstacle = str(error)
        if obstacle is not None:
            return SetOutcome.REJECTED, obstacle
        await self._record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, f"security profile {text} asked for")
        self._reopen_soon()
        return SetOutcome.ACCEPTED, ""

    # Tasks

    async def watch(self) -> None:
        """Tell of the start, then look at every certificate's end, for ever."""
        await self._record(SecurityEvent.STARTUP_OF_THE_DEVICE)
        await self._count()
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while True:
            try:
                await self._look()
            except ChargePointError as error:
                log.warning("the certificates could not be looked at: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        roots = self._parts.roots
        watched = await self._parts.writer.run(lambda: [each for use in RootUse for each in roots.trusted(use)])
        for certificate in watched:
            self._warn(certificate)
        own = await self._own_certificate()
        if own is not None and self._parts.credentials.profile is SecurityProfile.TLS_CLIENT_CERTIFICATE:
            days = self._warn(own)
            if days is not None:
                await self._renew(own, days)

    async def _own_certificate(self) -> x509.Certificate | None:
        pem = await self._parts.writer.run(lambda: station_certificate_pem(self._parts.keys))
        return read_chain(pem)[0] if pem else None

    def _warn(self, certificate: x509.Certificate) -> int | None:
        """Once for each of 30, 7 and 1 days, and when it is over."""
        days = warning_days(certificate, self._clock.now().utc)
        name = certificate.fingerprint(SHA256())
        if days is not None and self._warned.get(name) != days:
            self._warned[name] = days
            end = certificate.not_valid_after_utc.strftime("%Y-%m-%d")
            log.warning("the certificate %s %s on %s", title(certificate), "ends" if days else "has ended", end)
        return days

    async def _renew(self, own: x509.Certificate, days: int) -> None:
        """Asked once at each threshold (A03.FR.02); without a CSMS that listens it is asked at a later look."""
        name = own.fingerprint(SHA256())
        if self._csms is None or self._asked.get(name) == days or self._csms.status().state != "accepted":
            return
        try:
            self._csms.say(SigningReport(await self.sign_request()))
        except ConfigurationError as error:
            log.warning("no new certificate can be asked for: %s", error)
        self._asked[name] = days

    def _reopen_soon(self) -> None:
        if self._csms is not None:
            asyncio.get_running_loop().call_later(REOPEN_AFTER_SECONDS, self._csms.reopen)

    async def _record(self, event: SecurityEvent, text: str = "") -> None:
        await self._parts.recorder.record(event, self._parts.writer, text)
