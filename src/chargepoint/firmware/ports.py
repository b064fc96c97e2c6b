"""What an update needs of its neighbours, and what may install it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography import x509

from chargepoint.charging.commands import Command, Verdict
from chargepoint.charging.ports import Clock, StoragePort
from chargepoint.model.errors import ChargePointError
from chargepoint.security.security_events import SecurityEvent
from chargepoint.transfer.port import FileTransfer

R = TypeVar("R")


class InstallError(ChargePointError):
    """The firmware could not be installed, and why."""


class BundleRefusedError(InstallError):
    """The file is not what may be installed here: no bundle, not the manufacturer's, damaged, another product's."""


class Standing(StrEnum):
    """Where something that was installed stands now."""

    ABSENT = "absent"
    """Nothing of that name is here."""
    READY = "ready"
    """Whole, beside the running firmware, and not started yet."""
    ON_TRIAL = "on_trial"
    """It runs, and the next failed start takes the old one back."""
    CONFIRMED = "confirmed"
    ROLLED_BACK = "rolled_back"
    """The old firmware runs again."""


class Leaving(StrEnum):
    """How this process gives way to the new firmware."""

    PROCESS = "process"
    """It ends, and whoever keeps it alive starts the new one."""
    MACHINE = "machine"
    """The whole machine is being rebooted already."""


class Installer(Protocol):
    """One of two places for firmware, beside the one that runs. Every call may be repeated after a power cut."""

    async def install(self, bundle: Path) -> str:
        """Check and place it beside the running firmware; its mark. Changes nothing of what runs.

        BundleRefusedError, InstallError.
        """
        ...

    async def standing(self, mark: str) -> Standing:
        """InstallError where nobody can tell."""
        ...

    async def activate(self, mark: str) -> Leaving:
        """Make the next start its first, on trial; InstallError where that can not be done."""
        ...

    async def confirm(self, mark: str) -> None:
        """It is healthy: it is what runs from now on."""
        ...

    async def roll_back(self, mark: str) -> Leaving:
        """It is not: the next start is the old firmware's."""
        ...


class Worker(Protocol):
    """Where blocking work is done, one piece after the other."""

    async def run(self, work: Callable[[], R]) -> R: ...


class StationDesk(Protocol):
    """The station, as an update uses it."""

    async def execute(self, command: Command) -> Verdict: ...


class SecurityWitness(Protocol):
    async def record(self, event: SecurityEvent, text: str) -> None:
        """Into the security log, and to the CSMS where it is critical."""
        ...


class ManufacturerRoots(Protocol):
    async def trusted(self) -> Sequence[x509.Certificate]:
        """What a signing certificate must have been issued by; empty: no signed update can be checked."""
        ...

    async def were_ever_known(self) -> bool:
        """One is or was known here, also before a restart; StorageError where nobody can tell."""
        ...


def no_revocation_lists() -> Sequence[x509.CertificateRevocationList]:
    return ()


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """What the installer of the station has decided."""

    most_bytes: int
    plain_requests: str
    """`auto`: until signed updates could be checked for the first time; `always`; `never`."""
    prove_within_seconds: float
    """How long new firmware has to show that it is healthy."""


@dataclass(frozen=True, slots=True)
class UpdatePorts:
    """An update's neighbours."""

    station: StationDesk
    storage: StoragePort
    clock: Clock
    transfer: FileTransfer
    installer: Installer
    worker: Worker
    roots: ManufacturerRoots
    witness: SecurityWitness
    leave: Callable[[], None]
    """End this process in order, to be started again."""
    is_healthy: Callable[[], bool]
    """The station does all that it is there for."""
    boot_id: int
    may_sessions_begin: Callable[[], bool] = lambda: False
    """While the installation waits for transactions (AllowNewSessionsPendingFirmwareUpdate)."""
    revocation_lists: Callable[[], Sequence[x509.CertificateRevocationList]] = no_revocation_lists
    """What the manufacturer has taken back; blocking. CertificateError where it cannot be read."""
