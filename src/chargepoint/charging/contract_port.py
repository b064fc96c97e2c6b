"""What an ISO 15118 stack asks of its station. It speaks with EVs; keys, CSMS and core are behind this."""

import ssl
from typing import Protocol, runtime_checkable

from chargepoint.model.identifiers import EvseId
from chargepoint.model.plug_and_charge import CertificateAction, ContractDecision


class Iso15118Port(Protocol):
    """No method raises for what the EV or the CSMS did wrong; each answer says it."""

    @property
    def is_enabled(self) -> bool:
        """Plug and charge may be offered to EVs now."""
        ...

    async def authorize_contract(self, evse_id: EvseId, emaid: str, chain_pem: str) -> ContractDecision:
        """An EV has shown its contract: leaf first, without the root. Accepted: charging starts, or has been
        authorised, at that EVSE."""
        ...

    async def end_charging(self, evse_id: EvseId) -> bool:
        """The EV has ended its session for good (SessionStopReq with Terminate). False: nobody is authorised there."""
        ...

    async def exchange_certificate(
        self, schema_version: str, action: CertificateAction, exi_request: str
    ) -> str | None:
        """Install or update a contract certificate in the EV: the CSMS's answer in base64; None without one in the
        time that an EV waits."""
        ...

    async def own_chain(self) -> str | None:
        """The station's V2G certificate and its sub-CAs in PEM; None without one."""
        ...

    async def load_identity(self, context: ssl.SSLContext) -> bool:
        """Give the V2G key and chain to the TLS server towards EVs; False without them. The key stays here."""
        ...

    async def own_revocation(self) -> tuple[str | None, ...]:
        """The OCSP response of each certificate of `own_chain` in base64, for the TLS handshake; None: not known.
        Nobody is asked meanwhile: it was asked for before."""
        ...


@runtime_checkable
class Iso15118Stack(Protocol):
    """Runs for ever beside the station; the supervisor starts it again when it fails."""

    async def run(self, station: Iso15118Port) -> None: ...
