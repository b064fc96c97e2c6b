"""When a transaction is sampled: each MeterValueSampleInterval, on the clock's grid, and for the journal."""

from math import floor

from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.meter_sampling import next_aligned
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.model.moment import Moment
from chargepoint.settings import catalogue
from chargepoint_hal.contract import MeterReading

CHECKPOINT_SECONDS = 60.0
"""No more than this much energy can be lost by a power cut, whatever the sample interval is."""


class SamplingPlan:
    """Arms and re-arms the sampling deadlines of one session."""

    def __init__(self, context: CoreContext, deadlines: Deadlines) -> None:
        self._context = context
        self._deadlines = deadlines
        self._sample_at = 0.0

    def begin(self, moment: Moment) -> None:
        self._sample_at = moment.monotonic
        self._arm_sample(moment)
        self._arm_aligned(moment)
        self._arm_checkpoint(moment)

    def end(self) -> None:
        self._deadlines.disarm(Deadline.SAMPLE, Deadline.ALIGNED_SAMPLE, Deadline.CHECKPOINT)

    def sample(
        self,
        deadline: Deadline,
        transaction: OpenTransaction,
        reading: MeterReading | None,
        offered_amps: float | None,
        moment: Moment,
    ) -> None:
        """Take the due sample and arm the next; without a fresh reading there is none: stale is not sent."""
        if deadline is Deadline.SAMPLE:
            self._arm_sample(moment)
        elif deadline is Deadline.ALIGNED_SAMPLE:
            self._arm_aligned(moment)
        self._arm_checkpoint(moment)
        if reading is None:
            return
        if deadline is Deadline.SAMPLE:
            transaction.sample(reading, moment, offered_amps)
        elif deadline is Deadline.ALIGNED_SAMPLE:
            transaction.sample_aligned(reading, moment, offered_amps)
        else:
            transaction.checkpoint(reading, moment)

    def rearm(self, moment: Moment) -> None:
        """An interval was changed, or the clock is right at last."""
        self._deadlines.disarm(Deadline.SAMPLE, Deadline.ALIGNED_SAMPLE)
        self._sample_at = moment.monotonic
        self._arm_sample(moment)
        self._arm_aligned(moment)
        self._arm_checkpoint(moment)

    def _arm_checkpoint(self, moment: Moment) -> None:
        """Samples that come often enough are checkpoints themselves."""
        interval = self._context.settings.get(catalogue.METER_VALUE_SAMPLE_INTERVAL)
        if 0 < interval <= CHECKPOINT_SECONDS:
            self._deadlines.disarm(Deadline.CHECKPOINT)
        else:
            self._deadlines.arm(Deadline.CHECKPOINT, moment.monotonic + CHECKPOINT_SECONDS)

    def _arm_sample(self, moment: Moment) -> None:
        interval = self._context.settings.get(catalogue.METER_VALUE_SAMPLE_INTERVAL)
        if interval <= 0:
            return
        missed = max(0, floor((moment.monotonic - self._sample_at) / interval))
        self._sample_at += (missed + 1) * interval
        self._deadlines.arm(Deadline.SAMPLE, self._sample_at)

    def _arm_aligned(self, moment: Moment) -> None:
        interval = self._context.settings.get(catalogue.CLOCK_ALIGNED_DATA_INTERVAL)
        if interval > 0 and moment.utc_trusted:
            self._deadlines.arm(Deadline.ALIGNED_SAMPLE, next_aligned(moment, interval))
