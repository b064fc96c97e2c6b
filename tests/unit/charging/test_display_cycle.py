"""Which message is on the display is a function of the time and of what the station does: every row of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.charging.display_cycle import (
    TURN_SECONDS,
    Scene,
    current_of,
    cycle_of,
    is_over,
    is_shown,
    next_change,
    states_of,
)
from chargepoint.model.display import DisplayMessage, MessagePriority, MessageState, printable
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.status import Availability, EvseStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TX = TransactionId("tx")
SCENE = Scene(NOON, frozenset({MessageState.IDLE}), frozenset({TX}))
UNTIMED = replace(SCENE, utc=None)


def message(number: int = 1, priority: MessagePriority = MessagePriority.NORMAL_CYCLE, **more: Any) -> DisplayMessage:
    return replace(DisplayMessage(number, priority, f"text {number}"), **more)


@pytest.mark.parametrize(
    ("fields", "with_clock", "without"),
    [
        ({}, True, True),
        ({"starts_at": NOON}, True, False),
        ({"starts_at": NOON + HOUR}, False, False),
        ({"ends_at": NOON + HOUR}, True, False),
        ({"ends_at": NOON}, False, False),
        ({"state": MessageState.IDLE}, True, True),
        ({"state": MessageState.CHARGING}, False, False),
        ({"transaction_id": TX}, True, True),
        ({"transaction_id": TransactionId("other")}, False, False),
        ({"transaction_id": TX, "starts_at": NOON - HOUR, "ends_at": NOON + HOUR}, True, False),
    ],
)
def test_a_message_is_shown_in_its_time_state_and_transaction(
    fields: dict[str, Any], with_clock: bool, without: bool
) -> None:
    assert is_shown(message(**fields), SCENE) is with_clock
    assert is_shown(message(**fields), UNTIMED) is without


def test_a_message_is_removed_at_its_end_by_a_trusted_clock_and_with_its_transaction_by_any() -> None:
    ended, other = message(ends_at=NOON), message(transaction_id=TransactionId("other"))
    assert (is_over(ended, SCENE), is_over(ended, UNTIMED)) == (True, False)
    assert (is_over(other, SCENE), is_over(other, UNTIMED)) == (True, True)
    assert not is_over(message(starts_at=NOON + HOUR), SCENE)


def test_the_highest_priority_that_has_any_takes_all_the_turns() -> None:
    normal, front = message(1), message(2, MessagePriority.IN_FRONT)
    alone = message(3, MessagePriority.ALWAYS_FRONT)
    assert cycle_of((normal, front, alone), SCENE) == (alone,)
    assert cycle_of((normal, front, replace(alone, state=MessageState.FAULTED)), SCENE) == (front,)
    assert cycle_of((normal, replace(front, starts_at=NOON + HOUR)), SCENE) == (normal,)
    assert cycle_of((), SCENE) == ()


@given(count=st.integers(1, 50), turn=st.integers(0, 10_000))
def test_every_message_of_a_cycle_has_its_turn_and_nobody_two_at_once(count: int, turn: int) -> None:
    cycle = tuple(message(number) for number in range(count))
    begins = turn * TURN_SECONDS
    turns = {current_of(cycle, begins + place * TURN_SECONDS + 0.5) for place in range(count)}
    assert turns == set(cycle)
    assert current_of(cycle, -1.0) == cycle[0]
    assert current_of((), begins) is None


def test_the_next_change_is_the_next_beginning_or_end() -> None:
    messages = [message(starts_at=NOON + 2 * HOUR, ends_at=NOON + 3 * HOUR), message(ends_at=NOON + HOUR)]
    assert next_change(messages, NOON) == NOON + HOUR
    assert next_change(messages, NOON + HOUR) == NOON + 2 * HOUR
    assert next_change(messages, NOON + 3 * HOUR) is None


S = EvseStatus
M = MessageState


@pytest.mark.parametrize(
    ("statuses", "states"),
    [
        ([S.AVAILABLE], {M.IDLE}),
        ([S.PREPARING, S.RESERVED], {M.IDLE}),
        ([S.SUSPENDED_EV], {M.IDLE}),
        ([S.CHARGING, S.AVAILABLE], {M.CHARGING}),
        ([S.CHARGING, S.FAULTED], {M.CHARGING, M.FAULTED}),
        ([S.FAULTED, S.AVAILABLE], {M.FAULTED}),
        ([S.UNAVAILABLE, S.UNAVAILABLE], {M.UNAVAILABLE}),
        ([S.UNAVAILABLE, S.AVAILABLE], {M.IDLE}),
        ([None, S.AVAILABLE], set()),
        ([None, S.CHARGING], {M.CHARGING}),
    ],
)
def test_what_the_outlets_do_is_what_the_station_does(
    statuses: list[EvseStatus | None], states: set[MessageState]
) -> None:
    assert states_of(Availability.OPERATIVE, statuses) == states


def test_a_station_out_of_service_is_unavailable_whatever_its_outlets_say() -> None:
    assert states_of(Availability.INOPERATIVE, [S.AVAILABLE]) == {M.UNAVAILABLE}


def test_a_text_of_the_csms_becomes_one_line_that_moves_no_cursor() -> None:
    assert printable(" a\r\nb\t\x1b[31mc\u202e ") == "a b �[31mc�"
