"""The variables of the device model that are no settings: what the station is, and what it sees now (part 2, 2.13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chargepoint.charging.snapshot import EvseSnapshot, StationSnapshot
from chargepoint.csms.v201.device_model import (
    LONGEST_VALUE,
    Characteristics,
    Component,
    DataType,
    ModelVariable,
)
from chargepoint.csms.v201.fitted_components import parts_of_evse, self_test, temperature, token_reader
from chargepoint.csms.v201.live_readers import BOOLEAN, TEXT, always, has_fault, live, number, of_evse, truth
from chargepoint.csms.v201.status_projection import CONNECTOR_STATUS, CONNECTOR_STATUSES, station_status
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import StationIdentity
from chargepoint.model.reports import FIRST_CONNECTOR

UNKNOWN_CONNECTOR = "Unknown"

TIME = Characteristics(DataType.DATE_TIME)
PHASES = Characteristics(DataType.INTEGER, minimum=0, maximum=3)
AVAILABILITY = Characteristics(DataType.OPTION_LIST, choices=CONNECTOR_STATUSES)
WATTS = "W"
LONGEST_SETTING = 1000
"""SetVariableDataType.attributeValue; a longer one does not pass the schema."""
DEVICE_DATA = Component("DeviceDataCtrlr")
SETTING_SIZE = Characteristics(DataType.INTEGER, maximum=LONGEST_SETTING)
REPORT_SIZE = Characteristics(DataType.INTEGER, maximum=LONGEST_VALUE)


@dataclass(frozen=True, slots=True)
class EvseRating:
    """What an EVSE is built for."""

    phases: int
    maximum_amps: float
    nominal_volts: float = 230.0
    connector_type: str = UNKNOWN_CONNECTOR
    """ConnectorEnumType: `sType2` a socket, `cType2` a tethered cable."""
    has_meter: bool = False

    @property
    def maximum_watts(self) -> float:
        return self.phases * self.maximum_amps * self.nominal_volts


@dataclass(frozen=True, slots=True)
class Ratings:
    """What the station is built of, as far as it is known."""

    evses: Mapping[int, EvseRating] = field(default_factory=dict)
    readers: tuple[str, ...] = ()
    """Names of its card readers."""


def live_variables(identity: StationIdentity, evse_ids: Sequence[int], ratings: Ratings) -> tuple[ModelVariable, ...]:
    """Everything for this station; a part without a rating has an unknown value, never a made-up one."""
    variables = [
        *_station_variables(identity, ratings),
        live(Component("ClockCtrlr"), "DateTime", _time, TIME),
        live(DEVICE_DATA, "ConfigurationValueSize", always(str(LONGEST_SETTING)), SETTING_SIZE),
        live(DEVICE_DATA, "ReportingValueSize", always(str(LONGEST_VALUE)), REPORT_SIZE),
    ]
    for evse_id in map(EvseId, evse_ids):
        rating = ratings.evses.get(evse_id)
        variables += _evse_variables(evse_id, rating)
        variables += _connector_variables(evse_id, rating)
        variables += parts_of_evse(
            evse_id, phases=0 if rating is None else rating.phases, has_meter=rating is not None and rating.has_meter
        )
    for name in ratings.readers:
        variables += token_reader(name)
    return tuple(variables)


def _station_variables(identity: StationIdentity, ratings: Ratings) -> list[ModelVariable]:
    station, controller = Component("ChargingStation"), Component("Controller")
    strongest = max(ratings.evses.values(), key=lambda rating: rating.phases, default=None)
    return [
        live(station, "Available", always("true"), BOOLEAN),
        live(station, "AvailabilityState", _station_state, AVAILABILITY),
        live(station, "SupplyPhases", always(_phases_of(strongest)), PHASES),
        live(station, "Problem", lambda snapshot, _: truth(bool(snapshot.faults)), BOOLEAN),
        live(station, "Model", always(identity.model), TEXT),
        live(station, "VendorName", always(identity.vendor), TEXT),
        live(station, "SerialNumber", always(identity.serial_number), TEXT),
        live(controller, "FirmwareVersion", always(identity.firmware_version), TEXT),
        live(controller, "Problem", _controller_problem, BOOLEAN),
    ]


def _evse_variables(evse_id: EvseId, rating: EvseRating | None) -> list[ModelVariable]:
    evse = Component("EVSE", evse_id=evse_id)
    watts = None if rating is None else rating.maximum_watts
    power = Characteristics(DataType.DECIMAL, unit=WATTS, maximum=watts)
    return [
        live(evse, "Available", always("true"), BOOLEAN),
        live(evse, "AvailabilityState", of_evse(evse_id, _status), AVAILABILITY),
        live(evse, "SupplyPhases", always(_phases_of(rating)), PHASES),
        live(evse, "Power", of_evse(evse_id, _power), power),
        live(evse, "AllowReset", always("true"), BOOLEAN),
        live(evse, "Problem", has_fault(evse_id), BOOLEAN),
        live(evse, "Tripped", of_evse(evse_id, _is_tripped), BOOLEAN),
        live(evse, "Overload", has_fault(evse_id, Fault.OVER_CURRENT), BOOLEAN),
        temperature(evse_id),
        *self_test(evse_id),
    ]


def _connector_variables(evse_id: EvseId, rating: EvseRating | None) -> list[ModelVariable]:
    connector = Component("Connector", evse_id=evse_id, connector_id=FIRST_CONNECTOR)
    connector_type = UNKNOWN_CONNECTOR if rating is None else rating.connector_type
    return [
        live(connector, "Available", always("true"), BOOLEAN),
        live(connector, "AvailabilityState", of_evse(evse_id, _status), AVAILABILITY),
        live(connector, "ConnectorType", always(connector_type), TEXT),
        live(connector, "SupplyPhases", always(_phases_of(rating)), PHASES),
    ]


def _time(_snapshot: StationSnapshot, utc: datetime) -> str:
    return write_time(utc)


def _phases_of(rating: EvseRating | None) -> str | None:
    return None if rating is None else str(rating.phases)


def _station_state(snapshot: StationSnapshot, _utc: datetime) -> str | None:
    return station_status(snapshot.availability, (evse.status for evse in snapshot.evses.values()))


def _controller_problem(snapshot: StationSnapshot, _utc: datetime) -> str:
    return truth(bool(snapshot.faults & {Fault.STORAGE_CORRUPT, Fault.STORAGE_FULL}))


def _status(evse: EvseSnapshot) -> str:
    return CONNECTOR_STATUS[evse.status]


def _is_tripped(evse: EvseSnapshot) -> str | None:
    """Latched: it takes a person, or the clearing rule of the fault."""
    is_known = evse.observation is not None or evse.latched_faults
    return truth(bool(evse.latched_faults)) if is_known else None


def _power(evse: EvseSnapshot) -> str | None:
    return None if evse.meter is None else number(evse.meter.power_watts)
