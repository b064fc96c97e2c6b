"""Credentials and what is known of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargepoint.model.identifiers import EvseId


class TokenKind(StrEnum):
    """The id token types of OCPP 2.0.1 (IdTokenEnumType); 1.6 sends the value alone."""

    CENTRAL = "Central"
    EMAID = "eMAID"
    ISO14443 = "ISO14443"
    ISO15693 = "ISO15693"
    KEY_CODE = "KeyCode"
    LOCAL = "Local"
    MAC_ADDRESS = "MacAddress"
    NO_AUTHORIZATION = "NoAuthorization"


@dataclass(frozen=True, slots=True)
class IdToken:
    """A credential. Two tokens are the same when their values are, whatever the case (CiString); a PIN is no card."""

    value: str
    kind: TokenKind = TokenKind.ISO14443

    def __repr__(self) -> str:
        return f"IdToken({self.redacted})"

    @property
    def redacted(self) -> str:
        """For logs: the last four characters only, and of a PIN none (2.0.1 C04.FR.04)."""
        if self.kind is TokenKind.KEY_CODE:
            return "(PIN)"
        return f"…{self.value[-4:]}" if len(self.value) > 4 else "…"

    @property
    def key(self) -> str:
        """What lists and caches are keyed by. Whoever types the number on a card has no card (2.0.1 C01.FR.25)."""
        folded = self.value.casefold()
        return f"{self.kind} {folded}" if self.kind is TokenKind.KEY_CODE else folded

    def is_same_as(self, other: "IdToken | None") -> bool:
        return other is not None and self.key == other.key


class AuthorizationStatus(StrEnum):
    """What a CSMS, a list or a cache says of a token (2.0.1 AuthorizationStatusEnumType; 1.6 is a subset)."""

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


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """An answer about a token, as remembered or as just received (1.6 idTagInfo, 2.0.1 idTokenInfo)."""

    status: AuthorizationStatus
    group: IdToken | None = None
    valid_until: datetime | None = None
    personal_message: str | None = None
    charging_priority: int | None = None
    """From -9 to 9, 0 the usual one (2.0.1 alone); None: not said."""
    evse_ids: tuple[EvseId, ...] = ()
    """Where it may charge; empty: everywhere (2.0.1 C01.FR.20)."""
    heard_at: datetime | None = None
    """When the cache was told of it last; None where nobody wants to know."""

    def is_accepted_at(self, utc: datetime) -> bool:
        return self.status is AuthorizationStatus.ACCEPTED and (self.valid_until is None or utc < self.valid_until)
