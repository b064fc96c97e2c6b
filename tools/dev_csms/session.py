"""One connection of one station, without its socket: texts and the time in, outcomes out.

session = CsmsSession(core, "CP1", Version.V16)
for outcome in session.receive(text, now):
    match outcome:
        case SendText(text, delay_seconds): ...   # send it, then session.sent(text, now)
        case Disconnect(close_code): ...          # end the connection, then session.closed(now)
        case AnswerArrived(answer): ...           # a call made with make_call was answered
"""

from datetime import datetime

from dev_csms import promises
from dev_csms.core import CsmsCore, Request
from dev_csms.faults import FaultKind
from dev_csms.outcomes import AnswerArrived, CallAnswer, CallErrorAnswer, Outcome, SendText, deliver, pack_reply
from dev_csms.records import Anomaly, AnomalyKind, ConnectionNote, Direction
from dev_csms.v201 import variable_name
from dev_csms.wire import (
    BadFrameError,
    Call,
    CallError,
    CallRefusedError,
    CallResult,
    Json,
    MessageType,
    SchemaError,
    Version,
    error_code,
    pack_call,
    parse,
    schema_errors,
)


class CsmsSession:
    """The CSMS's end of one connection."""

    def __init__(self, core: CsmsCore, station: str, version: Version) -> None:
        self.core = core
        self.station = station
        self.version = version
        self.answers: dict[str, CallAnswer] = {}
        """Answers to our calls by message id."""
        self._waiting: dict[str, tuple[str, Json]] = {}
        self._connection: ConnectionNote | None = None

    def opened(self, now: datetime, path: str = "") -> None:
        """Note the connection."""
        record = self.core.station(self.station)
        record.version = self.version
        self._connection = ConnectionNote(now, path, self.version)
        record.connections.append(self._connection)

    def closed(self, now: datetime, close_code: int | None = None) -> None:
        """Note the end of the connection; calls that still wait will never be answered."""
        self._waiting.clear()
        if self._connection is not None:
            self._connection.closed_at, self._connection.close_code = now, close_code

    def sent(self, text: str, now: datetime) -> None:
        """Note a text that has left."""
        self.core.note_frame(self.station, Direction.TO_STATION, text, now)

    def receive(self, text: str, now: datetime) -> list[Outcome]:
        """Note a text of the station and say what to do about it; never raises, whatever the text."""
        self.core.note_frame(self.station, Direction.FROM_STATION, text, now)
        try:
            message = parse(text)
        except BadFrameError as bad:
            return self._refuse_frame(bad, now)
        if isinstance(message, Call):
            return self._answer_call(message, now)
        return self._take_answer(message, now)

    def make_call(self, action: str, payload: Json, strict: bool = True) -> tuple[str, str]:
        """Message id and text of a CALL to the station; `strict`: CallRefusedError if it leaves its schema."""
        wrong = schema_errors(MessageType.CALL, action, payload, self.version)
        if wrong and strict:
            places = "; ".join(f"{error.path}: {error.what}" for error in wrong)
            raise CallRefusedError(f"OCPP {self.version} {action} does not fit its schema: {places}")
        message_id = self.core.next_message_id()
        self._waiting[message_id] = (action, payload)
        return message_id, pack_call(message_id, action, payload)

    def _answer_call(self, call: Call, now: datetime) -> list[Outcome]:
        faults = self.core.faults.take(self.station, call.action)
        by_kind = {fault.kind: fault for fault in faults}
        if FaultKind.LOST_REQUEST in by_kind:
            return []
        refusal = by_kind.get(FaultKind.CALL_ERROR)
        if refusal is not None:
            error = CallErrorAnswer(refusal.code, "a fault injected on request")
            return deliver(call.message_id, error, faults)
        request = Request(self.station, self.version, call.action, call.payload, now)
        return deliver(call.message_id, self.core.answer(request, faults), faults)

    def _refuse_frame(self, bad: BadFrameError, now: datetime) -> list[Outcome]:
        code = "MessageTypeNotSupported" if bad.is_unknown_type else "RpcFrameworkError"
        request = Request(self.station, self.version, "", {}, now)
        self.core.note_schema_errors(request, [SchemaError(code, "$", str(bad))])
        if bad.message_id is None:
            return []
        error = CallErrorAnswer(error_code(code, self.version), str(bad)[:255])
        return [SendText(pack_reply(bad.message_id, error))]

    def _take_answer(self, message: CallResult | CallError, now: datetime) -> list[Outcome]:
        asked = self._waiting.pop(message.message_id, None)
        if asked is None:
            what = f"an answer to no open call: {message.message_id}"
            anomaly = Anomaly(AnomalyKind.UNEXPECTED_ANSWER, self.station, now, what)
            self.core.station(self.station).anomalies.append(anomaly)
            return []
        action, payload = asked
        if isinstance(message, CallError):
            error = CallErrorAnswer(message.code, message.description, message.details)
            answer = CallAnswer(message.message_id, action, error=error)
        else:
            wrong = tuple(schema_errors(MessageType.CALL_RESULT, action, message.payload, self.version))
            request = Request(self.station, self.version, action, payload, now)
            self.core.note_schema_errors(request, wrong)
            answer = CallAnswer(message.message_id, action, payload=message.payload, schema_errors=wrong)
            if not wrong:
                self._learn(action, payload, message.payload)
        self.answers[message.message_id] = answer
        return [AnswerArrived(answer)]

    def _learn(self, action: str, asked: Json, answered: Json) -> None:
        """Keep what a valid answer tells: configuration, the local list's version, reservations."""
        promises.learn(self.core.station(self.station), action, asked, answered)
        known = self.core.station(self.station).configuration
        if action == "GetConfiguration":
            known.update({entry["key"]: entry.get("value") for entry in answered.get("configurationKey", [])})
        elif action == "ChangeConfiguration" and answered["status"] == "Accepted":
            known[asked["key"]] = asked["value"]
        elif action == "GetVariables":
            told = [entry for entry in answered["getVariableResult"] if entry["attributeStatus"] == "Accepted"]
            actual = [entry for entry in told if entry.get("attributeType", "Actual") == "Actual"]
            known.update({variable_name(entry): entry.get("attributeValue") for entry in actual})
