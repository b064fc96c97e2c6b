"""A share of the station's limit passes on only when the one before has had time to give way."""

from datetime import UTC, datetime

import pytest

from chargepoint.charging.share_handover import HANDOVER_SECONDS, ShareHandover
from chargepoint.model.identifiers import EvseId
from chargepoint.model.limits import Limit
from chargepoint.model.moment import Moment

ONE, TWO = EvseId(1), EvseId(2)


class Story:
    """Limits over time; None: no profile sets one."""

    def __init__(self) -> None:
        self.handover = ShareHandover()

    def settle(self, at: float, wanted: dict[EvseId, float | None], is_shared: bool = True) -> dict[EvseId, float]:
        moment = Moment(at, datetime(2026, 6, 1, tzinfo=UTC), True)
        limits = {key: None if amps is None else Limit(amps, "profile") for key, amps in wanted.items()}
        settled = self.handover.settle(limits, frozenset(wanted), is_shared, moment)
        return {key: limit.amps for key, limit in settled.items() if limit is not None}


def test_a_newcomer_waits_until_the_other_has_given_way() -> None:
    story = Story()
    assert story.settle(0, {ONE: 20}) == {ONE: 20}
    assert story.settle(5, {ONE: 10, TWO: 10}) == {ONE: 10, TWO: 0}
    assert story.handover.over_at == 5 + HANDOVER_SECONDS
    assert story.settle(5 + HANDOVER_SECONDS - 0.1, {ONE: 10, TWO: 10}) == {ONE: 10, TWO: 0}
    assert story.settle(5 + HANDOVER_SECONDS, {ONE: 10, TWO: 10}) == {ONE: 10, TWO: 10}


def test_whoever_stays_gets_more_at_once_when_somebody_leaves() -> None:
    story = Story()
    story.settle(0, {ONE: 10, TWO: 10})
    assert story.settle(50, {TWO: 20}) == {TWO: 20}


def test_a_lower_limit_is_never_held_back() -> None:
    story = Story()
    story.settle(0, {ONE: 20, TWO: 20})
    assert story.settle(1, {ONE: 6, TWO: 6}) == {ONE: 6, TWO: 6}
    assert story.settle(2, {ONE: 0, TWO: 12}) == {ONE: 0, TWO: 6}


@pytest.mark.parametrize("first", [None, 32.0])
def test_what_is_not_shared_passes_at_once_and_is_the_base_of_what_will_be(first: float | None) -> None:
    story = Story()
    assert story.settle(0, {ONE: first}, is_shared=False) == ({} if first is None else {ONE: first})
    assert story.settle(1, {ONE: 8, TWO: 8}) == {ONE: 8, TWO: 0}, "from all to a share is a decrease as well"


def test_sessions_that_are_found_open_at_the_start_wait_for_nobody() -> None:
    assert Story().settle(0, {ONE: 10, TWO: 10}) == {ONE: 10, TWO: 10}
