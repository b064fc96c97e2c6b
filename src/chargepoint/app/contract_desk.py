"""Plug and charge at work: between an ISO 15118 stack, the CSMS and the core. Contracts are judged here; the keys and
certificates of the station are another desk's.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass

from cryptography import x509

from chargepoint.app.contract_rules import ContractRules
from chargepoint.app.v2g_desk import ContractParts, V2gDesk
from chargepoint.app.v2g_revocation import Ask
from chargepoint.charging.commands import EndByEv, StartWithContract, VerdictStatus
from chargepoint.model.errors import CsmsError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.plug_and_charge import (
    CertificateAction,
    ContractDecision,
    ContractQuestion,
    ContractStatus,
    EvCertificateQuestion,
)
from chargepoint.model.power import PlugMark
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    pem_of,
)
from chargepoint.security.contracts import leads_to, ocsp_data, read_contract
from chargepoint.security.root_store import RootUse
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

LONGEST_CERTIFICATE = 5500
"""Characters of a certificate that a CSMS can be sent."""
EV_WAITS_SECONDS = 4.5
"""For CertificateInstallationRes and CertificateUpdateRes (ISO 15118-2 as OCPP 2.0.1 errata 2.2 tell it)."""
STATUS_OF_FAULT = {CertificateFault.EXPIRED: ContractStatus.CERTIFICATE_EXPIRED}
"""Every other fault is one of the chain."""


@dataclass(frozen=True, slots=True)
class _EvThere:
    """Who showed a contract, and with which plug-in."""

    evse_id: EvseId
    plug: PlugMark | None


class ContractDesk:
    """Implements `Iso15118Port`."""

    def __init__(self, given: ContractParts, own: V2gDesk, ask: Ask) -> None:
        self._given = given
        self._own = own
        self._ask = ask
        self._rules = ContractRules(given.settings)

    @property
    def is_enabled(self) -> bool:
        return self._rules.accepts_contracts

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
        if self._rules.asks_nobody and self._given.station.snapshot().is_online:
            return await self._decide_unasked(ev, token, is_proven=is_proven)
        return await self._decide(ev, question, is_proven=is_proven)

    async def end_charging(self, evse_id: EvseId) -> bool:
        decided = await self._given.station.execute(EndByEv(evse_id))
        return decided.status is VerdictStatus.ACCEPTED

    async def exchange_certificate(
        self, schema_version: str, action: CertificateAction, exi_request: str
    ) -> str | None:
        if not self._rules.gives_contracts:
            return None
        try:
            async with asyncio.timeout(EV_WAITS_SECONDS):
                answer = await self._ask(EvCertificateQuestion(schema_version, action, exi_request))
        except (CsmsError, TimeoutError) as error:
            log.info("the EV's certificate: no answer of the CSMS (%s)", error)
            return None
        return answer.text if answer.is_accepted else None

    async def own_chain(self) -> str | None:
        return await self._own.own_chain()

    async def load_identity(self, context: ssl.SSLContext) -> bool:
        return await self._own.load_identity(context)

    async def own_revocation(self) -> tuple[str | None, ...]:
        return await self._own.revocation.current()

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

    async def _contract_roots(self) -> tuple[x509.Certificate, ...]:
        roots = self._given.parts.roots
        return await self._given.parts.writer.run(
            lambda: (*roots.trusted(RootUse.MOBILITY_OPERATOR), *roots.trusted(RootUse.V2G))
        )
