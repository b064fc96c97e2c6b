"""The residual-current monitor's own test: when it may be made, and what each outcome leads to."""

from dataclasses import dataclass, field

import pytest

from chargepoint.model.power import SelfTest, SelfTestCause
from chargepoint.safety.self_test import (
    MISSED_AFTER_SECONDS,
    OVERDUE_SECONDS,
    PERIOD_SECONDS,
    PULSE_SECONDS,
    QUIET_SECONDS,
    TRIPS_WITHIN_SECONDS,
    MonitorScene,
    Phase,
    SelfTestWatch,
)

TICK_SECONDS = 0.1


@dataclass(slots=True)
class Monitor:
    """One that trips some time after its input is held, and releases some time after that."""

    trips_after_seconds: float | None = 0.3
    releases: bool = True
    watch: SelfTestWatch = field(default_factory=SelfTestWatch)
    now: float = 1000.0
    is_free: bool = True
    is_live: bool = False
    is_stuck: bool = False
    held_since: float | None = None
    is_tripped: bool = False
    tests: int = 0
    held_seconds: float = 0.0

    def run(self, seconds: float, tick_seconds: float = TICK_SECONDS) -> SelfTest:
        for _ in range(round(seconds / tick_seconds)):
            self.now += tick_seconds
            self.watch = self.watch.seen(
                MonitorScene(self.is_free, self.is_live, self.is_tripped or self.is_stuck), self.now
            )
            self._follow(self.watch.is_signalled(self.now), tick_seconds)
        return self.watch.verdict

    def _follow(self, is_held: bool, tick_seconds: float) -> None:
        if is_held and self.held_since is None:
            self.held_since = self.now
            self.tests += 1
        if is_held:
            self.held_seconds += tick_seconds
        if self.held_since is not None and self.trips_after_seconds is not None:
            self.is_tripped = self.now - self.held_since >= self.trips_after_seconds
        if not is_held and self.watch.phase is not Phase.TRIPPING:
            self.held_since = None
            self.is_tripped = self.is_tripped and not self.releases

    def charge(self, seconds: float = 60.0) -> None:
        self.is_free, self.is_live = False, True
        self.run(seconds)
        self.is_live = False


def test_at_the_start_it_waits_for_quiet_and_passes() -> None:
    monitor = Monitor()
    assert monitor.run(QUIET_SECONDS - 0.2) is SelfTest.DUE
    assert monitor.tests == 0
    assert monitor.run(2.0) is SelfTest.PASSED
    assert not monitor.watch.is_running
    assert monitor.tests == 1


def test_never_with_an_ev_nor_with_a_closed_contactor() -> None:
    monitor = Monitor(is_free=False)
    assert monitor.run(60.0) is SelfTest.DUE
    monitor.charge(PERIOD_SECONDS / 1000)
    assert monitor.tests == 0


def test_after_each_session_and_daily() -> None:
    monitor = Monitor()
    monitor.run(10.0)
    monitor.charge()
    monitor.run(60.0)
    assert monitor.tests == 1, "the EV is still there"
    monitor.is_free = True
    monitor.run(10.0)
    assert monitor.tests == 2
    monitor.run(PERIOD_SECONDS - 20.0, 1.0)
    assert monitor.tests == 2
    monitor.run(40.0)
    assert monitor.tests == 3
    assert monitor.watch.verdict is SelfTest.PASSED


def test_an_ev_that_comes_in_the_middle_ends_the_test_without_a_verdict() -> None:
    monitor = Monitor(trips_after_seconds=5.0)
    monitor.run(QUIET_SECONDS + 0.5)
    assert monitor.watch.is_running
    monitor.is_free = False
    assert monitor.run(1.0) is SelfTest.DUE
    assert monitor.watch.phase is Phase.RESTING
    assert not monitor.watch.is_signalled(monitor.now)
    monitor.is_free = True
    assert monitor.run(10.0) is SelfTest.PASSED


def test_the_input_is_held_for_a_pulse_alone_and_a_slow_trip_counts() -> None:
    monitor = Monitor(trips_after_seconds=10.0)
    assert monitor.run(QUIET_SECONDS + 12.0) is SelfTest.PASSED
    assert monitor.held_seconds == pytest.approx(PULSE_SECONDS, abs=2 * TICK_SECONDS)


