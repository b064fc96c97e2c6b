"""The core with messages on its display: it wakes for their turns, beginnings and ends, and for nothing else."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.charging.commands import ClearMessage, SetMessage, VerdictStatus
from chargepoint.charging.display_cycle import TURN_SECONDS
from chargepoint.model.display import DisplayMessage, MessagePriority
from unit.charging.driver import Driver

NORMAL = MessagePriority.NORMAL_CYCLE


def message(number: int) -> SetMessage:
    return SetMessage(DisplayMessage(number, NORMAL, f"text {number}"))


@settings(max_examples=40)
@given(power=st.sampled_from((7, 10, 16, 20)), sevenths=st.integers(1, 111), count=st.integers(2, 4))
def test_turns_are_taken_from_any_moment_on_and_never_waited_for_at_their_own_end(
    power: int, sevenths: int, count: int
) -> None:
    """Where a float loses a digit, a turn that is added and one that is subtracted are not the same."""
    story = Driver()
    story.now = 2.0**power - sevenths / 7
    for number in range(count):
        assert story.order(message(number)).status is VerdictStatus.ACCEPTED
    seen = []
    for _ in range(2 * count):
        assert story.on_display is not None
        seen.append(story.on_display.message_id)
        story.run_deadlines(story.now + TURN_SECONDS + 0.01)
    assert set(seen) == set(range(count))
    assert all(one != other for one, other in pairwise(seen))


def test_one_message_alone_takes_no_turns_and_wakes_nobody() -> None:
    story = Driver()
    story.run_deadlines(story.now + 60)
    before = story.station.next_deadline()
    story.order(message(1))
    assert story.station.next_deadline() == before
    story.order(message(2))
    assert story.station.next_deadline() == pytest.approx(story.now + TURN_SECONDS, abs=0.01)
    story.order(ClearMessage(1))
    assert story.station.next_deadline() == before


def test_what_was_set_is_stored_at_once_and_a_message_that_is_not_there_stores_nothing() -> None:
    story = Driver()
    story.order(message(1))
    assert [each.message_id for each in story.messages] == [1]
    assert story.order(ClearMessage(2)).status is VerdictStatus.UNKNOWN_TARGET
    assert [each.message_id for each in story.messages] == [1]


def test_the_core_wakes_for_a_beginning_and_for_an_end() -> None:
    story = Driver()
    utc = story.moment.utc
    timed = DisplayMessage(1, NORMAL, "now", starts_at=utc + timedelta(seconds=30), ends_at=utc + timedelta(seconds=90))
    story.order(SetMessage(timed))
    seen = [story.on_display]
    for seconds in (31, 60):
        story.run_deadlines(story.now + seconds)
        seen.append(story.on_display)
    assert seen == [None, timed, None]
    assert story.messages == ()
