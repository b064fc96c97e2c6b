"""What the answers to the CSMS's requests have in common: a status, and why."""

from collections.abc import Mapping

from chargepoint.charging.commands import Verdict, VerdictStatus
from chargepoint.csms.dialect import JsonObject

LONGEST_ADDITIONAL_INFO = 512

REASON_CODE: dict[VerdictStatus, str | None] = {
    VerdictStatus.ACCEPTED: None,
    VerdictStatus.SCHEDULED: "TxInProgress",
    VerdictStatus.REJECTED: "Unspecified",
    VerdictStatus.UNKNOWN_TARGET: "NotFound",
    VerdictStatus.NOT_SUPPORTED: "UnsupportedRequest",
    VerdictStatus.NOT_IMPLEMENTED: "UnsupportedRequest",
    VerdictStatus.UNLOCKED: None,
    VerdictStatus.UNLOCK_FAILED: "Unspecified",
    VerdictStatus.TRANSACTION_RUNNING: "TxInProgress",
}
"""The reason code (appendices, 7) where the message has no better one; None: nothing to explain."""


def answer(status: str, reason_code: str | None = None, text: str = "") -> JsonObject:
    """A status, with statusInfo where there is a reason."""
    if reason_code is None:
        return {"status": status}
    return {"status": status, "statusInfo": status_info(reason_code, text)}


def status_info(reason_code: str, text: str = "") -> JsonObject:
    """StatusInfoType; the text is for a person and cut to what the field holds."""
    stated: JsonObject = {"reasonCode": reason_code}
    if text:
        stated["additionalInfo"] = text[:LONGEST_ADDITIONAL_INFO]
    return stated


def verdict_answer(
    verdict: Verdict,
    words: Mapping[VerdictStatus, str],
    codes: Mapping[VerdictStatus, str] | None = None,
) -> JsonObject:
    """The verdict in a message's own words; `codes` are the message's own reason codes."""
    general = REASON_CODE[verdict.status]
    code = None if general is None else (codes or {}).get(verdict.status, general)
    return answer(words[verdict.status], code, verdict.reason)
