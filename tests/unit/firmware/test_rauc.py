"""RAUC by its command line: a real program on PATH that answers as RAUC does."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from chargepoint.firmware.ports import BundleRefusedError, InstallError, Leaving, Standing
from chargepoint.firmware.rauc import RaucInstaller, read_status

FAKE = Path(__file__).with_name("fake_rauc.py")


class Board:
    """A machine with RAUC and a boot loader."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._world = folder / "rauc.json"
        program = folder / "rauc"
        program.write_text(f"#!{sys.executable} -I\n" + FAKE.read_text(encoding="utf-8").partition("\n")[2])
        program.chmod(0o755)
        self.save(
            {
                "booted": "A",
                "primary": "A",
                "boot_status": {"A": "good", "B": "bad"},
                "content": {"A": "old", "B": "older"},
                "calls": [],
            }
        )

    def save(self, world: dict[str, Any]) -> None:
        self._world.write_text(json.dumps(world))

    @property
    def world(self) -> dict[str, Any]:
        return dict(json.loads(self._world.read_text()))

    def change(self, **fields: Any) -> None:
        self.save({**self.world, **fields})

    def boots(self, *, primary_works: bool = True) -> None:
        """The boot loader takes the other slot where the primary does not come up."""
        world = self.world
        other = "B" if world["primary"] == "A" else "A"
        name = world["primary"] if primary_works else other
        self.change(booted=name, primary=name)

    def bundle(self, content: bytes = b"good bundle") -> Path:
        path = self.folder / "update.bin"
        path.write_bytes(content)
        return path

    def was_rebooted(self) -> bool:
        return (self.folder / "rebooted").exists()


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert shutil.which("rauc") == str(tmp_path / "rauc")
    return made


@pytest.fixture
def installer(board: Board) -> RaucInstaller:
    return RaucInstaller("rauc", ("touch", str(board.folder / "rebooted")))


async def test_an_update_goes_into_the_other_slot_and_stays_once_it_is_marked_good(
    board: Board, installer: RaucInstaller
) -> None:
    mark = await installer.install(board.bundle())
    assert mark == "B"
    assert await installer.standing(mark) is Standing.READY
    assert not board.was_rebooted()
    assert await installer.activate(mark) is Leaving.MACHINE
    assert board.was_rebooted()
    board.boots()
    assert await installer.standing(mark) is Standing.ON_TRIAL
    await installer.confirm(mark)
    assert board.world["calls"][-1] == ["status", "mark-good", "booted"]


async def test_a_slot_that_does_not_boot_is_seen_as_rolled_back(board: Board, installer: RaucInstaller) -> None:
    mark = await installer.install(board.bundle())
    await installer.activate(mark)
    board.boots(primary_works=False)
    assert await installer.standing(mark) is Standing.ROLLED_BACK


async def test_new_firmware_that_is_ill_goes_back_to_the_old_slot(board: Board, installer: RaucInstaller) -> None:
    mark = await installer.install(board.bundle())
    board.boots()
    assert await installer.roll_back(mark) is Leaving.MACHINE
    assert (board.world["primary"], board.world["boot_status"]["B"]) == ("A", "bad")
    board.boots()
    assert await installer.standing(mark) is Standing.ROLLED_BACK


async def test_a_slot_that_was_never_booted_is_taken_off_the_boot_loader(
    board: Board, installer: RaucInstaller
) -> None:
    mark = await installer.install(board.bundle())
    await installer.roll_back(mark)
    assert board.world["primary"] == "A"
    assert not board.was_rebooted()


@pytest.mark.parametrize(
    ("content", "says"), [(b"forged", "signature verification failed"), (b"other product", "Compatible mismatch")]
)
async def test_a_bundle_that_rauc_does_not_believe_is_refused(
    board: Board, installer: RaucInstaller, content: bytes, says: str
) -> None:
    with pytest.raises(BundleRefusedError, match=says):
        await installer.install(board.bundle(content))
    assert board.world["primary"] == "A"


async def test_a_machine_that_can_not_install_is_no_fault_of_the_bundle(board: Board, installer: RaucInstaller) -> None:
    with pytest.raises(InstallError, match="No space left") as full:
        await installer.install(board.bundle(b"no space"))
    assert not isinstance(full.value, BundleRefusedError)
    board.change(is_broken=True)
    with pytest.raises(InstallError, match="Could not connect"):
        await installer.standing("B")


async def test_a_program_that_is_not_there_and_a_reboot_that_fails_are_said(board: Board) -> None:
    with pytest.raises(InstallError, match="can not be run"):
        await RaucInstaller("rauc-that-is-not-there").install(board.bundle())
    failing = RaucInstaller("rauc", ("false",))
    with pytest.raises(InstallError, match="false ended with 1"):
        await failing.activate(await failing.install(board.bundle()))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"booted": "A", "slots": [1]}', '{"booted": "A"}'])
def test_a_status_that_makes_no_sense_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        read_status(text)
