"""What a dialect needs of whoever keeps the station's keys and certificates. Both OCPP versions ask the same."""

from typing import Protocol

from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse


class CertificatePort(Protocol):
    """Keys stay behind it; no answer waits for a connection."""

    async def sign_request(self) -> str:
        """A new key, kept, and the request to sign it, in PEM. ConfigurationError where the operator's name or the
        serial number is missing; StorageError where the key cannot be kept."""
        ...

    def signing_answered(self, csr_pem: str, *, is_repeated: bool) -> None:
        """The CSMS has answered the request. `is_repeated`: it is said again while no certificate comes, as 2.0.1's
        once accepted (A02.FR.17), never 1.6's. No call: no answer, and who knows whether it was heard."""
        ...

    async def take_signed(self, chain_pem: str, *, may_begin_later: bool = True) -> bool:
        """`may_begin_later`: 1.6 waits for a period that has not begun, 2.0.1's errata refuse it. True when
        it is the certificate that was asked for: it is then used for the next connection."""
        ...

    async def install(self, use: RootUse, pem: str) -> InstallOutcome: ...

    async def delete(self, certificate: CertificateHash) -> DeleteOutcome: ...

    async def installed(self, use: RootUse) -> tuple[CertificateHash, ...]: ...
