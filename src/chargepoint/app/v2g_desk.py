"""The station's key and certificate towards EVs, and the roots of ISO 15118: answers the CSMS about them.

The keys never leave the key store.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from datetime import datetime

from chargepoint.app.contract_rules import ContractRules
from chargepoint.app.security_desk import SecurityDesk, SecurityParts
from chargepoint.app.v2g_revocation import Ask, V2gRevocation
from chargepoint.app.warning_memory import TOWARDS_EVS_ENTRY, WarnedEnds, recall, remember
from chargepoint.charging.ports import Clock, StationPort
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError, StorageError
from chargepoint.model.plug_and_charge import OcspData
from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    StationName,
    check_period,
    check_station_chain,
    pem_of,
    public_bytes,
    public_bytes_of_key,
    read_chain,
)
from chargepoint.security.contracts import SIGNING_KEY, OwnV2gIdentity, ocsp_data
from chargepoint.security.root_store import CONTRACT_USES, DeleteOutcome, InstallOutcome, RootUse
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.signing_request import make_signing_request
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ContractParts:
    """What the desks of plug and charge work with."""

    security: SecurityDesk
    parts: SecurityParts
    settings: LiveSettings
    station: StationPort
    clock: Clock


class V2gDesk:
    """Implements `PlugAndChargePort` for the dialects."""

    def __init__(self, given: ContractParts, ask: Ask) -> None:
        self._given = given
        self._identity = OwnV2gIdentity(given.parts.keys)
        self._rules = ContractRules(given.settings)
        self.revocation = V2gRevocation(self._own_ocsp_data, ask, self._rules, given.clock)
        self.csr_wanted = asyncio.Event()
        """Set when a request to sign the V2G key lies ready; whoever sends it clears it."""
        self.csr_pem: str | None = None
        self.signed = asyncio.Event()
        """Set when a signed V2G certificate has come, good or bad: it is not waited for any more (2.0.1 A02.FR.20)."""

    @property
    def is_enabled(self) -> bool:
        return self._rules.accepts_contracts

    @property
    def is_online(self) -> bool:
        return self._given.station.snapshot().is_online

    @property
    def takes_own_certificate(self) -> bool:
        return self._rules.takes_own_certificate

    async def ask_signature(self) -> bool:
        if not self.takes_own_certificate:
            return False
        name, country = self._name(), self._given.settings.get(catalogue.SECC_COUNTRY_NAME)
        parts = self._given.parts

        def make() -> str:
            made = make_signing_request(name.serial_number, name.organization, country=country)
            parts.keys.write(SIGNING_KEY, made.key)
            return made.pem

        try:
            self.csr_pem = await parts.writer.run(make)
        except (ConfigurationError, StorageError) as error:
            log.warning("no V2G certificate can be asked for: %s", error)
            return False
        self.signed.clear()
        self.csr_wanted.set()
        return True

    async def has_asked_for(self, chain_pem: str) -> bool:
        def find() -> bool:
            key = self._given.parts.keys.read(SIGNING_KEY)
            return key is not None and public_bytes(read_chain(chain_pem)[0]) == public_bytes_of_key(key)

        try:
            return await self._given.parts.writer.run(find)
        except CertificateError:
            return False

    async def take_signed(self, chain_pem: str, *, may_begin_later: bool = True) -> bool:
        now = self._given.clock.now().utc
        self.signed.set()
        try:
            await self._given.parts.writer.run(lambda: self._take(chain_pem, now, may_begin_later))
        except CertificateError as error:
            await self._given.security.record(SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE, str(error))
            return False
        self.revocation.renew()
        self._given.security.changed.set()
        await self._given.security.record(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, "new V2G certificate")
        return True

    async def install(self, use: RootUse, pem: str) -> InstallOutcome:
        return await self._given.security.install(use, pem)

    async def delete(self, certificate: CertificateHash) -> DeleteOutcome:
        """The station's own V2G certificate stays (M04.FR.06); a new one takes its place."""
        own = await self.own_chain_hashes()
        if any(each.names_the_same(certificate) for each in own):
            return DeleteOutcome.FAILED
        return await self._given.security.delete(certificate, CONTRACT_USES)

    async def installed(self, use: RootUse) -> tuple[CertificateHash, ...]:
        return await self._given.security.installed(use)

    async def own_chain_hashes(self) -> tuple[CertificateHash, ...]:
        roots = self._given.parts.roots
        return await self._given.parts.writer.run(lambda: self._identity.hashes(roots.trusted(RootUse.V2G)))

    async def own_chain(self) -> str | None:
        chain = await self._given.parts.writer.run(self._identity.chain)
        return pem_of(chain) if chain else None

    async def renewal_is_over(self, threshold: tuple[str, int]) -> bool:
        """It was asked for and answered at this threshold (fingerprint, days), maybe before a restart; StorageError."""
        keys, (name, days) = self._given.parts.keys, threshold
        asked = await self._given.parts.writer.run(lambda: recall(keys, TOWARDS_EVS_ENTRY).asked)
        return asked.get(name) == days

    async def note_renewal_over(self, threshold: tuple[str, int]) -> None:
        """StorageError."""
        keys, over = self._given.parts.keys, WarnedEnds(asked=dict([threshold]))
        await self._given.parts.writer.run(lambda: remember(keys, over, TOWARDS_EVS_ENTRY))

    async def load_identity(self, context: ssl.SSLContext) -> bool:
        return await self._given.parts.writer.run(lambda: self._identity.load(context))

    async def _own_ocsp_data(self) -> tuple[OcspData | None, ...]:
        roots = self._given.parts.roots
        return await self._given.parts.writer.run(lambda: ocsp_data(self._identity.chain(), roots.trusted(RootUse.V2G)))

    def _name(self) -> StationName:
        """Whose the V2G certificate is: of the SECC where it has a name of its own."""
        get = self._given.settings.get
        return StationName(
            get(catalogue.SECC_ID) or self._given.parts.serial_number, get(catalogue.SECC_ORGANIZATION_NAME)
        )

    def _take(self, chain_pem: str, now: datetime, may_begin_later: bool) -> None:
        longest = self._given.settings.get(catalogue.CERTIFICATE_SIGNED_MAX_CHAIN_SIZE)
        if len(chain_pem) > longest:
            raise CertificateError(
                CertificateFault.TOO_LONG, f"the chain has {len(chain_pem)} characters, the most is {longest}"
            )
        parts = self._given.parts
        key, chain = parts.keys.read(SIGNING_KEY), read_chain(chain_pem)
        if not may_begin_later:
            check_period(chain[0], now)
        check_station_chain(chain, key, self._name(), parts.roots.trusted(RootUse.V2G), now)
        if key is not None:
            self._identity.keep(key, chain_pem)
