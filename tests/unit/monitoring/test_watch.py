"""When one monitor speaks."""

from datetime import timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies

from chargepoint.model.identifiers import TransactionId
from chargepoint.model.monitoring import EventTrigger, Monitor, MonitoredVariable, MonitorKind, VariableEvent
from chargepoint.monitoring.watch import Sight, Watch, successor
from unit.monitoring.given import CLOCK, NOON, POWER, SECRET, STATE, TRAITS, at, monitor

TRANSACTION = TransactionId("tx-1")


def watching(
    kind: MonitorKind, value: float = 1.0, subject: MonitoredVariable = POWER, *, only_in_transaction: bool = False
) -> Watch:
    watched = monitor(kind, value, subject=subject, only_in_transaction=only_in_transaction)
    return Watch(watched, TRAITS[subject], at(0), None)


class Looker:
    """Looks with one watch, each time a second later."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.seconds = 0.0
        self._ids = 0

    def _next_id(self) -> int:
        self._ids += 1
        return self._ids

    def __call__(
        self, text: str | None, *, seconds: float = 1.0, running: bool = True, told: bool = True
    ) -> VariableEvent | None:
        self.seconds += seconds
        sight = Sight(at(self.seconds), text, TRANSACTION if running else None, running, told)
        return self.watch.look(sight, self._next_id)


@pytest.mark.parametrize(
    ("kind", "inside", "on", "beyond"),
    [(MonitorKind.UPPER_THRESHOLD, "99.9", "100.0", "100.1"), (MonitorKind.LOWER_THRESHOLD, "100.1", "100.0", "99.9")],
)
def test_a_threshold_speaks_beyond_and_not_on_it(kind: MonitorKind, inside: str, on: str, beyond: str) -> None:
    look = Looker(watching(kind, 100.0))
    assert [look(text) for text in (inside, on)] == [None, None]
    raised = look(beyond)
    assert raised is not None
    assert (raised.trigger, raised.is_cleared, raised.actual_value) == (EventTrigger.ALERTING, False, beyond)
    assert look(beyond) is None, "told once"
    cleared = look(on)
    assert cleared is not None
    assert cleared.is_cleared
    assert look(inside) is None


def test_unknown_is_neither_above_nor_below_nor_a_change() -> None:
    threshold, delta = Looker(watching(MonitorKind.UPPER_THRESHOLD, 100.0)), Looker(watching(MonitorKind.DELTA, 10.0))
    for look in (threshold, delta):
        assert look("50") is None
        assert look(None) is None
        assert look("nonsense") is None
        assert look("inf") is None
        assert look("200") is not None
        assert look(None) is None


def test_what_may_not_be_told_is_judged_when_it_may() -> None:
    look = Looker(watching(MonitorKind.UPPER_THRESHOLD, 100.0))
    assert look("200", told=False) is None
    raised = look("200")
    assert raised is not None
    assert look("50", told=False) is None
    assert look("200") is None, "it is as it was told"
    delta = Looker(watching(MonitorKind.DELTA, subject=STATE))
    assert delta("Available") is None
    assert delta("Occupied", told=False) is None
    assert delta("Available") is None
    assert delta("Occupied") is not None


def test_a_difference_counts_from_what_was_told_last_and_has_to_be_more() -> None:
    look = Looker(Watch(monitor(MonitorKind.DELTA, 10.0), TRAITS[POWER], at(0), "100"))
    values = ["105", "110", "110.5", "101", "100", "121"]
    told = [event.actual_value for text in values if (event := look(text)) is not None]
    assert told == ["110.5", "100", "121"]


def test_a_time_differs_by_seconds() -> None:
    look = Looker(watching(MonitorKind.DELTA, 60.0, CLOCK))
    assert look("2026-05-01T12:00:00.000Z") is None
    assert look("2026-05-01T12:01:00.000Z") is None
    assert look("2026-05-01T12:01:00.500Z") is not None


def test_of_a_secret_only_the_change_is_told() -> None:
    look = Looker(watching(MonitorKind.DELTA, subject=SECRET))
    assert look("0") is None
    event = look("1")
    assert event is not None
    assert event.actual_value == ""


def test_a_monitor_for_transactions_raises_in_them_alone_but_clears_after_them() -> None:
    look = Looker(watching(MonitorKind.UPPER_THRESHOLD, 100.0, only_in_transaction=True))
    assert look("200", running=False) is None
    raised = look("200")
    assert raised is not None
    cleared = look("0", running=False)
    assert cleared is not None
    assert (cleared.is_cleared, cleared.transaction_id) == (True, TRANSACTION)


def test_a_difference_for_transactions_counts_from_their_start() -> None:
    look = Looker(watching(MonitorKind.DELTA, 10.0, only_in_transaction=True))
    assert [look(text, running=False) for text in ("0", "100", "200")] == [None] * 3
    assert look("205") is None
    assert look("211") is not None


def test_a_threshold_takes_over_what_the_one_before_it_has_told() -> None:
    look = Looker(watching(MonitorKind.UPPER_THRESHOLD, 100.0))
    assert look("200") is not None
    new = successor(look.watch, monitor(MonitorKind.UPPER_THRESHOLD, 300.0), TRAITS[POWER], at(2), "200")
    cleared = Looker(new)("200")
    assert cleared is not None
    assert cleared.is_cleared


def periodic_times(monitored: Monitor, looks: list[float]) -> list[float]:
    watch = Watch(monitored, TRAITS[POWER], at(0), None)
    return [
        seconds for seconds in looks if watch.look(Sight(at(seconds), "1", None, False, True), lambda: 1) is not None
    ]


def test_a_late_look_neither_repeats_nor_moves_the_grid() -> None:
    every_ten = monitor(MonitorKind.PERIODIC, 10.0)
    assert periodic_times(every_ten, [9.9, 10.0, 12.0, 20.0, 47.0, 49.0, 50.0]) == [10.0, 20.0, 47.0, 50.0]


def test_the_grid_of_the_clock_begins_at_midnight() -> None:
    on_grid = monitor(MonitorKind.CLOCK_ALIGNED, 7.0 * 3600)  # 0, 7, 14, 21 and 0 o'clock
    hours = [hour * 3600.0 for hour in range(25)]
    assert [seconds / 3600 for seconds in periodic_times(on_grid, hours)] == [2, 9, 12, 19]


def test_without_a_clock_nothing_is_on_the_grid() -> None:
    watch = Watch(monitor(MonitorKind.CLOCK_ALIGNED, 60.0), TRAITS[POWER], at(0, trusted=False), None)
    assert watch.due_at(at(1, trusted=False)) is None
    assert watch.look(Sight(at(120, trusted=False), "1", None, False, True), lambda: 1) is None
    assert watch.look(Sight(at(121), "1", None, False, True), lambda: 1) is None
    assert watch.look(Sight(at(180), "1", None, False, True), lambda: 1) is not None


def test_a_clock_that_is_put_back_is_not_waited_for() -> None:
    watch = Watch(monitor(MonitorKind.CLOCK_ALIGNED, 60.0), TRAITS[POWER], at(86_400 * 30), None)
    assert watch.look(Sight(at(0), "1", None, False, True), lambda: 1) is None
    due_at = watch.due_at(at(0))
    assert due_at is not None
    assert due_at - at(0).monotonic <= 60.0


@for_all(
    strategies.floats(1.0, 100_000.0),
    strategies.lists(strategies.floats(0.0, 5000.0), min_size=1, max_size=20),
)
def test_what_is_due_is_in_the_future_after_every_look(interval: float, steps: list[float]) -> None:
    for kind in (MonitorKind.PERIODIC, MonitorKind.CLOCK_ALIGNED):
        watch = Watch(monitor(kind, interval), TRAITS[POWER], at(0), None)
        seconds = 0.0
        for step in steps:
            seconds += step
            watch.look(Sight(at(seconds), "1", None, False, True), lambda: 1)
            due_at = watch.due_at(at(seconds))
            assert due_at is not None
            assert at(seconds).monotonic <= due_at <= at(seconds).monotonic + interval + 1e-3
    assert NOON + timedelta(0) == at(0).utc
