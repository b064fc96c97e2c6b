"""The last verdict of the residual-current monitor's own test: kept over restarts, told to whoever asks.

The safety process forgets it with its life. From here it hears again when the last test was, so that the span since
then goes on where it stood.
"""

from dataclasses import replace

from chargepoint.charging.clock_correction import with_right_time
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import RememberSelfTest
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment, Stamp
from chargepoint.model.power import EvseObservation, SelfTest
from chargepoint.model.self_test import SelfTestRecord

VERDICTS = frozenset({SelfTest.PASSED, SelfTest.FAILED, SelfTest.MISSED})
SAME_TEST_SECONDS = 1.0
"""No two tests are so near to each other."""


class LastSelfTest:
    """Of one EVSE; each new verdict is stored."""

    def __init__(self, evse_id: EvseId, context: CoreContext) -> None:
        self._evse_id = evse_id
        self._context = context
        self.record: SelfTestRecord | None = None
        """None: never tested, as far as anybody knows."""
        self.tested_at: float | None = None
        """On the present monotonic clock, also before its zero; None where no clock can tell."""

    def restore(self, record: SelfTestRecord | None, moment: Moment) -> None:
        """What the disk remembers."""
        self.record = record
        self._place(moment)

    def see(self, observation: EvseObservation, moment: Moment) -> None:
        """Keep a verdict that is news."""
        verdict = observation.self_test
        if verdict not in VERDICTS:
            return
        age_seconds = observation.self_test_age_seconds
        is_judged_now = verdict is SelfTest.MISSED or age_seconds is None
        at = moment.monotonic if age_seconds is None or is_judged_now else observation.at_monotonic - age_seconds
        if self._is_known(verdict, at, is_judged_now):
            return
        now = self._context.stamp(moment)
        stamp = Stamp(now.boot_id, at, with_right_time(at, moment), now.trusted)
        self._keep(SelfTestRecord(verdict, stamp, observation.self_test_cause), moment)

    def correct_clock(self, moment: Moment) -> None:
        """The time is known now: that of a test of this run too, and how long ago an earlier one was."""
        record = self.record
        if record is not None and not record.stamp.trusted and record.stamp.boot_id == self._context.boot_id:
            utc = with_right_time(record.stamp.monotonic, moment)
            stamp = replace(record.stamp, utc=utc, trusted=True)
            self._keep(replace(record, stamp=stamp), moment)
        elif self.tested_at is None:
            self._place(moment)

    def _is_known(self, verdict: SelfTest, at: float, is_judged_now: bool) -> bool:
        if self.record is None or self.record.verdict is not verdict:
            return False
        if is_judged_now:
            return True
        return self.tested_at is not None and abs(self.tested_at - at) < SAME_TEST_SECONDS

    def _keep(self, record: SelfTestRecord, moment: Moment) -> None:
        self.record = record
        self._place(moment)
        self._context.emit(RememberSelfTest(self._evse_id, record))

    def _place(self, moment: Moment) -> None:
        """Once for each record: what is told must not tremble with the wall clock."""
        ago = None if self.record is None else self._context.seconds_since(self.record.stamp, moment)
        self.tested_at = None if ago is None else moment.monotonic - ago
