"""What the layers above need of a connection, and how it fails. No library here, so that tests bring their own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chargepoint.model.errors import CsmsError


class ChannelClosedError(CsmsError):
    """The connection is gone; the text says who closed it and why."""


class ConnectStep(StrEnum):
    """How far a connection attempt came."""

    ADDRESS = "address"
    DNS = "dns"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    HTTP = "http"
    SUBPROTOCOL = "subprotocol"


class ConnectFailedError(CsmsError):
    """One sentence: which step failed and what to do."""

    def __init__(self, step: ConnectStep, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.http_status = http_status
        """What was answered instead of a WebSocket; None where it did not come that far."""


class FrameChannel(Protocol):
    """One open connection that carries texts."""

    async def send(self, text: str) -> None:
        """ChannelClosedError when it is closed."""
        ...

    async def receive(self) -> str:
        """The next text; ChannelClosedError when it is closed."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, waiting a bounded time for the peer; closing twice is fine."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedLink:
    channel: FrameChannel
    subprotocol: str
    network_profile: int = 1
    """The connection profile that led here: another one is another CSMS."""


class Connector(Protocol):
    """Opens connections, one at a time, always to the same CSMS."""

    @property
    def url(self) -> str: ...

    async def connect(self) -> OpenedLink:
        """ConnectFailedError after a bounded time."""
        ...
