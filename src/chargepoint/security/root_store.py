"""The root certificates that the CSMS has installed, by use (1.6 whitepaper M03 to M05; 2.0.1 M03 to M05).

With the additional root check there is one CSMS root; its replacement must be signed by it, and it stays as a fallback
until the replacement has proved itself on a connection.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from chargepoint.model.errors import ConfigurationError, StorageError
from chargepoint.security.certificate_hash import CertificateHash, hash_of
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    check_is_ca,
    check_period,
    check_strength,
    is_issued_by,
    pem_of,
    read_chain,
    title,
    verifies,
    verify_path,
)
from chargepoint.security.keystore import KeyStore, Secret

FALLBACK = "csms-fallback-"
PROVIDED = ""
"""Of no name in the key store: it is not deleted over the link."""
ANCHOR_FALLBACK = f"{FALLBACK}anchor-"
"""One of the system's roots that led to the CSMS before any was installed; never listed."""
MAKER_KNOWN = "signed-firmware-only"
"""A root of the manufacturer has been known here: it stays when the root goes."""
REPLACED_FILE = "csms-file-replaced"
"""Which of station.toml's roots an installed one has taken the place of, by their fingerprints."""


class RootUse(StrEnum):
    CSMS = "csms"
    MANUFACTURER = "manufacturer"
    V2G = "v2g"
    """What the station's certificate towards EVs, and contracts without a root of their own, lead to."""
    MOBILITY_OPERATOR = "mobility_operator"
    """What contract certificates lead to."""


PREFIX: dict[RootUse, str] = {
    RootUse.CSMS: "csms-root-",
    RootUse.MANUFACTURER: "manufacturer-root-",
    RootUse.V2G: "v2g-root-",
    RootUse.MOBILITY_OPERATOR: "mo-root-",
}
CONTRACT_USES = frozenset({RootUse.V2G, RootUse.MOBILITY_OPERATOR})
LINK_USES = frozenset({RootUse.CSMS, RootUse.MANUFACTURER})


class InstallOutcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Invalid, or there is no more room."""
    FAILED = "failed"
    """Right, but it could not be stored."""


class DeleteOutcome(StrEnum):
    ACCEPTED = "accepted"
    FAILED = "failed"
    """In use for the present connection, or the disk."""
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class RootRules:
    most_certificates: int = 10
    """CertificateStoreMaxLength, over all uses."""
    replaces_signed_only: bool = False
    """AdditionalRootCertificateCheck."""


@dataclass(frozen=True, slots=True)
class StoredRoot:
    name: str
    certificate: x509.Certificate
    issuer: x509.Certificate
    """Kept beside it: its key is part of the certificate's name, also after the issuer was deleted."""


