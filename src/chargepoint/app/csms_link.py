"""The connection to the CSMS as station.toml describes it."""

from collections.abc import Mapping
from functools import partial
from ssl import SSLContext

from chargepoint.csms.address import station_url
from chargepoint.csms.channel import Connector
from chargepoint.csms.link import LinkAddress, LinkCredentials, WebSocketConnector
from chargepoint.model.errors import ConfigurationError
from chargepoint.security.basic_auth import basic_auth_header, read_password
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.tls import TlsFiles, tls_context
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView
from chargepoint.settings.station_config import StationConfig


def connector_for(config: StationConfig, settings: SettingsView) -> Connector:
    """ConfigurationError where the url can not be one; passwords and certificates are read at each attempt."""
    csms = config.csms
    address = LinkAddress(
        url=station_url(csms.url, config.csms_identity),
        subprotocols=csms.subprotocols,
        assume_version=csms.assume_version,
        proxy=csms.proxy,
    )
    profile = SecurityProfile(csms.security_profile)
    files = TlsFiles(csms.ca_file, csms.client_certificate_file, csms.client_key_file)
    tls: partial[SSLContext | None] = partial(tls_context, profile, files)
    credentials = LinkCredentials(headers=partial(_headers, config, profile), tls=tls)
    return WebSocketConnector(
        address, credentials, ping_interval_seconds=lambda: float(settings.get(catalogue.WEB_SOCKET_PING_INTERVAL))
    )


def _headers(config: StationConfig, profile: SecurityProfile) -> Mapping[str, str]:
    if not profile.uses_password:
        return {}
    csms = config.csms
    if csms.basic_auth_password is not None:
        password = csms.basic_auth_password.get_secret_value()
    elif csms.basic_auth_password_file is not None:
        password = read_password(csms.basic_auth_password_file)
    else:
        raise ConfigurationError("csms.basic_auth_password_file: the security profile needs a password")
    return basic_auth_header(config.csms_identity, password)
