"""The JSON schemas of OCPP 2.0.1 as the wire library ships them."""

from collections.abc import Awaitable, Callable
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""A CALL of the CSMS: action and payload; gives the answer's payload."""

_messages = import_module("ocpp.messages")


@cache
def _schema_names() -> frozenset[str]:
    return frozenset(entry.name for entry in files("ocpp.v201.schemas").iterdir() if entry.name.endswith(".json"))


def call_problems(action: str, payload: dict[str, Any]) -> list[str]:
    """What the schema of a CALL says against this payload."""
    return [error.message for error in _messages.get_validator(2, action, "2.0.1").iter_errors(payload)]


def result_problems(action: str, payload: dict[str, Any]) -> list[str]:
    """What the schema of a CALLRESULT says against this payload."""
    return [error.message for error in _messages.get_validator(3, action, "2.0.1").iter_errors(payload)]


def words(enumeration: str, action: str, *, answer: bool = False) -> set[str]:
    """The values of one enumeration as the schema of a message lists them."""
    schema = _messages.get_validator(3 if answer else 2, action, "2.0.1").schema
    return set(schema["definitions"][enumeration]["enum"])


def action_names() -> set[str]:
    return {name.removesuffix("Request.json") for name in _schema_names() if name.endswith("Request.json")}
