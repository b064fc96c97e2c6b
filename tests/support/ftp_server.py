"""A real FTP(S) server on loopback, in a thread of its own; it can be told to break off in the middle."""

import threading
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

USER, PASSWORD = "station", "ftp-canary-password"
TURN_SECONDS = 0.02
ALL_PERMISSIONS = "elradfmwMT"


@dataclass(slots=True)
class FtpManners:
    """What goes wrong, and what was asked."""

    cuts_after_bytes: list[int] = field(default_factory=list)
    """One for each data connection that is to break."""
    commands: list[str] = field(default_factory=list)


class FtpServerThread:
    """`with FtpServerThread(folder) as server:` serves that folder to USER; `certificate` makes it FTPS."""

    def __init__(
        self,
        folder: Path,
        *,
        certificate: Path | None = None,
        is_implicit: bool = False,
        permissions: str = ALL_PERMISSIONS,
    ) -> None:
        self.manners = FtpManners()
        self._loop = IOLoop()
        handler = self._handler(certificate, is_implicit)
        handler.authorizer = DummyAuthorizer()
        handler.authorizer.add_user(USER, PASSWORD, str(folder), perm=permissions)
        self._server = FTPServer(("127.0.0.1", 0), handler, ioloop=self._loop)
        self.port: int = self._server.socket.getsockname()[1]
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="ftp server")

    def url(self, path: str, scheme: str = "ftp", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{USER}:{PASSWORD}@{host}:{self.port}/{path}"

    def __enter__(self) -> "FtpServerThread":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._is_stopping.is_set():
            self._loop.loop(timeout=TURN_SECONDS, blocking=False)
        self._server.close_all()

    def _handler(self, certificate: Path | None, is_implicit: bool) -> Any:
        manners = self.manners
        data: Any = DTPHandler if certificate is None else TLS_DTPHandler
        control: Any = FTPHandler if certificate is None else TLS_FTPHandler

        class BreakingData(data):  # type: ignore[misc]  # the library is not typed
            cut_after: int | None = None

            def __init__(self, *arguments: Any, **named: Any) -> None:
                self.cut_after = manners.cuts_after_bytes.pop(0) if manners.cuts_after_bytes else None
                super().__init__(*arguments, **named)

            def send(self, chunk: bytes) -> Any:
                sent = super().send(chunk)
                self._cut_if(self.tot_bytes_sent)
                return sent

            def recv(self, size: int) -> Any:
                chunk = super().recv(size)
                self._cut_if(self.tot_bytes_received)
                return chunk

            def _cut_if(self, moved: int) -> None:
                if self.cut_after is not None and moved >= self.cut_after:
                    self.cut_after = None
                    self.cmd_channel.close()

        class NotingControl(control):  # type: ignore[misc]  # the library is not typed
            dtp_handler = BreakingData
            use_gmt_times = True
            auth_failed_timeout = 0
            use_sendfile = False  # it would pass `send` by

            def handle(self) -> None:
                if is_implicit:
                    self.secure_connection(self.ssl_context)
                super().handle()

            def pre_process_command(self, line: str, command: str, argument: str) -> None:
                manners.commands.append(command)
                super().pre_process_command(line, command, argument)

        if certificate is not None:
            NotingControl.certfile = str(certificate)
            NotingControl.tls_control_required = True
            NotingControl.tls_data_required = True
        return NotingControl
