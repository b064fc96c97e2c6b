"""What the station shows and believes at each attempt to connect. New credentials are tried first, and the old ones
are kept until the new ones have worked (1.6 whitepaper A01, A02, A05, M05).

Decides from what is in the key store; opens no connection. Whoever connects tells how it went.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from chargepoint.model.errors import ConfigurationError
from chargepoint.security.basic_auth import SHORTEST_PASSWORD, as_text, is_miscounted_hex, password_bytes
from chargepoint.security.certificates import CertificateError, check_period, read_chain
from chargepoint.security.keystore import KeyStore, Secret
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.provisioned_files import read_certificate_file
from chargepoint.security.root_store import RootStore, RootUse
from chargepoint.security.tls import TlsFiles, Trust, load_client_files, trusting_context

CANDIDATE = "-next"
SHORTEST_KEY = 16
LONGEST_KEY = 40


class Entry(StrEnum):
    """Names in the key store; each may have a candidate beside it."""

    PASSWORD = "authorization-key"
    PROFILE = "security-profile"
    IDENTITY = "station"

    @property
    def candidate(self) -> str:
        return self.value + CANDIDATE


def no_password() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What station.toml says: the base on which a CSMS may build."""

    profile: SecurityProfile
    password: Callable[[], str | None] = field(default=no_password, repr=False)
    files: TlsFiles = field(default_factory=TlsFiles)
    password_is_text: bool = False
    """2.0.1 is spoken first: hexadecimal digits are no bytes there (A00.FR.205)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One set of credentials; `tls` is None without TLS."""

    profile: SecurityProfile
    password: Secret | None
    tls: ssl.SSLContext | None
    candidates: frozenset[Entry] = frozenset()
    """Which of them are on trial."""
    is_on_trial: bool = False
    """Candidates and the newest root are used: the next attempt after a failure is the other one."""
    is_migration: bool = False
    """To another CSMS than the one that was connected last: a replaced root does not verify it (M05.FR.15)."""


