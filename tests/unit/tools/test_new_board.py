"""`tools/new_board` writes a package that builds, is found by its entry point, and passes its own conformance tests."""

import asyncio
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest

from chargepoint.app.configuration_check import checked_station
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import SafetyHello
from chargepoint.safety.client import SafetyLinkClient
from chargepoint_hal.contract import Board
from chargepoint_hal.driver_options import OptionsError
from chargepoint_hal.registry import BOARDS, driver_names, find_driver, option_rules

TOOL = Path(__file__).resolve().parents[3] / "tools" / "new_board"
HAL = TOOL.parents[1] / "hal"
SOURCES = TOOL.parents[1] / "src"
PATIENCE_SECONDS = 60.0


def new_board(name: str, into: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), name, "--into", str(into)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def installed(package: Path, folder: Path) -> Path:
    """Built by its own build back end, and unpacked where Python finds it."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=package, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_a_new_board_is_built_found_and_conforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert new_board("our-garage", tmp_path).returncode == 0
    package = tmp_path / "our-garage"
    site = installed(package, tmp_path)
    monkeypatch.syspath_prepend(str(site))
    assert "our-garage" in driver_names(BOARDS)
    rules = option_rules(BOARDS, "our-garage")
    assert rules is not None
    assert [str(problem) for problem in rules.problems({})] == ["option 'place': is missing: Where the hardware is."]
    opener = find_driver(BOARDS, "our-garage")
    with pytest.raises(OptionsError):
        opener({})
    board = opener({"place": "/dev/null"})
    assert isinstance(board, Board)
    assert board.name == "our-garage"
    board.close()
    proof = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=package,
        env={"PYTHONPATH": f"{site}:{HAL}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert proof.returncode == 0, proof.stdout
    assert " passed" in proof.stdout


async def test_the_steps_of_its_readme_end_in_a_safety_process_that_runs_it(tmp_path: Path) -> None:
    """As they are written there: the last TOML is accepted, the board is opened, and its EVSE is told of."""
    assert new_board("our-garage", tmp_path).returncode == 0
    site = installed(tmp_path / "our-garage", tmp_path)
    config = tmp_path / "station.toml"
    config.write_text(f'[station]\nrun_dir = "run"\n{last_toml(tmp_path / "our-garage" / "README.md")}', "utf-8")
    start = partial(
        asyncio.create_subprocess_exec,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{site}:{HAL}:{SOURCES}", "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    check = await start(sys.executable, "-m", "chargepoint", "check-config", "station.toml")
    told, _ = await check.communicate()
    assert (check.returncode, b"no errors" in told) == (0, True), told
    safety = await start(sys.executable, "-m", "chargepoint.safety", "--config", "station.toml")
    try:
        hello = await first_hello(tmp_path / "run" / "safety.sock", safety)
    finally:
        if safety.returncode is None:
            safety.terminate()
        told, _ = await safety.communicate()
    assert hello is not None, told
    assert hello.evse_ids == (EvseId(1),)
    assert safety.returncode == 0
    assert b"not fitted: proximity pilot" in told


async def first_hello(socket_path: Path, safety: asyncio.subprocess.Process) -> SafetyHello | None:
    """None when it ends before."""
    messages = SafetyLinkClient(socket_path, reconnect_seconds=0.02).messages()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for message in messages:
                if isinstance(message, SafetyHello):
                    return message
                if safety.returncode is not None:
                    return None
    finally:
        await messages.aclose()
    return None


def last_toml(readme: Path) -> str:
    """Of its steps."""
    return dedent(readme.read_text("utf-8").rpartition("```toml\n")[2].partition("   ```")[0])


def test_a_socket_on_a_board_without_proximity_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert new_board("our-garage", tmp_path).returncode == 0
    monkeypatch.syspath_prepend(str(installed(tmp_path / "our-garage", tmp_path)))
    config = tmp_path / "station.toml"
    config.write_text('[board]\ndriver = "our-garage"\noptions = { place = "/dev/null" }\n', "utf-8")
    with pytest.raises(ConfigurationError, match=r'outlet: .* set outlet = "tethered"'):
        checked_station(config, None)


@pytest.mark.parametrize("name", ["Our-Board", "2-boards", "our_board", "../board", "board-", ""])
def test_a_name_that_can_not_be_one_writes_nothing(tmp_path: Path, name: str) -> None:
    told = new_board(name, tmp_path)
    assert told.returncode == 2
    assert "a name is" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "garage").mkdir()
    told = new_board("garage", tmp_path)
    assert told.returncode == 2
    assert list((tmp_path / "garage").iterdir()) == []
