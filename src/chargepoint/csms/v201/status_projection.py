"""The neutral status of an EVSE as 2.0.1 says it: five words for a connector."""

from collections.abc import Iterable

from chargepoint.model.status import Availability, EvseStatus

CONNECTOR_STATUS = {
    EvseStatus.AVAILABLE: "Available",
    EvseStatus.AWAITING_PLUG: "Available",
    EvseStatus.PREPARING: "Occupied",
    EvseStatus.CHARGING: "Occupied",
    EvseStatus.SUSPENDED_EVSE: "Occupied",
    EvseStatus.SUSPENDED_EV: "Occupied",
    EvseStatus.FINISHING: "Occupied",
    EvseStatus.RESERVED: "Reserved",
    EvseStatus.UNAVAILABLE: "Unavailable",
    EvseStatus.FAULTED: "Faulted",
}
CONNECTOR_STATUSES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")

OPERATIONAL_STATUS = {"Operative": Availability.OPERATIVE, "Inoperative": Availability.INOPERATIVE}

_BEST_FIRST = ("Available", "Occupied", "Reserved", "Faulted", "Unavailable")


def station_status(availability: Availability, evse_statuses: Iterable[EvseStatus]) -> str | None:
    """The station's own AvailabilityState: out of service, else the best of its EVSEs; None before any is known."""
    if availability is Availability.INOPERATIVE:
        return "Unavailable"
    words = {CONNECTOR_STATUS[status] for status in evse_statuses}
    return next((word for word in _BEST_FIRST if word in words), None)