class Credentials:
    def __init__(self, keys: KeyStore, roots: RootStore, provisioned: Provisioned) -> None:
        self._keys = keys
        self._roots = roots
        self._provisioned = provisioned
        self._turn_of_candidates = True
        self._refused: frozenset[Entry] = frozenset()

    @property
    def profile(self) -> SecurityProfile:
        """Proven. Never lower than station.toml's or than one that has worked; ConfigurationError where what was
        kept of it is damaged: guessing would lower it."""
        return max(self._provisioned.profile, self._stored_profile(Entry.PROFILE.value))

    def attempt(
        self, now: datetime, at_least: SecurityProfile = SecurityProfile.UNSECURED, *, is_migration: bool = False
    ) -> Attempt:
        """`at_least`: what the connection profile asks for. ConfigurationError where the credentials cannot be used,
        StorageError where they cannot be read."""
        used = self._usable_candidates(now) if self._turn_of_candidates else frozenset[Entry]()
        profile = max(self.profile, at_least)
        if Entry.PROFILE in used:
            profile = max(profile, self._stored_profile(Entry.PROFILE.candidate))
        password = self._password(Entry.PASSWORD in used) if profile.uses_password else None
        if profile.uses_password and password is None:
            raise ConfigurationError(f"security profile {profile:d} needs a password: name its file in station.toml")
        with_fallback = not self._turn_of_candidates and not is_migration
        tls = self._tls(profile, Entry.IDENTITY in used, with_fallback) if profile.uses_tls else None
        return Attempt(profile, password, tls, used, self._turn_of_candidates, is_migration)

    def succeeded(self, attempt: Attempt) -> frozenset[Entry]:
        """The candidates that are given up because the old ones work and they were refused."""
        given_up = frozenset[Entry]()
        if attempt.is_on_trial:
            for entry in attempt.candidates:
                self._promote(entry)
        else:
            given_up = self._refused
            for entry in given_up:
                self._keys.remove(entry.candidate)
        if attempt.tls is not None and (attempt.is_on_trial or attempt.is_migration):
            self._roots.forget_fallback()
        if attempt.profile > self.profile:
            self._keys.write(Entry.PROFILE.value, _written(attempt.profile))
        self._refused = frozenset()
        self._turn_of_candidates = True
        return given_up

    def failed(self, attempt: Attempt, is_refusal: bool) -> None:
        """`is_refusal`: the CSMS was reached and did not agree. The next attempt is the other set; back from a
        migration it is the one with the replaced root (M05.FR.16)."""
        if attempt.is_on_trial and is_refusal:
            self._refused = attempt.candidates
        if attempt.is_migration and self._roots.fallback():
            self._turn_of_candidates = False
            return
        self._turn_of_candidates = not self._turn_of_candidates or not self._has_alternative()

    def offer_password(self, text: str, *, is_text: bool = False) -> str | None:
        """Take a new AuthorizationKey, or 2.0.1's BasicAuthPassword (`is_text`); what is wrong with it, or None.
        Nothing of it is repeated."""
        if not SHORTEST_KEY <= len(text) <= LONGEST_KEY or not text.isascii() or not text.isprintable():
            return f"{SHORTEST_KEY} to {LONGEST_KEY} characters are wanted: up to 40 hexadecimal digits"
        if not is_text and is_miscounted_hex(text):
            return f"{len(text)} hexadecimal digits are no key: 32 to {LONGEST_KEY} are wanted, two for each byte"
        content = as_text(text) if is_text else text.encode()
        is_in_use = self.profile.uses_password
        self._keys.write(Entry.PASSWORD.candidate if is_in_use else Entry.PASSWORD.value, Secret(content))
        self._turn_of_candidates = True
        return None

    def offer_profile(self, profile: SecurityProfile, now: datetime) -> str | None:
        """Raise the security profile; what is in the way (A05.FR.01 to .04), or None."""
        if profile <= self.profile:
            return f"the security profile is {self.profile:d} and is never lowered"
        obstacle = self.obstacle(profile, now)
        if obstacle is None:
            self._keys.write(Entry.PROFILE.candidate, _written(profile))
            self._turn_of_candidates = True
        return obstacle

    def obstacle(self, profile: SecurityProfile, now: datetime) -> str | None:
        """What a connection of this security profile lacks, or None."""
        if profile.uses_password:
            password = self._password(is_candidate_used=True)
            if password is None or len(password_bytes(password.reveal())) < SHORTEST_KEY:
                return f"there is no AuthorizationKey of {SHORTEST_KEY} bytes or more: set it first"
        if profile.uses_tls and not self._has_valid_root(now):
            return "there is no valid root certificate of the CSMS: install it first"
        if profile is SecurityProfile.TLS_CLIENT_CERTIFICATE and not self._has_valid_identity(now):
            return "the station has no valid certificate: have one signed first"
        return None

    def offer_identity(self, key: Secret, chain_pem: str) -> None:
        """A signed certificate that was found good."""
        content = key.reveal().rstrip() + b"\n" + chain_pem.encode("ascii")
        self._keys.write(Entry.IDENTITY.candidate, Secret(content))
        self._turn_of_candidates = True

    def _usable_candidates(self, now: datetime) -> frozenset[Entry]:
        """A certificate that begins later waits for its day (A02.FR.08)."""
        found = {entry for entry in Entry if self._keys.read(entry.candidate) is not None}
        if Entry.IDENTITY in found and not self._is_valid(Entry.IDENTITY.candidate, now):
            found.discard(Entry.IDENTITY)
        return frozenset(found)

    def identity_begins(self) -> datetime | None:
        """The beginning of a new certificate of the station's that has not been used yet; None without one."""
        content = self._keys.read(Entry.IDENTITY.candidate)
        try:
            return None if content is None else read_chain(_certificates_in(content))[0].not_valid_before_utc
        except CertificateError:
            return None

    def identity(self) -> x509.Certificate | None:
        """The station's own certificate that is in use: signed by way of the CSMS, or the factory's. None without
        one; ConfigurationError where the factory's file cannot be read."""
        signed = _certificates_in(self._keys.read(Entry.IDENTITY.value))
        if signed:
            return read_chain(signed)[0]
        file = self._provisioned.files.client_certificate_file
        return None if file is None else read_certificate_file(file, "client_certificate_file")[0]

    def _has_alternative(self) -> bool:
        return bool(self._roots.fallback()) or any(self._keys.read(entry.candidate) is not None for entry in Entry)

    def _promote(self, entry: Entry) -> None:
        content = self._keys.read(entry.candidate)
        if content is not None:
            self._keys.write(entry.value, content)
            self._keys.remove(entry.candidate)

    def _password(self, is_candidate_used: bool) -> Secret | None:
        candidate = self._keys.read(Entry.PASSWORD.candidate) if is_candidate_used else None
        found = candidate or self._keys.read(Entry.PASSWORD.value)
        if found is not None:
            one_line = Secret(found.reveal().rstrip(b"\r\n"))  # the service manager's file may end in one
            return one_line if len(one_line.reveal()) >= SHORTEST_PASSWORD else None
        text = self._provisioned.password()
        if text is None:
            return None
        return Secret(as_text(text) if self._provisioned.password_is_text else text.encode())

    def _stored_profile(self, name: str) -> SecurityProfile:
        content = self._keys.read(name)
        if content is None:
            return SecurityProfile.UNSECURED
        text = content.reveal().strip()
        if text not in (b"0", b"1", b"2", b"3"):
            raise ConfigurationError(f"the secret {name} must hold 1, 2 or 3: write the profile of this station there")
        return SecurityProfile(int(text))

    def _tls(self, profile: SecurityProfile, is_candidate_used: bool, with_fallback: bool) -> ssl.SSLContext:
        """Whoever names the CSMS's roots, in station.toml or over the link, means those alone."""
        roots = self._roots.trusted(RootUse.CSMS)
        if with_fallback:
            roots += self._roots.fallback()
        context = trusting_context(Trust(roots, with_system_roots=not roots))
        if profile is SecurityProfile.TLS_CLIENT_CERTIFICATE:
            self._load_identity(context, is_candidate_used)
        return context

    def _load_identity(self, context: ssl.SSLContext, is_candidate_used: bool) -> None:
        if is_candidate_used:
            self._keys.load_identity(Entry.IDENTITY.candidate, context)
        elif self._keys.read(Entry.IDENTITY.value) is not None:
            self._keys.load_identity(Entry.IDENTITY.value, context)
        else:
            load_client_files(context, self._provisioned.files)

    def _has_valid_root(self, now: datetime) -> bool:
        return any(_covers(root_period, now) for root_period in self._root_periods())

    def _root_periods(self) -> list[tuple[datetime, datetime]]:
        roots = self._roots.trusted(RootUse.CSMS)
        return [(root.not_valid_before_utc, root.not_valid_after_utc) for root in roots]

    def _has_valid_identity(self, now: datetime) -> bool:
        if any(self._is_valid(name, now) for name in (Entry.IDENTITY.candidate, Entry.IDENTITY.value)):
            return True
        files = self._provisioned.files
        if files.client_certificate_file is None or files.client_key_file is None:
            return False
        certificate = read_certificate_file(files.client_certificate_file, "client_certificate_file")[0]
        return _covers((certificate.not_valid_before_utc, certificate.not_valid_after_utc), now)

    def _is_valid(self, name: str, now: datetime) -> bool:
        content = self._keys.read(name)
        try:
            check_period(read_chain(_certificates_in(content))[0], now)
        except CertificateError:
            return False
        return True


def _covers(period: tuple[datetime, datetime], now: datetime) -> bool:
    return period[0] <= now <= period[1]


def _certificates_in(identity: Secret | None) -> str:
    """An identity is a key followed by its chain: the chain."""
    text = "" if identity is None else identity.reveal().decode("ascii", errors="replace")
    return text[max(0, text.find("-----BEGIN CERTIFICATE-----")) :]


def _written(profile: SecurityProfile) -> Secret:
    return Secret(str(int(profile)).encode())
