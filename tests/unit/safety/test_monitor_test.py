"""The safety process's end of the monitor's own test: what a directive recalls, and what is told."""

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import PowerDirective, SelfTest, SelfTestCause, directive_to_json
from chargepoint.model.power_codec import directive_from_json
from chargepoint.safety.monitor_test import MonitorTest
from chargepoint.safety.self_test import OVERDUE_SECONDS, PERIOD_SECONDS, MonitorScene
from chargepoint_hal.contract import SelfTestingMonitor

NOBODY = frozenset[Fault]()
EV_THERE = MonitorScene(is_free=False, is_live=False, is_tripped=False)


class Monitor:
    """One that is never tested."""

    def is_tripped(self) -> bool:
        return False

    def signal_test(self, is_wanted: bool) -> None:
        raise AssertionError("an EV is there")


def test_an_ev_that_stays_over_a_restart_can_not_put_the_test_off_for_another_week() -> None:
    monitor = Monitor()
    assert isinstance(monitor, SelfTestingMonitor)
    test, now = MonitorTest(EvseId(1), monitor), 50.0
    directive = PowerDirective(EvseId(1), True, 16.0, self_tested_at=now - OVERDUE_SECONDS)
    test.recall(directive_from_json(directive_to_json(directive)).self_tested_at)
    test.see(EV_THERE, NOBODY, now)
    test.see(EV_THERE, NOBODY, now + PERIOD_SECONDS - 1.0)
    assert test.verdict is SelfTest.DUE
    test.see(EV_THERE, NOBODY, now + PERIOD_SECONDS + 1.0)
    assert (test.verdict, test.cause) == (SelfTest.MISSED, SelfTestCause.OVERDUE)
    assert test.faults == {Fault.RESIDUAL_CURRENT_SELF_TEST}


def test_without_a_memory_the_week_counts_from_the_start() -> None:
    test, now = MonitorTest(EvseId(1), Monitor()), 50.0
    test.recall(None)
    test.see(EV_THERE, NOBODY, now)
    test.see(EV_THERE, NOBODY, now + OVERDUE_SECONDS - 1.0)
    assert test.faults == NOBODY
    test.see(EV_THERE, NOBODY, now + OVERDUE_SECONDS + 1.0)
    assert test.verdict is SelfTest.MISSED
