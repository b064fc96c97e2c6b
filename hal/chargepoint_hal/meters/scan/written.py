"""Writes what was found as tables of a station.toml. Pure, but for the file that is named."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chargepoint_hal.meters.scan.scanner import Found, options_of

DRIVER_OF_MAP = {"bauer-bsm-ws36a": "bauer-bsm", "iskra-wm3m4": "iskra-wm3m4"}
"""Meters that sign have a driver of their own, which knows its map."""
TABLE = "[[meter]]"
USUAL_POLL_SECONDS = 1.0
POLL_STEP_SECONDS = 0.5


class AlreadyDescribedError(ValueError):
    """The file has meters: they are not written over."""


def meter_tables(found: Iterable[Found]) -> str:
    """A `[[meter]]` for each meter that a map fits, numbered from EVSE 1."""
    recognised = [each for each in found if each.matches]
    return "\n".join(_table(number, each) for number, each in enumerate(recognised, start=1))


def write_meters(path: Path, found: Iterable[Found]) -> None:
    """Into a new file, or behind what a file says that has no meter yet; AlreadyDescribedError, OSError."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if TABLE in before:
        raise AlreadyDescribedError(f"{path}: has {TABLE} tables already: take them out, or write another file")
    gap = "\n" if before and not before.endswith("\n\n") else ""
    path.write_text(before + gap + meter_tables(found), encoding="utf-8")


def _table(number: int, found: Found) -> str:
    best = found.matches[0]
    name = best.register_map.name
    options: dict[str, Any] = {**options_of(found.line), "unit": found.unit}
    if name not in DRIVER_OF_MAP:
        options = {"map": name, **options}
    lines = [
        TABLE,
        f'name = "meter{number}"',
        f"evse = {number}",
        f"driver = {_toml(DRIVER_OF_MAP.get(name, 'modbus'))}",
    ]
    took_seconds = best.reading.read_seconds
    if took_seconds > USUAL_POLL_SECONDS:
        poll_seconds = math.ceil(took_seconds / POLL_STEP_SECONDS) * POLL_STEP_SECONDS
        lines += [f"poll_seconds = {poll_seconds}  # all its answers take {took_seconds:.1f} s"]
    serial_number = best.reading.serial_number
    lines += [f"# serial number {serial_number}"] if serial_number else []
    lines += [f"# also fits: {other.register_map.name}" for other in found.matches[1:]]
    lines += [f"# in doubt: {doubt}" for doubt in found.doubts]
    return "\n".join([*lines, f"options = {_inline(options)}", ""])


def _inline(options: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in options.items()) + " }"


def _toml(value: Any) -> str:
    """JSON's texts, numbers and truths are TOML's."""
    return json.dumps(value, ensure_ascii=False)
