"""Block C: id tokens on the wire, Authorize, ClearCache."""

from chargepoint.charging.commands import ClearAuthorizationCache, VerdictStatus
from chargepoint.charging.ports import StationPort
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import verdict_answer
from chargepoint.csms.v201.personal_message import read_personal_message
from chargepoint.csms.v201.vocabulary import AUTHORIZATION_STATUS, TOKEN_KIND, TOKEN_TYPE
from chargepoint.csms.v201.wire_time import read_time_leniently
from chargepoint.model.identifiers import EvseId
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict

CLEAR_CACHE_STATUS = {
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
CLEAR_CACHE_REASON = {VerdictStatus.REJECTED: "NotEnabled", VerdictStatus.NOT_SUPPORTED: "NotEnabled"}


PRIORITIES = range(-9, 10)


def write_token(token: IdToken) -> JsonObject:
    """IdTokenType. Where nobody has to be authorised the value is empty (C02.FR.01)."""
    value = "" if token.kind is TokenKind.NO_AUTHORIZATION else token.value
    return {"idToken": value, "type": TOKEN_TYPE[token.kind]}


def read_token(wire: object) -> IdToken | None:
    """An id token, or None where there is none. An unknown type is taken as one that the CSMS made."""
    if not isinstance(wire, dict) or not isinstance(wire.get("idToken"), str):
        return None
    return IdToken(wire["idToken"], TOKEN_KIND.get(str(wire.get("type")), TokenKind.CENTRAL))


def read_token_verdict(wire: object) -> TokenVerdict | None:
    """IdTokenInfoType; None where it is missing or its status is no status. Other odd fields are left out."""
    if not isinstance(wire, dict):
        return None
    status = AUTHORIZATION_STATUS.get(str(wire.get("status")))
    if status is None:
        return None
    return TokenVerdict(
        status=status,
        group=read_token(wire.get("groupIdToken")),
        valid_until=read_time_leniently(wire.get("cacheExpiryDateTime")),
        personal_message=read_personal_message(wire.get("personalMessage")),
        charging_priority=read_priority(wire.get("chargingPriority")),
        evse_ids=_read_evse_ids(wire.get("evseId")),
    )


def read_priority(wire: object) -> int | None:
    """From -9 to 9; None where it is missing or is none."""
    return wire if isinstance(wire, int) and not isinstance(wire, bool) and wire in PRIORITIES else None


def _read_evse_ids(wire: object) -> tuple[EvseId, ...]:
    """Empty: everywhere."""
    return tuple(EvseId(each) for each in wire if isinstance(each, int)) if isinstance(wire, list) else ()


def authorize(token: IdToken) -> OutgoingCall:
    return OutgoingCall("Authorize", {"idToken": write_token(token)})


def read_authorize(wire: JsonObject) -> TokenVerdict:
    """An answer without a verdict allows nobody to charge: Invalid."""
    return read_token_verdict(wire.get("idTokenInfo")) or TokenVerdict(AuthorizationStatus.INVALID)


class AuthorizationBlock:
    """Requests of the CSMS about what the station remembers of tokens."""

    def __init__(self, station: StationPort) -> None:
        self._station = station

    async def clear_cache(self, _payload: JsonObject) -> JsonObject:
        """C11: Rejected where the cache is switched off or could not be cleared."""
        verdict = await self._station.execute(ClearAuthorizationCache())
        return verdict_answer(verdict, CLEAR_CACHE_STATUS, CLEAR_CACHE_REASON)
