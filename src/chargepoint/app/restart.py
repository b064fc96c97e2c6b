"""How the daemon ends to begin again, and what it remembers of why."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from chargepoint.charging.commands import ResetKind
from chargepoint.model.registration import BootReason

log = logging.getLogger(__name__)

BOOT_REASON: Mapping[ResetKind, BootReason] = {
    ResetKind.IMMEDIATE: BootReason.REMOTE_RESET,
    ResetKind.ON_IDLE: BootReason.REMOTE_RESET,
    ResetKind.SCHEDULED: BootReason.SCHEDULED_RESET,
    ResetKind.HARD: BootReason.REMOTE_RESET,
    ResetKind.SOFT: BootReason.REMOTE_RESET,
}
ANSWER_TRAVELS_SECONDS = 1.0
"""Between the decision and the end, so that the answer to the reset request goes out."""
REASON_FILE = "boot-reason"


class RebootPort(Protocol):
    """How the whole machine is started again."""

    def reboot(self) -> bool:
        """True when the machine goes down now; False where that is not wanted. OSError: it failed."""
        ...


class NoReboot:
    """Off-board, and wherever the machine has other work: only the daemon restarts."""

    def reboot(self) -> bool:
        return False


class ProcessRestart:
    """Implements `RestartPort`: ends this process in order; `execute` then replaces it by itself."""

    def __init__(self, state_dir: Path, reboot: RebootPort) -> None:
        self._state_dir = state_dir
        self._reboot = reboot
        self._stop: asyncio.Event | None = None
        self._kind: ResetKind | None = None
        self._leaves_for_update = False
        self._retries = 0

    @property
    def is_wanted(self) -> bool:
        return self._kind is not None and not self._leaves_for_update

    def attach(self, stop: asyncio.Event) -> None:
        """What ends the process when it is set."""
        self._stop = stop

    def restart(self, kind: ResetKind, retries: int) -> None:
        log.warning("restarting: a reset was asked for (%s)", kind)
        self._kind, self._retries = kind, retries
        remember_boot_reason(self._state_dir, BOOT_REASON[kind])
        if self._stop is not None:
            asyncio.get_running_loop().call_later(ANSWER_TRAVELS_SECONDS, self._stop.set)

    def leave_for_update(self) -> None:
        """End, and stay ended: whoever keeps this process alive starts the firmware whose turn it is."""
        log.warning("ending, for new firmware to be started")
        self._leaves_for_update = True
        remember_boot_reason(self._state_dir, BootReason.FIRMWARE_UPDATE)
        if self._stop is not None:
            self._stop.set()

    def execute(self) -> None:
        """Start again, with ResetRetries where that fails; when it returns nothing is left but to end, so that
        whoever keeps this process alive starts it."""
        for attempt in range(1 + self._retries):
            try:
                self._start_again()
            except OSError as error:
                log.warning("the reset failed: %s", error, extra={"attempt": attempt + 1, "of": 1 + self._retries})
            else:
                return

    def _start_again(self) -> None:
        """Reboot where a hard reset may, else become a new process with the same arguments."""
        if self._kind is ResetKind.HARD and self._reboot.reboot():
            return
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, "-m", "chargepoint", *sys.argv[1:]])


def remember_boot_reason(state_dir: Path, reason: BootReason) -> None:
    """For the next start; a disk that does not take it costs only the reason."""
    try:
        (state_dir / REASON_FILE).write_text(reason, encoding="utf-8")
    except OSError as error:
        log.warning("the reason of the restart is not stored: %s", error)


def take_boot_reason(state_dir: Path) -> BootReason:
    """Why this start happens; without a note, the power came up."""
    path = state_dir / REASON_FILE
    try:
        text = path.read_text(encoding="utf-8").strip()
        path.unlink()
        return BootReason(text)
    except (OSError, ValueError):
        return BootReason.POWER_UP
