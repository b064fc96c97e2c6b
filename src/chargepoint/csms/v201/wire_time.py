"""RFC 3339 as OCPP 2.0.1 writes it: UTC with milliseconds out, whatever a CSMS means by it in."""

import re
from datetime import UTC, datetime

# Part 2, 2.1.4: RFC 3339, at most three decimals. A missing zone is UTC, a blank may stand for the T.
_SHAPE = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
_LONGEST_TEXT = 64


def write_time(utc: datetime) -> str:
    """`2024-01-31T10:20:30.456Z`; the argument is aware."""
    milliseconds = utc.astimezone(UTC).isoformat(timespec="milliseconds")
    return milliseconds.replace("+00:00", "Z")


def read_time(text: object) -> datetime:
    """An aware time in UTC; ValueError for anything that is not a date and a time of day."""
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ValueError(f"a date and time like 2024-01-31T10:20:30.456Z is wanted, got {str(text)[:_LONGEST_TEXT]!r}")
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        raise ValueError(f"a date and time like 2024-01-31T10:20:30.456Z is wanted, got {text!r}")
    day, time_of_day, fraction, zone = shape.groups()
    microseconds = (fraction or "0")[:6].ljust(6, "0")
    offset = "+00:00" if zone is None or zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{time_of_day}.{microseconds}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no real date and time: {error}") from error


def read_time_leniently(text: object) -> datetime | None:
    """The time of an answer, or None where it is missing or makes no sense."""
    try:
        return read_time(text)
    except ValueError:
        return None
