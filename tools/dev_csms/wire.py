"""OCPP-J frames as typed values, and the JSON schemas of the library `ocpp`. Parses and judges; never answers."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any

from ocpp import exceptions, messages  # type: ignore[import-untyped, unused-ignore]  # the library ships no types

Json = dict[str, Any]
UNREADABLE_MESSAGE_ID = "-1"  # OCPP 2.0.1 part 4, 4.2.3: the id of a CALLERROR to a frame whose id cannot be read


class Version(StrEnum):
    """The OCPP versions spoken here, named as in the specification."""

    V16 = "1.6"
    V201 = "2.0.1"


SUBPROTOCOLS = {Version.V16: "ocpp1.6", Version.V201: "ocpp2.0.1"}


class MessageType(IntEnum):
    """First element of a frame."""

    CALL = 2
    CALL_RESULT = 3
    CALL_ERROR = 4


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `[2, id, action, payload]`."""

    message_id: str
    action: str
    payload: Json


@dataclass(frozen=True, slots=True)
class CallResult:
    """An answer: `[3, id, payload]`."""

    message_id: str
    payload: Json


@dataclass(frozen=True, slots=True)
class CallError:
    """A refusal: `[4, id, code, description, details]`."""

    message_id: str
    code: str
    description: str
    details: Json


Message = Call | CallResult | CallError


class BadFrameError(ValueError):
    """The text is no OCPP-J frame. `message_id` is None when no answer is due (the frame was itself an answer)."""

    def __init__(self, what: str, message_id: str | None, is_unknown_type: bool = False) -> None:
        super().__init__(what)
        self.message_id = message_id
        self.is_unknown_type = is_unknown_type


class CallRefusedError(ValueError):
    """A call that was to be sent to a station does not fit its schema."""


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One place where a payload leaves its schema; `code` is the CALLERROR code of the library's naming."""

    code: str
    path: str
    what: str


# The CALLERROR code by the JSON-schema keyword that failed; any other keyword is a FormatViolation.
CODE_BY_KEYWORD = {
    "type": "TypeConstraintViolation",
    "required": "ProtocolError",
    "additionalProperties": "FormatViolation",
    "enum": "PropertyConstraintViolation",
    "maxLength": "PropertyConstraintViolation",
    "multipleOf": "PropertyConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
}
# OCPP 1.6J spells two codes its own way (errata 5.1 and 5.2).
CODE_IN_16 = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
    "RpcFrameworkError": "FormationViolation",
    "MessageTypeNotSupported": "FormationViolation",
}
# The library reads these three with decimals, since 0.1 is no multiple of 0.1 in binary; its cache must see the same.
DECIMAL_SCHEMAS = {
    (MessageType.CALL, "SetChargingProfile"),
    (MessageType.CALL, "RemoteStartTransaction"),
    (MessageType.CALL_RESULT, "GetCompositeSchedule"),
}

DIGITS_OF_ANY_FLOAT = 700
"""Enough to divide the largest double by the smallest: with fewer digits 1e300 modulo 0.1 is an error."""


def error_code(code: str, version: Version) -> str:
    """The code as `version` spells it."""
    return CODE_IN_16.get(code, code) if version is Version.V16 else code


def parse(text: str) -> Message:
    """The message in `text`; raises BadFrameError."""
    try:
        frame = messages.unpack(text)
    except exceptions.OCPPError as error:
        raise BadFrameError(str(error.details.get("cause", error)), *_answer_due(text)) from error
    except (ValueError, RecursionError) as error:
        raise BadFrameError(f"not readable as JSON: {error}", UNREADABLE_MESSAGE_ID) from error
    if not isinstance(frame.unique_id, str) or not frame.unique_id:
        raise BadFrameError("the message id is not a non-empty string", *_answer_due(text))
    if isinstance(frame, messages.CallError):
        return CallError(
            frame.unique_id, str(frame.error_code), str(frame.error_description), frame.error_details or {}
        )
    if not isinstance(frame.payload, dict):
        raise BadFrameError("the payload is not a JSON object", *_answer_due(text))
    if isinstance(frame, messages.CallResult):
        return CallResult(frame.unique_id, frame.payload)
    if not isinstance(frame.action, str):
        raise BadFrameError("the action is not a string", *_answer_due(text))
    return Call(frame.unique_id, frame.action, frame.payload)


