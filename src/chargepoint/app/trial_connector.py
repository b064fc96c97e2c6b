"""Connects with the credentials whose turn it is, and tells them how it went."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography import x509

from chargepoint.app.security_desk import SecurityDesk, SecurityParts
from chargepoint.charging.ports import Clock
from chargepoint.csms.channel import ConnectFailedError, ConnectStep, OpenedLink
from chargepoint.csms.link import LinkAddress, LinkCredentials, WebSocketConnector
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError, StorageError
from chargepoint.security.basic_auth import basic_auth_header
from chargepoint.security.credentials import Attempt, Entry
from chargepoint.security.security_events import SecurityEvent
from chargepoint.security.tls import event_of, witnessed
from chargepoint.settings import catalogue

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
        self._url = shell.address.url
        self._told: SecurityEvent | None = None
        self._shown: list[Sequence[bytes]] = []

    @property
    def url(self) -> str:
        """Of the last attempt: a higher security profile makes wss:// of ws://."""
        return self._url

    async def connect(self) -> OpenedLink:
        """ConnectFailedError, also where the credentials cannot be used."""
        run = self._parts.writer.run
        now = self._shell.clock.now().utc
        try:
            attempt = await run(lambda: self._parts.credentials.attempt(now))
            connector = self._connector(attempt)
        except (ConfigurationError, StorageError) as error:
            raise ConnectFailedError(ConnectStep.ADDRESS, str(error)) from error
        self._shown.clear()
        try:
            link = await connector.connect()
        except ConnectFailedError as error:
            await self._failed(attempt, error)
            raise
        await self._succeeded(attempt)
        return link

    def _connector(self, attempt: Attempt) -> WebSocketConnector:
        self._url = _with_scheme(self._shell.address.url, "wss" if attempt.tls is not None else None)
        headers: Mapping[str, str] = {}
        if attempt.password is not None:
            headers = basic_auth_header(self._shell.identity, attempt.password.reveal())
        tls = None if attempt.tls is None else witnessed(attempt.tls, self._shown.append)
        ping: Callable[[], float] = lambda: float(self._shell.settings.get(catalogue.WEB_SOCKET_PING_INTERVAL))  # noqa: E731
        credentials = LinkCredentials(headers=lambda: headers, tls=lambda: tls)
        return WebSocketConnector(replace(self._shell.address, url=self._url), credentials, ping)

    async def _failed(self, attempt: Attempt, error: ConnectFailedError) -> None:
        """The same event is told once until a connection works: a queue must not fill with it."""
        is_refusal = error.step in REFUSALS or Entry.PROFILE in attempt.candidates
        await self._keep(lambda: self._parts.credentials.failed(attempt, is_refusal))
        event = event_of(error.__cause__)
        if event is None and error.http_status in REFUSING_STATUSES:
            event = SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS
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
        self._desk.shown = tuple(x509.load_der_x509_certificate(each) for chain in self._shown[-1:] for each in chain)
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
