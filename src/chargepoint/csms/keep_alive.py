"""Pings one WebSocket as often as WebSocketPingInterval says now: a new value counts at once, not at the next link.

The library's own keepalive knows only the interval that a connection was opened with.
"""

import asyncio
import logging
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chargepoint.csms.closing import close_in_time

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""A changed interval is seen after this long at most."""


async def keep_alive(connection: ClientConnection, interval_seconds: Callable[[], float], pong_seconds: float) -> None:
    """Until the connection is closed, by whomever; closes it itself when a ping is not answered in time.

    An interval of 0 sends no pings (1.6 section 9.1.34).
    """
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        interval = interval_seconds()
        left = last + interval - loop.time() if interval > 0 else LOOK_SECONDS
        if left > 0:
            if await _is_closed_within(connection, min(left, LOOK_SECONDS)):
                return
            continue
        last = loop.time()
        try:
            async with asyncio.timeout(pong_seconds):  # a peer that reads no more leaves no room for the ping itself
                await (await connection.ping())
        except ConnectionClosed:
            return
        except TimeoutError:
            log.debug("no pong within %g s", pong_seconds)
            await close_in_time(connection, 1011, "keepalive ping timeout")
            return


async def _is_closed_within(connection: ClientConnection, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await connection.wait_closed()
    except TimeoutError:
        return False
    return True
