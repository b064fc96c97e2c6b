"""Keeps the connection profiles: takes new ones from the CSMS, judges their order, learns which one worked."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from chargepoint.csms.network_plan import NetworkPlan
from chargepoint.csms.network_port import ProfileOutcome
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import StorageError
from chargepoint.settings import catalogue
from chargepoint.settings.network_profiles import OWN_SLOT, SLOTS, NetworkProfile, read_profile, write_profile
from chargepoint.settings.setting import SetOutcome
from chargepoint.settings.values import parse, text_of

log = logging.getLogger(__name__)

STORED_AS = {
    1: catalogue.NETWORK_PROFILE_1,
    2: catalogue.NETWORK_PROFILE_2,
    3: catalogue.NETWORK_PROFILE_3,
}


Obstacle = Callable[[int], Awaitable[str | None]]
"""What is in the way of a higher security profile, or None (A05.FR.02, A05.FR.03)."""


async def no_keys(profile: int) -> str | None:
    return "this station keeps no keys"


class NetworkDesk:
    """Implements `NetworkPort`. What is stored counts from the next restart on (B09 remark, B10)."""

    def __init__(self, own: NetworkProfile, settings: LiveSettings, obstacle: Obstacle) -> None:
        """`own`: station.toml's."""
        self._own = own
        self._settings = settings
        self._obstacle = obstacle
        self._in_force = {slot: profile for slot in SLOTS if (profile := self._read(slot)) is not None}
        self._stored = dict(self._in_force)
        self._own_timeout_seconds: int | None = None
        """The setting's value while a profile's is in force instead."""
        settings.attach_rule(catalogue.NETWORK_CONFIGURATION_PRIORITY, self.objection)

    def plan(self) -> NetworkPlan:
        """As the station starts; slots without a profile are passed over."""
        wanted = [int(slot) for slot in self._settings.get(catalogue.NETWORK_CONFIGURATION_PRIORITY)]
        worked_last = self._settings.get(catalogue.ACTIVE_NETWORK_PROFILE)
        return NetworkPlan(
            [slot for slot in wanted if slot in self._in_force] or [OWN_SLOT],
            worked_last if worked_last in self._in_force else None,
            lambda: self._settings.get(catalogue.NETWORK_PROFILE_CONNECTION_ATTEMPTS),
        )

    def profile_of(self, slot: int) -> NetworkProfile:
        return self._in_force[slot]

    async def store(self, slot: int, profile: NetworkProfile) -> ProfileOutcome:
        if slot not in SLOTS:
            return ProfileOutcome.NO_SUCH_SLOT
        if profile.security_profile < self._settings.get(catalogue.SECURITY_PROFILE):
            return ProfileOutcome.LOWERS_SECURITY
        kept = replace(profile, replaces_url=self._own.url if slot == OWN_SLOT else None)
        if not await self._keep(slot, write_profile(kept)):
            return ProfileOutcome.NOT_STORED
        self._stored[slot] = kept
        return ProfileOutcome.STORED

    async def objection(self, text: str) -> str | None:
        """Why this order of slots can not be (B10.FR.02, A05.FR.02, .03 and .10); its form is checked elsewhere.
        station.toml's own profile is used with as much security as has worked once."""
        present = self._settings.get(catalogue.SECURITY_PROFILE)
        for slot in (int(each) for each in text.split(",") if each.strip().isdecimal()):
            profile = self._stored.get(slot)
            if slot in SLOTS and profile is None:
                return f"slot {slot} holds no connection profile: set it first"
            if profile is not None and profile != self._own and profile.security_profile < present:
                return f"slot {slot}, security profile {profile.security_profile}: it is {present} and never lowered"
            if profile is not None and profile.security_profile > present:
                obstacle = await self._obstacle(profile.security_profile)
                if obstacle is not None:
                    return f"slot {slot}, security profile {profile.security_profile}: {obstacle}"
        return None

    async def reached(self, slot: int) -> None:
        """A connection by this slot has worked; what can not be stored now is learnt again by the next one."""
        self._follow_timeout(self._in_force[slot])
        if slot == self._settings.get(catalogue.ACTIVE_NETWORK_PROFILE) and not self._is_any_lower():
            return
        try:
            await self._settings.remember(catalogue.ACTIVE_NETWORK_PROFILE, str(slot))
            await self._forget_lower()
        except StorageError as error:
            log.warning("which connection profile works could not be stored: %s", error)

    def _follow_timeout(self, profile: NetworkProfile) -> None:
        """A CSMS's profile brings its time-out with it (2.1.3); with station.toml's the setting is in force again."""
        if self._own_timeout_seconds is None:
            self._own_timeout_seconds = self._settings.get(catalogue.MESSAGE_TIMEOUT)
        seconds = self._own_timeout_seconds if profile == self._own else profile.message_timeout_seconds
        self._settings.impose(catalogue.MESSAGE_TIMEOUT, str(seconds))
        if profile == self._own:
            self._own_timeout_seconds = None

    def _is_lower(self, slot: int) -> bool:
        profile = self._stored.get(slot)
        return profile is not None and profile.security_profile < self._settings.get(catalogue.SECURITY_PROFILE)

    def _is_any_lower(self) -> bool:
        return any(self._is_lower(slot) for slot in SLOTS)

    async def _forget_lower(self) -> None:
        """Profiles of lower security go, also from the order (A05.FR.06). station.toml's own only leaves the order:
        it is never used with less security than has worked once."""
        lower = [slot for slot in SLOTS if self._is_lower(slot)]
        if not lower:
            return
        order = self._settings.get(catalogue.NETWORK_CONFIGURATION_PRIORITY)
        left = tuple(slot for slot in order if int(slot) not in lower)
        if left and left != order:
            await self._settings.remember(catalogue.NETWORK_CONFIGURATION_PRIORITY, text_of(left))
        for slot in lower:
            if await self._keep(slot, ""):
                del self._stored[slot]

    async def _keep(self, slot: int, text: str) -> bool:
        outcome, why = await self._settings.change(STORED_AS[slot], text)
        if outcome is not SetOutcome.REBOOT_REQUIRED:
            log.warning("connection profile %s is not stored: %s", slot, why)
        return outcome is SetOutcome.REBOOT_REQUIRED

    def _read(self, slot: int) -> NetworkProfile | None:
        own = self._own if slot == OWN_SLOT else None
        text = self._settings.get(STORED_AS[slot])
        if not text:
            return own
        try:
            found = read_profile(text)
            parse(catalogue.MESSAGE_TIMEOUT, str(found.message_timeout_seconds))
            parse(catalogue.SECURITY_PROFILE, str(found.security_profile))
        except ValueError as error:
            log.warning("connection profile %s is left out: %s", slot, error)
            return own
        return own if own is not None and found.replaces_url != own.url else found
