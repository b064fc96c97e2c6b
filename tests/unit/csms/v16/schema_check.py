"""The JSON schemas of OCPP 1.6 as the wire library ships them."""

from importlib import import_module
from typing import Any

from dev_csms.wire import MessageType, Version, schema_errors

_messages = import_module("ocpp.messages")


def call_problems(action: str, payload: dict[str, Any]) -> list[str]:
    """What the schema of a CALL says against this payload."""
    return [error.what for error in schema_errors(MessageType.CALL, action, payload, Version.V16)]


def result_problems(action: str, payload: dict[str, Any]) -> list[str]:
    """What the schema of a CALLRESULT says against this payload."""
    return [error.what for error in schema_errors(MessageType.CALL_RESULT, action, payload, Version.V16)]


def words(name: str) -> set[str]:
    """The values of one enumeration of OCPP 1.6 as the library lists them."""
    enumeration = getattr(import_module("ocpp.v16.enums"), name)
    return {member.value for member in enumeration}


def allowed_words(action: str, field: str) -> set[str]:
    """The values that the schema of a CALL allows in one of its fields."""
    return set(_messages.get_validator(2, action, "1.6").schema["properties"][field]["enum"])


def action_names() -> set[str]:
    return words("Action")
