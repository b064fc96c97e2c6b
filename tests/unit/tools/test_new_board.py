"""`tools/new_board` writes a package that builds, is found by its entry point, and passes its own conformance tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chargepoint_hal.contract import Board
from chargepoint_hal.driver_options import OptionsError
from chargepoint_hal.registry import BOARDS, driver_names, find_driver, option_rules

TOOL = Path(__file__).resolve().parents[3] / "tools" / "new_board"
HAL = TOOL.parents[1] / "hal"


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
