"""The station, the clock and what they say."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chargepoint.charging.commands import Command, Verdict, VerdictStatus
from chargepoint.charging.events import Event
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.registration import StationIdentity
from chargepoint.model.reports import StatusReport, TransactionReport
from chargepoint.model.status import Availability, EvseStatus
from chargepoint.model.transactions import Cause, ChargingState, TransactionPhase

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
IDENTITY = StationIdentity("CP 1", "Vendor", "Model", "S1", "1.0")


@dataclass
class FakeStation:
    """Implements `StationPort`: remembers what it was told."""

    events: list[Event] = field(default_factory=list)
    on_event: Callable[[Event], None] = lambda _: None

    async def execute(self, command: Command) -> Verdict:
        return Verdict(VerdictStatus.ACCEPTED)

    async def tell(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def snapshot(self) -> StationSnapshot:
        return StationSnapshot({}, Availability.OPERATIVE, True, frozenset(), False)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


class LoopClock:
    """Implements `Clock` on loop time; trusted once the CSMS has told the time."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def now(self) -> Moment:
        seconds = asyncio.get_running_loop().time()
        return Moment(seconds, NOON + timedelta(seconds=seconds), bool(self.told))

    def synchronise(self, csms_utc: object) -> bool:
        self.told.append(csms_utc)
        return len(self.told) == 1


def stamp(at: float) -> Stamp:
    return Stamp(1, at, NOON + timedelta(seconds=at), True)


def status(evse_id: int, what: EvseStatus, at: float = 0.0) -> StatusReport:
    return StatusReport(EvseId(evse_id), what, stamp(at))


def transaction(
    phase: TransactionPhase, name: str = "t1", at: float = 0.0, energy_wh: float | None = 100.0
) -> TransactionReport:
    return TransactionReport(
        phase,
        TransactionId(name),
        0,
        EvseId(1),
        stamp(at),
        Cause.AUTHORIZED,
        ChargingState.CHARGING,
        False,
        (),
        energy_wh,
    )
