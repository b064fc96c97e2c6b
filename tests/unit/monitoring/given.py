"""Values, moments and scenes for the pure rules of monitors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import Monitor, MonitoredVariable, MonitorKind, Nature, VariableTraits
from chargepoint.monitoring.scene import Scene, TransactionLink

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
POWER = MonitoredVariable("EVSE", "Power", evse_id=1)
STATE = MonitoredVariable("EVSE", "AvailabilityState", evse_id=1)
CLOCK = MonitoredVariable("ClockCtrlr", "DateTime")
SECRET = MonitoredVariable("SecurityCtrlr", "BasicAuthPassword")
TRAITS = {
    POWER: VariableTraits(Nature.NUMBER, 0.0, 22_000.0),
    STATE: VariableTraits(Nature.TEXT),
    CLOCK: VariableTraits(Nature.TIME),
    SECRET: VariableTraits(Nature.TEXT, is_write_only=True),
}
EVSE = EvseId(1)


def at(seconds: float, *, trusted: bool = True) -> Moment:
    return Moment(1000.0 + seconds, NOON + timedelta(seconds=seconds), trusted)


@dataclass
class Book:
    """Implements `Values`."""

    texts: dict[MonitoredVariable, str | None] = field(default_factory=dict)
    known: dict[MonitoredVariable, VariableTraits] = field(default_factory=lambda: dict(TRAITS))

    def traits(self, subject: MonitoredVariable) -> VariableTraits | None:
        return self.known.get(subject)

    def text(self, subject: MonitoredVariable) -> str | None:
        return self.texts.get(subject)


def scene(
    seconds: float,
    values: Book,
    *,
    faults: Mapping[EvseId | None, frozenset[Fault]] | None = None,
    running: TransactionLink | None = None,
    online: bool = True,
) -> Scene:
    """Offline, events of severity 4 and below are queued."""
    return Scene(
        moment=at(seconds),
        values=values,
        faults={None: frozenset(), EVSE: frozenset()} if faults is None else faults,
        transactions={} if running is None else {EVSE: running},
        is_online=online,
        queued_severity=4,
    )


def monitor(
    kind: MonitorKind, value: float = 1.0, severity: int = 5, subject: MonitoredVariable = POWER, **more: object
) -> Monitor:
    return replace(Monitor(10_001, subject, kind, value, severity), **more)  # type: ignore[arg-type]  # names checked by replace


def ids() -> "count[int]":
    return count(1)
