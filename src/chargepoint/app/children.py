"""On a laptop one command is enough: starts the bench and the safety process where nobody else has.

On a board systemd starts them, and this file has nothing to do. A child is a session of its own: the end of the
controller, even by kill -9, is not the end of the safety process.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chargepoint.safety.serving_lock import is_served
from chargepoint.settings.station_config import StationConfig

log = logging.getLogger(__name__)

STOP_PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.02
SAFETY, BENCH = "safety", "bench"
LIST_FILE = "children.json"
"""Beside the sockets: what this station has started, for its next life after a restart or a kill -9."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    pid: int


class Children:
    """The processes that this one has started, in this life or before it restarted itself."""

    def __init__(self, run_dir: Path) -> None:
        self._list = run_dir / LIST_FILE
        self._started = [child for child in _read_list(self._list) if _exists(child.pid)]

    def start(self, name: str, *arguments: str) -> None:
        """Start `python -m …` with this interpreter."""
        process = subprocess.Popen([sys.executable, "-m", *arguments], start_new_session=True, stdin=subprocess.DEVNULL)
        process.returncode = 0  # from here on this object looks after the process
        log.info("started the %s process, pid %d", name, process.pid)
        self._started.append(Child(name, process.pid))
        self._write_list()

    def has_died(self, name: str) -> bool:
        """True once for a child of that name that has ended by itself."""
        dead = [child for child in self._started if child.name == name and _has_ended(child.pid, LOOK_SECONDS)]
        if dead:
            self._started = [child for child in self._started if child not in dead]
            self._write_list()
        return bool(dead)

    def stop(self) -> None:
        """In reverse order: SIGTERM, and SIGKILL for one that does not listen."""
        for child in reversed(self._started):
            _kill(child.pid, signal.SIGTERM)
            if not _has_ended(child.pid, STOP_PATIENCE_SECONDS):
                log.warning("the %s process does not end: killed", child.name)
                _kill(child.pid, signal.SIGKILL)
                _has_ended(child.pid, STOP_PATIENCE_SECONDS)
        self._started.clear()
        self._write_list()

    def _write_list(self) -> None:
        self._list.write_text(json.dumps([[child.name, child.pid] for child in self._started]), encoding="utf-8")


def _read_list(path: Path) -> list[Child]:
    try:
        return [Child(str(name), int(pid)) for name, pid in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _exists(pid: int) -> bool:
    """A process of ours by that number: a number that was given to a stranger meanwhile does not count."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(name in arguments for name in (b"chargepoint_hal.bench", b"chargepoint.safety"))


def _kill(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _has_ended(pid: int, patience_seconds: float) -> bool:
    for look in range(max(1, int(patience_seconds / LOOK_SECONDS))):
        if look:
            time.sleep(LOOK_SECONDS)
        try:
            ended, _status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # adopted from a former life: not ours to wait for
            ended = 0 if _exists(pid) else pid
        if ended:
            return True
    return False


def start_children(config: StationConfig, config_path: Path, children: Children) -> None:
    """Bench first (the mock board needs its wires), then safety, before anything else is opened."""
    run_dir = Path(config.station.run_dir)
    if starts_bench(config):
        _start_bench(config, config_path, run_dir, children)
    if config.safety.start == "auto" and not safety_is_alive(run_dir):
        start_safety(config_path, children)


def starts_bench(config: StationConfig) -> bool:
    """The mock board needs a bench, and nobody else has started one."""
    is_ours = config.board.driver == "mock" and config.bench.start == "auto"
    return is_ours and not bench_is_alive(Path(config.station.run_dir))


def bench_file(config: StationConfig, config_path: Path) -> Path:
    """The bench's own file, beside station.toml unless it is absolute; it need not be there."""
    return config_path.parent / config.bench.config


def start_safety(config_path: Path, children: Children) -> None:
    """A new safety process, with every contactor open."""
    children.start(SAFETY, "chargepoint.safety", "--config", str(config_path))


def _start_bench(config: StationConfig, config_path: Path, run_dir: Path, children: Children) -> None:
    bench_config = bench_file(config, config_path)
    arguments = ["--directory", str(run_dir)]
    if bench_config.exists():
        arguments += ["--config", str(bench_config)]
    for name in ("bench.json", "bench.port", "wires"):
        with suppress(FileNotFoundError):
            (run_dir / name).unlink()
    children.start(BENCH, "chargepoint_hal.bench", *arguments)


def bench_is_alive(run_dir: Path) -> bool:
    """True when a bench has written its file there and its process exists."""
    try:
        pid = int(json.loads((run_dir / "bench.json").read_text(encoding="utf-8"))["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def safety_is_alive(run_dir: Path) -> bool:
    """True when a safety process serves there; asking disturbs nobody."""
    return is_served(run_dir / "safety.sock")
