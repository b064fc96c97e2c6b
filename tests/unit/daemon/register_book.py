"""A disk that keeps what is known of meters, and a way to poll one over restarts as the daemon does."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chargepoint.charging.ports import Recovered
from chargepoint.daemon.former_registers import FormerRegisters, MeterPlace
from chargepoint.daemon.register_memory import RegisterMemory
from chargepoint.model.errors import StorageError
from chargepoint.model.metering import MeterMemo
from chargepoint.model.moment import Moment
from unit.daemon.neighbours import LoopClock


@dataclass
class WaywardClock(LoopClock):
    """Loop time, a wall clock that may be unset, and a machine that was off for a while."""

    is_trusted: bool = True
    off_seconds: float = 0.0

    def now(self) -> Moment:
        moment = super().now()
        return Moment(moment.monotonic, moment.utc + timedelta(seconds=self.off_seconds), self.is_trusted)


@dataclass(slots=True)
class MeterBook:
    """Implements `MeterMemoryPort`: `flush` is the commit of a sample."""

    stored: dict[str, MeterMemo] = field(default_factory=dict)
    noted: dict[str, MeterMemo] = field(default_factory=dict)
    commits: int = 0
    is_full: bool = False
    clock: WaywardClock = field(default_factory=WaywardClock)
    boot_id: int = 1
    boots_of_machine: frozenset[int] = frozenset()

    def recall(self, meter: str) -> MeterMemo:
        return self.stored.get(meter, MeterMemo())

    def known_meters(self) -> Mapping[str, MeterMemo]:
        return self.stored

    def note(self, meter: str, memo: MeterMemo) -> None:
        self.noted[meter] = memo

    async def remember(self, meter: str, memo: MeterMemo) -> None:
        if self.is_full:
            raise StorageError("the disk is full")
        self.commits += 1
        self.stored[meter] = memo

    def flush(self) -> None:
        self.stored |= self.noted

    def memory_of(self, meter: str, address: str = "", fitted: Collection[str] = ()) -> RegisterMemory:
        """`fitted`: the names of the station's other meters."""
        recovered = Recovered(self.boot_id, (), {}, {}, {}, None, boots_of_this_machine=self.boots_of_machine)
        former = FormerRegisters(self.stored, {meter, *fitted})
        return RegisterMemory(MeterPlace(meter, address), self, self.clock, recovered, former)

    def restart(self, *, machine_too: bool, off_seconds: float = 0.0, clock_is_trusted: bool = True) -> None:
        """What was only noted is lost."""
        self.noted.clear()
        self.boots_of_machine = frozenset() if machine_too else self.boots_of_machine | {self.boot_id}
        self.boot_id += 1
        self.clock = WaywardClock(clock_is_trusted, self.clock.off_seconds + off_seconds)
