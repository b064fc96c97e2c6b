"""Several CSMSs behind their urls, for a station that may be sent from one to another."""

import asyncio
from dataclasses import dataclass, field

from chargepoint.csms.channel import ConnectFailedError, ConnectStep, OpenedLink
from chargepoint.settings.network_profiles import NetworkProfile
from support.memory_csms import MemoryCsms


@dataclass(slots=True)
class MemoryNetwork:
    """Implements `SteeredConnector`."""

    csmses: dict[str, MemoryCsms]
    """By url."""
    url: str = "memory://nowhere"
    attempts: list[str] = field(default_factory=list)
    """The url of each attempt."""

    def steer(self, profile: NetworkProfile, *, is_migration: bool) -> None:
        del is_migration
        self.url = profile.url
        if self.url in self.csmses:
            self.csmses[self.url].offered = profile.subprotocols

    async def connect(self) -> OpenedLink:
        self.attempts.append(self.url)
        if self.url not in self.csmses:
            await asyncio.sleep(0.1)
            raise ConnectFailedError(ConnectStep.DNS, "no such host")
        return await self.csmses[self.url].connect()
