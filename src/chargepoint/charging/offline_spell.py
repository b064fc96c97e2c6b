"""How long the CSMS was out of reach, and whether it has to be told everything again (2.0.1 B04)."""

from chargepoint.model.moment import Moment
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView


class OfflineSpell:
    """The last one of this run."""

    def __init__(self, settings: SettingsView) -> None:
        self._settings = settings
        self._since: float | None = None

    def begin(self, moment: Moment) -> None:
        self._since = moment.monotonic

    def was_long(self, moment: Moment) -> bool:
        """Longer than OfflineThreshold; also true while the CSMS was never reached in this run."""
        threshold = self._settings.get(catalogue.OFFLINE_THRESHOLD)
        return self._since is None or moment.monotonic - self._since > threshold
