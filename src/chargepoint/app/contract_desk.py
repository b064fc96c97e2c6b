"""Plug and charge at work: between an ISO 15118 stack, the CSMS, the keys and the core.

Implements `Iso15118Port` for the stack and `PlugAndChargePort` for the dialects. The keys never leave the key store.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from chargepoint.app.contract_rules import ContractRules
from chargepoint.app.security_desk import SecurityDesk, SecurityParts
from chargepoint.app.v2g_revocation import Ask, V2gRevocation
from chargepoint.charging.commands import EndByEv, StartWithContract, VerdictStatus
from chargepoint.charging.ports import Clock, StationPort
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError, CsmsError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.plug_and_charge import (
    CertificateAction,
    ContractDecision,
    ContractQuestion,
    ContractStatus,
    EvCertificateQuestion,
    OcspData,
)
from chargepoint.model.power import PlugMark
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
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
from chargepoint.security.contracts import SIGNING_KEY, OwnV2gIdentity, leads_to, ocsp_data, read_contract
from chargepoint.security.root_store import CONTRACT_USES, DeleteOutcome, InstallOutcome, RootUse
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.signing_request import make_signing_request
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

LONGEST_CERTIFICATE = 5500
"""Characters of a certificate that a CSMS can be sent."""
EV_WAITS_SECONDS = 4.5
"""For CertificateInstallationRes and CertificateUpdateRes (ISO 15118-2 as OCPP 2.0.1 errata 2.2 tell it)."""
STATUS_OF_FAULT = {CertificateFault.EXPIRED: ContractStatus.CERTIFICATE_EXPIRED}
"""Every other fault is one of the chain."""


@dataclass(frozen=True, slots=True)
class ContractParts:
    """What the desk works with."""

    security: SecurityDesk
    parts: SecurityParts
    settings: LiveSettings
    station: StationPort
    clock: Clock


@dataclass(frozen=True, slots=True)
class _EvThere:
    """Who showed a contract, and with which plug-in."""

    evse_id: EvseId
    plug: PlugMark | None


class ContractDesk:
    def __init__(self, given: ContractParts, ask: Ask) -> None:
        self._given = given
        self._ask = ask
        self._identity = OwnV2gIdentity(given.parts.keys)
        self.rules = ContractRules(given.settings)
        self.revocation = V2gRevocation(self._own_ocsp_data, ask, self.rules, given.clock)
        self.csr_wanted = asyncio.Event()
        """Set when a request to sign the V2G key lies ready; whoever sends it clears it."""
        self.csr_pem: str | None = None
        self.signed = asyncio.Event()
        """Set when a signed V2G certificate has come, good or bad: it is not waited for any more (2.0.1 A02.FR.20)."""

    # Iso15118Port

    @property
    def is_enabled(self) -> bool:
        return self.rules.accepts_contracts

    async def authorize_contract(self, evse_id: EvseId, emaid: str, chain_pem: str) -> ContractDecision:
        if not self.is_enabled:
            return ContractDecision(False, ContractStatus.CONTRACT_CANCELLED, "plug and charge is switched off")
        now = self._given.clock.now().utc
        ev = self._ev_at(evse_id)
        token = IdToken(emaid, TokenKind.EMAID)
        try:
            chain = read_contract(emaid, chain_pem, now)
        except CertificateError as error:
            return ContractDecision(
                False, STATUS_OF_FAULT.get(error.fault, ContractStatus.CERT_CHAIN_ERROR), str(error)
            )
        roots = await self._contract_roots()
        is_proven = leads_to(chain, roots, now)
        if is_proven:
            question = ContractQuestion(token, tuple(each for each in ocsp_data(chain, roots) if each is not None))
        elif self._given.settings.get(catalogue.CENTRAL_CONTRACT_VALIDATION_ALLOWED):
            whole = pem_of(chain)
            question = ContractQuestion(
                token, certificate_pem=whole if len(whole) <= LONGEST_CERTIFICATE else pem_of(chain[:1])
            )
        else:
            return ContractDecision(False, ContractStatus.CERT_CHAIN_ERROR, "its root is not installed here")
        if self.rules.asks_nobody and self.is_online:
            return await self._decide_unasked(ev, token, is_proven=is_proven)
        return await self._decide(ev, question, is_proven=is_proven)

    async def end_charging(self, evse_id: EvseId) -> bool:
        decided = await self._given.station.execute(EndByEv(evse_id))
        return decided.status is VerdictStatus.ACCEPTED

    async def exchange_certificate(
        self, schema_version: str, action: CertificateAction, exi_request: str
    ) -> str | None:
        if not self.rules.gives_contracts:
            return None
        try:
            async with asyncio.timeout(EV_WAITS_SECONDS):
                answer = await self._ask(EvCertificateQuestion(schema_version, action, exi_request))
        except (CsmsError, TimeoutError) as error:
            log.info("the EV's certificate: no answer of the CSMS (%s)", error)
            return None
        return answer.text if answer.is_accepted else None

    async def own_chain(self) -> str | None:
        chain = await self._given.parts.writer.run(self._identity.chain)
        return pem_of(chain) if chain else None

    async def load_identity(self, context: ssl.SSLContext) -> bool:
        return await self._given.parts.writer.run(lambda: self._identity.load(context))

    async def own_revocation(self) -> tuple[str | None, ...]:
        return await self.revocation.current()

    # PlugAndChargePort

    @property
    def is_online(self) -> bool:
        return self._given.station.snapshot().is_online

    @property
    def takes_own_certificate(self) -> bool:
        return self.rules.takes_own_certificate

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
        except ConfigurationError as error:
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

    # Within

    def _ev_at(self, evse_id: EvseId) -> _EvThere:
        evse = self._given.station.snapshot().evses.get(evse_id)
        seen = None if evse is None else evse.observation
        is_seen = seen is not None and seen.is_settled and seen.is_plugged_in
        return _EvThere(evse_id, seen.plug if seen is not None and is_seen else None)

    async def _decide(self, ev: _EvThere, question: ContractQuestion, *, is_proven: bool) -> ContractDecision:
        timeout_seconds = float(self._given.settings.get(catalogue.AUTHORIZATION_TIMEOUT))
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._ask(question)
        except (CsmsError, TimeoutError) as error:
            log.info("contract %s: no word of the CSMS (%s)", question.token.redacted, error)
            return await self._decide_offline(ev, question.token, is_proven=is_proven)
        verdict = answer.verdict or TokenVerdict(AuthorizationStatus.INVALID)
        if answer.contract is not None and answer.contract is not ContractStatus.ACCEPTED:
            if verdict.status is not AuthorizationStatus.ACCEPTED:
                await self._start(ev, question.token, verdict)  # remembered, and told to the driver
            return ContractDecision(False, answer.contract, f"the CSMS says {answer.contract}")
        if answer.contract is None and not is_proven:
            return ContractDecision(False, ContractStatus.CERT_CHAIN_ERROR, "the CSMS did not judge the certificate")
        return await self._start(ev, question.token, verdict)

    async def _decide_offline(self, ev: _EvThere, token: IdToken, *, is_proven: bool) -> ContractDecision:
        if not is_proven or not self._given.settings.get(catalogue.CONTRACT_VALIDATION_OFFLINE):
            reason = "offline, and the contract can not be proven here"
            return ContractDecision(False, ContractStatus.NO_CERTIFICATE_AVAILABLE, reason)
        return await self._start(ev, token, None)

    async def _decide_unasked(self, ev: _EvThere, token: IdToken, *, is_proven: bool) -> ContractDecision:
        if not is_proven:
            return ContractDecision(False, ContractStatus.CERT_CHAIN_ERROR, "its root is not installed here")
        return await self._start(ev, token, None)

    async def _start(self, ev: _EvThere, token: IdToken, verdict: TokenVerdict | None) -> ContractDecision:
        decided = await self._given.station.execute(StartWithContract(token, ev.evse_id, verdict, ev.plug))
        is_accepted = decided.status is VerdictStatus.ACCEPTED
        status = ContractStatus.ACCEPTED if is_accepted else ContractStatus.CONTRACT_CANCELLED
        return ContractDecision(is_accepted, status, decided.reason or "authorised")

    async def _own_ocsp_data(self) -> tuple[OcspData | None, ...]:
        roots = self._given.parts.roots
        return await self._given.parts.writer.run(lambda: ocsp_data(self._identity.chain(), roots.trusted(RootUse.V2G)))

    def _name(self) -> StationName:
        """Whose the V2G certificate is: of the SECC where it has a name of its own."""
        get = self._given.settings.get
        return StationName(
            get(catalogue.SECC_ID) or self._given.parts.serial_number, get(catalogue.SECC_ORGANIZATION_NAME)
        )

    async def _contract_roots(self) -> tuple[x509.Certificate, ...]:
        roots = self._given.parts.roots
        return await self._given.parts.writer.run(
            lambda: (*roots.trusted(RootUse.MOBILITY_OPERATOR), *roots.trusted(RootUse.V2G))
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
