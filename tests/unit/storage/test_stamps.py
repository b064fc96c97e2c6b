"""Times taken with an unset clock are put right at the first sync, and never run backwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.charging.clock_correction import OLDEST_BELIEVABLE, Sync, corrections
from chargepoint.charging.effects import Enqueue
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.reports import SecurityReport, TransactionReport
from unit.storage.station_life import MOMENT, NOON, Charging, open_inline, take_all

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chargepoint.db"


def synced(seconds: float) -> Moment:
    """The first sync, so many seconds after monotonic 1000."""
    return Moment(1000.0 + seconds, NOON + timedelta(seconds=seconds), True)


async def test_a_session_of_this_boot_gets_the_times_at_which_it_happened(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging(since=EPOCH, trusted=False)
    for step in (charging.start(), charging.sample(), charging.end()):
        await storage.commit(step, MOMENT)
    await storage.correct_stamps(synced(3600))
    start = await storage.started_report(charging.record.transaction_id)
    assert start is not None
    assert start.stamp.utc == NOON
    reports = await take_all(storage)
    assert [report.stamp.utc - NOON for report in reports] == [
        timedelta(),
        timedelta(seconds=60),
        timedelta(seconds=61),
    ]
    assert all(report.stamp.trusted for report in reports)
    assert [value.stamp.utc - NOON for value in reports[-1].meter_values] == [timedelta(), timedelta(seconds=60)]
    (past,) = await storage.history()
    assert past.started_utc.startswith("2025-06-01T12:00:00")
    await storage.close()


async def test_a_restart_of_the_process_keeps_the_machines_clock(path: Path) -> None:
    storage = await open_inline(path, machine_boot="m1")
    charging = Charging(since=EPOCH, trusted=False)
    await storage.commit(charging.start(), MOMENT)
    await storage.close()
    again = await open_inline(path, machine_boot="m1")
    charging.boot_id = again.recovered.boot_id
    await again.commit(charging.sample(), MOMENT)
    await again.correct_stamps(synced(100))
    assert [report.stamp.utc for report in await take_all(again)] == [NOON, NOON + timedelta(seconds=60)]
    await again.close()


async def test_the_open_transaction_is_corrected_with_its_reports(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging(since=EPOCH, trusted=False)
    await storage.commit(charging.start() + charging.sample(), MOMENT)
    await storage.correct_stamps(synced(100))
    await storage.close()
    again = await open_inline(path)
    (transaction,) = again.recovered.transactions
    assert transaction.started_at.utc == NOON
    assert [value.stamp.utc for value in transaction.stop_samples] == [NOON, NOON + timedelta(seconds=60)]
    await again.close()


async def test_what_somebody_may_have_seen_stays_as_it_is(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging(since=EPOCH, trusted=False)
    await storage.commit(charging.start() + charging.sample(), MOMENT)
    shown = await storage.oldest()
    assert shown is not None
    await storage.correct_stamps(synced(100))
    assert await storage.oldest() == shown
    await storage.delivered(shown.row_id)
    later = await storage.oldest()
    assert later is not None
    assert isinstance(later.report, TransactionReport)
    assert later.report.stamp.utc == NOON + timedelta(seconds=60)
    await storage.close()


async def test_what_may_be_on_the_wire_when_the_power_goes_is_said_again_in_the_same_words(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging(since=EPOCH, trusted=False)
    await storage.commit(charging.start() + charging.sample(), MOMENT)
    shown = await storage.oldest()
    assert shown is not None
    await storage.close()
    again = await open_inline(path)
    await again.correct_stamps(synced(100))
    assert await again.oldest() == shown
    await again.delivered(shown.row_id)
    later = await again.oldest()
    assert later is not None
    assert isinstance(later.report, TransactionReport)
    assert later.report.stamp.utc > OLDEST_BELIEVABLE, "what nobody has seen is dated"
    await again.close()


async def test_a_guess_is_stored_as_one_and_stays_over_further_starts(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging(since=EPOCH, trusted=False)
    await storage.commit(charging.start() + charging.sample(), MOMENT)
    await storage.close()
    found = []
    for hours in (1, 5):
        again = await open_inline(path)
        await again.correct_stamps(Moment(30.0, NOON + timedelta(hours=hours), True))
        start = await again.started_report(charging.record.transaction_id)
        assert start is not None
        await again.close()
        again = await open_inline(path)
        (record,) = again.recovered.transactions
        found.append((record.started_at, record.last_sample_at, record.stop_samples, start.stamp))
        assert not record.started_at.trusted
        assert record.started_at.utc > OLDEST_BELIEVABLE
        await again.close()
    assert found[0] == found[1]


async def test_a_security_event_is_corrected_too_and_trusted_times_never_change(path: Path) -> None:
    storage = await open_inline(path)
    untrusted = SecurityReport("StartupOfTheDevice", Stamp(1, 1000.0, EPOCH, False))
    trusted = SecurityReport("SettingSystemTime", Stamp(1, 1001.0, NOON - timedelta(days=1), True))
    await storage.commit([Enqueue(untrusted), Enqueue(trusted)], MOMENT)
    await storage.correct_stamps(synced(50))
    row = await storage.oldest()
    assert row is not None
    assert row.report == replace(untrusted, stamp=Stamp(1, 1000.0, NOON, True))
    await storage.delivered(row.row_id)
    row = await storage.oldest()
    assert row is not None
    assert row.report == trusted
    await storage.close()


def test_an_earlier_boot_with_a_believable_clock_keeps_its_times() -> None:
    sync = Sync(synced(0), frozenset({3}))
    earlier = Stamp(1, 50.0, NOON - timedelta(hours=2), False)
    assert corrections([earlier], sync)[earlier].utc == earlier.utc


def test_a_clock_that_ran_ahead_says_as_little_as_none() -> None:
    sync = Sync(Moment(100.0, NOON, True), frozenset({3}))
    stamps = [Stamp(1, 10.0, NOON + timedelta(days=400), False), Stamp(1, 70.0, NOON + timedelta(days=400), False)]
    found = [corrections(stamps, sync)[stamp].utc for stamp in stamps]
    assert found == [NOON - timedelta(seconds=160), NOON - timedelta(seconds=100)]


def test_an_earlier_boot_without_a_clock_keeps_its_durations_and_ends_before_this_boot() -> None:
    sync = Sync(Moment(100.0, NOON, True), frozenset({2}))
    stamps = [Stamp(1, 10.0, EPOCH, False), Stamp(1, 70.0, EPOCH, False), Stamp(2, 40.0, EPOCH, False)]
    found = [corrections(stamps, sync)[stamp].utc for stamp in stamps]
    assert found == [NOON - timedelta(seconds=160), NOON - timedelta(seconds=100), NOON - timedelta(seconds=60)]


def test_an_earlier_boot_without_a_clock_goes_on_from_what_is_known() -> None:
    sync = Sync(Moment(100.0, NOON, True), frozenset({3}))
    known = Stamp(1, 500.0, NOON - timedelta(hours=1), True)
    stamps = [known, Stamp(2, 10.0, EPOCH, False), Stamp(2, 70.0, EPOCH, False)]
    found = [corrections(stamps, sync)[stamp].utc for stamp in stamps]
    assert found == [known.utc, known.utc, known.utc + timedelta(seconds=60)]


boots = st.integers(1, 4)
stamps = st.builds(
    Stamp,
    boot_id=boots,
    monotonic=st.floats(0, 5000, allow_nan=False).map(lambda seconds: round(seconds, 3)),
    utc=st.one_of(
        st.floats(0, 3e7).map(lambda seconds: EPOCH + timedelta(seconds=seconds)),
        st.floats(0, 2e8).map(lambda seconds: OLDEST_BELIEVABLE + timedelta(seconds=seconds)),
    ),
    trusted=st.just(False),
)


@given(st.lists(stamps, min_size=1, max_size=20), st.sets(boots))
def test_no_transaction_runs_backwards_or_into_the_future_or_before_the_station_was_made(
    taken: list[Stamp], same_clock: set[int]
) -> None:
    moment = Moment(6000.0, NOON, True)
    found = corrections(taken, Sync(moment, frozenset(same_clock | {4})))
    ordered = [found[stamp] for stamp in sorted(set(taken), key=lambda each: (each.boot_id, each.monotonic, each.utc))]
    times = [stamp.utc for stamp in ordered]
    assert times == sorted(times)
    assert all(OLDEST_BELIEVABLE <= utc <= moment.utc for utc in times)
    assert [stamp.trusted for stamp in ordered] == [stamp.boot_id in same_clock | {4} for stamp in ordered]
    later = Sync(Moment(10.0, NOON + timedelta(days=1), True), frozenset({5}))
    assert all(before == after for before, after in corrections(ordered, later).items()), "told once, told for good"
