"""What is answered to an order while the disk takes nothing, and how long anybody waits for it at all.

What was decided is stored when the disk takes it again, so an answer must not deny what is decided: an order that is
to be kept is refused before the core hears of it, and one that is in force already is not called refused.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from chargepoint.charging.commands import (
    AcknowledgeFaults,
    AskCompositeSchedule,
    CancelReservation,
    ChangeAvailability,
    ClearAuthorizationCache,
    ClearMessage,
    ClearProfiles,
    Command,
    EndByEv,
    EnterPin,
    HoldForInstall,
    ImposeSiteLimit,
    InstallProfile,
    NoteUpkeep,
    ReleaseSiteLimit,
    Reserve,
    ResetStation,
    SendReport,
    SetMessage,
    ShowFinalCost,
    ShowPrice,
    StartRemotely,
    StartWithContract,
    StopRemotely,
    UnlockConnector,
    UpdateCost,
    UpdateLocalList,
    Verdict,
    VerdictStatus,
)
from chargepoint.model.errors import StorageError

COMMIT_PATIENCE_SECONDS = 5.0
COMMIT_RETRY_SECONDS = 2.0
REASON = "the disk takes nothing now"
T = TypeVar("T")


class WithoutDisk(StrEnum):
    """What becomes of an order while nothing can be stored."""

    SERVED = "served"
    """It lowers power, keeps nothing, or is judged by the core itself."""
    REJECTED = "rejected"
    """It would be forgotten by a power cut."""
    FAILED = "failed"
    """The same, and what OCPP has beside Accepted would say something else, as that there is no such profile."""


WITHOUT_DISK: Mapping[type[Command], WithoutDisk] = {
    StartRemotely: WithoutDisk.REJECTED,
    StopRemotely: WithoutDisk.SERVED,
    ChangeAvailability: WithoutDisk.REJECTED,
    UnlockConnector: WithoutDisk.SERVED,
    ClearAuthorizationCache: WithoutDisk.SERVED,
    ResetStation: WithoutDisk.SERVED,
    SendReport: WithoutDisk.SERVED,
    AcknowledgeFaults: WithoutDisk.REJECTED,
    HoldForInstall: WithoutDisk.SERVED,
    NoteUpkeep: WithoutDisk.SERVED,
    InstallProfile: WithoutDisk.REJECTED,
    ClearProfiles: WithoutDisk.FAILED,
    AskCompositeSchedule: WithoutDisk.SERVED,
    ImposeSiteLimit: WithoutDisk.SERVED,
    ReleaseSiteLimit: WithoutDisk.REJECTED,
    Reserve: WithoutDisk.REJECTED,
    CancelReservation: WithoutDisk.FAILED,
    ShowPrice: WithoutDisk.SERVED,
    UpdateCost: WithoutDisk.SERVED,
    ShowFinalCost: WithoutDisk.SERVED,
    SetMessage: WithoutDisk.REJECTED,
    ClearMessage: WithoutDisk.FAILED,
    UpdateLocalList: WithoutDisk.FAILED,
    StartWithContract: WithoutDisk.SERVED,
    EndByEv: WithoutDisk.SERVED,
    EnterPin: WithoutDisk.SERVED,
}


def refused_without_disk(command: Command) -> Verdict | None:
    """None where the core may have it; StorageError where only an error tells the truth."""
    match WITHOUT_DISK[type(command)]:
        case WithoutDisk.SERVED:
            return None
        case WithoutDisk.REJECTED:
            return Verdict(VerdictStatus.REJECTED, REASON)
        case WithoutDisk.FAILED:
            raise StorageError(f"{REASON}: free space on it")


async def patiently(stored: asyncio.Future[T]) -> bool:
    """Wait until it is stored; False when that takes too long, and it is still stored when the disk takes it."""
    try:
        async with asyncio.timeout(COMMIT_PATIENCE_SECONDS):
            await asyncio.shield(stored)
    except TimeoutError:
        return False
    return True
