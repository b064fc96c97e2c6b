"""Which end of which certificate was warned of and asked about already, over restarts. Blocking; decides nothing."""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import TypeAdapter, ValidationError

from chargepoint.security.keystore import KeyStore, Secret

ENTRY = "certificate-warnings"
TOWARDS_EVS_ENTRY = "v2g-renewal"
"""Of the certificate that EVs are shown, whose renewals another desk asks for."""


@dataclass(slots=True)
class WarnedEnds:
    """By fingerprint in hex: the last threshold in days."""

    warned: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def of(self, fingerprints: frozenset[str]) -> "WarnedEnds":
        """Of these alone."""
        return WarnedEnds(
            {name: days for name, days in self.warned.items() if name in fingerprints},
            {name: days for name, days in self.asked.items() if name in fingerprints},
        )


_WARNED_ENDS = TypeAdapter(WarnedEnds)


def fingerprint(certificate: x509.Certificate) -> str:
    """In hex."""
    return certificate.fingerprint(SHA256()).hex()


def recall(keys: KeyStore, entry: str = ENTRY) -> WarnedEnds:
    """Nothing where nothing readable is kept; StorageError."""
    content = keys.read(entry)
    try:
        return WarnedEnds() if content is None else _WARNED_ENDS.validate_json(content.reveal())
    except ValidationError:
        return WarnedEnds()


def remember(keys: KeyStore, ends: WarnedEnds, entry: str = ENTRY) -> None:
    """StorageError."""
    keys.write(entry, Secret(_WARNED_ENDS.dump_json(ends)))
