"""The CSMS's opinion of id tokens: a small table, anything unlisted is accepted unless told otherwise."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dev_csms.wire import Json, Version, write_timestamp


class TokenStatus(StrEnum):
    """2.0.1's AuthorizationStatusEnumType, which holds all of 1.6's."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


STATUS_IN_16 = {
    TokenStatus.ACCEPTED: "Accepted",
    TokenStatus.BLOCKED: "Blocked",
    TokenStatus.CONCURRENT_TX: "ConcurrentTx",
    TokenStatus.EXPIRED: "Expired",
    TokenStatus.INVALID: "Invalid",
    TokenStatus.NO_CREDIT: "Blocked",
    TokenStatus.NOT_ALLOWED_TYPE_EVSE: "Blocked",
    TokenStatus.NOT_AT_THIS_LOCATION: "Blocked",
    TokenStatus.NOT_AT_THIS_TIME: "Blocked",
    TokenStatus.UNKNOWN: "Invalid",
}


@dataclass(frozen=True, slots=True)
class TokenRule:
    """What the CSMS says of one token; `valid_until` becomes expiryDate or cacheExpiryDateTime."""

    status: TokenStatus = TokenStatus.ACCEPTED
    group_id: str | None = None
    valid_until: datetime | None = None
    charging_priority: int | None = None
    """2.0.1 alone."""
    transaction_priority: int | None = None
    """Given to each of its transactions (2.0.1 alone)."""
    personal_message: str | None = None
    """2.0.1: a sentence for the driver, such as the tariff."""


@dataclass(slots=True)
class TokenTable:
    """Rules by token value, compared without case (both versions have the identifier as a CiString)."""

    default: TokenRule = field(default_factory=TokenRule)
    rules: dict[str, TokenRule] = field(default_factory=dict)

    def set(self, id_token: str, rule: TokenRule) -> None:
        """From now on `id_token` is answered by `rule`."""
        self.rules[id_token.casefold()] = rule

    def rule(self, id_token: str) -> TokenRule:
        """The rule that answers `id_token`."""
        return self.rules.get(id_token.casefold(), self.default)

    def answer(self, id_token: str, version: Version) -> Json:
        """`idTagInfo` (1.6) or `idTokenInfo` (2.0.1) for `id_token`."""
        rule = self.rule(id_token)
        if version is Version.V16:
            verdict: Json = {"status": STATUS_IN_16[rule.status]}
            if rule.group_id is not None:
                verdict["parentIdTag"] = rule.group_id
            if rule.valid_until is not None:
                verdict["expiryDate"] = write_timestamp(rule.valid_until)
            return verdict
        verdict = {"status": rule.status.value}
        if rule.group_id is not None:
            verdict["groupIdToken"] = {"idToken": rule.group_id, "type": "Central"}
        if rule.valid_until is not None:
            verdict["cacheExpiryDateTime"] = write_timestamp(rule.valid_until)
        if rule.charging_priority is not None:
            verdict["chargingPriority"] = rule.charging_priority
        if rule.personal_message is not None:
            verdict["personalMessage"] = {"format": "UTF8", "content": rule.personal_message}
        return verdict
