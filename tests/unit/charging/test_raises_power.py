"""Which change of a directive is more power, and waits for the disk; less never does."""

from dataclasses import replace

import pytest

from chargepoint.charging.power_wish import raises_power
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import PowerDirective

ALLOWED = PowerDirective(EvseId(1), True, 16.0)


@pytest.mark.parametrize(
    ("before", "after", "is_more"),
    [
        ((3, 16.0), (3, 10.0), False),
        ((3, 16.0), (3, 20.0), True),
        ((3, 6.0), (1, 15.0), False),
        ((3, 6.0), (1, 32.0), True),
        ((1, 32.0), (3, 6.0), False),
        ((1, 16.0), (3, 16.0), True),
        ((3, 16.0), (3, 16.0), False),
    ],
)
def test_the_sum_counts(before: tuple[int, float], after: tuple[int, float], is_more: bool) -> None:
    last = replace(ALLOWED, phases=before[0], limit_amps=before[1])
    assert raises_power(last, replace(ALLOWED, phases=after[0], limit_amps=after[1])) is is_more


def test_an_end_is_never_more_and_a_begin_always() -> None:
    ended = replace(ALLOWED, power_allowed=False)
    assert not raises_power(ALLOWED, ended)
    assert raises_power(ended, ALLOWED)
    assert raises_power(None, ALLOWED)
