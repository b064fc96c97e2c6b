"""The bench's token reader: one JSON object a line over loopback TCP, for every connection.

`{"uid":…,"type":…,"evses":…}` each 100 ms while a card is held, `{"alive":true}` each second. A client may say once
which EVSEs it serves with `{"evses":[…]}`; until then it serves all. Silent means that nothing at all is sent.
"""

import asyncio
import json
from collections.abc import Iterable

from chargepoint_hal.bench.token_field import Presentation
from chargepoint_hal.bench.world import World
from chargepoint_hal.contract import EvseNumber

LOOPBACK = "127.0.0.1"
REPEAT_SECONDS = 0.1
ALIVE_EVERY_REPEATS = 10
LINE_BYTES = 4096


class ReaderServer:
    """Start it inside a running loop; `port` is known afterwards."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; OSError when the port is taken."""
        self._server = await asyncio.start_server(self._connected, LOOPBACK, port, limit=LINE_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A plain function, so that the connection's task is kept and ended here."""
        task = asyncio.get_running_loop().create_task(_Connection(self._world, reader, writer).serve())
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)


class _Connection:
    def __init__(self, world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._world = world
        self._reader = reader
        self._writer = writer
        self._served: frozenset[EvseNumber] | None = None
        self._after_number = world.tokens.last_number

    async def serve(self) -> None:
        """Until the client goes or the server stops."""
        listening = asyncio.create_task(self._listen())
        try:
            await self._send_until_gone()
        except OSError:
            return
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            self._writer.close()

    async def _send_until_gone(self) -> None:
        repeats = 0
        while not self._reader.at_eof() and not self._writer.is_closing():
            if not self._world.is_reader_silent(self._served):
                for presentation in self._seen():
                    self._send(_card(presentation))
                if repeats % ALIVE_EVERY_REPEATS == 0:
                    self._send({"alive": True})
                await self._writer.drain()
            repeats += 1
            await asyncio.sleep(REPEAT_SECONDS)

    def _seen(self) -> list[Presentation]:
        now = self._world.now if self._world.now is not None else 0.0
        seen = self._world.tokens.seen(self._served, self._after_number, now)
        self._after_number = self._world.tokens.last_number
        return seen

    def _send(self, message: dict[str, object]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _listen(self) -> None:
        """Read what the client says; a line that is no object with EVSE numbers is passed over."""
        try:
            while line := await self._reader.readline():
                served = _served_evses(line)
                self._served = served if served is not None else self._served
        except (OSError, ValueError):  # ValueError: a line longer than any that makes sense
            self._writer.close()


def _card(presentation: Presentation) -> dict[str, object]:
    evses: Iterable[EvseNumber] | None = presentation.evses
    return {
        "uid": presentation.uid,
        "type": presentation.kind,
        "evses": None if evses is None else sorted(evses),
    }


def _served_evses(line: bytes) -> frozenset[EvseNumber] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    evses = message.get("evses") if isinstance(message, dict) else None
    if not isinstance(evses, list) or not all(isinstance(evse, int) for evse in evses):
        return None
    return frozenset(evses)
