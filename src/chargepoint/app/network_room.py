"""Joins the connection profiles, the keys and the connector of one station."""

from chargepoint.app.network_desk import NetworkDesk, Obstacle, no_keys
from chargepoint.app.security_room import SecurityRoom
from chargepoint.charging.ports import Clock
from chargepoint.csms.channel import Connector
from chargepoint.csms.migrating_connector import MigratingConnector, SteeredConnector
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError
from chargepoint.security.profile import SecurityProfile
from chargepoint.settings import catalogue
from chargepoint.settings.network_profiles import NetworkProfile
from chargepoint.settings.station_config import StationConfig


def open_network(
    config: StationConfig, settings: LiveSettings, connector: Connector, security: SecurityRoom | None, clock: Clock
) -> tuple[Connector, NetworkDesk | None]:
    """The connector that goes by the profiles, and their keeper; a connector that leads to one place stays so."""
    if not isinstance(connector, SteeredConnector):
        return connector, None
    own = NetworkProfile(
        url=config.csms.url,
        security_profile=config.csms.security_profile,
        message_timeout_seconds=settings.get(catalogue.MESSAGE_TIMEOUT),
        subprotocols=tuple(config.csms.subprotocols),
    )
    desk = NetworkDesk(own, settings, no_keys if security is None else _obstacle_at(security, clock))
    return MigratingConnector(connector, desk.plan(), desk.profile_of, desk.reached), desk


def _obstacle_at(security: SecurityRoom, clock: Clock) -> Obstacle:
    parts = security.parts

    async def obstacle(profile: int) -> str | None:
        wanted, now = SecurityProfile(profile), clock.now().utc
        try:
            return await parts.writer.run(lambda: parts.credentials.obstacle(wanted, now))
        except ConfigurationError as error:
            return str(error)

    return obstacle
