"""What the dialects need of whoever keeps the connection profiles."""

from enum import StrEnum
from typing import Protocol

from chargepoint.settings.network_profiles import NetworkProfile


class ProfileOutcome(StrEnum):
    """What became of a new connection profile."""

    STORED = "stored"
    NO_SUCH_SLOT = "no_such_slot"
    LOWERS_SECURITY = "lowers_security"
    NOT_STORED = "not_stored"


class NetworkPort(Protocol):
    async def store(self, slot: int, profile: NetworkProfile) -> ProfileOutcome:
        """Keep it for the next restart; the present connection goes on as it is."""
        ...
