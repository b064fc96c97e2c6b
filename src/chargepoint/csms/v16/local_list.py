"""SendLocalList and GetLocalListVersion (1.6 sections 5.10 and 5.15, errata 3.52)."""

import asyncio
from collections.abc import Mapping

from chargepoint.charging.commands import Refusal, UpdateLocalList, Verdict, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, DialectContext, ErrorCode, JsonObject
from chargepoint.csms.v16.authorization import token_of
from chargepoint.csms.v16.handler import Handler
from chargepoint.csms.v16.vocabulary import AUTHORIZATION_STATUS
from chargepoint.csms.v16.wire_time import parse_time
from chargepoint.model.local_list import ListEntry, ListUpdate
from chargepoint.model.tokens import TokenVerdict

LONGEST_KEY = "SendLocalListMaxLength"
ENTRIES_AT_ONCE = 500
"""Read between two turns of the event loop: some milliseconds."""
NO_LIST = 0
"""listVersion of an empty list."""
NOT_SUPPORTED = -1
"""listVersion of a charge point without a list."""

UPDATE_STATUS: Mapping[VerdictStatus, str] = {
    **dict.fromkeys(VerdictStatus, "Failed"),
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.NOT_SUPPORTED: "NotSupported",
}
"""7.47; VersionMismatch is a refusal of its own."""


async def send_local_list(context: DialectContext, payload: JsonObject) -> JsonObject:
    """More entries than SendLocalListMaxLength are a CALLERROR: the same message would fail again."""
    wires: list[JsonObject] = payload.get("localAuthorizationList") or []
    _refuse_too_many(context, len(wires))
    entries: list[ListEntry] = []
    for start in range(0, len(wires), ENTRIES_AT_ONCE):
        entries += [read_entry(wire) for wire in wires[start : start + ENTRIES_AT_ONCE]]
        await asyncio.sleep(0)
    update = ListUpdate(payload["listVersion"], payload["updateType"] == "Full", tuple(entries))
    verdict = await context.station.execute(UpdateLocalList(update, empty_list_has_version=False))
    return {"status": update_status(verdict)}


def update_status(verdict: Verdict) -> str:
    return "VersionMismatch" if verdict.refusal is Refusal.VERSION_MISMATCH else UPDATE_STATUS[verdict.status]


def read_entry(wire: JsonObject) -> ListEntry:
    """A schema-valid AuthorizationData; CallRefusedError for a date that is none: a list never knows half."""
    info = wire.get("idTagInfo")
    token = token_of(wire["idTag"])
    if info is None:
        return ListEntry(token, None)
    parent = info.get("parentIdTag")
    try:
        valid_until = parse_time(info["expiryDate"]) if "expiryDate" in info else None
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"expiryDate of {token.redacted}: {error}") from error
    return ListEntry(
        token,
        TokenVerdict(AUTHORIZATION_STATUS[info["status"]], token_of(parent) if parent else None, valid_until),
    )


def _refuse_too_many(context: DialectContext, count: int) -> None:
    setting = context.settings.find_1_6(LONGEST_KEY)
    text = "" if setting is None else context.settings.text(setting)
    if text.isdecimal() and count > int(text):
        raise CallRefusedError(
            ErrorCode.OCCURRENCE_CONSTRAINT,
            f"localAuthorizationList: {count} entries and {LONGEST_KEY} is {text}: "
            "send the rest as differential updates",
        )


async def get_local_list_version(context: DialectContext, _payload: JsonObject) -> JsonObject:
    """0 for an empty list, -1 while the list is turned off (section 5.10)."""
    summary = context.station.snapshot().local_list
    if not summary.is_enabled:
        return {"listVersion": NOT_SUPPORTED}
    return {"listVersion": summary.version if summary.length else NO_LIST}


ROUTES: Mapping[str, Handler] = {
    "SendLocalList": send_local_list,
    "GetLocalListVersion": get_local_list_version,
}
