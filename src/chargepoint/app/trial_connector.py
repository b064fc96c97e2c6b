"""Connects with the credentials whose turn it is, and tells them how it went."""

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cryptography import x509

from chargepoint.app.security_desk import SecurityDesk, SecurityParts
from chargepoint.charging.ports import Clock
from chargepoint.csms.address import station_url
from chargepoint.csms.channel import ConnectFailedError, ConnectStep, OpenedLink
from chargepoint.csms.link import LinkAddress, LinkCredentials, WebSocketConnector
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError, StorageError
from chargepoint.security.basic_auth import basic_auth_header
from chargepoint.security.credentials import Attempt, Entry
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.tls import Handshake, event_of, witnessed
from chargepoint.settings import catalogue
from chargepoint.settings.network_profiles import NetworkProfile

log = logging.getLogger(__name__)

REFUSALS = frozenset({ConnectStep.TLS, ConnectStep.HTTP})
"""The CSMS was reached and did not agree."""
REFUSING_STATUSES = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Shell:
    """What a connection needs beside credentials."""

    address: LinkAddress
    identity: str
    settings: LiveSettings
    clock: Clock


class TrialConnector:
    """Implements `Connector`."""

    def __init__(self, shell: Shell, parts: SecurityParts, desk: SecurityDesk) -> None:
        self._shell = shell
        self._parts = parts
        self._desk = desk
        self._address = shell.address
        self._security_profile = SecurityProfile.UNSECURED
        self._is_migration = False
        self._url = shell.address.url
        self._told: SecurityEvent | None = None
        self._handshake = Handshake()

    @property
    def url(self) -> str:
        """Of the last attempt: a higher security profile makes wss:// of ws://."""
        return self._url

    def steer(self, profile: NetworkProfile, *, is_migration: bool) -> None:
        """Implements `SteeredConnector`."""
        try:
            url = station_url(profile.url, self._shell.identity)
        except ConfigurationError as error:
            raise ConnectFailedError(ConnectStep.ADDRESS, str(error)) from error
        assumed = self._shell.address.assume_version
        self._address = replace(
            self._shell.address,
            url=url,
            subprotocols=profile.subprotocols,
            assume_version=assumed if assumed in profile.subprotocols else None,
        )
        self._security_profile = SecurityProfile(profile.security_profile)
        self._is_migration = is_migration

    async def connect(self) -> OpenedLink:
        """ConnectFailedError, also where the credentials cannot be used."""
        run = self._parts.writer.run
        now = self._shell.clock.now().utc
        try:
            attempt = await run(
                lambda: self._parts.credentials.attempt(now, self._security_profile, is_migration=self._is_migration)
            )
            connector = self._connector(attempt)
        except (ConfigurationError, StorageError) as error:
            raise ConnectFailedError(ConnectStep.ADDRESS, str(error)) from error
        try:
            link = await connector.connect()
        except ConnectFailedError as error:
            event = self._event(error)
            await self._failed(attempt, error, event)
            if event is SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS and self._handshake.failure is not None:
                raise ConnectFailedError(
                    ConnectStep.TLS,
                    f"the CSMS does not accept this station's certificate ({self._handshake.failure.reason}): "
                    "have it renewed, and check that the CSMS trusts who has signed it",
                ) from error
            raise
        await self._succeeded(attempt)
        return link

    def _connector(self, attempt: Attempt) -> WebSocketConnector:
        self._url = _with_scheme(self._address.url, "wss" if attempt.tls is not None else None)
        headers: Mapping[str, str] = {}
        if attempt.password is not None:
            headers = basic_auth_header(self._shell.identity, attempt.password.reveal())
        self._handshake = Handshake()
        tls = None if attempt.tls is None else self._witnessed(attempt.tls)
        ping: Callable[[], float] = lambda: float(self._shell.settings.get(catalogue.WEB_SOCKET_PING_INTERVAL))  # noqa: E731
        credentials = LinkCredentials(headers=lambda: headers, tls=lambda: tls)
        return WebSocketConnector(replace(self._address, url=self._url), credentials, ping)

    def _witnessed(self, tls: ssl.SSLContext) -> ssl.SSLContext:
        """Only 2.0.1 forbids wildcards, and which version is spoken is not known before: the preferred one counts."""
        prefers_1_6 = self._address.subprotocols[0] == "ocpp1.6"
        allows = prefers_1_6 or self._shell.settings.get(catalogue.ALLOW_CSMS_TLS_WILDCARDS)
        return witnessed(tls, self._handshake, allows_wildcards=allows)

    def _event(self, error: ConnectFailedError) -> SecurityEvent | None:
        if error.http_status in REFUSING_STATUSES:
            return SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS
        return event_of(self._handshake.failure or error.__cause__)

    async def _failed(self, attempt: Attempt, error: ConnectFailedError, event: SecurityEvent | None) -> None:
        """The same event is told once until a connection works: a queue must not fill with it."""
        was_reached = error.step in REFUSALS or self._handshake.failure is not None
        is_refusal = was_reached or Entry.PROFILE in attempt.candidates
        await self._keep(lambda: self._parts.credentials.failed(attempt, is_refusal))
        if event is not None and event is not self._told:
            await self._parts.recorder.record(event, self._parts.writer, str(error))
        self._told = event or self._told

    async def _succeeded(self, attempt: Attempt) -> None:
        given_up: frozenset[Entry] = frozenset()

        def learn() -> None:
            nonlocal given_up
            given_up = self._parts.credentials.succeeded(attempt)

        await self._keep(learn)
        self._told = None
        self._desk.shown = tuple(x509.load_der_x509_certificate(each) for each in self._handshake.shown)
        anchor = self._handshake.anchor
        self._desk.anchor = None if anchor is None else x509.load_der_x509_certificate(anchor)
        self._shell.settings.note_fact(catalogue.SECURITY_PROFILE, str(int(self._parts.credentials.profile)))
        if Entry.IDENTITY in given_up:
            await self._parts.recorder.record(
                SecurityEvent.DISCARDED_RENEWED_CLIENT_CERTIFICATE, self._parts.writer, "the CSMS did not accept it"
            )
        for entry in given_up - {Entry.IDENTITY}:
            log.warning("the CSMS did not accept the new %s: the old one stays in force", entry.value)

    async def _keep(self, learn: Callable[[], None]) -> None:
        """What was learnt is kept where the disk allows it; the connection does not depend on it."""
        try:
            await self._parts.writer.run(learn)
        except (ConfigurationError, StorageError) as error:
            log.warning("how the connection went could not be stored: %s", error)


def _with_scheme(url: str, scheme: str | None) -> str:
    return url if scheme is None else scheme + url[url.index("://") :]
