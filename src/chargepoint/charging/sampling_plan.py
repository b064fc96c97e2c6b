"""When a transaction is sampled: periodically, on the clock's grid, and for the journal.

What is told meanwhile and what is kept for the report of the end have intervals of their own (2.0.1 TxUpdatedInterval
and TxEndedInterval); while both are the same, which is 1.6's rule, one sample serves both.
"""

from math import floor

from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.meter_sampling import next_aligned
from chargepoint.charging.open_transaction import OpenTransaction
from chargepoint.charging.sample_use import SampleUse
from chargepoint.charging.signed_samples import SignedSamples
from chargepoint.model.metering import ReadingContext
from chargepoint.model.moment import Moment
from chargepoint.settings import catalogue
from chargepoint.settings.setting import Setting
from chargepoint_hal.contract import MeterReading

CHECKPOINT_SECONDS = 60.0
"""No more than this much energy can be lost by a power cut, whatever the sample interval is."""

PERIODIC: dict[Deadline, Setting[int]] = {
    Deadline.SAMPLE: catalogue.METER_VALUE_SAMPLE_INTERVAL,
    Deadline.KEPT_SAMPLE: catalogue.TX_ENDED_SAMPLE_INTERVAL,
}
ALIGNED: dict[Deadline, Setting[int]] = {
    Deadline.ALIGNED_SAMPLE: catalogue.CLOCK_ALIGNED_DATA_INTERVAL,
    Deadline.KEPT_ALIGNED_SAMPLE: catalogue.TX_ENDED_ALIGNED_INTERVAL,
}
TOLD_BESIDE = {Deadline.KEPT_SAMPLE: Deadline.SAMPLE, Deadline.KEPT_ALIGNED_SAMPLE: Deadline.ALIGNED_SAMPLE}
KEPT_BESIDE = {told: kept for kept, told in TOLD_BESIDE.items()}
INTERVALS = PERIODIC | ALIGNED
INTERVAL_SETTINGS = frozenset(setting.name for setting in INTERVALS.values())
"""Names of the settings after whose change the deadlines are armed anew."""


class SamplingPlan:
    """Arms and re-arms the sampling deadlines of one session."""

    def __init__(self, context: CoreContext, deadlines: Deadlines, samples: SignedSamples) -> None:
        self._context = context
        self._samples = samples
        self._deadlines = deadlines
        self._due_at: dict[Deadline, float] = {}

    def begin(self, moment: Moment) -> None:
        self._due_at = dict.fromkeys(PERIODIC, moment.monotonic)
        for deadline in INTERVALS:
            self._arm(deadline, moment)
        self._arm_checkpoint(moment)

    def end(self) -> None:
        self._deadlines.disarm(*INTERVALS, Deadline.CHECKPOINT)

    def sample(
        self,
        deadline: Deadline,
        transaction: OpenTransaction,
        reading: MeterReading | None,
        offered_amps: float | None,
        moment: Moment,
    ) -> None:
        """Take the due sample and arm the next; without a fresh reading there is none: stale is not sent."""
        if deadline in INTERVALS:
            self._arm(deadline, moment)
        self._arm_checkpoint(moment)
        if reading is None:
            return
        if deadline not in INTERVALS:
            transaction.checkpoint(reading, moment)
            return
        context = ReadingContext.SAMPLE_PERIODIC if deadline in PERIODIC else ReadingContext.SAMPLE_CLOCK
        self._samples.sample(transaction, reading, offered_amps, self._use(deadline, context), moment)

    def rearm(self, moment: Moment) -> None:
        """An interval was changed, or the clock is right at last."""
        self._deadlines.disarm(*INTERVALS)
        self.begin(moment)

    def _use(self, deadline: Deadline, context: ReadingContext) -> SampleUse:
        is_kept_alone = deadline in TOLD_BESIDE
        is_quiet = deadline is Deadline.ALIGNED_SAMPLE and self._context.settings.get(
            catalogue.ALIGNED_DATA_SEND_DURING_IDLE
        )
        serves_both = not is_kept_alone and self._interval(deadline) == self._interval(KEPT_BESIDE[deadline])
        return SampleUse(context, is_told=not is_kept_alone and not is_quiet, is_kept=is_kept_alone or serves_both)

    def _interval(self, deadline: Deadline) -> int:
        return self._context.settings.get(INTERVALS[deadline])

    def _arm_checkpoint(self, moment: Moment) -> None:
        """Samples that come often enough are checkpoints themselves."""
        if 0 < self._interval(Deadline.SAMPLE) <= CHECKPOINT_SECONDS:
            self._deadlines.disarm(Deadline.CHECKPOINT)
        else:
            self._deadlines.arm(Deadline.CHECKPOINT, moment.monotonic + CHECKPOINT_SECONDS)

    def _arm(self, deadline: Deadline, moment: Moment) -> None:
        interval = self._interval(deadline)
        told = TOLD_BESIDE.get(deadline)
        if interval <= 0 or (told is not None and self._interval(told) == interval):
            return
        if deadline in ALIGNED:
            if moment.utc_trusted:
                self._deadlines.arm(deadline, next_aligned(moment, interval))
            return
        missed = max(0, floor((moment.monotonic - self._due_at[deadline]) / interval))
        self._due_at[deadline] += (missed + 1) * interval
        self._deadlines.arm(deadline, self._due_at[deadline])
