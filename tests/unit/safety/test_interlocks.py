"""The pure parts of the interlocks: latches, temperature, lease and the watches' deadlines."""

import pytest

from chargepoint.iec61851 import timing
from chargepoint.model.fault_clearing import CLEARS, ClearsWhen
from chargepoint.model.faults import Fault
from chargepoint.model.power import LockState
from chargepoint.safety.interlocks import latched_after, temperature_fault
from chargepoint.safety.lease import Lease, renewed
from chargepoint.safety.sensors import LOCK_STATES
from chargepoint.safety.watches import ContactorWatch, LockWatch, watch_contactor, watch_lock
from chargepoint_hal.contract import LockPosition

NOTHING: frozenset[Fault] = frozenset()


def test_the_tables_are_total() -> None:
    assert set(CLEARS) == set(Fault)
    assert set(LOCK_STATES) == set(LockPosition)


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_clears_by_its_own_rule_only(fault: Fault) -> None:
    one = frozenset({fault})
    latched = latched_after(NOTHING, one, False, NOTHING)
    rule = CLEARS[fault]
    assert latched == (NOTHING if rule is ClearsWhen.CAUSE_GONE else one)
    assert latched_after(latched, one, True, one) == latched, "not while the cause persists"
    assert latched_after(latched, NOTHING, False, NOTHING) == latched
    by_unplugging = rule in (ClearsWhen.UNPLUGGED, ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED, ClearsWhen.CAUSE_GONE)
    assert latched_after(latched, NOTHING, True, NOTHING) == (NOTHING if by_unplugging else latched)
    by_person = rule in (ClearsWhen.ACKNOWLEDGED, ClearsWhen.UNPLUGGED_OR_ACKNOWLEDGED, ClearsWhen.CAUSE_GONE)
    assert latched_after(latched, NOTHING, False, one) == (NOTHING if by_person else latched)


@pytest.mark.parametrize(
    ("celsius", "was_too_hot", "found"),
    [
        (79.9, False, set()),
        (80.0, False, {Fault.OVER_TEMPERATURE}),
        (70.1, True, {Fault.OVER_TEMPERATURE}),
        (70.0, True, set()),
        (float("nan"), False, {Fault.TEMPERATURE_SENSOR}),
        (-60.0, False, {Fault.TEMPERATURE_SENSOR}),
        (300.0, True, {Fault.TEMPERATURE_SENSOR, Fault.OVER_TEMPERATURE}),
        (None, True, {Fault.OVER_TEMPERATURE}),
        (None, False, set()),
    ],
)
def test_temperature(celsius: float | None, was_too_hot: bool, found: set[Fault]) -> None:
    """What is not read, or can not be, is not cool."""
    assert temperature_fault(celsius, 80.0, was_too_hot) == found


def test_a_lease_runs_out_and_is_never_longer_than_allowed() -> None:
    assert not Lease().is_valid(0.0)
    lease = renewed(100.0, 20.0, now=50.0)
    assert lease.remaining_seconds(60.0) == 10.0
    assert lease.is_valid(69.9)
    assert not lease.is_valid(70.0)
    assert lease.remaining_seconds(80.0) == 0.0


@pytest.mark.parametrize(("commanded", "fault"), [(True, Fault.CONTACTOR_STUCK_OPEN), (False, Fault.CONTACTOR_WELDED)])
def test_the_contactor_has_its_deadline_to_obey(commanded: bool, fault: Fault) -> None:
    watch = watch_contactor(ContactorWatch(not commanded), commanded, not commanded, now=10.0)
    watch = watch_contactor(watch, commanded, not commanded, 10.0 + timing.CONTACTOR_FEEDBACK_SECONDS - 0.01)
    assert watch.fault is None
    watch = watch_contactor(watch, commanded, not commanded, 10.0 + timing.CONTACTOR_FEEDBACK_SECONDS)
    assert watch.fault is fault
    assert watch_contactor(watch, commanded, commanded, 11.0).fault is None


@pytest.mark.parametrize("commanded", [True, False])
def test_a_mirror_contact_that_falls_silent_is_a_fault_and_one_that_never_spoke_is_none(commanded: bool) -> None:
    assert watch_contactor(ContactorWatch(), commanded, None, 10.0) == ContactorWatch(commanded)
    watch = watch_contactor(ContactorWatch(), commanded, commanded, 10.0)
    watch = watch_contactor(watch, commanded, None, 11.0)
    assert watch.fault is None
    watch = watch_contactor(watch, commanded, None, 11.0 + timing.CONTACTOR_FEEDBACK_SECONDS)
    assert watch.fault is Fault.CONTACTOR_FEEDBACK_MISSING
    assert watch_contactor(watch, commanded, commanded, 12.0).fault is None


def test_a_new_command_gets_a_new_deadline() -> None:
    watch = watch_contactor(ContactorWatch(), True, False, now=0.0)
    watch = watch_contactor(watch, True, False, now=0.4)
    watch = watch_contactor(watch, False, False, now=0.45)
    watch = watch_contactor(watch, True, False, now=0.5)
    assert watch_contactor(watch, True, False, now=0.9).fault is None


def test_a_lock_is_sent_again_and_then_jammed() -> None:
    watch = watch_lock(LockWatch(), True, LockState.MOVING, now=0.0)
    assert not watch.must_resend
    watch = watch_lock(watch, True, LockState.UNLOCKED, now=timing.LOCK_MOVE_SECONDS)
    assert watch.is_jammed
    watch = watch_lock(watch, True, LockState.UNLOCKED, now=timing.LOCK_RETRY_SECONDS)
    assert watch.must_resend
    assert not watch_lock(watch, True, LockState.UNLOCKED, now=timing.LOCK_RETRY_SECONDS + 0.01).must_resend
    assert not watch_lock(watch, True, LockState.LOCKED, now=6.0).is_jammed


def test_a_lock_moved_by_hand_is_sent_back_at_once() -> None:
    watch = watch_lock(LockWatch(wanted=True), True, LockState.UNLOCKED, now=3.0)
    assert watch.must_resend