@pytest.mark.parametrize(("trips_after_seconds", "releases"), [(None, True), (0.3, False)])
def test_a_monitor_that_does_not_trip_or_not_release_has_failed_until_a_person_and_a_good_test(
    trips_after_seconds: float | None, releases: bool
) -> None:
    monitor = Monitor(trips_after_seconds, releases)
    assert monitor.run(QUIET_SECONDS + TRIPS_WITHIN_SECONDS + 1.0) is SelfTest.FAILED
    monitor.trips_after_seconds, monitor.releases, monitor.is_tripped = 0.3, True, False
    assert monitor.run(PERIOD_SECONDS + 60.0, 1.0) is SelfTest.FAILED, "good tests alone do not clear it"
    monitor.watch = monitor.watch.acknowledged()
    assert monitor.watch.verdict is SelfTest.FAILED, "nor does the person alone"
    assert monitor.run(10.0) is SelfTest.PASSED


def test_an_acknowledgement_of_a_monitor_that_fails_again_changes_nothing() -> None:
    monitor = Monitor(trips_after_seconds=None)
    monitor.run(30.0)
    monitor.watch = monitor.watch.acknowledged()
    assert monitor.run(30.0) is SelfTest.FAILED
    assert monitor.tests == 2
    monitor.trips_after_seconds = 0.3
    assert monitor.run(PERIOD_SECONDS + 60.0, 1.0) is SelfTest.FAILED


def test_a_test_that_can_not_be_made_is_missed() -> None:
    monitor = Monitor(is_stuck=True)
    assert monitor.run(MISSED_AFTER_SECONDS - 1.0) is SelfTest.DUE
    assert monitor.run(2.0) is SelfTest.MISSED
    assert monitor.tests == 0


def test_an_ev_that_stays_puts_it_off_for_a_week_and_a_running_charge_longer() -> None:
    monitor = Monitor(is_free=False)
    assert monitor.run(OVERDUE_SECONDS - 100.0, 10.0) is SelfTest.DUE
    monitor.is_live = True
    assert monitor.run(200.0) is SelfTest.DUE
    monitor.is_live = False
    assert monitor.run(1.0) is SelfTest.MISSED


@pytest.mark.parametrize(
    ("trips_after_seconds", "releases", "cause"),
    [
        (None, True, SelfTestCause.NO_TRIP),
        (0.3, False, SelfTestCause.NO_RELEASE),
        (0.3, True, SelfTestCause.NONE),
    ],
)
def test_a_verdict_has_its_cause(trips_after_seconds: float | None, releases: bool, cause: SelfTestCause) -> None:
    monitor = Monitor(trips_after_seconds, releases)
    monitor.run(QUIET_SECONDS + TRIPS_WITHIN_SECONDS + 1.0)
    assert monitor.watch.cause is cause
    monitor.trips_after_seconds, monitor.releases, monitor.is_tripped = 0.3, True, False
    monitor.run(PERIOD_SECONDS + 60.0, 1.0)
    assert monitor.watch.cause is cause, "that of the verdict that stands"


def test_the_week_counts_from_the_test_of_an_earlier_life_and_the_station_has_a_day_to_find_the_way_free() -> None:
    monitor = Monitor(is_free=False)
    monitor.watch = monitor.watch.recalled(monitor.now - OVERDUE_SECONDS)
    assert monitor.run(PERIOD_SECONDS - 60.0, 10.0) is SelfTest.DUE
    assert monitor.run(120.0, 10.0) is SelfTest.MISSED
    assert monitor.watch.cause is SelfTestCause.OVERDUE


def test_nobody_can_put_a_test_off_by_remembering_one() -> None:
    monitor = Monitor(is_free=False)
    monitor.watch = monitor.watch.recalled(monitor.now + OVERDUE_SECONDS)
    assert monitor.run(OVERDUE_SECONDS + 60.0, 60.0) is SelfTest.MISSED
    fresh = Monitor()
    fresh.watch = fresh.watch.recalled(fresh.now - 1.0)
    fresh.run(10.0)
    assert fresh.tests == 1, "there is one after each start"
