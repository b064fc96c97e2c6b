"""Payloads against the JSON schemas of an OCPP version, as the library `ocpp` ships them.

Strict for what is sent and for requests of the CSMS; answers of the CSMS are not validated here at all, because an
extra field must never lose an answer. Knows no socket.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator  # type: ignore[import-untyped]  # ships no type information
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]  # ships no type information
from jsonschema.validators import extend  # type: ignore[import-untyped]  # ships no type information

from chargepoint.csms.dialect import ErrorCode, JsonObject

CODE_OF_RULE: Mapping[str, ErrorCode] = {
    "required": ErrorCode.OCCURRENCE_CONSTRAINT,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT,
    "additionalProperties": ErrorCode.FORMAT,
    "type": ErrorCode.TYPE_CONSTRAINT,
    "enum": ErrorCode.PROPERTY_CONSTRAINT,
    "maxLength": ErrorCode.PROPERTY_CONSTRAINT,
    "minLength": ErrorCode.PROPERTY_CONSTRAINT,
    "minimum": ErrorCode.PROPERTY_CONSTRAINT,
    "maximum": ErrorCode.PROPERTY_CONSTRAINT,
    "multipleOf": ErrorCode.PROPERTY_CONSTRAINT,
    "pattern": ErrorCode.PROPERTY_CONSTRAINT,
}
"""By schema keyword; any other is FORMAT."""
LIST_RULES = ("minItems", "maxItems", "uniqueItems")
GRAVITY = (ErrorCode.FORMAT, ErrorCode.OCCURRENCE_CONSTRAINT, ErrorCode.TYPE_CONSTRAINT, ErrorCode.PROPERTY_CONSTRAINT)
"""The first of these that a payload violates is the one that is told."""
MAXIMUM_SHOWN = 80
ITEMS_AT_ONCE = 200
"""A longer list is looked at in parts: each takes about 20 ms, and the event loop goes on between them."""
INTEGERS = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class Violation:
    code: ErrorCode
    description: str
    """Names the path of the field."""
    path: str = ""


DEFINITION = "#/definitions/"


def _is_multiple(_: object, unit: Any, instance: Any, __: object) -> Iterator[ValidationError]:
    """`multipleOf` in decimals: 8.1 is a multiple of 0.1, which binary floats deny."""
    if isinstance(instance, bool) or not isinstance(instance, int | float):
        return
    try:
        is_whole = Decimal(str(instance)) % Decimal(str(unit)) == 0
    except InvalidOperation:
        is_whole = False
    if not is_whole:
        yield ValidationError(f"{instance} has more decimals than {unit}")


def _within_32_bits(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """An integer of OCPP has 32 bits with its sign (2.0.1 part 2, 2.1.2), which the schemas do not say."""
    yield from Draft4Validator.VALIDATORS["type"](validator, types, instance, schema)
    if types == "integer" and isinstance(instance, int) and instance not in INTEGERS:
        yield ValidationError(f"{instance} is beyond the 32 bits of an integer", validator="maximum")


def _any_multiple(_: object, __: object, ___: object, ____: object) -> Iterator[ValidationError]:
    """Limits from a CSMS may have more decimals than the schema says; they are rounded down, not refused."""
    return iter(())


_SentValidator = extend(Draft4Validator, {"multipleOf": _is_multiple})
_ReceivedValidator = extend(Draft4Validator, {"multipleOf": _any_multiple, "type": _within_32_bits})


class SchemaBook:
    """The schemas of one version, read when first needed."""

    def __init__(self, schema_package: str) -> None:
        self._folder = files(schema_package)
        self._names = frozenset(
            entry.name.removesuffix(".json") for entry in self._folder.iterdir() if entry.name.endswith(".json")
        )
        self._schemas: dict[str, Any] = {}

    def knows(self, action: str) -> bool:
        """The action is one of this version's."""
        return self._request_name(action) in self._names and f"{action}Response" in self._names

    def check_received(self, action: str, payload: JsonObject) -> Violation | None:
        """A request of the CSMS; the action must be known."""
        return _worst(_ReceivedValidator(self._schema(self._request_name(action))), payload)

    def check_in_parts(self, action: str, payload: JsonObject) -> Iterator[Violation | None]:
        """As `check_received`, in steps that are short whatever the length of the payload's lists; its words are
        the same but for the number of other violations that it weighs."""
        schema = self._schema(self._request_name(action))
        long = {name: items for name, items in payload.items() if _is_long(items)}
        for name, items in long.items():
            rules = schema.get("properties", {}).get(name, {})
            yield _worst(_ReceivedValidator({key: rules[key] for key in LIST_RULES if key in rules}), items)
        short = {**payload, **{name: items[:ITEMS_AT_ONCE] for name, items in long.items()}}
        yield _worst(_ReceivedValidator(schema), short)
        for name, items in long.items():
            for start in range(ITEMS_AT_ONCE, len(items), ITEMS_AT_ONCE):
                part = {**short, name: items[start : start + ITEMS_AT_ONCE]}
                yield _worst(_ReceivedValidator(schema), part, start)

    def check_call(self, action: str, payload: JsonObject) -> Violation | None:
        """A request of ours."""
        if not self.knows(action):
            return Violation(ErrorCode.NOT_IMPLEMENTED, f"{action!r} is no action of this version")
        return _worst(_SentValidator(self._schema(self._request_name(action))), payload)

    def check_answer(self, action: str, payload: JsonObject) -> Violation | None:
        """Our answer to a request of the CSMS; the action must be known."""
        return _worst(_SentValidator(self._schema(f"{action}Response")), payload)

    def _request_name(self, action: str) -> str:
        return f"{action}Request" if f"{action}Request" in self._names else action

    def _schema(self, name: str) -> Any:
        if name not in self._schemas:
            text = (self._folder / f"{name}.json").read_text(encoding="utf-8-sig")
            schema = json.loads(text)
            self._schemas[name] = _resolved(schema, schema.get("definitions", {}))
        return self._schemas[name]


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """With each definition in the place of the references to it: looking them up is most of a validation's time."""
    if isinstance(schema, list):
        return [_resolved(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _resolved(definitions[reference.removeprefix(DEFINITION)], definitions)
    return {key: _resolved(each, definitions) for key, each in schema.items() if key != "definitions"}


def _is_long(items: object) -> bool:
    return isinstance(items, list) and len(items) > ITEMS_AT_ONCE


def _worst(validator: Any, payload: Any, first_item: int = 0) -> Violation | None:
    found = [_violation(error, first_item) for error in validator.iter_errors(payload)]
    return min(found, key=lambda violation: GRAVITY.index(violation.code)) if found else None


def _violation(error: ValidationError, first_item: int = 0) -> Violation:
    """`first_item`: the number of the first one in the list that is looked at."""
    steps = list(error.absolute_path)
    if len(steps) > 1 and isinstance(steps[1], int):
        steps[1] += first_item
    path = "/".join(str(step) for step in steps) or "the payload"
    code = CODE_OF_RULE.get(str(error.validator), ErrorCode.FORMAT)
    message = str(error.message)
    shown = (
        message if len(message) <= MAXIMUM_SHOWN else f"breaks the rule {error.validator} = {error.validator_value!r}"
    )
    return Violation(code, f"{path}: {shown}", path)