def _answer_due(text: str) -> tuple[str | None, bool]:
    """The id to answer a bad frame with (None: no answer is due), and whether its message type is unknown."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return UNREADABLE_MESSAGE_ID, False
    if not isinstance(frame, list) or not frame:
        return UNREADABLE_MESSAGE_ID, False
    if frame[0] in (MessageType.CALL_RESULT, MessageType.CALL_ERROR):
        return None, False
    has_id = len(frame) > 1 and isinstance(frame[1], str) and bool(frame[1])
    return (frame[1] if has_id else UNREADABLE_MESSAGE_ID), frame[0] != MessageType.CALL


def is_known_action(action: str, version: Version) -> bool:
    """Whether `version` has a request of this name, in either direction."""
    return _validator(MessageType.CALL, action, version) is not None


def schema_errors(kind: MessageType, action: str, payload: Json, version: Version) -> list[SchemaError]:
    """Every place where `payload` leaves the schema of `action`, outermost first; empty means valid."""
    validator = _validator(kind, action, version)
    if validator is None:
        return [SchemaError("NotImplemented", "$", f"OCPP {version} has no action '{action}'")]
    value: object = payload
    if version is Version.V16 and (kind, action) in DECIMAL_SCHEMAS:
        try:
            value = json.loads(json.dumps(payload, allow_nan=False), parse_float=Decimal)
        except ValueError as error:
            return [SchemaError("FormatViolation", "$", f"a number that is no number of JSON: {error}")]
    with localcontext(prec=DIGITS_OF_ANY_FLOAT):
        found = sorted(validator.iter_errors(value), key=lambda error: error.json_path)
    return [
        SchemaError(CODE_BY_KEYWORD.get(error.validator, "FormatViolation"), error.json_path, error.message)
        for error in found
    ]


@lru_cache(1000)
def _validator(kind: MessageType, action: str, version: Version) -> Any:  # jsonschema's validator, untyped
    """The library's, with each definition in the place of the references to it: they are slow to look up."""
    found = _library_validator(kind, action, version)
    return None if found is None else type(found)(_resolved(found.schema, found.schema.get("definitions", {})))


def _resolved(schema: Any, definitions: Json) -> Any:
    if isinstance(schema, list):
        return [_resolved(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(reference := schema.get("$ref"), str):
        return _resolved(definitions[reference.removeprefix("#/definitions/")], definitions)
    return {key: _resolved(each, definitions) for key, each in schema.items() if key != "definitions"}


def _library_validator(kind: MessageType, action: str, version: Version) -> Any:
    if not action.isalnum():  # the library opens a file of this name
        return None
    needs_decimal = version is Version.V16 and (kind, action) in DECIMAL_SCHEMAS
    try:
        return messages.get_validator(int(kind), action, str(version), Decimal if needs_decimal else float)
    except OSError:
        return None


def pack_call(message_id: str, action: str, payload: Json) -> str:
    """The text of a CALL."""
    return str(messages.pack(messages.Call(message_id, action, payload)))


def pack_result(message_id: str, payload: Json) -> str:
    """The text of a CALLRESULT."""
    return str(messages.pack(messages.CallResult(message_id, payload)))


def pack_error(error: CallError) -> str:
    """The text of a CALLERROR."""
    return str(messages.pack(messages.CallError(error.message_id, error.code, error.description, error.details)))


def parse_timestamp(text: object) -> datetime | None:
    """An RFC 3339 time as an aware UTC datetime (a missing zone is read as UTC), or None if it is unreadable."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def write_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
