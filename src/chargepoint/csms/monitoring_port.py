"""What a dialect needs of whoever keeps the monitors."""

from collections.abc import Sequence
from typing import Protocol

from chargepoint.model.monitoring import ClearOutcome, InstallAnswer, Monitor, MonitoringBase, MonitorWish


class MonitoringPort(Protocol):
    """Every answer comes after it is stored; StorageError, and then nothing has changed for the next start."""

    async def install(self, wishes: Sequence[MonitorWish]) -> Sequence[InstallAnswer]:
        """One answer for each wish, in order; what is wrong with one keeps none of the others from being installed."""
        ...

    async def clear(self, monitor_ids: Sequence[int]) -> Sequence[ClearOutcome]: ...

    async def set_base(self, base: MonitoringBase) -> None: ...

    async def set_level(self, severity: int) -> bool:
        """False where there is no such severity."""
        ...

    def active(self) -> Sequence[Monitor]:
        """Those that watch now, by id, the hard-wired ones first."""
        ...

    @property
    def base(self) -> MonitoringBase: ...

    @property
    def level(self) -> int: ...
