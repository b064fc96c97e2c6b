"""Installs RAUC bundles over RAUC's command line. The machine is rebooted; the boot loader counts the attempts.

RAUC checks a signature of its own over the bundle, whatever OCPP's signature says.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chargepoint.firmware.ports import BundleRefusedError, InstallError, Leaving, Standing

log = logging.getLogger(__name__)

INSTALL_SECONDS = 3600.0
ASK_SECONDS = 60.0
LAST_ERROR = "LastError:"
REFUSALS = ("signature", "verification", "verify", "compatible", "bundle", "manifest", "certificate")
"""Words in LastError that blame the file, not the machine."""


@dataclass(frozen=True, slots=True)
class RaucSlots:
    """What `rauc status` says, by boot name."""

    booted: str
    primary: str | None
    """The one that is booted next."""
    others: tuple[str, ...]

    @property
    def target(self) -> str:
        """Where an installation goes."""
        if len(self.others) != 1:
            raise InstallError(f"RAUC knows {len(self.others)} slots beside the running one: one is wanted")
        return self.others[0]


class RaucInstaller:
    """Implements `Installer`; a mark is the boot name of the slot that was written."""

    def __init__(self, program: str = "rauc", reboot_command: Sequence[str] = ("systemctl", "reboot")) -> None:
        self._program = program
        self._reboot_command = tuple(reboot_command)

    async def install(self, bundle: Path) -> str:
        slots = await self._slots()
        code, said = await _run((self._program, "install", str(bundle)), INSTALL_SECONDS)
        if code != 0:
            reason = _last_error(said)
            text = f"rauc install ended with {code}: {reason}"
            is_refusal = any(word in reason.lower() for word in REFUSALS)
            raise BundleRefusedError(text) if is_refusal else InstallError(text)
        return slots.target

    async def standing(self, mark: str) -> Standing:
        slots = await self._slots()
        if slots.booted == mark:
            return Standing.ON_TRIAL
        if slots.primary == mark:
            return Standing.READY
        return Standing.ROLLED_BACK if mark in slots.others else Standing.ABSENT

    async def activate(self, mark: str) -> Leaving:
        slots = await self._slots()
        if slots.primary != mark:
            await self._mark("mark-active", "other")
        return await self._reboot()

    async def confirm(self, mark: str) -> None:
        del mark
        await self._mark("mark-good", "booted")

    async def roll_back(self, mark: str) -> Leaving:
        """The running slot is bad where the mark runs; the other one is booted next."""
        if (await self._slots()).booted != mark:
            await self._mark("mark-active", "booted")
            return Leaving.PROCESS
        await self._mark("mark-bad", "booted")
        await self._mark("mark-active", "other")
        return await self._reboot()

    async def _mark(self, how: str, slot: str) -> None:
        code, said = await _run((self._program, "status", how, slot), ASK_SECONDS)
        if code != 0:
            raise InstallError(f"rauc status {how} {slot} ended with {code}: {_last_line(said)}")

    async def _reboot(self) -> Leaving:
        code, said = await _run(self._reboot_command, ASK_SECONDS)
        if code != 0:
            raise InstallError(f"{' '.join(self._reboot_command)} ended with {code}: {_last_line(said)}")
        return Leaving.MACHINE

    async def _slots(self) -> RaucSlots:
        code, said = await _run((self._program, "status", "--output-format=json"), ASK_SECONDS)
        if code != 0:
            raise InstallError(f"rauc status ended with {code}: {_last_line(said)}")
        try:
            return read_status(said)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InstallError(f"rauc status says what nobody understands: {error!r}") from error


def read_status(text: str) -> RaucSlots:
    """`booted` is a boot name, `boot_primary` a slot's name; ValueError, TypeError, KeyError, AttributeError."""
    status = json.loads(text)
    boot_names = {
        name: str(fields["bootname"])
        for slot in status["slots"]
        for name, fields in slot.items()
        if fields.get("bootname")
    }
    booted = str(status["booted"])
    others = tuple(name for name in boot_names.values() if name != booted)
    return RaucSlots(booted, boot_names.get(status.get("boot_primary")), others)


def _last_error(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(LAST_ERROR)]
    return lines[-1].removeprefix(LAST_ERROR).strip() if lines else _last_line(said)


def _last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


async def _run(command: Sequence[str], seconds: float) -> tuple[int, str]:
    """Exit code and all that was said; InstallError where it can not run or does not end."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
    except OSError as error:
        raise InstallError(f"{command[0]} can not be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise InstallError(f"{' '.join(command[:2])} did not end within {seconds:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace")
