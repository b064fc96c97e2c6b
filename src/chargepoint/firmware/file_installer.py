"""Installs signed bundles into the two slots of a directory."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from chargepoint.firmware.bundle import open_bundle
from chargepoint.firmware.ports import BundleRefusedError, InstallError, Leaving, Standing, Worker
from chargepoint.firmware.slots import Slots

KEEP_FREE_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class SlotRules:
    signers: Sequence[x509.Certificate]
    """Whose signature a manifest must have."""
    product: str
    most_bytes: int
    """Of all files together."""
    most_starts: int
    """Starts on trial that may fail."""
    keep_free_bytes: int = KEEP_FREE_BYTES


class FileInstaller:
    """Implements `Installer`."""

    def __init__(self, root: Path, rules: SlotRules, worker: Worker, slots: Slots | None = None) -> None:
        self._root = root
        self._rules = rules
        self._worker = worker
        self._slots = slots or Slots(root)

    async def install(self, bundle: Path) -> str:
        return await self._worker.run(lambda: self._install(bundle))

    async def standing(self, mark: str) -> Standing:
        return await self._worker.run(lambda: self._standing(mark))

    async def activate(self, mark: str) -> Leaving:
        await self._attempt("the new firmware can not be activated", lambda: self._activate(mark))
        return Leaving.PROCESS

    async def confirm(self, mark: str) -> None:
        del mark
        await self._attempt("the new firmware can not be confirmed", self._slots.confirm)

    async def roll_back(self, mark: str) -> Leaving:
        del mark
        await self._attempt("the old firmware can not be taken back", self._slots.roll_back)
        return Leaving.PROCESS

    async def _attempt(self, what: str, work: Callable[[], None]) -> None:
        try:
            await self._worker.run(work)
        except OSError as error:
            raise InstallError(f"{what}: {error}") from error

    def _install(self, path: Path) -> str:
        if self._slots.trial is not None or self._slots.current is None:
            raise InstallError(f"{self._root} is not ready: firmware is on trial there, or none runs from it")
        try:
            partial = self._slots.begin_install()
        except OSError as error:
            raise InstallError(f"{self._root} can not be written: {error}") from error
        try:
            digest = self._unpack(path, partial)
            mark = f"{digest[:16]}-{secrets.token_hex(4)}"
            self._slots.end_install(partial, mark)
        except OSError as error:
            raise InstallError(f"the bundle can not be unpacked: {error}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return mark

    def _unpack(self, path: Path, partial: Path) -> str:
        bundle = open_bundle(path, self._rules.signers, self._rules.product, partial)
        try:
            size = bundle.manifest.size_bytes
            if size > self._rules.most_bytes:
                raise BundleRefusedError(f"it unpacks to {size} bytes, the most is {self._rules.most_bytes}")
            free = shutil.disk_usage(partial).free - self._rules.keep_free_bytes
            if size > free:
                raise InstallError(f"it unpacks to {size} bytes and {max(0, free)} are free: make room")
            bundle.unpack(partial)
        finally:
            bundle.close()
        return bundle.digest

    def _standing(self, mark: str) -> Standing:
        slots = self._slots
        trial = slots.trial
        if trial is not None and trial.mark == mark:
            return Standing.ON_TRIAL if trial.starts > 0 and slots.current == trial.slot else Standing.READY
        if slots.mark_of(slots.current) == mark:
            return Standing.CONFIRMED
        if slots.rolled_back == mark:
            return Standing.ROLLED_BACK
        return Standing.READY if slots.mark_of(slots.spare) == mark else Standing.ABSENT

    def _activate(self, mark: str) -> None:
        trial = self._slots.trial
        if trial is None or trial.mark != mark:
            self._slots.activate(mark, self._rules.most_starts)
