"""What was committed leaves in order, once, with the same bytes, over as many restarts as it takes."""

import asyncio
import logging
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from chargepoint.charging.effects import Effect, Enqueue
from chargepoint.charging.ports import Envelope, OutboxDepth
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SampledValue
from chargepoint.model.reports import (
    KeptEventReport,
    Report,
    ReservationEnd,
    ReservationReport,
    SecurityReport,
    StatusReport,
    TransactionReport,
    UnpluggedReport,
    UpdateReport,
)
from chargepoint.model.status import EvseStatus
from chargepoint.model.transactions import TransactionPhase
from chargepoint.storage import codec
from chargepoint.storage.store import Storage, open_storage
from unit.storage.station_life import MOMENT, Charging, at, open_inline, take_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "chargepoint.db"


async def play(storage: Storage, *steps: list[Effect]) -> None:
    for step in steps:
        await storage.commit(step, MOMENT)


async def test_a_session_leaves_as_it_happened_and_only_its_history_stays(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await play(storage, charging.start(), charging.sample(), charging.sample(), charging.end())
    assert await storage.depth() == OutboxDepth(4, 0)
    assert await storage.has_reports_of(TransactionId("tx-1"))
    reports = await take_all(storage)
    assert [report.phase for report in reports] == ["Started", "Updated", "Updated", "Ended"]
    assert [report.sequence for report in reports] == [0, 1, 2, 3]
    assert reports[-1].energy_wh == 5200.0
    assert len(reports[-1].meter_values) == 3
    assert not await storage.has_reports_of(TransactionId("tx-1"))
    assert await storage.started_report(TransactionId("tx-1")) is None
    (past,) = await storage.history()
    assert (past.start_energy_wh, past.end_energy_wh, past.stop_reason) == (5000.0, 5200.0, "Local")
    await storage.close()


async def test_the_queue_and_its_message_ids_survive_a_restart(path: Path) -> None:
    charging = Charging()
    storage = await open_inline(path)
    await play(storage, charging.start(), charging.sample())
    before = await storage.oldest()
    await storage.close()
    again = await open_inline(path)
    assert await again.oldest() == before
    assert again.recovered.boot_id == storage.recovered.boot_id + 1
    await again.close()


@pytest.mark.parametrize(
    "other",
    [
        SecurityReport("StartupOfTheDevice", at(0)),
        UpdateReport("Downloaded", at(0)),
        ReservationReport(7, ReservationEnd.EXPIRED, at(0)),
        KeptEventReport((), at(0)),
    ],
    ids=lambda report: type(report).__name__,
)
async def test_what_is_of_no_transaction_is_not_taken_for_a_report_of_one(path: Path, other: Report) -> None:
    storage = await open_inline(path)
    await play(storage, [Enqueue(other)])
    assert await storage.depth() == OutboxDepth(1, 0)
    assert not await storage.has_reports_of_any_transaction()
    await play(storage, [Enqueue(UnpluggedReport(TransactionId("tx-0"), EvseId(1), at(0)))])
    assert await storage.has_reports_of_any_transaction()
    await storage.close()


async def test_reports_of_a_transaction_wait_until_the_last_one_is_answered(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await play(storage, charging.start(), charging.sample())
    assert await storage.has_reports_of_any_transaction()
    start, sample = await take_all(storage)
    assert (start.phase, sample.phase) == ("Started", "Updated")
    assert not await storage.has_reports_of_any_transaction()
    await storage.close()


async def test_attempts_are_counted_over_restarts_and_the_retry_is_byte_identical(path: Path) -> None:
    charging = Charging(trusted=False)
    storage = await open_inline(path)
    await play(storage, charging.start())
    row = await storage.oldest()
    assert row is not None
    assert await storage.attempt_failed(row.row_id) == 1
    await storage.correct_stamps(MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.correct_stamps(MOMENT)
    retry = await again.oldest()
    assert retry == replace(row, attempts=1)
    assert await again.attempt_failed(row.row_id) == 2
    await again.close()


async def test_the_answer_to_the_start_numbers_the_rest_in_the_same_commit(path: Path) -> None:
    charging = Charging()
    storage = await open_inline(path)
    await play(storage, charging.start(), charging.sample())
    start = await storage.oldest()
    assert start is not None
    await storage.delivered(start.row_id, 4711)
    await storage.close()
    again = await open_inline(path)
    row = await again.oldest()
    assert row is not None
    assert row.csms_transaction_id == 4711
    assert await again.transaction_by_csms_id(4711) == "tx-1"
    assert await again.transaction_by_csms_id(4712) is None
    assert await again.started_report(TransactionId("tx-1")) == start.report
    await again.close()


async def test_a_dead_start_is_kept_visible_and_its_transaction_knows(path: Path) -> None:
    charging = Charging()
    storage = await open_inline(path)
    await play(storage, charging.start(), charging.sample())
    start = await storage.oldest()
    assert start is not None
    await storage.attempt_failed(start.row_id)
    await storage.bury(start.row_id, "the CSMS answered InternalError 5 times")
    row = await storage.oldest()
    assert row is not None
    assert row.start_is_dead
    assert await storage.depth() == OutboxDepth(1, 1)
    await storage.close()
    again = await open_inline(path)
    (letter,) = await again.dead_letters()
    assert letter.transaction_id == "tx-1"
    assert letter.attempts == 1
    assert letter.reason == "the CSMS answered InternalError 5 times"
    assert codec.decode_report(letter.kind, letter.body) == start.report
    await again.close()


async def test_a_dead_end_closes_the_book_and_the_next_transaction_proceeds(path: Path) -> None:
    first, second = Charging("tx-1"), Charging("tx-2")
    storage = await open_inline(path)
    await play(storage, first.start(), first.end(), second.start())
    for _ in range(2):
        row = await storage.oldest()
        assert row is not None
        await storage.bury(row.row_id, "refused")
    row = await storage.oldest()
    assert row is not None
    assert row.transaction_id == "tx-2"
    assert [past.transaction_id for past in await storage.history()] == ["tx-1"]
    await storage.close()


async def test_one_start_one_end_and_nothing_after_it(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    charging = Charging()
    storage = await open_inline(path)
    start, sample, end = charging.start(), charging.sample(), charging.end()
    with caplog.at_level(logging.ERROR):
        await play(storage, start, start, sample, sample, end, end, sample)
    assert len([record for record in caplog.records if "made twice" in record.message]) == 4
    phases = [report.phase for report in await take_all(storage)]
    assert phases == [TransactionPhase.STARTED, TransactionPhase.UPDATED, TransactionPhase.ENDED]
    await play(storage, end)
    assert await storage.oldest() is None
    await storage.close()
    again = await open_inline(path)
    assert again.recovered.transactions == ()
    await again.close()


async def test_a_second_start_is_refused_even_after_the_first_was_delivered(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    await play(storage, charging.start())
    await take_all(storage)
    await play(storage, charging.start())
    assert await storage.oldest() is None
    await storage.close()


async def test_only_billing_reports_are_stored(path: Path) -> None:
    storage = await open_inline(path)
    status = StatusReport(EvseId(1), EvseStatus.AVAILABLE, at(0))
    security = SecurityReport("StartupOfTheDevice", at(0), "power up")
    await storage.commit([Enqueue(status), Enqueue(security)], MOMENT)
    row = await storage.oldest()
    assert row is not None
    assert row.report == security
    assert row.transaction_id is None
    await storage.delivered(row.row_id)
    assert await storage.oldest() is None
    await storage.close()


async def test_a_number_that_is_none_costs_itself_and_nothing_else(path: Path) -> None:
    charging = Charging()
    storage = await open_inline(path)
    step = charging.start()
    report = step[1]
    assert isinstance(report, Enqueue)
    assert isinstance(report.report, TransactionReport)
    odd = MeterValue(
        at(0),
        ReadingContext.TRANSACTION_BEGIN,
        (SampledValue(Measurand.VOLTAGE, float("nan")), SampledValue(Measurand.FREQUENCY, 50.0)),
    )
    await storage.commit([step[0], Enqueue(replace(report.report, meter_values=(odd,)))], MOMENT)
    (stored,) = await take_all(storage)
    assert stored.meter_values == (replace(odd, values=odd.values[1:]),)
    await storage.close()


async def test_a_row_that_can_not_be_read_does_not_hold_the_others_up(path: Path) -> None:
    charging = Charging()
    storage = await open_inline(path)
    await play(storage, charging.start(), charging.sample())
    await storage._disk.write(lambda c: c.execute("UPDATE outbox SET body = '{\"half' WHERE sequence = 0"))
    row = await storage.oldest()
    assert row is not None
    assert row.start_is_dead
    assert isinstance(row.report, TransactionReport)
    assert row.report.sequence == 1
    (letter,) = await storage.dead_letters()
    assert "can not be read" in letter.reason
    await storage.close()


async def test_a_row_id_is_never_used_twice(path: Path) -> None:
    storage = await open_inline(path)
    first = Charging("tx-1")
    await play(storage, first.start())
    row = await storage.oldest()
    assert row is not None
    await storage.delivered(row.row_id)
    await play(storage, Charging("tx-2").start())
    later = await storage.oldest()
    assert later is not None
    assert later.row_id > row.row_id
    await storage.delivered(row.row_id)
    assert await storage.oldest() == later
    await storage.close()


async def test_the_bell_rings_for_what_comes_and_waits_for_more(path: Path) -> None:
    storage = await open_inline(path)
    bell = storage.subscribe()
    await bell.wait()
    waiting = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    await play(storage, Charging().start())
    await waiting
    await storage.close()


async def test_ten_thousand_rows_drain_in_order_without_a_copy_in_memory(path: Path) -> None:
    storage = await open_inline(path)
    charging = Charging()
    charging.record = replace(charging.record, stop_samples=())
    await play(storage, charging.start())
    batch: list[Effect] = []
    for _ in range(10_000):
        batch += charging.sample()[1:]
        charging.record = replace(charging.record, stop_samples=())
        if len(batch) == 500:
            await storage.commit(batch, MOMENT)
            batch = []
    storage._disk._connection.execute("PRAGMA synchronous = OFF")
    tracemalloc.start()
    sequences = []
    while (row := await storage.oldest()) is not None:
        assert isinstance(row.report, TransactionReport)
        sequences.append(row.report.sequence)
        await storage.delivered(row.row_id)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sequences == list(range(10_001))
    assert peak_bytes < 2_000_000
    await storage.close()


async def test_a_real_writer_thread_serves_many_at_once(path: Path) -> None:
    storage, _ = await open_storage(path)
    sessions = [Charging(f"tx-{number}") for number in range(10)]
    await asyncio.gather(*(storage.commit(each.start() + each.sample() + each.end(), MOMENT) for each in sessions))
    reports = await take_all(storage)
    assert len(reports) == 30
    assert {report.transaction_id for report in reports} == {each.name for each in sessions}
    await storage.close()


async def test_an_answered_sample_leaves_with_the_next_commit_and_is_never_given_out_again(path: Path) -> None:
    """A charging hour costs one commit a sample, not two; a power cut before the next one repeats that sample only."""
    charging, commits = Charging(), list[str]()
    storage = await open_inline(path, watch=commits.append)
    await play(storage, charging.start(), charging.sample())
    await deliver_one(storage)
    before = len(commits)
    sample = await deliver_one(storage)
    assert len(commits) == before
    assert await storage.oldest() is None
    assert await storage.depth() == OutboxDepth(0, 0)
    assert not await storage.has_reports_of(TransactionId("tx-1"))
    await play(storage, charging.sample())
    row = await storage.oldest()
    assert row is not None
    assert row.row_id > sample.row_id
    await storage.close()


async def test_an_answered_sample_is_gone_before_the_next_row_is_given_out(path: Path) -> None:
    charging, commits = Charging(), list[str]()
    storage = await open_inline(path, watch=commits.append)
    await play(storage, charging.start(), charging.sample(), charging.end())
    await deliver_one(storage)
    await deliver_one(storage)
    before = len(commits)
    end = await storage.oldest()
    assert end is not None
    assert len(commits) == before + 2, "before_commit and after_commit of one commit"
    await storage.close()


async def deliver_one(storage: Storage) -> Envelope:
    row = await storage.oldest()
    assert row is not None
    await storage.delivered(row.row_id)
    return row


async def test_what_is_told_as_of_offline_is_so_after_a_restart_and_keeps_its_place(path: Path) -> None:
    charging = Charging()
    storage = await open_inline(path)
    reports = [effect.report for effect in (*charging.start(), *charging.sample()) if isinstance(effect, Enqueue)]
    online = [replace(report, offline=False) for report in reports if isinstance(report, TransactionReport)]
    await storage.commit([Enqueue(report) for report in online], MOMENT)
    row = await storage.oldest()
    assert row is not None
    assert isinstance(row.report, TransactionReport)
    assert not row.report.offline
    await storage.tell_as_offline(row.row_id)
    await storage.tell_as_offline(4711)
    await storage.close()
    again = await open_inline(path)
    assert await again.oldest() == replace(row, report=replace(row.report, offline=True))
    assert await again.depth() == OutboxDepth(2, 0)
    await again.close()
