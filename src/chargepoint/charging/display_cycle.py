"""Which of the messages are on the display now: a function of the time and of what the station is doing (2.0.1 O01,
O02). Decides nothing about which may be set, and remembers nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargepoint.model.display import DisplayMessage, MessagePriority, MessageState
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.status import Availability, EvseStatus

TURN_SECONDS = 8.0
"""How long each of several messages is on the display: long enough to be read."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that it depends on what is shown."""

    utc: datetime | None
    """None: the clock is not trusted, and no message is shown by guess of the time."""
    states: frozenset[MessageState] = frozenset()
    """Empty where it is not known yet what the station does."""
    transactions: frozenset[TransactionId] = frozenset()
    """The open ones."""


def states_of(station: Availability, statuses: Iterable[EvseStatus | None]) -> frozenset[MessageState]:
    """What a station with outlets in these statuses is doing; None: one that nothing is known of yet.

    It charges and it is faulted as soon as one outlet is; it is unavailable where nobody can charge.
    """
    seen = list(statuses)
    found: set[MessageState] = set()
    if EvseStatus.CHARGING in seen:
        found.add(MessageState.CHARGING)
    if EvseStatus.FAULTED in seen:
        found.add(MessageState.FAULTED)
    if station is Availability.INOPERATIVE or set(seen) == {EvseStatus.UNAVAILABLE}:
        found.add(MessageState.UNAVAILABLE)
    if not found and None not in seen:
        found.add(MessageState.IDLE)
    return frozenset(found)


def is_over(message: DisplayMessage, scene: Scene) -> bool:
    """It is to be removed: its end has passed, or its transaction has ended (O01.FR.07, O02.FR.02)."""
    if message.transaction_id is not None and message.transaction_id not in scene.transactions:
        return True
    return scene.utc is not None and message.ends_at is not None and message.ends_at <= scene.utc


def is_shown(message: DisplayMessage, scene: Scene) -> bool:
    """Its time, its state and its transaction are now."""
    if is_over(message, scene) or (message.needs_clock and scene.utc is None):
        return False
    if message.state is not None and message.state not in scene.states:
        return False
    return message.starts_at is None or scene.utc is None or message.starts_at <= scene.utc


def cycle_of(messages: Sequence[DisplayMessage], scene: Scene) -> tuple[DisplayMessage, ...]:
    """Those that take turns: the highest priority that has any (O01.FR.12 to O01.FR.15)."""
    shown = [message for message in messages if is_shown(message, scene)]
    for priority in MessagePriority:
        if found := tuple(message for message in shown if message.priority is priority):
            return found
    return ()


def current_of(cycle: Sequence[DisplayMessage], seconds: float) -> DisplayMessage | None:
    """Whose turn it is, `seconds` after the cycle began."""
    return cycle[int(max(0.0, seconds) // TURN_SECONDS) % len(cycle)] if cycle else None


def next_change(messages: Iterable[DisplayMessage], utc: datetime) -> datetime | None:
    """The next time at which one begins or ends."""
    times = (time for message in messages for time in (message.starts_at, message.ends_at))
    return min((time for time in times if time is not None and time > utc), default=None)
