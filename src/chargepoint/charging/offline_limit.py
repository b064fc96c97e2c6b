"""The lower limit that holds after a long time without the CSMS, where the owner wants one."""

from chargepoint.model.limits import Limit
from chargepoint.model.moment import Moment
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView


class OfflineLimit:
    """Until the CSMS is heard for the first time it is out of reach."""

    def __init__(self, settings: SettingsView) -> None:
        self._settings = settings
        self._offline_since: float | None = None

    def csms_came(self) -> None:
        self._offline_since = None

    def csms_went(self, moment: Moment) -> None:
        if self._offline_since is None:
            self._offline_since = moment.monotonic

    def begins_at(self) -> float | None:
        """When it begins to hold; None: never."""
        if self._offline_since is None or self._settings.get(catalogue.OFFLINE_LIMIT_AMPS) <= 0:
            return None
        return self._offline_since + self._settings.get(catalogue.OFFLINE_LIMIT_AFTER)

    def limit(self, moment: Moment) -> Limit | None:
        """What holds now; None where nothing does."""
        begins_at = self.begins_at()
        if begins_at is None or moment.monotonic < begins_at:
            return None
        return Limit(self._settings.get(catalogue.OFFLINE_LIMIT_AMPS), "offline")
