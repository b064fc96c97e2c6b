"""Timestamps on the wire: we write one form, and read every form of ISO 8601 that peers are known to send."""

from datetime import UTC, datetime


def write_time(utc: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`; finer fractions are cut, so that order is kept."""
    return utc.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Aware UTC. Any fraction, any offset, a missing zone is UTC; ValueError that quotes anything else."""
    tidy = text.strip().upper()
    if "T" not in tidy and " " not in tidy:
        raise ValueError(f"a date and a time are wanted (2024-05-01T12:00:00Z), got {text!r}")
    try:
        moment = datetime.fromisoformat(tidy)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"a timestamp of ISO 8601 is wanted (2024-05-01T12:00:00Z), got {text!r}") from problem


def read_time(value: object) -> datetime | None:
    """A time out of an answer of the CSMS; None where it is missing or makes no sense."""
    if not isinstance(value, str):
        return None
    try:
        return parse_time(value)
    except ValueError:
        return None
