"""The only reader of the operating system's clocks."""

import time
from datetime import UTC, datetime


def monotonic() -> float:
    """Seconds since the machine's boot; the same in every process, never steps."""
    return time.monotonic()


def utc_now() -> datetime:
    """The wall clock as the system believes it; may be weeks off and may step."""
    return datetime.now(UTC)
