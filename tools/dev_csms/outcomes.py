"""What a session wants done after a frame, and how faults spoil an answer on its way out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.wire import CallError, Json, SchemaError, pack_error, pack_result

BROKEN_JSON = '[3,"'


@dataclass(frozen=True, slots=True)
class CallErrorAnswer:
    """A CALLERROR without its message id."""

    code: str
    description: str = ""
    details: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """A station's answer to a CALL of ours: a payload or an error; `schema_errors` tell where the payload is wrong."""

    message_id: str
    action: str
    payload: Json | None = None
    error: CallErrorAnswer | None = None
    schema_errors: tuple[SchemaError, ...] = ()


@dataclass(frozen=True, slots=True)
class SendText:
    """Send this text after a delay; tell the session (`sent`) when it has gone."""

    text: str
    delay_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End the connection: with this close code, or by cutting TCP when None."""

    close_code: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerArrived:
    """A call of ours was answered."""

    answer: CallAnswer


Outcome = SendText | Disconnect | AnswerArrived
Reply = Json | CallErrorAnswer


def pack_reply(message_id: str, reply: Reply) -> str:
    """The text of a CALLRESULT or CALLERROR."""
    if isinstance(reply, CallErrorAnswer):
        return pack_error(CallError(message_id, reply.code, reply.description, reply.details))
    return pack_result(message_id, reply)


def spoil(reply: Reply, faults: Sequence[CsmsFault]) -> Reply:
    """The reply with the faults of its content applied."""
    for fault in faults:
        if isinstance(reply, CallErrorAnswer):
            return reply
        match fault.kind:
            case FaultKind.EXTRA_FIELD:
                reply = {**reply, "fieldOutsideTheSchema": "on request"}
            case FaultKind.EMPTY_ANSWER:
                reply = {}
            case FaultKind.TRANSACTION_ID_ZERO:
                reply = {"transactionId": 0, "idTagInfo": {"status": "ConcurrentTx"}}
            case _:
                pass  # a fault of another stage
    return reply


def deliver(message_id: str, reply: Reply, faults: Sequence[CsmsFault]) -> list[Outcome]:
    """How the reply leaves, with the faults of its delivery applied."""
    by_kind = {fault.kind: fault for fault in faults}
    if FaultKind.SILENCE in by_kind or FaultKind.LOST_REQUEST in by_kind:
        return []
    before = by_kind.get(FaultKind.DISCONNECT_BEFORE_ANSWER)
    if before is not None:
        return [Disconnect(before.close_code)]
    answered_id = f"not-{message_id}"[:36] if FaultKind.WRONG_MESSAGE_ID in by_kind else message_id
    text = pack_reply(answered_id, spoil(reply, faults))
    malformed = by_kind.get(FaultKind.MALFORMED)
    if malformed is not None:
        text = BROKEN_JSON if malformed.text is None else malformed.text
    delay = by_kind.get(FaultKind.DELAY)
    sending = SendText(text, delay.seconds if delay is not None else 0.0)
    outcomes: list[Outcome] = [sending, sending] if FaultKind.DUPLICATE_ANSWER in by_kind else [sending]
    after = by_kind.get(FaultKind.DISCONNECT_AFTER_ANSWER)
    if after is not None:
        outcomes.append(Disconnect(after.close_code if after.close_code is not None else 1001))
    return outcomes
