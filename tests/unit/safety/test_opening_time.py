"""How long an opening took is told only where the feedback showed closed before and open after."""

import pytest

from chargepoint.safety.watches import Opening, begun, timed

TOOK = Opening(lasted_seconds=pytest.approx(0.03))  # type: ignore[arg-type]  # equal to a number


@pytest.mark.parametrize(
    ("at_first", "then", "told"),
    [
        pytest.param(True, [True, False], TOOK, id="seen to open"),
        pytest.param(True, [True, True], Opening(since=5.0), id="still closed"),
        pytest.param(False, [False], Opening(), id="it was open before"),
        pytest.param(None, [None], Opening(), id="no feedback is fitted"),
        pytest.param(True, [True, None], Opening(), id="the feedback falls silent"),
        pytest.param(True, [None, False], Opening(), id="and comes back"),
    ],
)
def test_only_what_was_seen_is_told(at_first: bool | None, then: list[bool | None], told: Opening) -> None:
    opening = begun(5.0, at_first)
    for number, is_closed in enumerate(then, 2):
        opening = timed(opening, False, is_closed, 5.0 + 0.01 * number)
    assert opening == told


def test_a_closing_ends_it() -> None:
    assert timed(begun(5.0, True), True, True, 5.01) == Opening()
