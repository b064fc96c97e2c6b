#!/usr/bin/env python3
"""Two directories for firmware, `a` and `b`, and the link `current` to the one that runs.

    slots.py ROOT              before each start: count a start on trial, or take the old firmware back
    slots.py ROOT -- bin/x …   the same, then become ROOT/current/bin/x

Standard library alone and no import of this project, so that a copy of this one file works whatever is broken in a
slot: it runs before anything of the new firmware does. Every step is durable before the next, and each may be begun
anew: the power can go at any point between two of them.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

NAMES = ("a", "b")
CURRENT = "current"
TRIAL = "trial.json"
ROLLED_BACK = "rolled-back"
MARK = "slot.mark"
MOST_STARTS = 3
"""Starts on trial that may end without a confirmation."""

Watch = Callable[[str], None]
"""Told after each durable step, by its name; for tests that cut the power there."""


@dataclass(frozen=True)
class Trial:
    """New firmware that has not shown yet that it is healthy."""

    slot: str
    previous: str
    mark: str
    starts: int = 0
    most_starts: int = MOST_STARTS

    @property
    def is_lost(self) -> bool:
        return self.starts >= self.most_starts


class Slots:
    """OSError where the disk does not do what is asked."""

    def __init__(self, root: Path, watch: Watch = lambda step: None) -> None:
        self._root = root
        self._watch = watch

    # What is true

    @property
    def current(self) -> str | None:
        """The slot that the next start runs; None where the link leads nowhere."""
        try:
            name = os.readlink(self._root / CURRENT).rstrip("/")
        except OSError:
            return None
        return name if name in NAMES and (self._root / name).is_dir() else None

    @property
    def spare(self) -> str:
        return NAMES[1] if self.current != NAMES[1] else NAMES[0]

    @property
    def trial(self) -> Trial | None:
        """One that can not be read is none: what the link says runs."""
        try:
            fields = json.loads((self._root / TRIAL).read_text(encoding="utf-8"))
            trial = Trial(**fields)
        except (OSError, ValueError, TypeError):
            return None
        return trial if {trial.slot, trial.previous} == set(NAMES) else None

    @property
    def rolled_back(self) -> str | None:
        """The mark of what was taken back last."""
        return _read(self._root / ROLLED_BACK)

    def mark_of(self, slot: str | None) -> str | None:
        return None if slot is None else _read(self._root / slot / MARK)

    def path_of(self, slot: str) -> Path:
        return self._root / slot

    # Steps

    def begin_install(self) -> Path:
        """An empty directory beside the slots."""
        partial = self._root / f"{self.spare}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        self._watch("emptied")
        return partial

    def end_install(self, partial: Path, mark: str) -> None:
        """The directory takes the spare slot's place; everything in it must be on the disk already."""
        spare = self.spare
        if partial != self._root / f"{spare}.partial" or self.trial is not None:
            raise OSError(f"{partial.name} does not belong into the spare slot {spare}")
        _write(partial / MARK, mark)
        self._watch("marked")
        shutil.rmtree(self._root / spare, ignore_errors=True)
        self._watch("spare removed")
        partial.rename(self._root / spare)
        sync_directory(self._root)
        self._watch("spare filled")

    def activate(self, mark: str, most_starts: int = MOST_STARTS) -> None:
        """From the next start on the spare slot runs, on trial."""
        spare, running = self.spare, self.current
        if running is None or self.mark_of(spare) != mark:
            raise OSError(f"the spare slot does not hold {mark}")
        (self._root / ROLLED_BACK).unlink(missing_ok=True)
        _write(self._root / TRIAL, json.dumps(asdict(Trial(spare, running, mark, 0, most_starts))))
        self._watch("trial written")
        self._point_at(spare)

    def before_start(self) -> str | None:
        """Whose turn it is: counts a start on trial, completes a switch, or takes the old firmware back."""
        trial = self.trial
        if trial is None:
            self._mend()
        elif trial.is_lost:
            self._take_back(trial)
        else:
            counted = Trial(trial.slot, trial.previous, trial.mark, trial.starts + 1, trial.most_starts)
            _write(self._root / TRIAL, json.dumps(asdict(counted)))
            self._watch("start counted")
            self._point_at(trial.slot)
        return self.current

    def confirm(self) -> None:
        """What runs is healthy: it stays."""
        (self._root / TRIAL).unlink(missing_ok=True)
        sync_directory(self._root)
        self._watch("confirmed")

    def roll_back(self) -> None:
        """What is on trial is not healthy: the next start is the old firmware's."""
        trial = self.trial
        if trial is None:
            return
        lost = Trial(trial.slot, trial.previous, trial.mark, trial.most_starts, trial.most_starts)
        _write(self._root / TRIAL, json.dumps(asdict(lost)))
        self._watch("trial lost")
        self._take_back(lost)

    def _take_back(self, trial: Trial) -> None:
        self._point_at(trial.previous)
        _write(self._root / ROLLED_BACK, trial.mark)
        self._watch("rolled back")
        (self._root / TRIAL).unlink(missing_ok=True)
        sync_directory(self._root)
        self._watch("trial removed")

    def _mend(self) -> None:
        """A link that leads nowhere is set to a slot that is there."""
        found = next((name for name in NAMES if (self._root / name).is_dir()), None)
        if self.current is None and found is not None:
            self._point_at(found)

    def _point_at(self, slot: str) -> None:
        if self.current == slot:
            return
        fresh = self._root / f"{CURRENT}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(slot)
        self._watch("link made")
        fresh.rename(self._root / CURRENT)
        sync_directory(self._root)
        self._watch("switched")


def sync_directory(path: Path) -> None:
    """What was renamed or removed in it stays so after a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    sync_directory(path.parent)


def main(arguments: list[str]) -> int:
    """2 for a wrong call, 1 where no slot can be started."""
    if not arguments or (len(arguments) > 1 and (arguments[1] != "--" or len(arguments) < 3)):
        sys.stderr.write("usage: slots.py ROOT [-- COMMAND ARGUMENT...]\n")
        return 2
    root, command = Path(arguments[0]), arguments[2:]
    try:
        slot = Slots(root).before_start()
    except OSError as error:
        sys.stderr.write(f"slots: {error}: what the link says is started\n")
        slot = Slots(root).current
    if slot is None:
        sys.stderr.write(f"slots: {root} holds no firmware\n")
        return 1
    sys.stderr.write(f"slots: {slot} is started\n")
    if command:
        program = root / CURRENT / command[0]
        try:
            os.execv(program, [str(program), *command[1:]])
        except OSError as error:
            sys.stderr.write(f"slots: {program}: {error.strerror}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
