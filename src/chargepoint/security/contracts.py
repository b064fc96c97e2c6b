"""Contract certificates of EVs, and the station's own certificate towards EVs. Decides from what it is given."""

import re
import ssl
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from chargepoint.model.plug_and_charge import OcspData
from chargepoint.security.certificate_hash import CertificateHash, hash_of
from chargepoint.security.certificates import (
    CertificateError,
    CertificateFault,
    check_period,
    check_strength,
    read_chain,
    verify_path,
)
from chargepoint.security.keystore import KeyStore, Secret

MOST_CERTIFICATES = 4
"""That hashes are told of: the contract and its sub-CAs."""
LONGEST_RESPONDER = 512
"""Characters of a responder's address that a CSMS can be told."""
IDENTITY = "v2g"
SIGNING_KEY = "v2g-signing-key"
_EMAID = re.compile("[A-Za-z0-9-]{1,20}")
"""ISO 15118-2 has 14 or 15 characters and hyphens; more than 20 no version can bill."""
_BEGIN = "-----BEGIN CERTIFICATE-----"


def read_contract(emaid: str, chain_pem: str, now: datetime) -> tuple[x509.Certificate, ...]:
    """The chain, leaf first: of this contract, strong and in its time. CertificateError says what is wrong.

    Whether it leads to a root is asked apart: the CSMS may judge that.
    """
    if _EMAID.fullmatch(emaid) is None:
        raise CertificateError(CertificateFault.WRONG_NAME, "this is no name of a contract (eMAID)")
    chain = read_chain(chain_pem)
    if len(chain) > MOST_CERTIFICATES:
        raise CertificateError(CertificateFault.TOO_LONG, f"a contract chain has at most {MOST_CERTIFICATES} parts")
    for certificate in chain:
        check_strength(certificate)
        check_period(certificate, now)
    names = [str(each.value) for each in chain[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if plain_emaid(emaid) not in map(plain_emaid, names):
        raise CertificateError(CertificateFault.WRONG_NAME, "the certificate is not of this contract")
    return chain


def plain_emaid(emaid: str) -> str:
    """Hyphens and case mean nothing (ISO 15118-2 annex H)."""
    return emaid.replace("-", "").casefold()


def leads_to(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: datetime) -> bool:
    try:
        verify_path(chain, roots, now)
    except CertificateError:
        return False
    return True


def ocsp_data(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> tuple[OcspData | None, ...]:
    """For each part of the chain; None where it names no responder that can be told or its issuer is not known."""
    return tuple(_ocsp_data(each, (*chain, *roots)) for each in chain)


def _ocsp_data(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> OcspData | None:
    issuer = next((each for each in others if each.subject == certificate.issuer and each != certificate), None)
    url = _responder(certificate)
    if issuer is None or url is None or len(url) > LONGEST_RESPONDER:
        return None
    name = hash_of(certificate, issuer)
    return OcspData(name.algorithm.value, name.issuer_name_hash, name.issuer_key_hash, name.serial_number, url)


def _responder(certificate: x509.Certificate) -> str | None:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    for description in access:
        location = description.access_location
        is_ocsp = description.access_method == AuthorityInformationAccessOID.OCSP
        if is_ocsp and isinstance(location, x509.UniformResourceIdentifier):
            return location.value
    return None


class OwnV2gIdentity:
    """The station's key and chain towards EVs, in the key store."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def chain(self) -> tuple[x509.Certificate, ...]:
        """Empty without one; a damaged one is none."""
        content = self._keys.read(IDENTITY)
        text = "" if content is None else content.reveal().decode("ascii", errors="replace")
        try:
            return read_chain(text[text.find(_BEGIN) :]) if _BEGIN in text else ()
        except CertificateError:
            return ()

    def keep(self, key: Secret, chain_pem: str) -> None:
        """A signed chain that was found good, for the key that it was asked for."""
        self._keys.write(IDENTITY, Secret(key.reveal().rstrip() + b"\n" + chain_pem.encode("ascii")))
        self._keys.remove(SIGNING_KEY)

    def load(self, context: ssl.SSLContext) -> bool:
        if not self.chain():
            return False
        self._keys.load_identity(IDENTITY, context)
        return True

    def hashes(self, roots: Sequence[x509.Certificate]) -> tuple[CertificateHash, ...]:
        """Leaf first; a part whose issuer is not known any more is left out."""
        chain = self.chain()
        found = []
        for certificate in chain:
            issuer = next((each for each in (*chain, *roots) if each.subject == certificate.issuer), None)
            if issuer is not None:
                found.append(hash_of(certificate, issuer))
        return tuple(found)

    def fingerprint(self) -> bytes | None:
        chain = self.chain()
        return chain[0].fingerprint(SHA256()) if chain else None
