"""The durable queue: what one report costs on the disk, and 10 000 of them leaving in order with flat memory."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.laboratory import laboratory
from benchmarks.machine import resident_mib
from benchmarks.report import Row, Spread, milliseconds
from chargepoint.charging.effects import Enqueue
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import Measurand, MeterValue, ReadingContext, SampledValue
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.reports import TransactionReport
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase
from chargepoint.storage.store import open_storage
from live_session.folder import FIRST_REGISTER_WH, Recipe
from live_session.stage import Stage

QUEUED, QUICK_QUEUED = 10_000, 1_000
COMMITS, QUICK_COMMITS = 1_000, 200
REPORTS_OF_A_TRANSACTION = 100
ROWS_OF_A_COMMIT = 10
FIRST_AT = datetime(2026, 1, 1, tzinfo=UTC)
ENQUEUE_SECONDS = 0.005
FLAT_MIB = 8.0
SLOWEST_DELIVERY_SECONDS = 0.1
PHASES_OF_ENDS = {0: TransactionPhase.STARTED, REPORTS_OF_A_TRANSACTION - 1: TransactionPhase.ENDED}


async def measure(is_quick: bool) -> list[Row]:
    """Two rows."""
    queued = QUICK_QUEUED if is_quick else QUEUED
    async with laboratory(Recipe(log_level="WARNING")) as stage:
        enqueue = await _time_enqueues(stage.folder.root / "timed.db", QUICK_COMMITS if is_quick else COMMITS)
        await _fill(stage.folder.state_directory / "chargepoint.db", queued)
        return [enqueue, await _drain(stage, queued)]


def report(number: int) -> TransactionReport:
    """The nth report of a long offline time: whole transactions of REPORTS_OF_A_TRANSACTION, one after the other."""
    which, sequence = divmod(number, REPORTS_OF_A_TRANSACTION)
    phase = PHASES_OF_ENDS.get(sequence, TransactionPhase.UPDATED)
    energy_wh = FIRST_REGISTER_WH + number
    stamp = Stamp(1, float(number), FIRST_AT + timedelta(seconds=number), trusted=True)
    values = (SampledValue(Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, energy_wh),)
    contexts = {
        TransactionPhase.STARTED: ReadingContext.TRANSACTION_BEGIN,
        TransactionPhase.UPDATED: ReadingContext.SAMPLE_PERIODIC,
        TransactionPhase.ENDED: ReadingContext.TRANSACTION_END,
    }
    causes = {
        TransactionPhase.STARTED: Cause.AUTHORIZED,
        TransactionPhase.UPDATED: Cause.METER_VALUE_PERIODIC,
        TransactionPhase.ENDED: Cause.STOP_AUTHORIZED,
    }
    is_updated, is_ended = phase is TransactionPhase.UPDATED, phase is TransactionPhase.ENDED
    return TransactionReport(
        phase=phase,
        transaction_id=TransactionId(f"offline-{which}"),
        sequence=sequence,
        evse_id=EvseId(1),
        stamp=stamp,
        cause=causes[phase],
        charging_state=ChargingState.EV_CONNECTED if is_ended else ChargingState.CHARGING,
        offline=True,
        meter_values=(MeterValue(stamp, contexts[phase], values),),
        energy_wh=None if is_updated else energy_wh,
        id_token=None if is_updated else IdToken("04A2B3C4D5E6F7"),
        stop_reason=StopReason.LOCAL if is_ended else None,
    )


async def _time_enqueues(path: Path, commits: int) -> Row:
    storage, _ = await open_storage(path)
    took_seconds = []
    try:
        for number in range(commits):
            began = time.perf_counter()
            await storage.commit([Enqueue(report(number))], _moment(number))
            took_seconds.append(time.perf_counter() - began)
            await asyncio.sleep(0.002)
    finally:
        await storage.close()
    spread = Spread.of(took_seconds)
    note = f"{spread.count} commits, median {milliseconds(spread.median)}, worst {milliseconds(spread.worst)}"
    return Row("durable enqueue", "p99 ≤ 5 ms", f"p99 {milliseconds(spread.p99)}", spread.p99 <= ENQUEUE_SECONDS, note)


async def _fill(path: Path, count: int) -> None:
    storage, _ = await open_storage(path)
    try:
        for first in range(0, count, ROWS_OF_A_COMMIT):
            rows = [Enqueue(report(number)) for number in range(first, min(first + ROWS_OF_A_COMMIT, count))]
            await storage.commit(rows, _moment(first))
    finally:
        await storage.close()


async def _drain(stage: Stage, count: int) -> Row:
    await stage.start_world()
    await stage.open_station()
    began = time.monotonic()
    memory_mib: list[float] = []

    async def is_drained() -> bool:
        memory_mib.append(resident_mib(stage.children["controller"].pid))
        seen = await stage.watch.look()
        await asyncio.sleep(0.5)
        return seen.outbox.get("pending") == 0

    patience_seconds = 60.0 + count * SLOWEST_DELIVERY_SECONDS
    await stage.children.until("the queue to drain", is_drained, patience_seconds, concerned="controller")
    seconds = time.monotonic() - began
    told = await stage.transactions()
    anomalies = (await stage.station_record()).get("anomalies", [])
    delivered = sum(len(row["facts"]) for row in told)
    growth_mib = max(memory_mib) - memory_mib[0]
    in_order = not anomalies and delivered == count
    return Row(
        f"{count} queued events drain",
        f"in order, memory flat (growth ≤ {FLAT_MIB:g} MiB)",
        f"{delivered} delivered {'in order' if in_order else 'NOT in order'}, memory grew {growth_mib:.1f} MiB",
        in_order and growth_mib <= FLAT_MIB,
        f"{seconds:.0f} s, {delivered / seconds:.0f} a second, {len(anomalies)} anomalies at the CSMS",
    )


def _moment(number: int) -> Moment:
    return Moment(float(number), FIRST_AT + timedelta(seconds=number), utc_trusted=True)
