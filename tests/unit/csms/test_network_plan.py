"""Whose turn it is to be tried."""

import pytest

from chargepoint.csms.network_plan import NetworkPlan


def turns(plan: NetworkPlan, count: int) -> list[int]:
    """The slots of the next attempts, all of which fail."""
    found = []
    for _ in range(count):
        found.append(plan.slot)
        plan.failed()
    return found


def test_each_profile_gets_its_attempts_then_the_next() -> None:
    assert turns(NetworkPlan([2, 1], None, lambda: 3), 8) == [2, 2, 2, 1, 1, 1, 2, 2]


def test_after_all_have_failed_the_last_that_worked_leads() -> None:
    assert turns(NetworkPlan([2, 3, 1], 1, lambda: 1), 7) == [2, 3, 1, 1, 2, 3, 1]


def test_what_worked_last_is_a_resort_also_outside_the_list() -> None:
    assert turns(NetworkPlan([2], 1, lambda: 2), 6) == [2, 2, 1, 1, 2, 2]


def test_a_lost_connection_is_sought_where_it_was() -> None:
    plan = NetworkPlan([2, 1], None, lambda: 2)
    turns(plan, 2)
    plan.succeeded()
    assert turns(plan, 5) == [1, 1, 2, 2, 1]


def test_it_migrates_where_it_leads_elsewhere_than_it_worked_last() -> None:
    assert not NetworkPlan([2, 1], None, lambda: 1).is_migrating
    plan = NetworkPlan([2, 1], 1, lambda: 1)
    found = []
    for _ in range(3):
        found.append((plan.slot, plan.is_migrating))
        plan.failed()
    assert found == [(2, True), (1, False), (1, False)]
    plan.succeeded()
    assert not plan.is_migrating


def test_a_success_forgets_the_failures_before_it() -> None:
    plan = NetworkPlan([2, 1], None, lambda: 2)
    plan.failed()
    plan.succeeded()
    assert turns(plan, 3) == [2, 2, 1]


def test_the_number_of_attempts_may_change_meanwhile() -> None:
    attempts = 3
    plan = NetworkPlan([2, 1], None, lambda: attempts)
    turns(plan, 1)
    attempts = 1
    assert turns(plan, 2) == [2, 1]


def test_one_profile_alone_is_tried_for_ever() -> None:
    assert turns(NetworkPlan([1], 1, lambda: 1), 4) == [1, 1, 1, 1]


def test_a_station_without_any_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="no connection profile"):
        NetworkPlan([], 1, lambda: 1)
