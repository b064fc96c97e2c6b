"""`chargepoint board check` proves boards with a controller of their own: the person at the resistor box is played, the
devices behave on real lines, and the program runs as it does on an evening with a new wallbox."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chargepoint.cli.board_drivers import BOX, CUT, JOINED, BenchDriver
from chargepoint.model.errors import ChargePointError
from unit.boards.fake_controllers import FakeEvseDin, FakePhoenixEth
from unit.boards.fake_openevse import A, B, C, FakeOpenEvse
from unit.boards.modbus_device import ModbusDevice, TwoPtys

QUESTION = re.compile(r"(?P<state>[^\n]*), then press Enter: |(?P<hertz>Frequency in Hz[^:]*): |(?P<duty>Duty [^:]*): ")
TOLD_BY_ALL = {
    "state A is told",
    "state B is told",
    "state C is told",
    "sequence 6: the controller has a lower limit",
    "a controller that falls silent is a fault",
    "and is back without power",
    "the loop under load: worst lateness",
}
OF_ITS_CONTACTOR = {
    "sequence 4: the contactor closes",
    "power is taken away: the contactor opens",
    "sequence 8.1: C to B opens",
    "sequence 2.2: the plug is pulled under load",
    "state E opens",
}


@dataclass
class Wallbox:
    """A device on its line, as the person at its resistor box and oscilloscope handles it."""

    options: str
    show: Callable[[str], None]
    cut: Callable[[], None]
    join: Callable[[], None]
    offered_amps: Callable[[], float]

    def answer(self, question: "re.Match[str]") -> str:
        if question["hertz"]:
            return "1000"
        if question["duty"]:
            return f"{self.offered_amps() / 0.6:.3f}"
        wanted = next(state for state, words in BOX.items() if words in question["state"])
        {CUT: self.cut, JOINED: self.join}.get(wanted, lambda: self.show(wanted))()
        return ""


@pytest.fixture
def lines() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def evse_din(lines: ExitStack, relay_sticks: bool = False) -> Wallbox:
    line, device = TwoPtys(), FakeEvseDin(relay_sticks=relay_sticks)
    lines.callback(line.close)
    lines.callback(ModbusDevice(device.device(), line.device_path).close)
    states = {"A": 1, "B": 2, "C": 3, "E": 5}
    return Wallbox(
        f'serial_port = "{line.station_path}"',
        lambda state: setattr(device, "ev", states[state]),
        lambda: setattr(line, "is_cut", True),
        lambda: setattr(line, "is_cut", False),
        lambda: device.registers[1000] / 100.0,
    )


def evse_din_that_sticks(lines: ExitStack) -> Wallbox:
    return evse_din(lines, relay_sticks=True)


def openevse(lines: ExitStack) -> Wallbox:
    device = FakeOpenEvse()
    lines.callback(device.close)
    states = {"A": A, "B": B, "C": C, "E": B}

    def show(state: str) -> None:
        device.ev, device.fault_state = states[state], 5 if state == "E" else 0

    return Wallbox(
        f'serial_port = "{device.path}"',
        show,
        lambda: setattr(device, "is_dead", True),
        lambda: setattr(device, "is_dead", False),
        lambda: float(device.amps),
    )


def phoenix_tcp(lines: ExitStack) -> Wallbox:
    device = FakePhoenixEth()
    servers = [ModbusDevice(device.device())]
    port = servers[0].port

    def close_all() -> None:
        for server in servers:
            server.close()

    lines.callback(close_all)
    return Wallbox(
        f'host = "127.0.0.1", port = {port}',
        lambda state: setattr(device, "ev", state),
        lambda: servers.pop().close(),
        lambda: servers.append(ModbusDevice(device.device(), port=port)),
        lambda: float(device.limit),
    )


Checked = tuple[int, str, dict[str, Any]]
"""Exit code, what was printed, and the report."""


def check(folder: Path, driver: str, wallbox: Wallbox, *arguments: str) -> Checked:
    config = folder / "station.toml"
    board = f'[board]\ndriver = "{driver}"\noptions = {{ {wallbox.options} }}\n'
    evse = '[[evse]]\noutlet = "tethered"\nphases = 1\n'
    config.write_text(f'[station]\nrun_dir = "{folder / "run"}"\n{board}{evse}', encoding="utf-8")
    command = [sys.executable, "-m", "chargepoint", "board", "check", "--config", str(config), "--output", str(folder)]
    printed, answered = "", 0
    with subprocess.Popen(
        [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            printed += chunk.decode("utf-8", "replace")
            while question := QUESTION.search(printed, answered):
                answered = question.end()
                process.stdin.write(f"{wallbox.answer(question)}\n".encode())
                process.stdin.flush()
    path = folder / "board-check.json"
    return process.returncode, printed, json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@dataclass(frozen=True)
class Candidate:
    driver: str
    connect: Callable[[ExitStack], Wallbox]
    absent: str
    tells_contactor: bool = True
    is_sound: bool = True
    arguments: tuple[str, ...] = ()


CANDIDATES = {
    "evse-din": Candidate("evse-din", evse_din, "thermometer"),
    "openevse": Candidate("openevse", openevse, "proximity pilot"),
    "phoenix": Candidate("phoenix-ev-cc", phoenix_tcp, "feedback of the contactor", tells_contactor=False),
    "sticks": Candidate(
        "evse-din", evse_din_that_sticks, "thermometer", is_sound=False, arguments=("--no-conformance",)
    ),
}


@pytest.mark.real_processes
def test_boards_with_controllers_are_proven(tmp_path: Path, lines: ExitStack) -> None:
    """All at once, as each of them mostly waits. Times are judged on a quiet machine only; here it counts that each of
    them is measured."""

    def checked(name: str) -> Checked:
        candidate, folder = CANDIDATES[name], tmp_path / name
        folder.mkdir()
        return check(folder, candidate.driver, wallboxes[name], *candidate.arguments)

    wallboxes = {name: candidate.connect(lines) for name, candidate in CANDIDATES.items()}
    with ThreadPoolExecutor(len(CANDIDATES)) as people:
        found = dict(zip(CANDIDATES, people.map(checked, CANDIDATES), strict=True))
    for name, candidate in CANDIDATES.items():
        page = (tmp_path / name / "board-check.html").read_text(encoding="utf-8")
        assert "keeps its volts to itself" in page
        assert candidate.absent in page
        if candidate.is_sound:
            is_proven(candidate, found[name])
        else:
            has_failed_with_its_contactor(found[name])


def is_proven(candidate: Candidate, checked: Checked) -> None:
    code, printed, report = checked
    assert code in (0, 1), printed
    assert report["owns_pilot"] == "a controller of its own"
    assert {"connector lock", "residual current monitor", candidate.absent} <= set(report["absent"])
    outcomes = {result["name"]: result["outcome"] for result in report["conformance"]}
    assert set(outcomes.values()) <= {"passed", "skipped"}, printed
    assert outcomes["test_silence_is_a_fault_of_every_word"] == "passed"
    power = "test_power_comes_with_pwm_and_goes_with_an_opening"
    assert outcomes[power] == ("passed" if candidate.tells_contactor else "skipped"), "what it can not do is not failed"
    steps = {step["name"]: step for step in report["steps"]}
    for name in TOLD_BY_ALL | OF_ITS_CONTACTOR:
        is_measured = candidate.tells_contactor or name in TOLD_BY_ALL
        assert (steps[name]["measured"] is not None) is is_measured, (name, printed)
        assert steps[name]["high"] is not None
        assert name in printed
    for name in ("PWM for 16 A: duty error", "PWM for 10 A: duty error"):
        assert steps[name]["measured"] == pytest.approx(0.0, abs=0.05)
    assert {words for _, words in report["marks"]} >= {"A", "B", "C", "E", "PWM", "no power", "line cut"}


def has_failed_with_its_contactor(checked: Checked) -> None:
    """A relay that sticks once it was closed: the report and the exit code say so."""
    code, printed, report = checked
    assert code == 1, printed
    steps = {step["name"]: step for step in report["steps"]}
    assert steps["power is taken away: the contactor opens"]["verdict"] == "failed"
    assert "sequence 8.1: C to B opens" not in steps, "there is nothing to open any more"
    assert report["passed"] is False


def test_the_bench_says_that_it_has_no_such_line() -> None:
    with pytest.raises(ChargePointError, match="no controller whose line"):
        BenchDriver("http://127.0.0.1:9", 1).show(CUT)
