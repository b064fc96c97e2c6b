"""Messages that the CSMS has put on the station's display (2.0.1 block O), and what the display says of them now.

A text of the CSMS is shown to people and is trusted by nobody: `printable` is what a line of a display or a log takes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargepoint.model.identifiers import TransactionId


class MessagePriority(StrEnum):
    """2.0.1 MessagePriorityEnumType."""

    ALWAYS_FRONT = "AlwaysFront"
    """Alone, before everything else, also what the station itself has to say. There is one at most."""
    IN_FRONT = "InFront"
    """Before the normal cycle; several take turns."""
    NORMAL_CYCLE = "NormalCycle"


class MessageState(StrEnum):
    """2.0.1 MessageStateEnumType: what the station must be doing for a message to be shown."""

    CHARGING = "Charging"
    FAULTED = "Faulted"
    IDLE = "Idle"
    UNAVAILABLE = "Unavailable"


class MessageFormat(StrEnum):
    """2.0.1 MessageFormatEnumType."""

    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    UTF8 = "UTF8"


@dataclass(frozen=True, slots=True)
class DisplayMessage:
    """As the CSMS has set it; stored."""

    message_id: int
    priority: MessagePriority
    content: str
    format: MessageFormat = MessageFormat.UTF8
    language: str | None = None
    """RFC 5646."""
    state: MessageState | None = None
    """None: in any."""
    starts_at: datetime | None = None
    """Aware, UTC; not shown before."""
    ends_at: datetime | None = None
    """Aware, UTC; removed then."""
    transaction_id: TransactionId | None = None
    """Shown while that transaction is open, and removed when it ends."""
    display: str | None = None
    """The component that the CSMS has named for it; None: it has named none."""

    @property
    def needs_clock(self) -> bool:
        """Nobody can tell whether its time has come without knowing the time."""
        return self.starts_at is not None or self.ends_at is not None


@dataclass(frozen=True, slots=True)
class MessageBoard:
    """All messages that are set, and those that take turns on the display now."""

    messages: tuple[DisplayMessage, ...] = ()
    """The longest set first."""
    cycle: tuple[DisplayMessage, ...] = ()
    current: DisplayMessage | None = None
    """One of `cycle`; None: no message is to be shown."""


def printable(text: str) -> str:
    """On one line, and without characters that move the cursor or turn the direction of writing."""
    return "".join(each if each.isprintable() else "�" for each in " ".join(text.split()))
