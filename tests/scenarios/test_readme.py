"""The README is run: its commands work as written in a fresh clone, and what it says of the tree is so."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from support.processes import until

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
STAYS = "runs until Ctrl-C"
LIMIT_SECONDS = 120.0


def commands(heading: str) -> list[str]:
    """The command lines of a section."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line for block in section.split("```\n")[1::2] for line in block.splitlines()]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Clone:
    """A clone whose .venv is the one that the tests run in; nothing is left in the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tools").symlink_to(REPOSITORY / "tools")
        (folder / ".venv").symlink_to(sys.prefix)
        shutil.copytree(REPOSITORY / "config", folder / "config")
        self._running: list[subprocess.Popen[bytes]] = []
        self.port = str(free_port())
        station = folder / "config" / "station.toml"
        text = station.read_text(encoding="utf-8").replace(":9000/", f":{self.port}/")
        station.write_text(text + "\n[panel]\nport = 0\n", encoding="utf-8")

    def run(self, line: str) -> None:
        """As a person does: what stays is left running, what ends is tried until it goes well."""
        words = [word.replace("9000", self.port) for word in shlex.split(line, comments=True)]
        if STAYS in line:
            with (self.folder / f"{len(self._running)}.log").open("wb") as log:
                self._running.append(subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log))
            return
        until(lambda: self.output(words) is not None, f"{line}\n{self.logs()}")

    def output(self, words: list[str]) -> str | None:
        """What it printed; None where it did not go well."""
        done = subprocess.run(words, cwd=self.folder, capture_output=True, check=False, timeout=LIMIT_SECONDS)
        return done.stdout.decode() if done.returncode == 0 else None

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def interrupt(self) -> list[int]:
        """Ctrl-C in each terminal, the last one first; the exit codes."""
        for process in reversed(self._running):
            process.send_signal(signal.SIGINT)
        return [process.wait(LIMIT_SECONDS) for process in self._running]

    def clean_up(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.terminate()
                process.wait(LIMIT_SECONDS)


@pytest.mark.real_processes
def test_the_commands_for_a_station_of_ones_own_run_as_written(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    try:
        lines = commands("Your own station")
        for line in lines:
            clone.run(line)
        status = shlex.split(lines[-1], comments=True)
        until(lambda: "accepted" in (clone.output(status) or ""), "the CSMS has accepted the station")
        assert clone.interrupt() == [0, 0], clone.logs()
    finally:
        clone.clean_up()


def test_every_tool_that_is_named_is_there_and_can_be_started() -> None:
    named = set(re.findall(r"\./(tools/\w+)", README))
    assert {"tools/run", "tools/check"} <= named
    assert [tool for tool in sorted(named) if not os.access(REPOSITORY / tool, os.X_OK)] == []


def test_no_command_needs_a_program_that_a_fresh_clone_has_not() -> None:
    lines = [line for block in README.split("```\n")[1::2] for line in block.splitlines()]
    assert [line for line in lines if line.startswith(("chargepoint ", "pip ", "tools/"))] == []


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


def test_every_board_in_the_tree_is_named() -> None:
    boards = {entry.name for entry in entry_points(group="chargepoint.boards") if "chargepoint_hal" in entry.value}
    assert "mock" in boards
    assert {board for board in boards if f"`{board}`" not in README} == set()
