"""Joins the monitors to the device model that they watch, the disk and the CSMS."""

from chargepoint.app.monitoring_desk import MonitoringDesk, MonitoringParts
from chargepoint.charging.ports import Recovered
from chargepoint.csms.session import Neighbours
from chargepoint.csms.v201.built_in_monitors import FaultPlaces, built_in_monitors
from chargepoint.csms.v201.live_variables import Ratings
from chargepoint.csms.v201.monitored_model import MonitoredModel
from chargepoint.csms.v201.station_model import station_model
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.settings.station_config import StationConfig

SUBPROTOCOL = "ocpp2.0.1"


def open_monitoring(config: StationConfig, recovered: Recovered) -> MonitoringDesk | None:
    """None for a station that never speaks a version with monitors."""
    return MonitoringDesk(recovered.monitoring) if SUBPROTOCOL in config.csms.subprotocols else None


def attach_monitoring(
    desk: MonitoringDesk, parts: MonitoringParts, neighbours: Neighbours, ratings: Ratings, settings: LiveSettings
) -> None:
    """From now on the desk can be asked, and be run."""
    context = neighbours.context(parts.station, post=lambda call: None)
    model = MonitoredModel(station_model(context, ratings), settings, settings.revision)
    desk.attach(parts, model, built_in_monitors(neighbours.evse_ids), FaultPlaces(ratings))
