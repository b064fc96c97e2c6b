"""An outlet kept for somebody."""

from dataclasses import dataclass
from datetime import datetime

from chargepoint.model.identifiers import EvseId
from chargepoint.model.tokens import IdToken


@dataclass(frozen=True, slots=True)
class Reservation:
    """Ends when it is used, when it expires, when it is cancelled, or when its outlet can not be used any more."""

    reservation_id: int
    token: IdToken
    expires_at: datetime
    """Aware, UTC."""
    evse_id: EvseId | None = None
    """None: any EVSE, none in particular."""
    group_token: IdToken | None = None
    connector_type: str | None = None
    """2.0.1: any EVSE with a connector of this type (ConnectorEnumType); None: of any type."""
    made_at: datetime | None = None
    """When the station accepted it, by a trusted clock."""

    is_used_by_card: bool = False
    """2.0.1: used as soon as its card is accepted (H03.FR.09); else by the start of the transaction (1.6 5.13)."""

    def is_for(self, token: IdToken | None, group: IdToken | None) -> bool:
        """The token or its group is the reservation's token or group (1.6 section 5.13, 2.0.1 H03.FR.04)."""
        own = [each for each in (self.token, self.group_token) if each is not None]
        return any(each.is_same_as(token) or each.is_same_as(group) for each in own)
