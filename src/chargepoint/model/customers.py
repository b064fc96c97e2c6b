"""What the station knows of a customer, for whoever has a right to ask (2.0.1 N09, N10)."""

from dataclasses import dataclass

from chargepoint.model.tokens import IdToken


@dataclass(frozen=True, slots=True)
class CertificateReference:
    """Names a certificate by its hashes (2.0.1 CertificateHashDataType)."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class CustomerIdentifier:
    """A name of the CSMS's own for a customer."""

    value: str


CustomerReference = IdToken | CertificateReference | CustomerIdentifier


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """One thing that is stored of a customer."""

    what: str
    """In words for a person: `authorization cache: Accepted`."""
    can_be_cleared: bool
    """False: it is the CSMS's own to change (the local list), or a bill or a reservation still depends on it."""
