"""The variables of the device model that are no settings: what the station is, and what it sees now (part 2, 2.13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargepoint.charging.snapshot import EvseSnapshot, StationSnapshot
from chargepoint.csms.v201.device_model import (
    Attribute,
    Characteristics,
    Component,
    DataType,
    LiveReader,
    ModelVariable,
    Mutability,
    Variable,
)
from chargepoint.csms.v201.status_projection import CONNECTOR_STATUS, CONNECTOR_STATUSES, station_status
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import StationIdentity
from chargepoint.model.reports import FIRST_CONNECTOR

UNKNOWN_CONNECTOR = "Unknown"

BOOLEAN = Characteristics(DataType.BOOLEAN)
TIME = Characteristics(DataType.DATE_TIME)
TEXT = Characteristics(DataType.STRING)
PHASES = Characteristics(DataType.INTEGER, minimum=0, maximum=3)
AVAILABILITY = Characteristics(DataType.OPTION_LIST, choices=CONNECTOR_STATUSES)
WATTS = "W"


@dataclass(frozen=True, slots=True)
class EvseRating:
    """What an EVSE is built for."""

    phases: int
    maximum_amps: float
    nominal_volts: float = 230.0
    connector_type: str = UNKNOWN_CONNECTOR
    """ConnectorEnumType: `sType2` a socket, `cType2` a tethered cable."""

    @property
    def maximum_watts(self) -> float:
        return self.phases * self.maximum_amps * self.nominal_volts


Ratings = Mapping[int, EvseRating]


def live_variables(identity: StationIdentity, evse_ids: Sequence[int], ratings: Ratings) -> tuple[ModelVariable, ...]:
    """Everything for this station; a part without a rating has an unknown value, never a made-up one."""
    variables = [*_station_variables(identity, ratings), _live(Component("ClockCtrlr"), "DateTime", _time, TIME)]
    for evse_id in evse_ids:
        variables += _evse_variables(EvseId(evse_id), ratings.get(evse_id))
        variables += _connector_variables(EvseId(evse_id), ratings.get(evse_id))
    return tuple(variables)


def _station_variables(identity: StationIdentity, ratings: Ratings) -> list[ModelVariable]:
    station = Component("ChargingStation")
    strongest = max(ratings.values(), key=lambda rating: rating.phases, default=None)
    return [
        _live(station, "Available", _always("true"), BOOLEAN),
        _live(station, "AvailabilityState", _station_state, AVAILABILITY),
        _live(station, "SupplyPhases", _always(_phases_of(strongest)), PHASES),
        _live(station, "Problem", lambda snapshot, _: _truth(bool(snapshot.faults)), BOOLEAN),
        _live(station, "Model", _always(identity.model), TEXT),
        _live(station, "VendorName", _always(identity.vendor), TEXT),
    ]


def _evse_variables(evse_id: EvseId, rating: EvseRating | None) -> list[ModelVariable]:
    evse = Component("EVSE", evse_id=evse_id)
    watts = None if rating is None else rating.maximum_watts
    power = Characteristics(DataType.DECIMAL, unit=WATTS, maximum=watts)
    return [
        _live(evse, "Available", _always("true"), BOOLEAN),
        _live(evse, "AvailabilityState", _status_of(evse_id), AVAILABILITY),
        _live(evse, "SupplyPhases", _always(_phases_of(rating)), PHASES),
        _live(evse, "Power", _power_of(evse_id), power),
        _live(evse, "Problem", _problem_of(evse_id), BOOLEAN),
    ]


def _connector_variables(evse_id: EvseId, rating: EvseRating | None) -> list[ModelVariable]:
    connector = Component("Connector", evse_id=evse_id, connector_id=FIRST_CONNECTOR)
    connector_type = UNKNOWN_CONNECTOR if rating is None else rating.connector_type
    return [
        _live(connector, "Available", _always("true"), BOOLEAN),
        _live(connector, "AvailabilityState", _status_of(evse_id), AVAILABILITY),
        _live(connector, "ConnectorType", _always(connector_type), TEXT),
        _live(connector, "SupplyPhases", _always(_phases_of(rating)), PHASES),
    ]


def _live(component: Component, name: str, read: LiveReader, characteristics: Characteristics) -> ModelVariable:
    return ModelVariable(component, Variable(name), characteristics, {"Actual": Attribute(Mutability.READ_ONLY, read)})


def _always(text: str | None) -> LiveReader:
    return lambda _snapshot, _utc: text


def _time(_snapshot: StationSnapshot, utc: datetime) -> str:
    return write_time(utc)


def _phases_of(rating: EvseRating | None) -> str | None:
    return None if rating is None else str(rating.phases)


def _truth(claim: bool) -> str:
    return "true" if claim else "false"


def _station_state(snapshot: StationSnapshot, _utc: datetime) -> str | None:
    return station_status(snapshot.availability, (evse.status for evse in snapshot.evses.values()))


def _status_of(evse_id: EvseId) -> LiveReader:
    def read(snapshot: StationSnapshot, _utc: datetime) -> str | None:
        evse = snapshot.evses.get(evse_id)
        return None if evse is None else CONNECTOR_STATUS[evse.status]

    return read


def _problem_of(evse_id: EvseId) -> LiveReader:
    def read(snapshot: StationSnapshot, _utc: datetime) -> str | None:
        evse = snapshot.evses.get(evse_id)
        return None if evse is None else _truth(bool(evse.faults))

    return read


def _power_of(evse_id: EvseId) -> LiveReader:
    def read(snapshot: StationSnapshot, _utc: datetime) -> str | None:
        return _power_text(snapshot.evses.get(evse_id))

    return read


def _power_text(evse: EvseSnapshot | None) -> str | None:
    if evse is None or evse.meter is None or evse.meter.power_watts is None:
        return None
    return f"{evse.meter.power_watts:.1f}"
