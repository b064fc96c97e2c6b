"""What each key of station.toml may be, in words: for error messages and for the reference text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from chargepoint.settings import values
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.driver_reference import driver_reference
from chargepoint.settings.names import dotted
from chargepoint.settings.setting import Access
from chargepoint.settings.station_config import StationConfig
from chargepoint_hal.driver_options import OptionRules

Schema = Mapping[str, Any]
Location = Sequence[str | int]

PATTERN_WORDS = {
    r"^[wW][sS][sS]?://[^\s]+$": "an address with ws:// or wss://",
    r"^https?://[^\s]+$": "an address with http:// or https://",
    r"^[ -~]+$": "plain printable text",
    r"^[\w.:+-]+$": "a name of letters, digits and _ . : + -",
    r"^\S+$": "a text without spaces",
}
KIND_WORDS = {"number": "a number", "integer": "a whole number", "string": "a text", "object": "a table"}


@dataclass(frozen=True, slots=True)
class ConfigSchema:
    """The JSON schema of station.toml, walked by path."""

    root: Schema

    @staticmethod
    @cache
    def of_station() -> "ConfigSchema":
        """The same value each time: making it takes longer than everything that it is asked."""
        return ConfigSchema(StationConfig.model_json_schema(mode="validation"))

    def at(self, location: Location) -> Schema | None:
        """The schema of a key; None where nothing is known of it."""
        schema = self._resolved(self.root)
        for part in location:
            found = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
            if not isinstance(found, Mapping):
                return None
            schema = self._resolved(found)
        return schema

    def nearest_key(self, location: Location) -> tuple[str | None, list[str]]:
        """For an unknown key: the one that was probably meant, and all of its table."""
        table = self.at(location[:-1])
        keys = sorted(table.get("properties", {})) if table else []
        near = get_close_matches(str(location[-1]), keys, n=1) if location else []
        return (near[0] if near else None), keys

    def keys(self, table: Schema) -> Iterator[tuple[str, Schema]]:
        for key, schema in table.get("properties", {}).items():
            yield key, self._resolved(schema)

    def _resolved(self, schema: Schema) -> Schema:
        """References followed, `… or null` reduced to what is not null; outer words win."""
        if "anyOf" in schema:
            kept = next(part for part in schema["anyOf"] if part.get("type") != "null")
            return self._resolved({**kept, **{key: value for key, value in schema.items() if key != "anyOf"}})
        if "$ref" in schema:
            target = self.root["$defs"][str(schema["$ref"]).rsplit("/", 1)[-1]]
            return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return schema


def allowed(schema: Schema) -> str:
    """What may be written, with range and unit."""
    if "enum" in schema:
        return " or ".join(str(choice) for choice in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "array":
            items = schema.get("items", {})
            return "a list of tables" if "$ref" in items else f"a list, each {allowed(items)}"
        case kind:
            words = PATTERN_WORDS.get(str(schema.get("pattern")), KIND_WORDS.get(str(kind), "a value"))
            return words + _range(schema) + (f" {schema['unit']}" if "unit" in schema else "")


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if longest is None:
        return ""
    return f" of {shortest} to {longest} characters" if shortest > 1 else f" of at most {longest} characters"


def configuration_reference(drivers: Mapping[str, Mapping[str, OptionRules]]) -> str:
    """Every key of station.toml, every option of these drivers (of `board`, `meter`, `reader`) and every setting, with
    default, range and meaning, as Markdown."""
    schema = ConfigSchema.of_station()
    lines = ["# station.toml", "", "Every key may be left out."]
    for section, table in schema.keys(schema.root):
        if section == "settings":
            continue
        repeated = table.get("type") == "array"
        rows = schema.at((section, 0)) if repeated else table
        lines += ["", f"## {'[[' if repeated else '['}{section}{']]' if repeated else ']'}", ""]
        lines += ["| key | default | allowed | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{key}` | {_default(entry)} | {allowed(entry)} | {entry.get('description', '')} |"
            for key, entry in schema.keys(rows or {})
        ]
        lines += driver_reference(section, drivers.get(section, {}))
    return "\n".join([*lines, *_settings_reference()]) + "\n"


def _default(entry: Schema) -> str:
    default = entry.get("default")
    if default is None:
        return "" if entry.get("type") != "object" else "empty"
    if isinstance(default, list):
        return ", ".join(f"`{item}`" for item in default) or "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _settings_reference() -> list[str]:
    lines = ["", "## [settings]", "", "Presets; what the CSMS changes later wins. Any of the names may be used.", ""]
    lines += [
        "| 1.6 key | 2.0.1 variable | name | default | allowed | CSMS may | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    for setting in CATALOGUE:
        if setting.is_fact:
            continue
        variable = f"`{dotted(setting.variable_2_0_1)}`" if setting.variable_2_0_1 else ""
        key = f"`{setting.key_1_6}`" if setting.key_1_6 else ""
        rights = "read" if setting.access is Access.READ_ONLY else "change"
        default = f"`{values.text_of(setting.default)}`" if setting.default not in ((), "") else "empty"
        cells = (key, variable, f"`{setting.name}`", default, values.wanted(setting), rights, setting.summary)
        lines.append(f"| {' | '.join(cells)} |")
    return lines
