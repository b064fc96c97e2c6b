"""A TLS server that shakes hands and hangs up: it says by alert why it refuses, which servers on asyncio do not."""

import socket
import ssl
import threading
from contextlib import suppress
from types import TracebackType


class BluntServer:
    """`with BluntServer(context) as server:`; counts the connections."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.connections = 0
        self.heard = b""
        """What was said after a handshake that succeeded."""

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.port}/ocpp"

    def has_served(self, count: int) -> bool:
        return self.connections >= count

    def __enter__(self) -> "BluntServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(5)
            secured = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            with suppress(OSError):
                self._hear(secured)
            secured.close()

    def _hear(self, secured: ssl.SSLSocket) -> None:
        try:
            secured.do_handshake()
        except ssl.SSLError:
            _part_in_peace(secured)
            return
        self.heard += secured.recv(4096)


def _part_in_peace(secured: ssl.SSLSocket) -> None:
    """Read what the other side has still to say: closing over unread bytes resets the connection, and the alert that
    says why is lost on the way."""
    with socket.socket(fileno=secured.detach()) as plain:
        plain.settimeout(5)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass
