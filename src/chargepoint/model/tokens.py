"""Credentials and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargepoint.model.identifiers import EvseId


class TokenKind(StrEnum):
    """The id token types of OCPP 2.0.1 (IdTokenEnumType), and that of a token that came without one."""

    CENTRAL = "Central"
    EMAID = "eMAID"
    ISO14443 = "ISO14443"
    ISO15693 = "ISO15693"
    KEY_CODE = "KeyCode"
    LOCAL = "Local"
    MAC_ADDRESS = "MacAddress"
    NO_AUTHORIZATION = "NoAuthorization"
    UNTYPED = "Untyped"
    """Of a token that a CSMS has named over OCPP 1.6, which sends the value alone."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """A credential: a value, whatever its case (CiString), of a type (2.0.1 C01.FR.25).

    Whoever types the number on a card has no card. A token that came without a type is of any.
    """

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
        """What lists and caches are keyed by."""
        return f"{self.kind.value} {self.value.casefold()}"

    @property
    def alike(self) -> "tuple[IdToken, ...]":
        """Every token that is the same as this one, itself first."""
        return self, *(IdToken(self.value, TokenKind(kind)) for kind in ALIKE[self.kind])

    @property
    def keys(self) -> tuple[str, ...]:
        """Of every token that is the same as this one, its own first."""
        return keys_alike(self.key)

    def is_same_as(self, other: "IdToken | None") -> bool:
        if other is None or self.value.casefold() != other.value.casefold():
            return False
        return self.kind is other.kind or TokenKind.UNTYPED in (self.kind, other.kind)


TYPED_KINDS = frozenset(TokenKind) - {TokenKind.UNTYPED}
UNTYPED_ALONE = (TokenKind.UNTYPED.value,)
ALIKE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TYPED_KINDS, UNTYPED_ALONE),
    TokenKind.UNTYPED: tuple(sorted(kind.value for kind in TYPED_KINDS)),
}
"""The types whose tokens are the same as one of this type, beside its own."""


def keys_alike(key: str) -> tuple[str, ...]:
    """The keys of every token that is the same as the one of this key, which comes first."""
    kind, _, folded = key.partition(" ")
    return key, *[f"{each} {folded}" for each in ALIKE.get(kind, UNTYPED_ALONE)]


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


def look_up(token: IdToken, known: Mapping[str, TokenVerdict]) -> TokenVerdict | None:
    """What is known of a token, by token key: its own verdict, else one of a token that is the same.

    Where several types of an untyped one are known, nobody is let in whom one of them would keep out.
    """
    own = known.get(token.key)
    if own is not None:
        return own
    found = [known[key] for key in token.keys if key in known]
    return min(found, key=lambda each: each.status is AuthorizationStatus.ACCEPTED, default=None)
