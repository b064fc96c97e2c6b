"""The station's keys and certificates at work: answers the CSMS about them.

Touches the key store in one thread, so that the event loop never waits for the disk and no two changes meet.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from chargepoint.app.key_offers import KeyOffers
from chargepoint.app.security_recorder import SecurityRecorder
from chargepoint.app.station_signing import StationSigning
from chargepoint.charging.ports import Clock, CsmsStatus
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.reports import Report
from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    StationName,
    check_period,
    check_station_chain,
    read_chain,
)
from chargepoint.security.credentials import Credentials
from chargepoint.security.keystore import KeyStore
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.root_store import LINK_USES, DeleteOutcome, InstallOutcome, RootStore, RootUse
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.signing_request import make_signing_request
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SetOutcome
from chargepoint.storage.writer import Writer

log = logging.getLogger(__name__)

SIGNING_KEY = "signing-key"
REOPEN_AFTER_SECONDS = 1.0
"""The answer to the CSMS leaves first."""
TIME_STEP_SECONDS = 20.0
"""From here on it is told that the time was changed (2.0.1 calls that reasonable, 1.6 names no number)."""


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
        self._offers = KeyOffers(parts.keys, parts.writer)
        self._recordings: set[asyncio.Task[None]] = set()
        self.changed = asyncio.Event()
        """Set whenever a certificate has come or gone, or none will come; whoever waits clears it."""
        self.signing = StationSigning(settings, self.say, lambda: self.is_heard, self.changed.set)
        self.shown: tuple[x509.Certificate, ...] = ()
        """What the CSMS has shown on the present connection; empty without TLS."""
        self.anchor: x509.Certificate | None = None
        """What that leads to."""
        settings.attach_keeper(catalogue.AUTHORIZATION_KEY, self.change_authorization_key)
        settings.attach_keeper(catalogue.BASIC_AUTH_PASSWORD, self.change_basic_auth_password)
        settings.attach_keeper(catalogue.SECURITY_PROFILE, self.raise_profile)

    def attach_csms(self, csms: CsmsHandle) -> None:
        self._csms = csms

    # CertificatePort

    async def sign_request(self) -> str:
        organization = self._settings.get(catalogue.ORGANIZATION_NAME)
        self.signing.begin(None)

        def make() -> str:
            made = make_signing_request(self._parts.serial_number, organization)
            self._parts.keys.write(SIGNING_KEY, made.key)
            return made.pem

        csr_pem = await self._parts.writer.run(make)
        self.signing.begin(csr_pem)
        return csr_pem

    def signing_answered(self, csr_pem: str, *, is_repeated: bool) -> None:
        self.signing.answered(csr_pem, is_repeated=is_repeated)

    async def take_signed(self, chain_pem: str, *, may_begin_later: bool = True) -> bool:
        now = self._clock.now().utc
        self.signing.end()
        try:
            await self._parts.writer.run(lambda: self._take(chain_pem, now, may_begin_later))
        except CertificateError as error:
            await self.record(SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE, str(error))
            return False
        await self.record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, "new station certificate")
        self.changed.set()
        await self.use_new_identity()
        return True

    async def use_new_identity(self) -> bool:
        """Connect again with a new certificate whose time has begun (A02.FR.08); False while there is none."""
        credentials, now = self._parts.credentials, self._clock.now().utc
        begins = await self._parts.writer.run(credentials.identity_begins)
        if begins is None or begins > now or credentials.profile is not SecurityProfile.TLS_CLIENT_CERTIFICATE:
            return False
        self._reopen_soon()
        return True

    @property
    def is_heard(self) -> bool:
        """The CSMS listens now."""
        return self._csms is not None and self._csms.status().state == "accepted"

    def say(self, report: Report) -> None:
        """Over the present connection; lost where there is none."""
        if self._csms is not None:
            self._csms.say(report)

    def _take(self, chain_pem: str, now: datetime, may_begin_later: bool) -> None:
        longest = self._settings.get(catalogue.CERTIFICATE_SIGNED_MAX_CHAIN_SIZE)
        if len(chain_pem) > longest:
            raise CertificateError(
                CertificateFault.TOO_LONG, f"the chain has {len(chain_pem)} characters, the most is {longest}"
            )
        keys = self._parts.keys
        key = keys.read(SIGNING_KEY)
        name = StationName(self._parts.serial_number, self._settings.get(catalogue.ORGANIZATION_NAME))
        roots = self._parts.roots.trusted(RootUse.CSMS)
        chain = read_chain(chain_pem)
        if not may_begin_later:
            check_period(chain[0], now)
        check_station_chain(chain, key, name, roots, now)
        if key is not None:
            self._parts.credentials.offer_identity(key, chain_pem)
            keys.remove(SIGNING_KEY)

    async def install(self, use: RootUse, pem: str) -> InstallOutcome:
        now = self._clock.now().utc
        outcome, why = await self._parts.writer.run(lambda: self._parts.roots.install(use, pem, now, self.anchor))
        if outcome is InstallOutcome.ACCEPTED:
            await self.record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, why)
            await self.count_roots()
            self.changed.set()
        else:
            log.warning("a root certificate for %s was not installed: %s", use, why)
        return outcome

    async def delete(self, certificate: CertificateHash, uses: frozenset[RootUse] = LINK_USES) -> DeleteOutcome:
        """Of these uses only: what belongs to ISO 15118 is deleted by messages of its own. The station's own
        certificate is never deleted (2.0.1 M04.FR.06)."""
        if await self._parts.writer.run(lambda: self._is_own(certificate)):
            return DeleteOutcome.FAILED
        outcome = await self._parts.writer.run(lambda: self._parts.roots.delete(certificate, self.shown, uses))
        if outcome is DeleteOutcome.ACCEPTED:
            await self.record(
                SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS,
                f"root certificate {certificate.serial_number} deleted",
            )
            await self.count_roots()
            self.changed.set()
        return outcome

    def _is_own(self, certificate: CertificateHash) -> bool:
        try:
            own = self._parts.credentials.identity()
        except ConfigurationError:
            return False
        return own is not None and certificate.names(own)

    async def installed(self, use: RootUse) -> tuple[CertificateHash, ...]:
        return await self._parts.writer.run(lambda: self._parts.roots.hashes(use))

    async def count_roots(self) -> None:
        count = await self._parts.writer.run(self._parts.roots.count)
        self._settings.note_fact(catalogue.CERTIFICATE_ENTRIES, str(count))

    # What others see

    def note_malformed(self, reason: str) -> None:
        """A frame that is no OCPP."""
        self._record_soon(SecurityEvent.INVALID_MESSAGES, reason)

    def note_time_step(self, seconds: float) -> None:
        """The wall time was put forward or back; small steps are the clocks' drift."""
        if abs(seconds) >= TIME_STEP_SECONDS:
            self._record_soon(SecurityEvent.SETTING_SYSTEM_TIME, f"changed by {seconds:+.0f} s to the CSMS's time")

    def _record_soon(self, event: SecurityEvent, text: str) -> None:
        """Whoever saw it does not wait for the disk."""
        recording = asyncio.get_running_loop().create_task(self.record(event, text), name=f"record {event}")
        self._recordings.add(recording)
        recording.add_done_callback(self._recordings.discard)

    # Keepers

    async def change_authorization_key(self, text: str) -> tuple[SetOutcome, str]:
        """Tried at once; the old one is kept until the new one has worked."""
        return await self._change_password(text, "AuthorizationKey", is_text=False)

    async def change_basic_auth_password(self, text: str) -> tuple[SetOutcome, str]:
        """2.0.1 A01: as above, and hexadecimal digits are text."""
        return await self._change_password(text, "BasicAuthPassword", is_text=True)

    async def _change_password(self, text: str, name: str, *, is_text: bool) -> tuple[SetOutcome, str]:
        credentials = self._parts.credentials
        wrong = await self._offers.make(lambda: credentials.offer_password(text, is_text=is_text))
        if wrong is not None:
            return SetOutcome.REJECTED, wrong
        await self.record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, f"{name} changed")
        if self._parts.credentials.profile.uses_password:
            self._reopen_soon()
        return SetOutcome.ACCEPTED, ""

    async def raise_profile(self, text: str) -> tuple[SetOutcome, str]:
        """Only upwards, only where everything for it is there (A05)."""
        if text not in ("1", "2", "3"):
            return SetOutcome.REJECTED, "1, 2 or 3 is wanted"
        wanted, now = SecurityProfile(int(text)), self._clock.now().utc
        try:
            obstacle = await self._offers.make(lambda: self._parts.credentials.offer_profile(wanted, now))
        except ConfigurationError as error:
            obstacle = str(error)
        if obstacle is not None:
            return SetOutcome.REJECTED, obstacle
        await self.record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, f"security profile {text} asked for")
        self._reopen_soon()
        return SetOutcome.ACCEPTED, ""

    def _reopen_soon(self) -> None:
        if self._csms is not None:
            asyncio.get_running_loop().call_later(REOPEN_AFTER_SECONDS, self._csms.reopen)

    async def record(self, event: SecurityEvent, text: str = "") -> None:
        await self._parts.recorder.record(event, self._parts.writer, text)
