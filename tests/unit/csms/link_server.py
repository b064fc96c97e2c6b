"""A WebSocket server on loopback to connect to, and the black hole before it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from chargepoint.csms.channel import ConnectFailedError
from chargepoint.csms.link import LinkAddress, LinkCredentials, LinkTimes, WebSocketConnector

OFFERED = ("ocpp2.0.1", "ocpp1.6")
QUICK = LinkTimes(open_seconds=5, pong_seconds=0.2, close_seconds=0.5)
Handler = Callable[[ServerConnection], Awaitable[None]]


async def listens(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def csms(handler: Handler = listens, **options: object) -> AsyncIterator[int]:
    options.setdefault("subprotocols", [Subprotocol("ocpp1.6"), Subprotocol("ocpp2.0.1")])
    server: Server = await serve(handler, "127.0.0.1", 0, close_timeout=0.5, **options)  # type: ignore[arg-type]  # options of the library
    try:
        yield next(iter(server.sockets)).getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def connector(
    url: str, credentials: LinkCredentials | None = None, ping_seconds: float = 0, assume: str | None = None
) -> WebSocketConnector:
    address = LinkAddress(url, OFFERED, assume_version=assume)
    return WebSocketConnector(address, credentials or LinkCredentials(), lambda: ping_seconds, QUICK)


async def refusal(connector: WebSocketConnector) -> ConnectFailedError:
    with pytest.raises(ConnectFailedError) as caught:
        await connector.connect()
    return caught.value


class BlackHole:
    """A TCP proxy that stops passing anything on, and keeps its connections open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._pumps: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for pump in self._pumps:
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)
            for writer in self._writers:
                writer.transport.abort()

    def swallow(self) -> None:
        self._passes.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, far_writer]
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._pumps.add(asyncio.create_task(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            await self._passes.wait()
            sink.write(chunk)
