"""All monitors of one station at work: orders of the CSMS in, events out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chargepoint.model.identifiers import TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import (
    LEAST_SEVERE,
    MOST_SEVERE,
    THRESHOLDS,
    ClearOutcome,
    InstallAnswer,
    Monitor,
    MonitoringBase,
    MonitorOrigin,
    MonitorWish,
    StoredMonitoring,
    VariableEvent,
)
from chargepoint.monitoring.fault_notices import FaultNotices, PlaceOf
from chargepoint.monitoring.monitor_set import MonitorSet
from chargepoint.monitoring.rules import kinds_of
from chargepoint.monitoring.scene import Scene, Values
from chargepoint.monitoring.watch import MakeEventId, Sight, Watch, successor


class Monitoring:
    """Not thread-safe. Cheap to look with: no more than a value read for each active monitor."""

    def __init__(
        self, built_in: Iterable[Monitor], place_of: PlaceOf, stored: StoredMonitoring, values: Values, now: Moment
    ) -> None:
        """Custom monitors of variables that this release no longer has are dropped (N04, remarks)."""
        present = [monitor for monitor in stored.custom if _can_be_watched(monitor, values)]
        self._set = MonitorSet(built_in, stored.base, present)
        self._set.cleared = frozenset(stored.cleared)
        self._notices = FaultNotices(place_of, stored.faults, now.monotonic)
        self._watches: dict[int, Watch] = {}
        self.level = stored.level
        for monitor in self._set.active():
            traits = values.traits(monitor.subject)
            if traits is not None:
                # A difference counts from the first value that is seen (part 1, 4.4).
                self._watches[monitor.monitor_id] = Watch(monitor, traits, now, None)
        for alarm in stored.alarms:
            watch = self._watches.get(alarm.monitor_id)
            if watch is not None and watch.monitor.kind in THRESHOLDS:
                watch.alarm = alarm  # N07.FR.14

    # Orders

    def install(self, wish: MonitorWish, values: Values, now: Moment) -> InstallAnswer:
        answer = self._set.install(wish)
        if answer.monitor_id is not None:
            monitor = self._set.custom[answer.monitor_id]
            old = self._watches.get(monitor.monitor_id)
            text = values.text(monitor.subject)
            if old is None:
                self._watches[monitor.monitor_id] = Watch(monitor, wish.traits, now, text)
            else:
                self._watches[monitor.monitor_id] = successor(old, monitor, wish.traits, now, text)
        return answer

    def clear(self, monitor_id: int) -> ClearOutcome:
        """Nothing is said of an alarm that the monitor had raised (N07.FR.12)."""
        outcome = self._set.clear(monitor_id)
        if outcome is ClearOutcome.CLEARED:
            self._watches.pop(monitor_id, None)
        return outcome

    def set_base(self, base: MonitoringBase, values: Values, now: Moment) -> None:
        self._set.set_base(base)
        self._rewatch(values, now)

    def set_level(self, severity: int) -> bool:
        """False where there is no such severity."""
        if not MOST_SEVERE <= severity <= LEAST_SEVERE:
            return False
        self.level = severity
        return True

    def _rewatch(self, values: Values, now: Moment) -> None:
        """A watch for each active monitor; those that were active stay as they are."""
        old, self._watches = self._watches, {}
        for monitor in self._set.active():
            kept = old.get(monitor.monitor_id)
            traits = values.traits(monitor.subject)
            if kept is not None and kept.monitor == monitor:
                self._watches[monitor.monitor_id] = kept
            elif traits is not None:
                self._watches[monitor.monitor_id] = Watch(monitor, traits, now, values.text(monitor.subject))

    # Questions

    @property
    def base(self) -> MonitoringBase:
        return self._set.base

    def active(self) -> Sequence[Monitor]:
        """By id, the hard-wired ones first."""
        return [self._watches[monitor_id].monitor for monitor_id in sorted(self._watches)]

    def due_at(self, now: Moment) -> float | None:
        """The monotonic time of the next periodic event."""
        times = [at for watch in self._watches.values() if (at := watch.due_at(now)) is not None]
        return min(times, default=None)

    def memory(self) -> StoredMonitoring:
        watches = (self._watches[monitor_id] for monitor_id in sorted(self._watches))
        return StoredMonitoring(
            base=self._set.base,
            level=self.level,
            custom=tuple(self._set.custom[monitor_id] for monitor_id in sorted(self._set.custom)),
            cleared=tuple(sorted(self._set.cleared)),
            alarms=tuple(watch.alarm for watch in watches if watch.alarm is not None),
            faults=self._notices.told(),
        )

    # Work

    def look(self, scene: Scene, make_id: MakeEventId) -> list[VariableEvent]:
        """What is to be told now: of faults first, then by the id of the monitor."""

        def may_tell(severity: int) -> bool:
            return severity <= self.level and (scene.is_online or severity <= scene.queued_severity)

        events = self._notices.look(scene, may_tell, make_id)
        for monitor_id in sorted(self._watches):
            watch = self._watches[monitor_id]
            event = watch.look(_sight(watch.monitor, scene, may_tell(watch.monitor.severity)), make_id)
            if event is not None:
                events.append(self._with_cause(event, watch.monitor))
        return events

    def _with_cause(self, event: VariableEvent, monitor: Monitor) -> VariableEvent:
        """A hard-wired monitor speaks because of a fault, where one is there (N07.FR.05)."""
        if monitor.origin is not MonitorOrigin.HARD_WIRED:
            return event
        cause = self._notices.cause_at(monitor.subject.evse_id)
        return event if cause is None else replace(event, cause=cause)


def _can_be_watched(monitor: Monitor, values: Values) -> bool:
    traits = values.traits(monitor.subject)
    return traits is not None and monitor.kind in kinds_of(traits)


def _sight(monitor: Monitor, scene: Scene, may_be_told: bool) -> Sight:
    link = scene.transaction_of(monitor.subject.evse_id)
    transaction_id: TransactionId | None = None if link is None else link.transaction_id
    return Sight(
        moment=scene.moment,
        text=scene.values.text(monitor.subject),
        transaction_id=transaction_id,
        is_running=link is not None and link.is_running,
        may_be_told=may_be_told,
    )
