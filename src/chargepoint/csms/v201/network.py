"""Block B: SetNetworkProfile. Reads and judges what is asked for; who keeps it is behind a port."""

from chargepoint.csms.address import station_url
from chargepoint.csms.dialect import JsonObject
from chargepoint.csms.network_port import NetworkPort, ProfileOutcome
from chargepoint.csms.v201.answers import answer
from chargepoint.model.errors import ConfigurationError
from chargepoint.settings import catalogue
from chargepoint.settings.network_profiles import NetworkProfile

SUBPROTOCOL = {"OCPP16": "ocpp1.6", "OCPP20": "ocpp2.0.1"}
"""OCPPVersionEnumType; the older ones are not spoken here."""
INTERFACES = frozenset({"Wired0", "Wireless0"})
"""The machine's one way out, whichever it is: the station chooses among no others."""
HIGHEST_SECURITY_PROFILE = 3
FIRST_WITH_TLS = 2

STATUS = {
    ProfileOutcome.STORED: "Accepted",
    ProfileOutcome.NO_SUCH_SLOT: "Rejected",
    ProfileOutcome.LOWERS_SECURITY: "Rejected",
    ProfileOutcome.NOT_STORED: "Failed",
}
REASON_CODE: dict[ProfileOutcome, str | None] = {
    ProfileOutcome.STORED: None,
    ProfileOutcome.NO_SUCH_SLOT: "InvalidConfSlot",
    ProfileOutcome.LOWERS_SECURITY: "NoSecurityDowngrade",
    ProfileOutcome.NOT_STORED: "InternalError",
}
"""Errata 2025-09, 2.11."""


class NetworkBlock:
    def __init__(self, network: NetworkPort, identity: str) -> None:
        self._network = network
        self._identity = identity

    async def set_network_profile(self, payload: JsonObject) -> JsonObject:
        """B09. Nothing of it is used before the next restart."""
        try:
            profile = read_connection(payload["connectionData"], self._identity)
        except (ValueError, ConfigurationError) as error:
            return answer("Rejected", "InvalidNetworkConf", str(error))
        outcome = await self._network.store(payload["configurationSlot"], profile)
        return answer(STATUS[outcome], REASON_CODE[outcome])


def read_connection(wire: JsonObject, identity: str) -> NetworkProfile:
    """NetworkConnectionProfileType; ValueError or ConfigurationError says what this station can not do (B09.FR.02)."""
    _refuse_what_is_not_fitted(wire)
    url, security_profile, timeout = wire["ocppCsmsUrl"], wire["securityProfile"], wire["messageTimeout"]
    if not 0 <= security_profile <= HIGHEST_SECURITY_PROFILE:
        raise ValueError(f"securityProfile {security_profile}: 0 to {HIGHEST_SECURITY_PROFILE} is wanted")
    scheme = "wss" if security_profile >= FIRST_WITH_TLS else "ws"
    if not station_url(url, identity).startswith(f"{scheme}://"):
        raise ValueError(f"securityProfile {security_profile} goes with a url that begins with {scheme}://")
    least, most = catalogue.MESSAGE_TIMEOUT.minimum or 1, catalogue.MESSAGE_TIMEOUT.maximum or 1
    if not least <= timeout <= most:
        raise ValueError(f"messageTimeout {timeout}: {least:g} to {most:g} seconds are wanted")
    return NetworkProfile(url, security_profile, timeout, (SUBPROTOCOL[wire["ocppVersion"]],))


def _refuse_what_is_not_fitted(wire: JsonObject) -> None:
    if wire["ocppVersion"] not in SUBPROTOCOL:
        raise ValueError(f"ocppVersion {wire['ocppVersion']}: this station speaks {', '.join(SUBPROTOCOL)}")
    if wire["ocppTransport"] != "JSON":
        raise ValueError("ocppTransport: this station speaks JSON alone")
    if wire["ocppInterface"] not in INTERFACES:
        raise ValueError(f"ocppInterface {wire['ocppInterface']}: this station has {', '.join(sorted(INTERFACES))}")
    for name in ("apn", "vpn"):
        if name in wire:
            raise ValueError(f"{name}: this station sets up no modem and no tunnel; leave it out")
