"""The settings store with persistence behind it: a change is validated, stored, applied, then told."""

from collections.abc import Sequence

from chargepoint.charging.events import SettingChanged
from chargepoint.charging.ports import StationPort, StoragePort
from chargepoint.model.errors import StorageError
from chargepoint.settings.setting import AnySetting, SetOutcome, Setting, T
from chargepoint.settings.store import SettingsStore


class LiveSettings:
    """Implements `SettingsPort`."""

    def __init__(self, store: SettingsStore, storage: StoragePort) -> None:
        self._store = store
        self._storage = storage
        self._station: StationPort | None = None

    def attach_station(self, station: StationPort) -> None:
        """Made after the settings, because the core reads them."""
        self._station = station

    def get(self, setting: Setting[T]) -> T:
        return self._store.get(setting)

    def find_1_6(self, key: str) -> AnySetting | None:
        return self._store.find_1_6(key)

    def find_2_0_1(self, component: str, variable: str, instance: str | None) -> AnySetting | None:
        return self._store.find_2_0_1(component, variable, instance)

    def all(self) -> Sequence[AnySetting]:
        return self._store.all()

    def text(self, setting: AnySetting) -> str:
        return self._store.text(setting)

    async def change(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        """A value that can not be stored is not applied either: it would be gone after the next restart."""
        outcome, why = self._store.assess(setting, text)
        if outcome not in (SetOutcome.ACCEPTED, SetOutcome.REBOOT_REQUIRED):
            return outcome, why
        try:
            await self._storage.save_setting(setting.name, text)
        except StorageError as error:
            return SetOutcome.REJECTED, f"it can not be stored now: {error}"
        self._store.apply(setting, text)
        if self._station is not None:
            await self._station.tell(SettingChanged(setting.name))
        return outcome, why
