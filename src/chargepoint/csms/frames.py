"""OCPP-J framing: text to frame and back. Pure; knows no action, no schema and no socket.

Whatever the text is, `parse` returns: the worst that a peer can send is a `Malformed`.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from chargepoint.csms.dialect import ErrorCode, JsonObject

MAXIMUM_FRAME_BYTES = 2**20
MAXIMUM_DEPTH = 64
"""OCPP nests about ten deep; far beyond that parsers and validators run out of stack."""
MAXIMUM_ID_LENGTH = 36
MAXIMUM_DESCRIPTION_LENGTH = 255
MAXIMUM_NUMBER_LENGTH = 40
DECIMALS = 6

CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_READABLE_CALL_ID = re.compile(r'\s*\[\s*2\s*,\s*"([^"\\\x00-\x1f]{1,36})"\s*,')
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Call:
    message_id: str
    action: str
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class CallResult:
    message_id: str
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class CallError:
    message_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that breaks OCPP-J."""

    reason: str
    code: ErrorCode
    message_id: str | None = None
    """None: could not be read."""
    is_answer: bool = False
    """It claims to answer a call of ours, and must not be answered itself."""


Frame = Call | CallResult | CallError | Malformed


def parse(text: str) -> Frame:
    """Read one frame; never raises."""
    if len(text) > MAXIMUM_FRAME_BYTES:
        return Malformed(f"longer than {MAXIMUM_FRAME_BYTES} characters", ErrorCode.RPC_FRAMEWORK, _salvaged_id(text))
    if is_too_deep(text):
        return _unreadable(f"nested more than {MAXIMUM_DEPTH} deep", text)
    try:
        value = json.loads(text, parse_float=_finite, parse_int=_bounded, parse_constant=_refused)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        return _unreadable(f"not valid JSON: {error}", text)
    return _read_array(value)


def _unreadable(reason: str, text: str) -> Malformed:
    """What may be a CALL has a payload that is wrong; the rest is no request at all (2.0.1 part 4 4.2.3)."""
    message_id = _salvaged_id(text)
    return Malformed(reason, ErrorCode.RPC_FRAMEWORK if message_id is None else ErrorCode.FORMAT, message_id)


def _read_array(value: Any) -> Frame:
    if not isinstance(value, list) or not value:
        return Malformed("not a JSON array that begins with a message type", ErrorCode.RPC_FRAMEWORK)
    message_id = value[1] if len(value) > 1 and isinstance(value[1], str) else None
    kind = value[0]
    if isinstance(kind, bool) or kind not in (CALL, CALL_RESULT, CALL_ERROR):
        return Malformed(
            f"message type {str(kind)[:20]!r} is not known", ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, message_id
        )
    if message_id is None or len(message_id) > MAXIMUM_ID_LENGTH or not message_id:
        reason = f"the message id is not a text of 1 to {MAXIMUM_ID_LENGTH} characters"
        return Malformed(reason, ErrorCode.RPC_FRAMEWORK, None, is_answer=kind != CALL)
    if kind == CALL:
        return _read_call(message_id, value)
    return _read_result(message_id, value) if kind == CALL_RESULT else _read_error(message_id, value)


def _read_call(message_id: str, value: list[Any]) -> Frame:
    if len(value) == 3:
        return Malformed("the CALL has no payload", ErrorCode.PROTOCOL, message_id)
    if len(value) != 4:
        return Malformed(f"a CALL has 4 elements, not {len(value)}", ErrorCode.FORMAT, message_id)
    action, payload = value[2], {} if value[3] is None else value[3]
    if not isinstance(action, str):
        return Malformed("the action is not a text", ErrorCode.FORMAT, message_id)
    if not isinstance(payload, dict):
        return Malformed("the payload is not a JSON object", ErrorCode.FORMAT, message_id)
    return Call(message_id, action, payload)


def _read_result(message_id: str, value: list[Any]) -> Frame:
    """Leniently: elements too many never lose an answer."""
    payload = {} if len(value) < 3 or value[2] is None else value[2]
    if not isinstance(payload, dict):
        return Malformed(
            "the payload of a CALLRESULT is not a JSON object", ErrorCode.FORMAT, message_id, is_answer=True
        )
    return CallResult(message_id, payload)


def _read_error(message_id: str, value: list[Any]) -> Frame:
    """Leniently: a CALLERROR says no, however badly it is spelt."""
    code = value[2] if len(value) > 2 and isinstance(value[2], str) else "GenericError"
    description = value[3] if len(value) > 3 and isinstance(value[3], str) else ""
    return CallError(message_id, code, description)


def is_too_deep(text: str) -> bool:
    """Nested beyond MAXIMUM_DEPTH, seen without recursion."""
    if text.count("[") + text.count("{") <= MAXIMUM_DEPTH:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > MAXIMUM_DEPTH:
                return True
        elif mark in "]}":
            depth -= 1
    return False


def _salvaged_id(text: str) -> str | None:
    """The id of a CALL whose rest cannot be read."""
    found = _READABLE_CALL_ID.match(text)
    return found.group(1) if found else None


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def _bounded(text: str) -> int:
    if len(text) > MAXIMUM_NUMBER_LENGTH:
        raise ValueError(f"the number {text[:20]}… has too many digits")
    return int(text)


def _refused(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def call_text(message_id: str, action: str, payload: JsonObject) -> str:
    """A CALL; ValueError when the payload is no JSON (NaN, infinity, an unknown type)."""
    return _compact([CALL, message_id, action, payload])


def result_text(message_id: str, payload: JsonObject) -> str:
    """A CALLRESULT; ValueError as in `call_text`."""
    return _compact([CALL_RESULT, message_id, payload])


def error_text(message_id: str, code: str, description: str, details: JsonObject) -> str:
    """A CALLERROR; the description is cut to 255 characters. ValueError as in `call_text`."""
    return _compact([CALL_ERROR, message_id, code, description[:MAXIMUM_DESCRIPTION_LENGTH], details])


def _compact(frame: list[Any]) -> str:
    try:
        return json.dumps(_rounded(frame), separators=(",", ":"), allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"cannot be written as JSON: {error}") from error


def _rounded(value: Any) -> Any:
    """Floats carry no binary noise to the wire (8.1 and never 8.100000000000001)."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
