"""The last verdict on the residual-current monitor: kept, told, and handed to a safety process that starts anew."""

from dataclasses import replace

from chargepoint.charging.events import ClockSynchronised, EvseObserved
from chargepoint.model.power import PowerDirective, SelfTest, SelfTestCause
from unit.charging.driver import ONE, Driver

HOUR = 3600.0


def see(story: Driver, verdict: SelfTest, ago: float | None, cause: SelfTestCause = SelfTestCause.NONE) -> None:
    """The safety process says what its test has shown, so many seconds ago."""
    seen = story.outlets[ONE].observe(story.now)
    story.tell(
        EvseObserved(replace(seen, self_test=verdict, self_test_age_seconds=ago, self_test_cause=cause)),
    )


def directive(story: Driver) -> PowerDirective:
    told = story.outlets[ONE].directive
    assert told is not None
    return told


def test_a_station_that_has_never_tested_says_so() -> None:
    story = Driver()
    see(story, SelfTest.DUE, None)
    assert story.see().self_test is None
    assert directive(story).self_tested_at is None
    assert story.self_tests == {}


def test_each_test_is_stored_once_with_its_own_time() -> None:
    story = Driver()
    story.now += HOUR
    see(story, SelfTest.PASSED, 60.0)
    first = story.self_tests[ONE]
    assert first.stamp.monotonic == story.now - 60.0
    assert first.stamp.utc < story.moment.utc
    story.now += 10.0
    see(story, SelfTest.PASSED, 70.0)
    assert story.self_tests[ONE] is first
    story.now += HOUR
    see(story, SelfTest.PASSED, 1.0)
    assert story.self_tests[ONE] != first
    see(story, SelfTest.FAILED, 1.0, SelfTestCause.NO_RELEASE)
    assert story.self_tests[ONE].cause is SelfTestCause.NO_RELEASE


def test_a_missed_test_is_dated_when_it_was_given_up() -> None:
    story = Driver()
    story.now += HOUR
    see(story, SelfTest.PASSED, 10.0)
    story.now += 8 * 24 * HOUR
    see(story, SelfTest.MISSED, 8 * 24 * HOUR, SelfTestCause.OVERDUE)
    record = story.self_tests[ONE]
    assert (record.verdict, record.stamp.monotonic) == (SelfTest.MISSED, story.now)
    story.now += 5.0
    see(story, SelfTest.MISSED, 8 * 24 * HOUR + 5.0, SelfTestCause.OVERDUE)
    assert story.self_tests[ONE] is record


def test_a_safety_process_that_starts_anew_hears_when_the_last_test_was() -> None:
    story = Driver()
    story.now += HOUR
    see(story, SelfTest.PASSED, 30.0)
    tested_at = story.now - 30.0
    assert directive(story).self_tested_at == tested_at
    story.restart(down_seconds=8 * 24 * HOUR, safety_too=True)
    story.boot_up()
    assert story.see().self_test == story.self_tests[ONE]
    told = directive(story).self_tested_at
    assert told is not None
    assert abs(told - tested_at) < 1.0
    story.advance(20)
    assert directive(story).self_tested_at == told, "it does not tremble"


def test_how_long_ago_it_was_is_unknown_until_the_clock_is_set() -> None:
    story = Driver()
    story.now += HOUR
    see(story, SelfTest.FAILED, 30.0, SelfTestCause.NO_TRIP)
    story.utc_trusted = False
    story.restart(down_seconds=HOUR, safety_too=True)
    story.boot_up()
    assert story.see().self_test is not None, "the verdict itself is known"
    assert directive(story).self_tested_at is None
    story.utc_trusted = True
    story.tell(ClockSynchronised())
    story.look()
    assert directive(story).self_tested_at is not None


def test_a_test_by_an_unset_clock_gets_its_time_when_the_clock_is_set() -> None:
    story = Driver(utc_trusted=False)
    story.now += HOUR
    see(story, SelfTest.PASSED, 30.0)
    assert not story.self_tests[ONE].stamp.trusted
    story.now += 60.0
    story.utc_trusted = True
    story.tell(ClockSynchronised())
    stamp = story.self_tests[ONE].stamp
    assert stamp.trusted
    assert (story.moment.utc - stamp.utc).total_seconds() == 90.0
