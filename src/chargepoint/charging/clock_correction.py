"""Times that were taken before the clock was set, put right once it is. Pure.

Within one boot of the machine the monotonic clock tells exactly when something happened. For earlier boots the wall
clock of then is taken where it makes sense, and never so that a transaction runs backwards or into the future:
what comes of that is told, stays as it is at every later sync, and is trusted by nobody.
One rule for what is stored and for what the core has in hand: a bill is told from both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from chargepoint.model.identifiers import TransactionId
from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.transactions import Transaction

OLDEST_BELIEVABLE = datetime(2024, 1, 1, tzinfo=UTC)
"""A wall clock before this was never set."""

Correction = Callable[[Stamp], Stamp]
CorrectedStamps = Mapping[TransactionId, Mapping[Stamp, Stamp]]
"""What became of each stamp of each transaction."""


@dataclass(frozen=True, slots=True)
class Sync:
    """The first moment at which the time is known, and the boots whose monotonic clock is the present one."""

    moment: Moment
    boots: frozenset[int]
    first_boots: Mapping[int, int] = field(default_factory=dict)
    """Of earlier boots: the first one with the same monotonic clock, where that is known."""

    def clock_of(self, stamp: Stamp) -> int:
        """Stamps with the same one have true durations between them."""
        return self.first_boots.get(stamp.boot_id, stamp.boot_id)


def with_right_time(monotonic: float, moment: Moment) -> datetime:
    """What the wall clock of this moment says of an earlier reading of its monotonic clock."""
    return moment.utc - timedelta(seconds=moment.monotonic - monotonic)


def stamps_of_transaction(transaction: Transaction) -> Iterator[Stamp]:
    """Every stamp inside."""
    yield transaction.started_at
    others = (transaction.authorized_at, transaction.last_sample_at, transaction.stopping_at)
    yield from (stamp for stamp in others if stamp is not None)
    yield from (sample.stamp for sample in transaction.stop_samples)


def corrected_value(value: MeterValue, correct: Correction) -> MeterValue:
    return replace(value, stamp=correct(value.stamp))


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
    last_of_clock = {sync.clock_of(stamp): stamp.monotonic for stamp in ordered}
    found: dict[Stamp, Stamp] = {}
    previous: Stamp | None = None
    for stamp in ordered:
        corrected = stamp if stamp.trusted else _corrected(stamp, previous, sync, last_of_clock[sync.clock_of(stamp)])
        found[stamp] = previous = corrected
    return found


def _corrected(stamp: Stamp, previous: Stamp | None, sync: Sync, last_monotonic: float) -> Stamp:
    now = sync.moment
    if stamp.boot_id in sync.boots:
        utc = with_right_time(stamp.monotonic, now)
        return Stamp(stamp.boot_id, stamp.monotonic, _bounded(utc, previous, now.utc), True)
    utc = stamp.utc
    if not OLDEST_BELIEVABLE <= utc <= now.utc:
        utc = _guess(stamp, previous, sync, last_monotonic)
    return replace(stamp, utc=_bounded(utc, previous, now.utc))


def _guess(stamp: Stamp, previous: Stamp | None, sync: Sync, last_monotonic: float) -> datetime:
    """Of an earlier boot without a clock only durations are known."""
    if previous is not None and sync.clock_of(previous) == sync.clock_of(stamp):
        return previous.utc + timedelta(seconds=stamp.monotonic - previous.monotonic)
    if previous is not None:
        return previous.utc
    machine_started = with_right_time(0.0, sync.moment)
    return machine_started - timedelta(seconds=last_monotonic - stamp.monotonic)


def _bounded(utc: datetime, previous: Stamp | None, latest: datetime) -> datetime:
    utc = min(utc, latest)
    return utc if previous is None else max(utc, previous.utc)
