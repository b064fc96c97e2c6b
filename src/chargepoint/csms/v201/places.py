"""EVSE and connector numbers of the wire against the EVSEs that the station has. Each has one connector."""

from dataclasses import dataclass

from chargepoint.model.identifiers import EvseId
from chargepoint.model.reports import FIRST_CONNECTOR


@dataclass(frozen=True, slots=True)
class Place:
    """What a request points at; `evse_id` None is the whole station."""

    evse_id: EvseId | None
    unknown: str | None = None
    """The reason code when there is no such place."""


WHOLE_STATION = Place(None)


class Places:
    """The EVSEs of this station."""

    def __init__(self, evse_ids: tuple[int, ...]) -> None:
        self.evse_ids = evse_ids

    def find(self, evse: object) -> Place:
        """EVSEType, or its absence."""
        if not isinstance(evse, dict):
            return WHOLE_STATION
        return self.find_numbers(evse.get("id"), evse.get("connectorId"))

    def find_numbers(self, evse_id: object, connector_id: object = None) -> Place:
        """Numbers beside each other; None is the whole station."""
        if evse_id is None:
            return WHOLE_STATION
        if not isinstance(evse_id, int) or evse_id not in self.evse_ids:
            return Place(None, unknown="UnknownEvse")
        if connector_id is not None and connector_id != FIRST_CONNECTOR:
            return Place(EvseId(evse_id), unknown="UnknownConnectorId")
        return Place(EvseId(evse_id))
