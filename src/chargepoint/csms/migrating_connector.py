"""Connects to the CSMS whose connection profile has its turn, and learns which one works."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from chargepoint.csms.channel import ConnectFailedError, OpenedLink
from chargepoint.csms.network_plan import NetworkPlan
from chargepoint.settings.network_profiles import NetworkProfile

log = logging.getLogger(__name__)


@runtime_checkable
class SteeredConnector(Protocol):
    """A `Connector` that can be told where to connect."""

    @property
    def url(self) -> str: ...

    async def connect(self) -> OpenedLink: ...

    def steer(self, profile: NetworkProfile, *, is_migration: bool) -> None:
        """From the next attempt on. ConnectFailedError where the profile can not be used at all. `is_migration`: it
        leads elsewhere than where the connection worked last."""
        ...


class MigratingConnector:
    """Implements `Connector`. Only one link is open at a time, so the old CSMS is left first (B10.FR.06)."""

    def __init__(
        self,
        connector: SteeredConnector,
        plan: NetworkPlan,
        profile_of: Callable[[int], NetworkProfile],
        reached: Callable[[int], Awaitable[None]],
    ) -> None:
        self._connector = connector
        self._plan = plan
        self._profile_of = profile_of
        self._reached = reached

    @property
    def url(self) -> str:
        return self._connector.url

    async def connect(self) -> OpenedLink:
        """One attempt by the profile whose turn it is; ConnectFailedError."""
        slot = self._plan.slot
        try:
            self._connector.steer(self._profile_of(slot), is_migration=self._plan.is_migrating)
            link = await self._connector.connect()
        except ConnectFailedError:
            self._plan.failed()
            if self._plan.slot != slot:
                log.warning("connection profile %s does not work, trying profile %s", slot, self._plan.slot)
            raise
        self._plan.succeeded()
        await self._reached(slot)
        return replace(link, network_profile=slot)
