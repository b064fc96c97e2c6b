"""The faults of the station as hard-wired notifications: told when they come, and when they are gone.

A fault that comes and goes quickly is told by its state at most every few seconds, so that a loose contact fills
neither the queue nor the disk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.monitoring import EventSource, EventTrigger, MonitoredVariable, ToldFault, VariableEvent
from chargepoint.monitoring.scene import Scene
from chargepoint.monitoring.watch import MakeEventId

SPACING_SECONDS = 5.0
SETTLING_SECONDS = 30.0
"""So long after a start a fault that was told before it is not said to be gone: it may not have been seen yet."""


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """Where a fault is told, and how bad it is."""

    subject: MonitoredVariable
    severity: int


Place = tuple[Fault, EvseId | None]
PlaceOf = Callable[[Fault, EvseId | None], FaultPlace | None]
"""None: a hard-wired monitor tells this fault."""


class FaultNotices:
    """What was told of faults."""

    def __init__(self, place_of: PlaceOf, told: Iterable[ToldFault], started_at: float) -> None:
        """`started_at`: monotonic."""
        self._place_of = place_of
        self._told = {(each.fault, each.evse_id): each.event_id for each in told}
        self._unsettled = frozenset(self._told)
        self._settles_at = started_at + SETTLING_SECONDS
        self._spoke_at: dict[Place, float] = {}

    def told(self) -> tuple[ToldFault, ...]:
        return tuple(ToldFault(fault, evse_id, event_id) for (fault, evse_id), event_id in self._told.items())

    def cause_at(self, evse_id: int | None) -> int | None:
        """The event of the fault that was told last at this EVSE and is still there."""
        events = [event_id for (_, place), event_id in self._told.items() if place is not None and place == evse_id]
        return events[-1] if events else None

    def look(self, scene: Scene, may_tell: Callable[[int], bool], make_id: MakeEventId) -> list[VariableEvent]:
        now = scene.moment.monotonic
        present = {(fault, evse_id) for evse_id, faults in scene.faults.items() for fault in sorted(faults)}
        events: list[VariableEvent] = []
        for place in sorted(present ^ self._told.keys(), key=_order):
            is_gone = place not in present
            at = self._place_of(*place)
            if at is None:
                continue
            if not may_tell(at.severity) or now < self._spoke_at.get(place, -SPACING_SECONDS) + SPACING_SECONDS:
                continue
            if is_gone and not self._is_known_gone(place, scene):
                continue
            event = _notification(place, at, is_gone, scene, make_id)
            if is_gone:
                del self._told[place]
            else:
                self._told[place] = event.event_id
            self._spoke_at[place] = now
            events.append(event)
        return events

    def _is_known_gone(self, place: Place, scene: Scene) -> bool:
        is_settled = place not in self._unsettled or scene.moment.monotonic >= self._settles_at
        return place[1] in scene.faults and place[1] not in scene.unheard and is_settled


def _notification(place: Place, at: FaultPlace, is_gone: bool, scene: Scene, make_id: MakeEventId) -> VariableEvent:
    fault, evse_id = place
    link = None if evse_id is None else scene.transaction_of(evse_id)
    return VariableEvent(
        event_id=make_id(),
        subject=at.subject,
        trigger=EventTrigger.ALERTING,
        source=EventSource.HARD_WIRED_NOTIFICATION,
        severity=at.severity,
        actual_value=scene.values.text(at.subject) or "",
        is_cleared=is_gone,
        transaction_id=None if link is None else link.transaction_id,
        tech_code=fault.value,
    )


def _order(place: Place) -> tuple[int, str]:
    return place[1] or 0, place[0].value
