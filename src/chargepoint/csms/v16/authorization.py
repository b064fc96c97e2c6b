"""Authorize, ClearCache, and what the CSMS says of an idTag."""

from collections.abc import Mapping

from chargepoint.charging.commands import ClearAuthorizationCache
from chargepoint.csms.dialect import DialectContext, JsonObject, OutgoingCall
from chargepoint.csms.v16.ci_string import CI_STRING_20, cut
from chargepoint.csms.v16.handler import ACCEPTED_OR_REJECTED, Handler
from chargepoint.csms.v16.vocabulary import AUTHORIZATION_STATUS
from chargepoint.csms.v16.wire_time import read_time
from chargepoint.model.errors import CsmsError
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict


class IdTagTooLongError(CsmsError, ValueError):
    """The token cannot be said in OCPP 1.6."""


def token_of(id_tag: str) -> IdToken:
    """What the CSMS calls an idTag; 1.6 does not say its type."""
    return IdToken(id_tag, TokenKind.UNTYPED)


def reported_id_tag(token: IdToken) -> str:
    """The idTag of a report. A longer token (taken under another version) is cut: its energy is told all the same."""
    return cut(token.value, CI_STRING_20) or ""


def authorize_call(token: IdToken) -> OutgoingCall:
    """IdTagTooLongError beyond 20 characters: a cut idTag would ask about somebody else."""
    if len(token.value) > CI_STRING_20:
        raise IdTagTooLongError(
            f"token {token.redacted} has {len(token.value)} characters and an OCPP 1.6 idTag at most {CI_STRING_20}: "
            "authorise it over OCPP 2.0.1, or read the card with a shorter identifier"
        )
    return OutgoingCall("Authorize", {"idTag": token.value})


def read_id_tag_info(info: object) -> TokenVerdict | None:
    """None where it is missing or has no status that 1.6 knows; an odd date or parent is left out."""
    if not isinstance(info, Mapping):
        return None
    status = info.get("status")
    known = AUTHORIZATION_STATUS.get(status) if isinstance(status, str) else None
    if known is None:
        return None
    parent = info.get("parentIdTag")
    return TokenVerdict(
        status=known,
        group=token_of(parent) if isinstance(parent, str) and parent else None,
        valid_until=read_time(info.get("expiryDate")),
    )


def read_authorize(answer: JsonObject) -> TokenVerdict:
    """An answer without a readable status accepts nobody: UNKNOWN."""
    return read_id_tag_info(answer.get("idTagInfo")) or TokenVerdict(AuthorizationStatus.UNKNOWN)


async def clear_cache(context: DialectContext, _payload: JsonObject) -> JsonObject:
    """Rejected where there is no cache to clear (errata 3.23); the core knows."""
    verdict = await context.station.execute(ClearAuthorizationCache())
    return {"status": ACCEPTED_OR_REJECTED[verdict.status]}


ROUTES: Mapping[str, Handler] = {"ClearCache": clear_cache}
SENDS = frozenset({"Authorize"})