class RootStore:
    """Roots as entries of the key store. `provided` are CSMS roots from station.toml: trusted, never listed; it is
    asked each time, and its ConfigurationError comes through."""

    def __init__(
        self,
        keys: KeyStore,
        rules: RootRules = RootRules(),
        provided: Callable[[], Sequence[x509.Certificate]] = tuple,
    ) -> None:
        self._keys = keys
        self._rules = rules
        self._provided = provided

    @property
    def rules(self) -> RootRules:
        return self._rules

    def trusted(self, use: RootUse) -> tuple[x509.Certificate, ...]:
        """What a chain of this use may end in. A CSMS root that replaced others under the additional check stands
        alone; what an installer writes into station.toml afterwards counts beside it."""
        installed = tuple(stored.certificate for stored in self._stored(PREFIX[use]))
        if use is not RootUse.CSMS:
            return installed
        is_checked = bool(installed) and self._rules.replaces_signed_only
        replaced = self._keys.read(REPLACED_FILE) if is_checked else None
        gone = b"" if replaced is None else replaced.reveal()
        return (*(root for root in self._provided() if _fingerprint(root).encode() not in gone), *installed)

    def was_manufacturer_known(self) -> bool:
        """A root of the manufacturer is or was installed here, or `remember_manufacturer` was told of one."""
        return MAKER_KNOWN in self._keys.names() or bool(self._names(PREFIX[RootUse.MANUFACTURER]))

    def remember_manufacturer(self) -> None:
        """From now on for ever; StorageError."""
        if MAKER_KNOWN not in self._keys.names():
            self._keys.write(MAKER_KNOWN, Secret(b"1"))

    def fallback(self) -> tuple[x509.Certificate, ...]:
        """The CSMS root that was replaced and not yet forgotten (M05.FR.13); where the station's own was replaced,
        that one."""
        return tuple(stored.certificate for stored in self._stored(FALLBACK))

    def forget_fallback(self) -> None:
        """The new root has proved itself on a connection (M05.FR.12)."""
        for name in self._names(FALLBACK):
            self._keys.remove(name)

    def hashes(self, use: RootUse) -> tuple[CertificateHash, ...]:
        """Of the CSMS's with the fallback, which is installed for as long as it is kept (M05.FR.09)."""
        return tuple(hash_of(stored.certificate, stored.issuer) for stored in self._installed(use))

    def count(self) -> int:
        """Of all uses, without the fallback, which takes nobody's place."""
        return sum(len(self._names(prefix)) for prefix in PREFIX.values())

    def install(
        self, use: RootUse, pem: str, now: datetime, anchor: x509.Certificate | None = None
    ) -> tuple[InstallOutcome, str]:
        """What it came to, and why. `anchor`: what the present TLS connection leads to; where that was one of the
        system's roots it stays a fallback until a connection with the new root has worked."""
        try:
            certificate = _single(pem)
            check_strength(certificate)
            check_period(certificate, now)
            check_is_ca(certificate)
            issuer = self._issuer_of(certificate)
            self._check_place(use, certificate, now)
            known_by = anchor if use is RootUse.CSMS and not self.trusted(use) else None
            if known_by is not None and known_by != certificate:
                self._keep(ANCHOR_FALLBACK, known_by, known_by)
            self._place(use, certificate, issuer)
            if use is RootUse.MANUFACTURER:
                self.remember_manufacturer()
        except CertificateError as error:
            return InstallOutcome.REJECTED, str(error)
        except (StorageError, ConfigurationError) as error:
            return InstallOutcome.FAILED, str(error)
        return InstallOutcome.ACCEPTED, f"{title(certificate)} is installed"

    def delete(
        self,
        wanted: CertificateHash,
        connection_chain: Sequence[x509.Certificate] = (),
        uses: frozenset[RootUse] = frozenset(RootUse),
    ) -> DeleteOutcome:
        """Of these uses only; FAILED for what station.toml has brought. `connection_chain`: what the CSMS has shown
        on the present TLS connection; its root stays (M04.FR.06)."""
        try:
            use, stored = next(self._called(wanted, uses), (None, None))
            if stored is None:
                return DeleteOutcome.NOT_FOUND
            if stored.name == PROVIDED:
                return DeleteOutcome.FAILED
            if use is RootUse.CSMS and connection_chain and self._is_needed(stored, connection_chain):
                return DeleteOutcome.FAILED
            if use is RootUse.MANUFACTURER:
                self.remember_manufacturer()
            self._keys.remove(stored.name)
            if use is RootUse.CSMS and not self._names(PREFIX[use]):
                self._restore_fallback()
        except (StorageError, ConfigurationError):
            return DeleteOutcome.FAILED
        return DeleteOutcome.ACCEPTED

    def _restore_fallback(self) -> None:
        """What the deleted root was to replace is in force again; the file's and the system's are so by themselves."""
        provided = self._provided()
        for stored in self._stored(FALLBACK):
            if not stored.name.startswith(ANCHOR_FALLBACK) and stored.certificate not in provided:
                self._keep(PREFIX[RootUse.CSMS], stored.certificate, stored.issuer)
        self.forget_fallback()

    def _called(self, wanted: CertificateHash, uses: frozenset[RootUse]) -> Iterator[tuple[RootUse, StoredRoot]]:
        for use in PREFIX:
            for stored in self._installed(use) if use in uses else ():
                if hash_of(stored.certificate, stored.issuer, wanted.algorithm).names_the_same(wanted):
                    yield use, stored

    def _is_needed(self, stored: StoredRoot, chain: Sequence[x509.Certificate]) -> bool:
        """It verifies this connection, and nothing else that is installed or provided would."""
        begins = max(each.not_valid_before_utc for each in chain)
        others = [root for root in self.trusted(RootUse.CSMS) if root != stored.certificate]
        return verifies(chain, [stored.certificate], begins) and not verifies(chain, others, begins)

    def _check_place(self, use: RootUse, certificate: x509.Certificate, now: datetime) -> None:
        if _name_of(PREFIX[use], certificate) in self._names(PREFIX[use]):
            return
        replaced = self._replaced(use)
        if replaced:
            verify_path([certificate], replaced, now)
        elif self.count() >= self._rules.most_certificates:
            raise CertificateError(
                CertificateFault.TOO_LONG,
                f"{self.count()} root certificates are installed, and that is the most: delete one first",
            )

    def _replaced(self, use: RootUse) -> tuple[x509.Certificate, ...]:
        """What a new certificate would replace."""
        return self.trusted(use) if use is RootUse.CSMS and self._rules.replaces_signed_only else ()

    def _place(self, use: RootUse, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        name, old, replaced = _name_of(PREFIX[use], certificate), self._stored(PREFIX[use]), self._replaced(use)
        has_worked = not self.fallback()
        self._keys.write(name, Secret(pem_of([certificate, issuer]).encode("ascii")))
        if not replaced or name in {stored.name for stored in old}:
            return
        for stored in old:
            if has_worked:
                self._keep(FALLBACK, stored.certificate, stored.issuer)
            self._keys.remove(stored.name)
        from_file = self._provided()
        for provided in (root for root in from_file if root in replaced):
            self._keep(FALLBACK, provided, provided)
        self._keys.write(REPLACED_FILE, Secret("\n".join(map(_fingerprint, from_file)).encode("ascii")))

    def _keep(self, prefix: str, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        content = Secret(pem_of([certificate, issuer]).encode("ascii"))
        self._keys.write(_name_of(prefix, certificate), content)

    def _issuer_of(self, certificate: x509.Certificate) -> x509.Certificate:
        """Itself, or one that is installed; CertificateError where nobody here vouches for it."""
        known = [stored.certificate for prefix in PREFIX.values() for stored in self._stored(prefix)]
        for issuer in (certificate, *known, *self._provided()):
            if is_issued_by(certificate, issuer):
                return issuer
        raise CertificateError(
            CertificateFault.UNTRUSTED, f"{title(certificate)} is no root, and its issuer is not installed"
        )

    def _installed(self, use: RootUse) -> tuple[StoredRoot, ...]:
        """For the CSMS with what station.toml has brought, unless it was replaced."""
        stored = self._stored(PREFIX[use])
        if use is not RootUse.CSMS:
            return stored
        kept = [each for each in self._stored(FALLBACK) if not each.name.startswith(ANCHOR_FALLBACK)]
        known = {each.certificate for each in (*stored, *kept)}
        others = [each for each in self.trusted(use) if each not in known and is_issued_by(each, each)]
        return (*stored, *kept, *(StoredRoot(PROVIDED, each, each) for each in others))

    def _names(self, prefix: str) -> tuple[str, ...]:
        return tuple(name for name in self._keys.names() if name.startswith(prefix))

    def _stored(self, prefix: str) -> tuple[StoredRoot, ...]:
        """A damaged entry is nothing that can be trusted: it is left out."""
        found = []
        for name in self._names(prefix):
            content = self._keys.read(name)
            try:
                chain = read_chain("" if content is None else content.reveal().decode("ascii", errors="replace"))
            except CertificateError:
                continue
            found.append(StoredRoot(name, chain[0], chain[-1]))
        return tuple(found)


def _name_of(prefix: str, certificate: x509.Certificate) -> str:
    return prefix + _fingerprint(certificate)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()[:24]


def _single(pem: str) -> x509.Certificate:
    chain = read_chain(pem)
    if len(chain) != 1:
        raise CertificateError(CertificateFault.UNREADABLE, f"one certificate is wanted, these are {len(chain)}")
    return chain[0]
