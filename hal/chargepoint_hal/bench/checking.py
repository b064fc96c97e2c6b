"""Checks fields of a TOML table or a JSON object against rules and names every error at once. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

SHOWN_CHARACTERS = 60


class Kind(Enum):
    """What a field's value must be."""

    NUMBER = "a number"
    WHOLE_NUMBER = "a whole number"
    BOOLEAN = "true or false"
    TEXT = "a text"
    WHOLE_NUMBERS = "a list of whole numbers"
    TABLE = "a table"
    TABLES = "a list of tables"


@dataclass(frozen=True, slots=True)
class Rule:
    """One field: its kind and range, the values it may have, whether null is one of them."""

    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[object, ...] = ()
    may_be_null: bool = False
    required: bool = False

    def wanted(self) -> str:
        """The rule in words."""
        text = " or ".join(repr(choice) for choice in self.choices) or self.kind.value
        if not self.choices and (math.isfinite(self.low) or math.isfinite(self.high)):
            text += f" from {self.low:g}" if math.isfinite(self.low) else ""
            text += f" to {self.high:g}" if math.isfinite(self.high) else ""
        return text + (" or null" if self.may_be_null else "")


def problems_in(where: str, given: object, rules: Mapping[str, Rule]) -> list[str]:
    """Every error of an object, each with its path and what to write instead; empty when all is well."""
    if not isinstance(given, Mapping):
        return [f"{where}: expected an object with {_names(rules)}, got {shown(given)}"]
    problems = [
        f"{where}.{name}: missing, give {rule.wanted()}"
        for name, rule in rules.items()
        if rule.required and name not in given
    ]
    for name, value in given.items():
        if name not in rules:
            near = get_close_matches(str(name), rules, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {_names(rules)}"
            problems.append(f"{where}.{shown(name)}: unknown, {hint}")
        elif not _fits(value, rules[name]):
            problems.append(f"{where}.{name}: expected {rules[name].wanted()}, got {shown(value)}")
    return problems


def shown(value: object) -> str:
    """A value as an error may quote it: short, whatever was sent."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = value[: SHOWN_CHARACTERS + 1] if isinstance(value, str) else str(value)
    return repr(text) if len(text) <= SHOWN_CHARACTERS else repr(text[:SHOWN_CHARACTERS]) + "…"


def _names(rules: Mapping[str, Rule]) -> str:
    return ", ".join(rules) or "no fields"


def _fits(value: object, rule: Rule) -> bool:
    if value is None:
        return rule.may_be_null
    if rule.choices:
        return any(value == choice and type(value) is type(choice) for choice in rule.choices)
    match rule.kind:
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.TEXT:
            return isinstance(value, str) and rule.low <= len(value) <= rule.high
        case Kind.NUMBER:
            return _is_number(value, rule)
        case Kind.WHOLE_NUMBER:
            return isinstance(value, int) and _is_number(value, rule)
        case Kind.WHOLE_NUMBERS:
            return isinstance(value, list) and all(isinstance(item, int) and _is_number(item, rule) for item in value)
        case Kind.TABLE:
            return isinstance(value, Mapping)
        case Kind.TABLES:
            return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _is_number(value: object, rule: Rule) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return rule.low <= value <= rule.high and (isinstance(value, int) or math.isfinite(value))
