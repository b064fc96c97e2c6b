"""The stamps of a transaction that began before the clock was set, put right. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.transactions import Transaction


def with_right_time(monotonic: float, moment: Moment) -> datetime:
    """What the wall clock of this moment says of an earlier reading of its monotonic clock."""
    return moment.utc - timedelta(seconds=moment.monotonic - monotonic)


def with_right_clock(record: Transaction, boot_id: int, moment: Moment) -> Transaction:
    """This boot's untrusted stamps get the time that the monotonic clock says they were taken at."""

    def corrected(stamp: Stamp | None) -> Stamp | None:
        if stamp is None or stamp.trusted or stamp.boot_id != boot_id:
            return stamp
        return Stamp(stamp.boot_id, stamp.monotonic, with_right_time(stamp.monotonic, moment), True)

    return replace(
        record,
        started_at=corrected(record.started_at) or record.started_at,
        authorized_at=corrected(record.authorized_at),
        last_sample_at=corrected(record.last_sample_at),
        stopping_at=corrected(record.stopping_at),
        stop_samples=tuple(replace(v, stamp=corrected(v.stamp) or v.stamp) for v in record.stop_samples),
    )
