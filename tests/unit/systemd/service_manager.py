"""The other end of NOTIFY_SOCKET: a real Unix datagram socket, as systemd has it."""

import socket
from pathlib import Path


class ServiceManager:
    """Hears what a service says."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """Everything since the last call."""
        words: list[str] = []
        while True:
            try:
                words += self._socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return words

    def close(self) -> None:
        self._socket.close()


class Sender:
    """Sends to NOTIFY_SOCKET as sd_notify does, where systemd-python may be missing."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._path = str(path)

    def __call__(self, words: str) -> None:
        self._socket.sendto(words.encode(), self._path)

    def close(self) -> None:
        self._socket.close()
