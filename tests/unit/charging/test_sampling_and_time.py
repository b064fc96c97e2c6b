"""Meter values on their grids, and clocks that are wrong or step."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.events import ClockSynchronised, TimePassed
from chargepoint.charging.meter_sampling import CONDUCTOR, DAY_SECONDS, PER_PHASE, asked_phase, next_aligned, thinned
from chargepoint.model.metering import (
    PHASES_OF,
    STOP_SAMPLES_KEPT,
    Measurand,
    MeterValue,
    Phase,
    ReadingContext,
    SampledValue,
)
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue
from unit.charging.driver import ALICE, NOON, ONE, TWO, Driver

SAMPLE = catalogue.METER_VALUE_SAMPLE_INTERVAL
ALIGNED = catalogue.CLOCK_ALIGNED_DATA_INTERVAL
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def test_every_measurand_with_a_phase_can_be_told() -> None:
    assert set(PER_PHASE) == set(PHASES_OF)
    assert {phase for phases in PHASES_OF.values() for phase in phases} == set(CONDUCTOR) == set(Phase)
    for name in (*catalogue.MEASURANDS, *catalogue.METER_VALUES_SAMPLED_DATA.choices_1_6):
        measurand, phase = asked_phase(name)
        assert name == measurand + ("" if phase is None else f".{phase}")


@given(st.integers(0, DAY_SECONDS * 1_000_000 - 1), st.integers(1, DAY_SECONDS), st.floats(0, 1e7))
def test_the_next_mark_lies_ahead_and_on_the_grid(micros: int, interval: int, monotonic: float) -> None:
    utc = MIDNIGHT + timedelta(microseconds=micros)
    wait = next_aligned(Moment(monotonic, utc, True), interval) - monotonic
    assert 0 < wait <= interval + 1.0
    mark = (utc - MIDNIGHT).total_seconds() + wait
    of_day = mark - DAY_SECONDS if mark > DAY_SECONDS - 1e-3 else mark
    assert abs(of_day / interval - round(of_day / interval)) * interval < 1e-3


@pytest.mark.parametrize("late_micros", [-100_000, -1, 0, 1])
def test_a_timer_that_rounds_does_not_sample_twice(late_micros: int) -> None:
    at_the_mark = MIDNIGHT + timedelta(hours=1, microseconds=late_micros)
    wait = next_aligned(Moment(0.0, at_the_mark, True), 900)
    assert wait > 899.0


def test_aligned_values_go_out_idle_and_charging_on_the_same_grid() -> None:
    story = Driver([EvseConfiguration(ONE), EvseConfiguration(TWO)], settings={ALIGNED: 60, SAMPLE: 0})
    story.charge(ALICE, ONE)
    story.advance(125)
    clock = [r for r in story.updated() if r.cause is Cause.METER_VALUE_CLOCK]
    assert [(r.evse_id, r.stamp.utc.second) for r in clock] == [(ONE, 0), (ONE, 0)]
    assert clock[0].meter_values[0].context is ReadingContext.SAMPLE_CLOCK
    idle = story.meter_reports()
    assert [r.evse_id for r in idle] == [TWO, TWO]
    assert all(r.meter_values[0].stamp.utc.second == 0 for r in idle)


def test_without_a_trusted_clock_there_is_no_grid() -> None:
    story = Driver(settings={ALIGNED: 60}, utc_trusted=False)
    story.charge()
    story.advance(200)
    assert not [r for r in story.updated() if r.cause is Cause.METER_VALUE_CLOCK]
    story.utc_trusted = True
    story.tell(ClockSynchronised())
    story.advance(61)
    assert len([r for r in story.updated() if r.cause is Cause.METER_VALUE_CLOCK]) == 1


def test_a_new_interval_holds_at_once() -> None:
    story = Driver(settings={SAMPLE: 3600})
    story.charge()
    story.change(SAMPLE, 10)
    story.advance(25)
    assert len([r for r in story.updated() if r.cause is Cause.METER_VALUE_PERIODIC]) == 2
    story.change(SAMPLE, 0)
    before = len(story.updated())
    story.advance(100)
    assert len(story.updated()) == before


def test_a_process_that_slept_takes_one_sample_not_two() -> None:
    story = Driver(settings={SAMPLE: 10})
    story.charge()
    before = len(story.updated())
    story.now += 34.0
    story.read_meters()
    story.tell(TimePassed())
    story.tell(TimePassed())
    assert len(story.updated()) == before + 1
    due = story.station.next_deadline()
    assert due is not None
    assert due > story.now


def test_rare_samples_still_make_checkpoints() -> None:
    story = Driver(settings={SAMPLE: 3600})
    story.charge()
    story.advance(120)
    (record,) = story.journal.values()
    assert record.last_energy_wh is not None
    assert story.outlets[ONE].register_wh - record.last_energy_wh <= 2.0 * 61


def test_a_long_transaction_keeps_a_bounded_number_of_samples() -> None:
    story = Driver(settings={SAMPLE: 1})
    story.charge()
    story.advance(400)
    story.swipe()
    story.advance(3)
    values = story.ended()[0].meter_values
    assert len(values) <= STOP_SAMPLES_KEPT + 1
    assert values[0].context is ReadingContext.TRANSACTION_BEGIN
    assert values[-1].context is ReadingContext.TRANSACTION_END


@given(st.integers(1, 300))
def test_thinning_keeps_the_first_and_the_last(count: int) -> None:
    samples = tuple(
        MeterValue(
            Stamp(1, float(i), NOON, True),
            ReadingContext.SAMPLE_PERIODIC,
            (SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, float(i)),),
        )
        for i in range(count)
    )
    kept: tuple[MeterValue, ...] = ()
    for sample in samples:
        kept = thinned((*kept, sample))
    assert len(kept) <= STOP_SAMPLES_KEPT
    assert kept[0] == samples[0]
    assert kept[-1] == samples[-1]


def test_the_first_synchronisation_corrects_what_this_boot_stamped() -> None:
    story = Driver(settings={SAMPLE: 10}, utc_trusted=False)
    story.utc_offset = timedelta(days=-20_000)
    story.charge()
    story.advance(15)
    story.utc_offset = timedelta(0)
    story.utc_trusted = True
    story.tell(ClockSynchronised())
    (record,) = story.journal.values()
    assert record.started_at.trusted
    assert record.started_at.utc == NOON + timedelta(seconds=record.started_at.monotonic)
    assert all(value.stamp.trusted and value.stamp.utc.year == 2026 for value in record.stop_samples)
    story.advance(20)
    story.swipe()
    story.advance(3)
    assert story.ended()[0].stamp.utc.year == 2026


def test_a_clock_that_steps_back_keeps_the_distances() -> None:
    story = Driver(settings={SAMPLE: 10})
    story.charge()
    story.advance(15)
    story.utc_offset = timedelta(days=-14)
    story.advance(30)
    stamps = [r.stamp.utc for r in story.updated() if r.cause is Cause.METER_VALUE_PERIODIC]
    assert [(later - sooner).total_seconds() for sooner, later in pairwise(stamps)] == [10.0] * 4


@pytest.mark.parametrize("step_days", [-14, 14])
def test_a_step_of_the_wall_clock_changes_no_timer_and_no_order(step_days: int) -> None:
    story = Driver(settings={SAMPLE: 10, catalogue.CONNECTION_TIME_OUT: 30})
    story.charge()
    story.ev_ready(False)
    story.utc_offset = timedelta(days=step_days)
    due = story.station.next_deadline()
    story.ev_ready(True)
    assert story.station.next_deadline() == due
    story.advance(35)
    story.swipe()
    story.advance(3)
    assert len(story.ended()) == 1


def test_an_end_after_a_cut_is_not_stamped_before_the_last_report() -> None:
    story = Driver(settings={SAMPLE: 60})
    story.charge()
    story.advance(20)
    story.ev_ready(False)
    story.advance(5)
    story.restart(down_seconds=5, safety_too=True)
    story.link_is_up = False
    story.outlets[ONE].meter_speaks = False
    story.advance(60)
    last_update, end = story.updated()[-1], story.ended()[0]
    assert end.stamp.utc >= last_update.stamp.utc
