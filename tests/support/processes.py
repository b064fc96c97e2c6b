"""Real processes on loopback for the few tests that need them: bench, safety, controller, service manager."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 180.0
"""Spent only by a failing test; a busy machine takes a minute over what a quiet one does in two seconds."""
LOOK_SECONDS = 0.05


def until(claim: Callable[[], bool], what: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Look until it is true; AssertionError names what never was."""
    deadline = time.monotonic() + patience_seconds
    while not claim():
        assert time.monotonic() < deadline, f"not within {patience_seconds:g} s: {what}"
        time.sleep(LOOK_SECONDS)


def ask(url: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
    """One HTTP call; the JSON that came back."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=content, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


class ServiceManager:
    """What systemd listens on: a datagram socket that remembers the words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.words: list[str] = []

    def listen(self) -> list[str]:
        with suppress(BlockingIOError):
            while True:
                self.words += self._socket.recv(4096).decode().splitlines()
        return self.words

    def has_heard(self, word: str) -> bool:
        return word in self.listen()

    def close(self) -> None:
        self._socket.close()


class RunningStation:
    """`chargepoint run` with everything it starts, in one folder."""

    def __init__(self, folder: Path, csms_url: str, service: ServiceManager | None = None) -> None:
        self.folder = folder
        self.run_dir = folder / "run"
        self.log = folder / "station.log"
        self._service = service
        self.words: tuple[str, ...] = ("run",)
        """The command that the next start gives."""
        self._process: subprocess.Popen[bytes] | None = None
        self.config = folder / "station.toml"
        self.config.write_text(
            f"""
[station]
state_dir = "{folder / "state"}"
run_dir = "{self.run_dir}"
[[evse]]
[[meter]]
options = {{ bench_directory = "{self.run_dir}", evse = 1 }}
[[reader]]
options = {{ bench_directory = "{self.run_dir}" }}
[csms]
url = "{csms_url}"
[panel]
port = 0
[safety]
lease_seconds = 600
[settings]
MeterValueSampleInterval = 2
RetryBackOffWaitMinimum = 1
RetryBackOffRandomRange = 1
""",
            encoding="utf-8",
        )
        (folder / "bench.toml").write_text("port = 0\n", encoding="utf-8")

    def start(self) -> None:
        environment = dict(os.environ)
        environment.pop("NOTIFY_SOCKET", None)
        if self._service is not None:
            environment |= {"NOTIFY_SOCKET": str(self._service.path), "WATCHDOG_USEC": "1500000"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chargepoint", *self.words, "--config", str(self.config)],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
            )
        until(self._answers, f"the local interface answers\n{self.log.read_text()}")

    def _answers(self) -> bool:
        try:
            return bool(self.status()["safety"]["connected"])
        except (OSError, urllib.error.URLError, ValueError):
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def safety_pid(self) -> int:
        children = json.loads((self.run_dir / "children.json").read_text(encoding="utf-8"))
        return next(int(pid) for name, pid in children if name == "safety")

    def status(self) -> Any:
        url = (self.run_dir / "panel.url").read_text(encoding="utf-8").strip()
        return ask(f"{url}/api/status")

    def evse(self) -> Any:
        return self.status()["evses"]["1"]

    def bench(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        url = json.loads((self.run_dir / "bench.json").read_text(encoding="utf-8"))["url"]
        return ask(f"{url}/bench{path}", body, None if body is None else "POST")

    def swipe(self, uid: str = "04A2B3C4") -> None:
        """Present a card that the CSMS is to be asked about: not before the CSMS can be asked."""
        until(lambda: bool(self.status()["csms"]["state"] == "accepted"), "the CSMS has accepted the station")
        self.bench("/token", {"uid": uid})

    def kill(self) -> None:
        """kill -9 of the controller alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        (self.run_dir / "panel.url").unlink(missing_ok=True)

    def stop(self) -> int:
        """SIGTERM; the exit code. Whatever is left is killed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE_SECONDS)
        finally:
            self.clean_up()

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        with suppress(OSError, ValueError):
            for _name, pid in json.loads((self.run_dir / "children.json").read_text(encoding="utf-8")):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
