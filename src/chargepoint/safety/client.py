"""The controller's end of the link to the safety process: an asyncio client that comes back by itself."""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from chargepoint.model.errors import SafetyLinkError
from chargepoint.model.power import PROTOCOL_VERSION, PowerDirective, SafetyHello
from chargepoint.safety.link_messages import (
    LARGEST_MESSAGE_BYTES,
    SafetyMessage,
    decode_safety_message,
    encode,
)

logger = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class SafetyLinkLost:
    """The safety process is out of reach; what was observed before is stale from now on."""

    why: str


ClientMessage = SafetyMessage | SafetyLinkLost


class SafetyLinkClient:
    """`messages` connects, for ever; `send` works while it is connected."""

    def __init__(self, path: Path, reconnect_seconds: float = RECONNECT_SECONDS) -> None:
        self._path = path
        self._reconnect_seconds = reconnect_seconds
        self._socket: socket.socket | None = None

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    async def messages(self) -> AsyncGenerator[ClientMessage, None]:
        """Everything the safety process says; `SafetyLinkLost` once per loss, then it tries again.

        SafetyLinkError ends it when the process at the other end speaks another protocol version.
        """
        lost_said = False
        while True:
            try:
                connection = await self._connect()
            except OSError as error:
                if not lost_said:
                    lost_said = True
                    yield SafetyLinkLost(f"{self._path}: {error.strerror or error}: start chargepoint-safety")
                await asyncio.sleep(self._reconnect_seconds)
                continue
            lost_said = True
            try:
                while (datagram := await self._receive(connection)) is not None:
                    message = self._decode(datagram)
                    if message is not None:
                        yield message
            finally:
                self._socket = None
                connection.close()
            yield SafetyLinkLost(f"{self._path}: the safety process closed the link")
            await asyncio.sleep(self._reconnect_seconds)

    async def send(self, directive: PowerDirective) -> None:
        """Hand one directive over; SafetyLinkError when it can not be. That it was obeyed, observations tell."""
        if self._socket is None:
            raise SafetyLinkError(f"{self._path}: not connected: the safety process is out of reach")
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, encode(directive))
        except OSError as error:
            raise SafetyLinkError(f"{self._path}: the directive was not sent: {error}") from error

    def send_now(self, directive: PowerDirective) -> bool:
        """Hand one directive over without waiting; False when there is no link or it is full."""
        if self._socket is None:
            return False
        try:
            self._socket.send(encode(directive))
        except OSError as error:
            logger.warning("%s: a directive was not sent: %s", self._path, error)
            return False
        return True

    async def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, str(self._path))
        except BaseException:
            connection.close()
            raise
        self._socket = connection
        return connection

    async def _receive(self, connection: socket.socket) -> bytes | None:
        try:
            datagram = await asyncio.get_running_loop().sock_recv(connection, LARGEST_MESSAGE_BYTES)
        except OSError:
            return None
        return datagram or None

    def _decode(self, datagram: bytes) -> SafetyMessage | None:
        try:
            message = decode_safety_message(datagram)
        except ValueError as error:
            logger.warning("message of the safety process ignored: %s", error)
            return None
        if isinstance(message, SafetyHello) and message.protocol_version != PROTOCOL_VERSION:
            raise SafetyLinkError(
                f"{self._path}: the safety process speaks version {message.protocol_version}, this program "
                f"{PROTOCOL_VERSION}: install both from one release and restart both services"
            )
        return message
