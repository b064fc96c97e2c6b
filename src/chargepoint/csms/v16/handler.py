"""What every functional block of this dialect shares: the shape of a handler and of a payload."""

from collections.abc import Awaitable, Callable, Mapping

from chargepoint.charging.commands import VerdictStatus
from chargepoint.csms.dialect import DialectContext, JsonObject

Handler = Callable[[DialectContext, JsonObject], Awaitable[JsonObject]]
"""Answers one schema-valid CALL; raises CallRefusedError for a CALLERROR; sends nothing itself."""

STATION_CONNECTOR = 0
"""connectorId of the whole charge point (1.6 section 3.8)."""

ACCEPTED_OR_REJECTED: Mapping[VerdictStatus, str] = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Rejected",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "Rejected",
    VerdictStatus.NOT_IMPLEMENTED: "Rejected",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Rejected",
}
"""For the answers that know two words: RemoteStart, RemoteStop, ClearCache."""


def without_none(fields: JsonObject) -> JsonObject:
    """The payload with what is unknown left out: a schema wants absent, never null."""
    return {name: value for name, value in fields.items() if value is not None}
