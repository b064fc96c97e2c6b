"""What of a status makes it another one. Pure: without this, every age and every countdown would be news."""

from collections.abc import Mapping
from typing import Any

from chargepoint.panel.status import Json

PASSING_FIELDS = frozenset(
    {
        "age_seconds",
        "observation_age_seconds",
        "lease_remaining_seconds",
        "lockout_remaining_seconds",
        "next_attempt_seconds",
        "uptime_seconds",
        "loop",
        "transfers",
        "utc",
    }
)
"""They move all the time; the regular repetition of the status brings them."""


def lasting(status: Json) -> Json:
    """The status without what merely passes: two of them are equal while nothing happened."""
    return {name: _lasting(value) for name, value in status.items() if name not in PASSING_FIELDS}


def _lasting(value: Any) -> Any:
    return lasting(dict(value)) if isinstance(value, Mapping) else value
