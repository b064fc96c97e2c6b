"""On a laptop one command is enough: starts the bench and the safety process where nobody else has.

On a board systemd starts them, and this file has nothing to do. A child is a session of its own: the end of the
controller, even by kill -9, is not the end of the safety process.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from chargepoint.settings.station_config import StationConfig

log = logging.getLogger(__name__)

STOP_PATIENCE_SECONDS = 5.0


class Children:
    """The processes that this one has started, stopped in reverse order."""

    def __init__(self) -> None:
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, *arguments: str) -> None:
        """Start `python -m …` with this interpreter."""
        process = subprocess.Popen([sys.executable, "-m", *arguments], start_new_session=True, stdin=subprocess.DEVNULL)
        log.info("started the %s process, pid %d", name, process.pid)
        self._started.append((name, process))

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        for name, process in reversed(self._started):
            process.terminate()
            try:
                process.wait(STOP_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                log.warning("the %s process does not end: killed", name)
                process.kill()
                process.wait()
        self._started.clear()


def start_children(config: StationConfig, config_path: Path, children: Children) -> None:
    """Bench first (the mock board needs its wires), then safety, before anything else is opened."""
    run_dir = Path(config.station.run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    if config.board.driver == "mock" and config.bench.start == "auto" and not bench_is_alive(run_dir):
        bench_config = Path(config.bench.config)
        if not bench_config.is_absolute():
            bench_config = config_path.parent / bench_config
        arguments = ["--directory", str(run_dir)]
        if bench_config.exists():
            arguments += ["--config", str(bench_config)]
        for name in ("bench.json", "bench.port"):
            with suppress(FileNotFoundError):
                (run_dir / name).unlink()
        children.start("bench", "chargepoint_hal.bench", *arguments)
    if config.safety.start == "auto" and not safety_is_alive(run_dir):
        children.start("safety", "chargepoint.safety", "--config", str(config_path))


def bench_is_alive(run_dir: Path) -> bool:
    """True when a bench has written its file there and its process exists."""
    try:
        pid = int(json.loads((run_dir / "bench.json").read_text(encoding="utf-8"))["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def safety_is_alive(run_dir: Path) -> bool:
    """True when somebody listens on the safety socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(run_dir / "safety.sock"))
        except OSError:
            return False
    return True


def ignore_child_interrupts() -> None:
    """A Ctrl-C at the terminal reaches only this process, which then ends its children in order."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
