"""One monitor at work: what it remembers of its variable, and when it speaks (N07, N08).

Unknown is neither above nor below nor a change: it is waited for. There is no hysteresis; what bounds the number of
events is how often a monitor is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor, isfinite

from chargepoint.model.identifiers import TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import (
    SOURCE_OF,
    THRESHOLDS,
    Alarm,
    EventTrigger,
    Monitor,
    MonitorKind,
    Nature,
    VariableEvent,
    VariableTraits,
)

MakeEventId = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Sight:
    """The variable of a monitor as it is now."""

    moment: Moment
    text: str | None
    """None: unknown. Of a write-only variable anything that changes when it is written."""
    transaction_id: TransactionId | None
    """The transaction that the variable has to do with."""
    is_running: bool
    """That transaction has not ended."""
    may_be_told: bool
    """An event of this severity would be sent or queued now; what may not be told is not looked at."""


class Watch:
    """A monitor and what it has seen."""

    def __init__(self, monitor: Monitor, traits: VariableTraits, now: Moment, text: str | None) -> None:
        """`text`: the value when the monitor was set, from which a difference counts."""
        self.monitor = monitor
        self.traits = traits
        self.alarm: Alarm | None = None
        self._baseline: float | str | None = self._value(text)
        self._next_at = now.monotonic + monitor.value
        self._next_utc = _next_on_grid(now.utc, monitor.value) if monitor.kind is MonitorKind.CLOCK_ALIGNED else None

    def due_at(self, now: Moment) -> float | None:
        """The monotonic time at which this speaks by itself; None: when the variable changes."""
        if self.monitor.kind is MonitorKind.PERIODIC:
            return self._next_at
        if self._next_utc is not None and now.utc_trusted:
            return now.monotonic + max(0.0, (self._next_utc - now.utc).total_seconds())
        return None

    def look(self, sight: Sight, make_id: MakeEventId) -> VariableEvent | None:
        """The event that what is seen now causes."""
        is_active = sight.is_running or not self.monitor.only_in_transaction
        match self.monitor.kind:
            case MonitorKind.UPPER_THRESHOLD | MonitorKind.LOWER_THRESHOLD:
                return self._look_for_threshold(sight, is_active, make_id)
            case MonitorKind.DELTA:
                return self._look_for_delta(sight, is_active, make_id)
            case MonitorKind.PERIODIC | MonitorKind.CLOCK_ALIGNED:
                is_due = self._take_turn(sight.moment)
                if is_due and is_active and sight.may_be_told:
                    return self._event(sight, EventTrigger.PERIODIC, make_id)
                return None

    def _look_for_threshold(self, sight: Sight, is_active: bool, make_id: MakeEventId) -> VariableEvent | None:
        """Beyond, not on (N07.FR.16, .17). Outside transactions one that wants them raises none, but clears."""
        value = self._value(sight.text)
        if not isinstance(value, float) or not sight.may_be_told:
            return None
        is_upper = self.monitor.kind is MonitorKind.UPPER_THRESHOLD
        is_beyond = value > self.monitor.value if is_upper else value < self.monitor.value
        if is_beyond and self.alarm is None and is_active:
            event = self._event(sight, EventTrigger.ALERTING, make_id)
            self.alarm = Alarm(self.monitor.monitor_id, event.event_id, event.transaction_id)
            return event
        if not is_beyond and self.alarm is not None:
            told, self.alarm = self.alarm, None
            return self._event(sight, EventTrigger.ALERTING, make_id, cleared=told)
        return None

    def _look_for_delta(self, sight: Sight, is_active: bool, make_id: MakeEventId) -> VariableEvent | None:
        value = self._value(sight.text)
        if value is None:
            return None
        if self._baseline is None or not is_active:
            self._baseline = value
            return None
        if not self._has_changed(self._baseline, value) or not sight.may_be_told:
            return None
        self._baseline = value
        return self._event(sight, EventTrigger.DELTA, make_id)

    def _has_changed(self, old: float | str, new: float | str) -> bool:
        if isinstance(old, float) and isinstance(new, float) and not self.traits.is_write_only:
            return abs(new - old) > self.monitor.value  # N07.FR.18: more than
        return old != new

    def _take_turn(self, now: Moment) -> bool:
        """Whether the time has come; the next one is on the same grid, however late this one was seen."""
        interval = self.monitor.value
        if self._next_utc is None:
            if now.monotonic < self._next_at:
                return False
            self._next_at += interval * (floor((now.monotonic - self._next_at) / interval) + 1)
            return True
        next_utc = _next_on_grid(now.utc, interval)
        is_due = now.utc_trusted and self._next_utc <= now.utc
        self._next_utc = next_utc
        return is_due

    def _value(self, text: str | None) -> float | str | None:
        """None where it is unknown or cannot be compared."""
        if text is None or self.traits.nature is Nature.TEXT or self.traits.is_write_only:
            return text
        try:
            is_number = self.traits.nature is Nature.NUMBER
            number = float(text) if is_number else datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):
            return None
        return number if isfinite(number) else None

    def _event(
        self, sight: Sight, trigger: EventTrigger, make_id: MakeEventId, cleared: Alarm | None = None
    ) -> VariableEvent:
        """A cleared alarm belongs to the transaction that it was raised in."""
        return VariableEvent(
            event_id=make_id(),
            subject=self.monitor.subject,
            trigger=trigger,
            source=SOURCE_OF[self.monitor.origin],
            severity=self.monitor.severity,
            actual_value="" if self.traits.is_write_only else sight.text or "",
            monitor_id=self.monitor.monitor_id,
            is_cleared=cleared is not None,
            transaction_id=sight.transaction_id if cleared is None else cleared.transaction_id,
        )


def successor(old: Watch, monitor: Monitor, traits: VariableTraits, now: Moment, text: str | None) -> Watch:
    """A monitor in the place of another one: a threshold takes over what the old one has told (N07.FR.11)."""
    watch = Watch(monitor, traits, now, text)
    if old.monitor.kind in THRESHOLDS and monitor.kind in THRESHOLDS:
        watch.alarm = old.alarm
    return watch


def _next_on_grid(utc: datetime, interval_seconds: float) -> datetime:
    """The next multiple of the interval since midnight, or midnight (N08.FR.07)."""
    midnight = utc.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    turns = floor((utc - midnight).total_seconds() / interval_seconds) + 1
    return min(midnight + timedelta(seconds=turns * interval_seconds), midnight + timedelta(days=1))
