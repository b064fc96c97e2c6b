"""What the edge to the CSMS and whoever keeps contracts and V2G certificates need of each other."""

from typing import Protocol

from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse


class PlugAndChargePort(Protocol):
    """Only what belongs to ISO 15118: the certificates of the link to the CSMS are another port's."""

    @property
    def is_enabled(self) -> bool:
        """Contracts of EVs are accepted; 1.6 knows nothing of the rest while they are not."""
        ...

    @property
    def takes_own_certificate(self) -> bool:
        """The V2G certificate may be asked for and taken."""
        ...

    async def ask_signature(self) -> bool:
        """True: a request to sign the V2G key will be sent now; False: none can be made."""
        ...

    async def has_asked_for(self, chain_pem: str) -> bool:
        """Its first certificate is for the V2G key that waits to be signed."""
        ...

    async def take_signed(self, chain_pem: str, *, may_begin_later: bool = True) -> bool:
        """True when it is the V2G certificate that was asked for. `may_begin_later`: as for the link's."""
        ...

    async def install(self, use: RootUse, pem: str) -> InstallOutcome: ...

    async def delete(self, certificate: CertificateHash) -> DeleteOutcome: ...

    async def installed(self, use: RootUse) -> tuple[CertificateHash, ...]: ...

    async def own_chain_hashes(self) -> tuple[CertificateHash, ...]:
        """Of the V2G certificate and its sub-CAs, leaf first."""
        ...
