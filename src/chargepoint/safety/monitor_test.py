"""Carries out the residual-current monitor's own test on one EVSE: drives the test input as `self_test.py` decides."""

import logging

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import SelfTest, SelfTestCause
from chargepoint.safety.self_test import BAD, MonitorScene, SelfTestWatch
from chargepoint_hal.contract import ResidualCurrentMonitor, SelfTestingMonitor
from chargepoint_hal.faults import HardwareError

logger = logging.getLogger(__name__)
NO_FAULTS: frozenset[Fault] = frozenset()
SELF_TEST = frozenset({Fault.RESIDUAL_CURRENT_SELF_TEST})


class MonitorTest:
    """Does nothing where the monitor has no test input."""

    def __init__(self, evse_id: EvseId, monitor: ResidualCurrentMonitor | None) -> None:
        self._evse_id = evse_id
        self._monitor = monitor if isinstance(monitor, SelfTestingMonitor) else None
        self._watch = SelfTestWatch()
        self._is_signalled = False

    def see(self, scene: MonitorScene, acknowledged: frozenset[Fault], now: float) -> None:
        """One tick; a person's acknowledgement asks for another test."""
        if self._monitor is None:
            return
        before = self._watch
        asked = before.acknowledged() if acknowledged & SELF_TEST else before
        self._watch = asked.seen(scene, now)
        if self._watch.tested_at != before.tested_at or self._watch.verdict is not before.verdict:
            level = logging.ERROR if self._watch.verdict in BAD else logging.INFO
            logger.log(level, "EVSE %s: self-test of the residual-current monitor: %s", self._evse_id, self.verdict)
        self._signal(self._watch.is_signalled(now))

    def recall(self, tested_at: float | None) -> None:
        """When it was tested last in an earlier life of this process."""
        self._watch = self._watch.recalled(tested_at)

    def stop(self) -> None:
        """The test input at rest."""
        self._signal(False)

    @property
    def is_running(self) -> bool:
        return self._watch.is_running

    @property
    def verdict(self) -> SelfTest:
        return SelfTest.ABSENT if self._monitor is None else self._watch.verdict

    @property
    def cause(self) -> SelfTestCause:
        """Why the verdict is a bad one."""
        return self._watch.cause

    @property
    def faults(self) -> frozenset[Fault]:
        """What stands by the last verdict."""
        return SELF_TEST if self.verdict in BAD else NO_FAULTS

    @property
    def cleared(self) -> frozenset[Fault]:
        """In the tick in which a good test follows an acknowledgement."""
        return SELF_TEST if self._watch.is_cleared else NO_FAULTS

    def age_seconds(self, now: float) -> float | None:
        """Since the last verdict; None where there was none."""
        return None if self._watch.tested_at is None else now - self._watch.tested_at

    def _signal(self, is_wanted: bool) -> None:
        if self._monitor is None or is_wanted is self._is_signalled:
            return
        try:
            self._monitor.signal_test(is_wanted)
        except HardwareError as error:
            logger.warning("EVSE %s: the monitor's test input: %s", self._evse_id, error)
            return
        self._is_signalled = is_wanted
