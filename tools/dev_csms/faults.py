"""Misbehaviour on request: which faults wait, for whom, how often. What they do to an answer is in `outcomes`. Pure."""

from dataclasses import dataclass, field, replace
from enum import StrEnum


class FaultKind(StrEnum):
    """How the CSMS misbehaves towards one CALL of the station."""

    SILENCE = "silence"
    """The request is recorded and never answered."""
    LOST_REQUEST = "lost_request"
    """Neither recorded nor answered."""
    DELAY = "delay"
    """The answer comes `seconds` later; other frames go on."""
    CALL_ERROR = "call_error"
    """CALLERROR with `code`; nothing is recorded."""
    EXTRA_FIELD = "extra_field"
    """The answer has a field that its schema does not know."""
    EMPTY_ANSWER = "empty_answer"
    """The answer is `{}`."""
    WRONG_MESSAGE_ID = "wrong_message_id"
    DUPLICATE_ANSWER = "duplicate_answer"
    MALFORMED = "malformed"
    """`text` (or broken JSON) instead of the answer."""
    DISCONNECT_BEFORE_ANSWER = "disconnect_before_answer"
    """Recorded, then the TCP connection is cut (with a close frame if `close_code` is given)."""
    DISCONNECT_AFTER_ANSWER = "disconnect_after_answer"
    BOOT_PENDING = "boot_pending"
    BOOT_REJECTED = "boot_rejected"
    TRANSACTION_ID_ZERO = "transaction_id_zero"
    """StartTransaction is recorded and answered with transactionId 0 and ConcurrentTx."""


# Faults that mean something for one action only.
ONLY_ACTION = {
    FaultKind.BOOT_PENDING: "BootNotification",
    FaultKind.BOOT_REJECTED: "BootNotification",
    FaultKind.TRANSACTION_ID_ZERO: "StartTransaction",
}


@dataclass(frozen=True, slots=True)
class CsmsFault:
    """One order to misbehave; `action` and `station` None match any, `count` None lasts until cleared."""

    kind: FaultKind
    action: str | None = None
    station: str | None = None
    count: int | None = 1
    skip: int = 0
    """This many matching requests are answered properly first."""
    seconds: float = 0.0
    code: str = "InternalError"
    close_code: int | None = None
    text: str | None = None

    def matches(self, station: str, action: str) -> bool:
        """Whether a request of this station and action is meant."""
        only = ONLY_ACTION.get(self.kind, self.action)
        return self.station in (None, station) and self.action in (None, action) and only in (None, action)


@dataclass(slots=True)
class FaultBoard:
    """The faults that wait, in the order they were added; several may strike one request."""

    waiting: list[CsmsFault] = field(default_factory=list)

    def add(self, fault: CsmsFault) -> None:
        """Strike from the next matching request on."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Behave from now on."""
        self.waiting.clear()

    def take(self, station: str, action: str) -> tuple[CsmsFault, ...]:
        """The faults that strike this request; their counts go down."""
        striking, remaining = [], []
        for fault in self.waiting:
            if not fault.matches(station, action):
                remaining.append(fault)
            elif fault.skip > 0:
                remaining.append(replace(fault, skip=fault.skip - 1))
            else:
                striking.append(fault)
                remaining += _after_a_strike(fault)
        self.waiting = remaining
        return tuple(striking)


def _after_a_strike(fault: CsmsFault) -> list[CsmsFault]:
    if fault.count is None:
        return [fault]
    return [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
