"""Two slots and one link: whatever happens, the old firmware or the new one starts, and never half of one."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from chargepoint.firmware import slots as slots_module
from chargepoint.firmware.slots import MOST_STARTS, Slots

OLD, NEW = "old-1", "new-2"


class PowerCutError(Exception):
    pass


def cut_after(count: int) -> Callable[[str], None]:
    """A watch under which the power goes after that many durable steps."""
    seen = 0

    def watch(step: str) -> None:
        nonlocal seen
        seen += 1
        if seen > count:
            raise PowerCutError(step)

    return watch


def station(root: Path) -> Path:
    """Old firmware runs out of `a`."""
    (root / "a").mkdir(parents=True)
    (root / "a" / "which").write_text(OLD)
    (root / "current").symlink_to("a")
    return root


def place(slots: Slots, mark: str = NEW) -> None:
    partial = slots.begin_install()
    (partial / "which").write_text(mark)
    slots.end_install(partial, mark)


def started(root: Path) -> str:
    """What a start runs now, by its own word."""
    assert Slots(root).before_start() is not None
    return (root / "current" / "which").read_text()


def test_new_firmware_runs_on_trial_and_stays_once_it_is_confirmed(tmp_path: Path) -> None:
    slots = Slots(station(tmp_path))
    place(slots)
    assert started(tmp_path) == OLD
    slots.activate(NEW)
    assert started(tmp_path) == NEW
    assert slots.trial is not None
    slots.confirm()
    for _ in range(MOST_STARTS + 2):
        assert started(tmp_path) == NEW
    assert slots.spare == "a"


def test_new_firmware_that_never_confirms_is_taken_back_after_its_starts(tmp_path: Path) -> None:
    slots = Slots(station(tmp_path))
    place(slots)
    slots.activate(NEW)
    assert [started(tmp_path) for _ in range(MOST_STARTS + 2)] == [NEW] * MOST_STARTS + [OLD] * 2
    assert slots.rolled_back == NEW
    assert slots.trial is None


def test_new_firmware_that_finds_itself_ill_is_taken_back_at_once(tmp_path: Path) -> None:
    slots = Slots(station(tmp_path))
    place(slots)
    slots.activate(NEW)
    assert started(tmp_path) == NEW
    slots.roll_back()
    assert started(tmp_path) == OLD


def test_firmware_on_trial_can_not_be_written_over(tmp_path: Path) -> None:
    slots = Slots(station(tmp_path))
    place(slots)
    slots.activate(NEW)
    assert started(tmp_path) == NEW
    with pytest.raises(OSError, match="spare slot"):
        place(slots, "newer-3")
    slots.roll_back()
    assert started(tmp_path) == OLD


def test_a_link_that_leads_nowhere_is_mended(tmp_path: Path) -> None:
    station(tmp_path)
    (tmp_path / "current").unlink()
    assert started(tmp_path) == OLD


@pytest.mark.parametrize("rubbish", ["", "{", '{"slot": "a"}', '{"slot":"x","previous":"y","mark":"z"}', "[]"])
def test_a_trial_that_can_not_be_read_is_none(tmp_path: Path, rubbish: str) -> None:
    station(tmp_path)
    (tmp_path / "trial.json").write_text(rubbish)
    assert started(tmp_path) == OLD


def _whole_update(root: Path, watch: Callable[[str], None]) -> None:
    slots = Slots(root, watch)
    place(slots)
    slots.activate(NEW)
    slots.before_start()
    slots.confirm()


def _whole_rollback(root: Path, watch: Callable[[str], None]) -> None:
    slots = Slots(root, watch)
    place(slots)
    slots.activate(NEW)
    slots.before_start()
    slots.roll_back()
    slots.before_start()


def _steps_of(life: Callable[[Path, Callable[[str], None]], None], root: Path) -> int:
    steps: list[str] = []
    life(station(root), steps.append)
    return len(steps)


@pytest.mark.parametrize("life", [_whole_update, _whole_rollback])
def test_the_power_may_go_after_every_step(tmp_path: Path, life: Callable[[Path, Callable[[str], None]], None]) -> None:
    """Each start after the cut runs one whole firmware, and unconfirmed starts end with one that stays."""
    count = _steps_of(life, tmp_path / "whole")
    assert count >= 8
    for cut in range(count):
        root = station(tmp_path / f"cut-{cut}")
        with pytest.raises(PowerCutError):
            life(root, cut_after(cut))
        seen = [started(root) for _ in range(MOST_STARTS + 3)]
        assert set(seen) <= {OLD, NEW}
        assert seen[-1] == seen[-2], "it comes to rest"
        slots = Slots(root)
        assert slots.trial is None
        if life is _whole_rollback and slots.rolled_back == NEW:
            assert seen[-1] == OLD
        place(slots, "next-3")
        slots.activate("next-3")
        assert started(root) == "next-3", "and can be updated again"


def test_the_power_may_go_while_the_power_comes_back(tmp_path: Path) -> None:
    """A second cut within the step before the start, at each of its points."""
    for first in range(7):
        for second in range(4):
            root = station(tmp_path / f"cut-{first}-{second}")
            with pytest.raises(PowerCutError):
                _whole_rollback(root, cut_after(first))
            with suppress(PowerCutError):
                Slots(root, cut_after(second)).before_start()
            seen = [started(root) for _ in range(MOST_STARTS + 3)]
            assert set(seen) <= {OLD, NEW}
            assert seen[-1] == seen[-2]


def test_one_copied_file_starts_the_firmware_whose_turn_it_is(tmp_path: Path) -> None:
    """As the service does, without anything of this project on the path."""
    root = station(tmp_path / "slots")
    slots = Slots(root)
    place(slots)
    for name in ("a", "b"):
        program = root / name / "program"
        program.write_text(f'#!/bin/sh\necho "{name} $1"\n')
        program.chmod(0o755)
    slots.activate(NEW, most_starts=1)
    alone = tmp_path / "slots.py"
    alone.write_text(Path(slots_module.__file__).read_text(encoding="utf-8"))

    def start() -> str:
        command = [sys.executable, "-I", str(alone), str(root), "--", "program", "argument"]
        return subprocess.run(command, check=True, capture_output=True, text=True, env={}).stdout.strip()

    assert [start(), start(), start()] == ["b argument", "a argument", "a argument"]


def test_a_directory_without_firmware_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slots_module.main([str(tmp_path)]) == 1
    assert slots_module.main([]) == 2
    assert slots_module.main([str(tmp_path), "x"]) == 2
    assert "holds no firmware" in capsys.readouterr().err
