"""Pauses between connections."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from chargepoint.csms.backoff import Backoff, BackoffPolicy, wait_seconds

FULL_JITTER = BackoffPolicy()
OCPP = BackoffPolicy(minimum_seconds=3, random_range_seconds=5, doublings=3)


def test_the_variables_of_2_0_1_double_the_wait_as_often_as_they_say() -> None:
    assert [wait_seconds(OCPP, failures, 0.0) for failures in range(6)] == [3, 6, 12, 24, 24, 24]
    assert wait_seconds(OCPP, 1, 0.5) == 8.5


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_full_jitter_stays_between_a_second_and_five_minutes(failures: int, draw: float) -> None:
    assert 1 <= wait_seconds(FULL_JITTER, failures, draw) <= 300


def test_fifty_stations_do_not_come_back_together() -> None:
    waits = sorted(wait_seconds(FULL_JITTER, 8, Random(seed).random()) for seed in range(50))
    assert max(sum(1 for other in waits if 0 <= other - wait < 5) for wait in waits) < 10


def test_an_hour_of_refusals_is_few_attempts() -> None:
    for seed in range(20):
        backoff = Backoff(Random(seed).random)
        waits: list[float] = []
        while sum(waits) < 3600:
            waits.append(backoff.next_wait_seconds(FULL_JITTER))
        assert len(waits) < 60


def test_only_a_minute_of_acceptance_counts_as_success() -> None:
    backoff = Backoff(lambda: 0.0)
    for accepted_for, expected in ((None, 3), (59.0, 6), (None, 12), (60.0, 3), (10.0, 6)):
        backoff.link_ended(accepted_for)
        assert backoff.next_wait_seconds(OCPP) == expected
