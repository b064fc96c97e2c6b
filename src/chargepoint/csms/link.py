"""The WebSocket to the CSMS: opens it, watches over it, says in one sentence why it failed. Knows no OCPP message."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from ssl import SSLContext
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidURI
from websockets.typing import Subprotocol

from chargepoint.csms.channel import ChannelClosedError, ConnectFailedError, ConnectStep, OpenedLink
from chargepoint.csms.closing import close_in_time
from chargepoint.csms.connect_failures import explain, unconfirmed
from chargepoint.csms.frames import MAXIMUM_FRAME_BYTES
from chargepoint.csms.keep_alive import keep_alive

PONG_TIMEOUT_SECONDS = 20.0
OPEN_TIMEOUT_SECONDS = 30.0
CLOSE_TIMEOUT_SECONDS = 5.0

_library_log = logging.getLogger("chargepoint.csms.websocket")
_library_log.setLevel(logging.WARNING)  # at DEBUG the library writes headers, and with them the password


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """Where and how to connect."""

    url: str
    subprotocols: Sequence[str]
    """Offered in this order."""
    assume_version: str | None = None
    """For a CSMS that confirms no subprotocol: take this one. None: such a connection has failed."""
    proxy: str | None = None
    """Only an explicit one; the environment's is never used."""


@dataclass(frozen=True, slots=True)
class LinkTimes:
    open_seconds: float = OPEN_TIMEOUT_SECONDS
    pong_seconds: float = PONG_TIMEOUT_SECONDS
    close_seconds: float = CLOSE_TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class LinkCredentials:
    """What is shown to the CSMS, asked for anew at each attempt because a CSMS may change it."""

    headers: Callable[[], Mapping[str, str]] = field(default=dict)
    tls: Callable[[], SSLContext | None] = field(default=lambda: None)
    """None for ws://; a context is a must for wss://."""


class WebSocketConnector:
    """Implements `Connector` on the library `websockets`."""

    def __init__(
        self,
        address: LinkAddress,
        credentials: LinkCredentials,
        ping_interval_seconds: Callable[[], float],
        times: LinkTimes = LinkTimes(),
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._ping_interval_seconds = ping_interval_seconds
        self._times = times

    @property
    def url(self) -> str:
        return self._address.url

    async def connect(self) -> OpenedLink:
        """ConnectFailedError after at most `open_seconds`."""
        connection = await self._open()
        subprotocol = connection.subprotocol or self._address.assume_version
        if subprotocol is not None and subprotocol in self._address.subprotocols:
            pings = keep_alive(connection, self._ping_interval_seconds, self._times.pong_seconds)
            return OpenedLink(WebSocketChannel(connection, pings), subprotocol)
        await close_in_time(connection, 1002, "no OCPP version confirmed")
        raise unconfirmed(f"answered with {connection.subprotocol or 'none'}")

    async def _open(self) -> ClientConnection:
        host = urlsplit(self._address.url).hostname or self._address.url
        try:
            tls = self._credentials.tls()
            if tls is None and self._address.url.startswith("wss:"):
                raise ConnectFailedError(
                    ConnectStep.ADDRESS,
                    "wss:// needs security profile 2 or 3: set it, or use ws:// with profile 0 or 1",
                )
            return await _Connect(
                self._address.url,
                subprotocols=[Subprotocol(name) for name in self._address.subprotocols],
                additional_headers=self._credentials.headers(),
                user_agent_header="chargepoint",
                proxy=self._address.proxy,
                open_timeout=self._times.open_seconds,
                ping_interval=None,
                close_timeout=self._times.close_seconds,
                max_size=MAXIMUM_FRAME_BYTES,
                logger=_library_log,
                ssl=tls,
            )
        except (OSError, InvalidHandshake, InvalidProxy, InvalidURI, ValueError) as error:
            raise explain(error, host) from error


class _Connect(connect):
    """The library's connection without its habit of following redirects, which would show the password elsewhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class WebSocketChannel:
    """Implements `FrameChannel`."""

    def __init__(self, connection: ClientConnection, pings: Coroutine[None, None, None]) -> None:
        """`pings` run as long as the connection is open."""
        self._connection = connection
        self._pings = asyncio.create_task(pings, name="pings")

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed as error:
            raise ChannelClosedError(_closing(error)) from error

    async def receive(self) -> str:
        """A binary message, or one that is no UTF-8, comes as readable rubbish for the layer above to refuse."""
        try:
            message = await self._connection.recv()
        except ConnectionClosed as error:
            raise ChannelClosedError(_closing(error)) from error
        return message if isinstance(message, str) else message.decode(errors="replace")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await close_in_time(self._connection, code, reason)


def _closing(error: ConnectionClosed) -> str:
    """Who closed and why."""
    if error.rcvd is not None and (error.rcvd_then_sent or error.sent is None):
        return f"the CSMS closed the connection (code {error.rcvd.code}{_quoted(error.rcvd.reason)})"
    if error.sent is not None:
        return f"closed by this station (code {error.sent.code}{_quoted(error.sent.reason)})"
    return "the connection broke without a closing handshake"


def _quoted(reason: str) -> str:
    return f", {reason!r}" if reason else ""
