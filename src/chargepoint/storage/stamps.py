"""Times that were taken before the clock was set, put right once it is. Pure.

Within one boot of the machine the monotonic clock tells exactly when something happened. For earlier boots the wall
clock of then is taken where it makes sense, and never so that a transaction runs backwards or into the future.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.reports import (
    KeptEventReport,
    ReservationReport,
    SecurityReport,
    TransactionReport,
    UnpluggedReport,
    UpdateReport,
)
from chargepoint.model.transactions import Transaction

OLDEST_BELIEVABLE = datetime(2024, 1, 1, tzinfo=UTC)
"""A wall clock before this was never set."""

DurableReport = (
    TransactionReport | SecurityReport | UpdateReport | UnpluggedReport | ReservationReport | KeptEventReport
)
Stamped = DurableReport | Transaction | MeterValue
Correction = Callable[[Stamp], Stamp]


@dataclass(frozen=True, slots=True)
class Sync:
    """The first moment at which the time is known, and the boots whose monotonic clock is the present one."""

    moment: Moment
    boots: frozenset[int]


def has_untrusted(value: Stamped) -> bool:
    return any(not stamp.trusted for stamp in stamps_of(value))


def stamps_of(value: Stamped) -> Iterator[Stamp]:
    """Every stamp inside."""
    match value:
        case Transaction():
            yield value.started_at
            others = (value.authorized_at, value.last_sample_at, value.stopping_at)
            yield from (stamp for stamp in others if stamp is not None)
            yield from (sample.stamp for sample in value.stop_samples)
        case TransactionReport():
            yield value.stamp
            yield from (sample.stamp for sample in value.meter_values)
        case MeterValue():
            yield value.stamp
        case SecurityReport() | UpdateReport() | UnpluggedReport() | ReservationReport() | KeptEventReport():
            yield value.stamp


def corrected_value(value: MeterValue, correct: Correction) -> MeterValue:
    return replace(value, stamp=correct(value.stamp))


def corrected_report(report: DurableReport, correct: Correction) -> DurableReport:
    """The same report with every stamp corrected."""
    match report:
        case TransactionReport():
            values = tuple(corrected_value(each, correct) for each in report.meter_values)
            return replace(report, stamp=correct(report.stamp), meter_values=values)
        case SecurityReport() | UpdateReport() | UnpluggedReport() | ReservationReport() | KeptEventReport():
            return replace(report, stamp=correct(report.stamp))


def corrected_transaction(transaction: Transaction, correct: Correction) -> Transaction:
    """The same record with every stamp corrected."""

    def optional(stamp: Stamp | None) -> Stamp | None:
        return None if stamp is None else correct(stamp)

    return replace(
        transaction,
        started_at=correct(transaction.started_at),
        authorized_at=optional(transaction.authorized_at),
        last_sample_at=optional(transaction.last_sample_at),
        stopping_at=optional(transaction.stopping_at),
        stop_samples=tuple(corrected_value(each, correct) for each in transaction.stop_samples),
    )


def corrections(stamps: Iterable[Stamp], sync: Sync) -> dict[Stamp, Stamp]:
    """What becomes of each stamp of one transaction. Trusted ones stay; boot and monotonic time give the order."""
    ordered = sorted(set(stamps), key=lambda stamp: (stamp.boot_id, stamp.monotonic, stamp.utc))
    last_of_boot = {stamp.boot_id: stamp.monotonic for stamp in ordered}
    found: dict[Stamp, Stamp] = {}
    previous: Stamp | None = None
    for stamp in ordered:
        corrected = stamp if stamp.trusted else _corrected(stamp, previous, sync, last_of_boot[stamp.boot_id])
        found[stamp] = previous = corrected
    return found


def _corrected(stamp: Stamp, previous: Stamp | None, sync: Sync, last_monotonic: float) -> Stamp:
    now = sync.moment
    if stamp.boot_id in sync.boots:
        utc = now.utc - timedelta(seconds=now.monotonic - stamp.monotonic)
        return Stamp(stamp.boot_id, stamp.monotonic, _bounded(utc, previous, now.utc), True)
    utc = stamp.utc
    if utc < OLDEST_BELIEVABLE:
        utc = _guess(stamp, previous, now, last_monotonic)
    return Stamp(stamp.boot_id, stamp.monotonic, _bounded(utc, previous, now.utc), True)


def _guess(stamp: Stamp, previous: Stamp | None, now: Moment, last_monotonic: float) -> datetime:
    """Of an earlier boot without a clock only durations are known."""
    if previous is not None and previous.boot_id == stamp.boot_id:
        return previous.utc + timedelta(seconds=stamp.monotonic - previous.monotonic)
    if previous is not None:
        return previous.utc
    machine_started = now.utc - timedelta(seconds=now.monotonic)
    return machine_started - timedelta(seconds=last_monotonic - stamp.monotonic)


def _bounded(utc: datetime, previous: Stamp | None, latest: datetime) -> datetime:
    utc = min(utc, latest)
    return utc if previous is None else max(utc, previous.utc)
