"""Ends a WebSocket in bounded time, also one whose peer reads no more. Decides nothing about when."""

import asyncio
import logging

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

log = logging.getLogger(__name__)


async def close_in_time(connection: ClientConnection, code: int, reason: str) -> None:
    """Close, and wait for the peer no longer than the connection's close timeout.

    The library's own deadline begins when the close frame is out, and a full socket never lets it out.
    """
    try:
        async with asyncio.timeout(connection.close_timeout):
            await connection.close(code, reason[:100])
    except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
        log.debug("closing in time failed: %r", error)
        connection.transport.abort()
