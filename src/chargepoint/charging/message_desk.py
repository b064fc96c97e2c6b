"""The CSMS's messages on the display: set, replaced, cleared, taken away when their time or transaction is over.

What is shown now is decided in `display_cycle`; here it is followed, stored and handed to the display.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

from chargepoint.charging.commands import (
    ClearMessage,
    MessageCommand,
    Refusal,
    SetMessage,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.display_cycle import (
    TURN_SECONDS,
    Scene,
    current_of,
    cycle_of,
    is_over,
    next_change,
    states_of,
)
from chargepoint.charging.effects import Present, RememberMessages
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.display import DisplayMessage, MessageBoard, MessageFormat, MessagePriority
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.status import Availability
from chargepoint.settings import catalogue

MOST_MESSAGES = 50
"""NumberOfDisplayMessages.maxLimit: what one station needs, many times over, and small on the disk."""
MARGIN_SECONDS = 0.001
"""Past a turn, a beginning or an end by this much, every way to count agrees that it has come."""

ACCEPTED = Verdict(VerdictStatus.ACCEPTED)


class MessageDesk:
    """One for the station, which has one display."""

    def __init__(
        self,
        sessions: Mapping[EvseId, EvseSession],
        context: CoreContext,
        deadlines: Deadlines,
        availability: Callable[[], Availability],
    ) -> None:
        """`availability`: of the station as a whole."""
        self._sessions = sessions
        self._context = context
        self._deadlines = deadlines
        self._availability = availability
        self._messages: dict[int, DisplayMessage] = {}
        """The longest set first."""
        self._cycle: tuple[DisplayMessage, ...] = ()
        self._cycle_since = 0.0
        """Monotonic: when this cycle began."""
        self._presented: DisplayMessage | None = None

    def restore(self, stored: tuple[DisplayMessage, ...]) -> None:
        """What was persisted before the restart (O01.FR.10)."""
        self._messages = {each.message_id: each for each in stored}

    def execute(self, command: MessageCommand, moment: Moment) -> Verdict:
        match command:
            case SetMessage(message):
                return self._objection(message, moment) or self._set(message)
            case ClearMessage(message_id):
                if self._messages.pop(message_id, None) is None:
                    return Verdict(VerdictStatus.UNKNOWN_TARGET, f"no message {message_id} is set")
                self._store()
                return ACCEPTED
            case _:
                assert_never(command)

    def follow(self, moment: Moment) -> None:
        """What is over goes; whose turn it is comes on the display."""
        if not self._messages and not self._cycle and self._presented is None:
            self._deadlines.disarm(Deadline.MESSAGES)
            return
        scene = self._scene(moment)
        left = {number: each for number, each in self._messages.items() if not is_over(each, scene)}
        if len(left) != len(self._messages):
            self._messages = left
            self._store()
        cycle = cycle_of(tuple(left.values()), scene) if self._is_enabled else ()
        if cycle != self._cycle:
            self._cycle, self._cycle_since = cycle, moment.monotonic
        current = current_of(cycle, moment.monotonic - self._cycle_since)
        if current != self._presented:
            self._presented = current
            self._context.emit(Present(current))
        self._arm(scene, moment)

    @property
    def board(self) -> MessageBoard:
        return MessageBoard(tuple(self._messages.values()), self._cycle, self._presented)

    @property
    def _is_enabled(self) -> bool:
        settings = self._context.settings
        return settings.get(catalogue.DISPLAY_MESSAGES_AVAILABLE) and settings.get(catalogue.DISPLAY_MESSAGES_ENABLED)

    def _set(self, message: DisplayMessage) -> Verdict:
        """One of the same id is replaced whole (O06.FR.01), and a second AlwaysFront replaces the first (O01.FR.16)."""
        self._messages = self._others_than(message)
        self._messages[message.message_id] = message
        self._store()
        return ACCEPTED

    def _others_than(self, message: DisplayMessage) -> dict[int, DisplayMessage]:
        """What stays beside it."""
        is_front = message.priority is MessagePriority.ALWAYS_FRONT
        return {
            number: each
            for number, each in self._messages.items()
            if number != message.message_id and not (is_front and each.priority is MessagePriority.ALWAYS_FRONT)
        }

    def _objection(self, message: DisplayMessage, moment: Moment) -> Verdict | None:
        settings = self._context.settings
        if not self._is_enabled:
            return _rejected("messages are turned off (DisplayMessageCtrlr.Enabled)", Refusal.NOT_ENABLED)
        if message.priority not in settings.get(catalogue.DISPLAY_PRIORITIES):
            return _rejected(f"the priority {message.priority} is not supported", Refusal.UNSUPPORTED_PRIORITY)
        if message.format not in settings.get(catalogue.DISPLAY_FORMATS):
            return _rejected(f"the format {message.format} is not supported", Refusal.UNSUPPORTED_FORMAT)
        scene = self._scene(moment)
        if message.transaction_id is not None and message.transaction_id not in scene.transactions:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, "no transaction of this id is going on here")
        if message.format is MessageFormat.ASCII and not _is_printable_ascii(message.content):
            return _rejected("only printable ASCII characters are allowed in this format")
        if message.starts_at is not None and message.ends_at is not None and message.ends_at <= message.starts_at:
            return _rejected("it ends before it begins")
        if is_over(message, scene):
            return _rejected("its end has passed already")
        if len(self._others_than(message)) >= MOST_MESSAGES:
            return _rejected(f"at most {MOST_MESSAGES} messages can be set: clear one first", Refusal.TOO_MANY)
        return None

    def _scene(self, moment: Moment) -> Scene:
        sessions = self._sessions.values()
        known = [each.present_status if each.safety.is_plugged_in is not None else None for each in sessions]
        open_ones = [each.transaction.record.transaction_id for each in sessions if each.transaction is not None]
        return Scene(
            moment.utc if moment.utc_trusted else None,
            states_of(self._availability(), known),
            frozenset(open_ones),
        )

    def _store(self) -> None:
        self._context.emit(RememberMessages(tuple(self._messages.values())))

    def _arm(self, scene: Scene, moment: Moment) -> None:
        """For the next turn, and for the next message that begins or ends."""
        self._deadlines.disarm(Deadline.MESSAGES)
        times: list[float] = []
        if len(self._cycle) > 1:
            turns = (moment.monotonic - self._cycle_since) // TURN_SECONDS + 1
            times.append(self._cycle_since + turns * TURN_SECONDS + MARGIN_SECONDS)
        change = None if scene.utc is None else next_change(self._messages.values(), scene.utc)
        if change is not None:
            away_seconds = (change - moment.utc).total_seconds()
            times.append(moment.monotonic + away_seconds + MARGIN_SECONDS)
        if times:
            self._deadlines.arm(Deadline.MESSAGES, min(times))


def _rejected(reason: str, refusal: Refusal | None = None) -> Verdict:
    return Verdict(VerdictStatus.REJECTED, reason, refusal=refusal)


def _is_printable_ascii(text: str) -> bool:
    return all(" " <= each <= "~" or each in "\r\n\t" for each in text)
