"""The WebSocket listener: who may come in, under which version, and who is connected. Refuses on request."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLContext
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_authorization_basic
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response
from websockets.typing import Subprotocol

from dev_csms.connection import CallFailedError, Connection, UtcClock
from dev_csms.core import CsmsCore
from dev_csms.records import Anomaly, AnomalyKind, ConnectionNote
from dev_csms.session import CsmsSession
from dev_csms.wire import SUBPROTOCOLS, Version

__all__ = ["CallFailedError", "Gate", "GateOptions"]


@dataclass(frozen=True, slots=True)
class GateOptions:
    """How stations get in. Port 0 is any free one; `basic_user` None with a password means the station's identity."""

    host: str = "127.0.0.1"
    port: int = 0
    versions: tuple[Version, ...] = (Version.V16, Version.V201)
    prefers_own_order: bool = False
    """Choose by the order of `versions` instead of the station's."""
    basic_user: str | None = None
    basic_password: str | None = None
    ssl_context: SSLContext | None = None
    ping_interval_seconds: float | None = 20.0
    max_message_bytes: int = 4 * 1024 * 1024


class Gate:
    """Opens, closes and watches the door."""

    def __init__(self, core: CsmsCore, options: GateOptions, utc_clock: UtcClock) -> None:
        self._core = core
        self._options = options
        self._utc_clock = utc_clock
        self._server: Server | None = None
        self._retired: list[Server] = []
        self._port = options.port
        self._connections: dict[str, Connection] = {}
        self.refuse_status: int | None = None
        """While set, every handshake is refused with this HTTP status."""
        self.confirms_subprotocol = True
        self.listeners: list[Callable[[], None]] = []
        """Called after a connection came or went."""

    @property
    def url(self) -> str:
        """Where stations connect; they append `/` and their identity."""
        scheme = "ws" if self._options.ssl_context is None else "wss"
        return f"{scheme}://{self._options.host}:{self._port}/ocpp"

    @property
    def is_listening(self) -> bool:
        """Whether new TCP connections are accepted."""
        return self._server is not None

    def connection(self, station: str) -> Connection:
        """The open connection of a station; CallFailedError if there is none."""
        try:
            return self._connections[station]
        except KeyError:
            raise CallFailedError(f"{station} is not connected") from None

    async def listen(self, accept: bool) -> None:
        """Accept new TCP connections, or refuse them; open ones stay. The port stays the same."""
        if accept and self._server is None:
            self._server = await serve(
                self._serve,
                self._options.host,
                self._port,
                select_subprotocol=self._confirm,
                process_request=self._judge,
                ssl=self._options.ssl_context,
                ping_interval=self._options.ping_interval_seconds,
                max_size=self._options.max_message_bytes,
            )
            self._port = self._server.sockets[0].getsockname()[1]
        elif not accept and self._server is not None:
            self._server.close(close_connections=False)
            self._retired.append(self._server)
            self._server = None

    async def drop_all(self, close_code: int | None = None) -> int:
        """End all open connections; how many there were."""
        dropped = list(self._connections.values())
        for connection in dropped:
            await connection.drop(close_code)
        return len(dropped)

    async def close(self) -> None:
        """Stop listening and end everything."""
        await self.listen(False)
        await self.drop_all()
        for server in self._retired:
            await server.wait_closed()

    def _judge(self, socket: ServerConnection, request: HttpRequest) -> Response | None:
        """Refuse the handshake with a status, or None to go on."""
        station = identity(request.path)
        refusal = self._refusal(station, request)
        if refusal is None:
            return None
        status, why = refusal
        note = ConnectionNote(self._utc_clock(), request.path, None, refused_status=status)
        self._core.station(station).connections.append(note)
        response = socket.respond(status, why + "\n")
        if status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="dev_csms"'
        elif 300 <= status < 400:
            response.headers["Location"] = f"{self.url}/moved/{request.path.rsplit('/', 1)[-1]}"
        self._announce()
        return response

    def _refusal(self, station: str, request: HttpRequest) -> tuple[int, str] | None:
        if self.refuse_status is not None:
            return self.refuse_status, "refused on request"
        if not station:
            return HTTPStatus.NOT_FOUND, "the path ends without a station identity"
        if not self._knows(station, request):
            return HTTPStatus.UNAUTHORIZED, "missing or wrong user or password"
        if self._choose(request) is None:
            spoken = ", ".join(SUBPROTOCOLS[version] for version in self._options.versions)
            return HTTPStatus.BAD_REQUEST, f"no common subprotocol; spoken here: {spoken}"
        return None

    def _knows(self, station: str, request: HttpRequest) -> bool:
        if self._options.basic_password is None:
            return True
        try:
            user, password = parse_authorization_basic(request.headers["Authorization"])
        except (KeyError, InvalidHeader):
            return False
        expected = f"{self._options.basic_user or station}:{self._options.basic_password}"
        return hmac.compare_digest(f"{user}:{password}".encode(errors="replace"), expected.encode())

    def _choose(self, request: HttpRequest) -> Version | None:
        """The version to speak; without confirming one it is the first offered that is spoken here, else our first."""
        lines = request.headers.get_all("Sec-WebSocket-Protocol")
        offered = [name.strip() for line in lines for name in line.split(",")]
        common = [version for version in self._options.versions if SUBPROTOCOLS[version] in offered]
        if not self._options.prefers_own_order:
            common.sort(key=lambda version: offered.index(SUBPROTOCOLS[version]))
        if not common and not self.confirms_subprotocol:
            return self._options.versions[0]
        return common[0] if common else None

    def _confirm(self, socket: ServerConnection, _offered: object) -> Subprotocol | None:
        version = None if socket.request is None else self._choose(socket.request)
        if version is None or not self.confirms_subprotocol:
            return None
        return Subprotocol(SUBPROTOCOLS[version])

    async def _serve(self, socket: ServerConnection) -> None:
        request = socket.request
        version = None if request is None else self._choose(request)
        if request is None or version is None:
            return
        station = identity(request.path)
        await self._replace_older(station)
        connection = Connection(socket, CsmsSession(self._core, station, version), self._utc_clock)
        self._connections[station] = connection
        self._announce()
        try:
            await connection.run(request.path)
        finally:
            if self._connections.get(station) is connection:
                del self._connections[station]
            self._announce()

    async def _replace_older(self, station: str) -> None:
        older = self._connections.pop(station, None)
        if older is not None:
            what = "connected again while its older connection was open"
            anomaly = Anomaly(AnomalyKind.SECOND_CONNECTION, station, self._utc_clock(), what)
            self._core.station(station).anomalies.append(anomaly)
            await older.drop()

    def _announce(self) -> None:
        for listener in list(self.listeners):
            listener()


def identity(path: str) -> str:
    """The station's identity: the last segment of the path, percent-decoded."""
    return unquote(urlsplit(path).path.rsplit("/", 1)[-1])
