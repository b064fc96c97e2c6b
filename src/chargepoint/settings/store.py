"""The values of all settings in memory. Decides what may be changed to what; stores nothing on disk."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from chargepoint.settings import values
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.names import SettingNames
from chargepoint.settings.setting import Access, AnySetting, Overrides, SetOutcome, Setting, SettingValue, T


class SettingsStore:
    """One value per setting: a fact, else what was changed at run time, else the preset, else that of the setting it
    follows, else the default."""

    def __init__(
        self,
        catalogue: Iterable[AnySetting] = CATALOGUE,
        overrides: Overrides | None = None,
        presets: Overrides | None = None,
        facts: Mapping[str, SettingValue] | None = None,
    ) -> None:
        """`overrides` (persisted) and `presets` (station.toml) are neutral name → text; `facts` name → value.

        What does not fit is left out and named in `refused`: an old database never stops the station.
        """
        self._names = SettingNames(catalogue)
        self._values: dict[str, SettingValue] = {
            setting.name: setting.default for setting in self._names.all() if setting.follows is None
        }
        self.refused: list[str] = []
        for texts in (presets or {}, overrides or {}):
            for name, text in texts.items():
                self._take(name, text)
        for name, value in (facts or {}).items():
            if self._names.find(name) is None:
                raise KeyError(f"{name} is not in the settings catalogue")
            self._values[name] = value

    def _take(self, name: str, text: str) -> None:
        setting = self._names.find(name)
        if setting is None or setting.is_fact:
            self.refused.append(f"{name}: no setting of this name can be set")
            return
        try:
            self._values[setting.name] = values.parse(cast(Setting[str], setting), text)
        except ValueError as error:
            self.refused.append(f"{name}: {error}")

    def get(self, setting: Setting[T]) -> T:
        """The present value, of the setting's own type; the default of one that this station has not."""
        value = self._values.get(setting.name)  # None is no setting's value
        return cast(T, self._value(setting) if value is None else value)

    def _value(self, setting: AnySetting) -> SettingValue:
        if setting.follows is not None and setting.name not in self._values:
            return self._value(setting.follows)
        return self._values.get(setting.name, setting.default)

    def text(self, setting: AnySetting) -> str:
        """The present value as both OCPP versions write it."""
        return values.text_of(self._value(setting))

    def parse(self, setting: Setting[T], text: str) -> T:
        """The value that the text stands for; ValueError says what is wanted."""
        return values.parse(setting, text)

    def assess(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        """What a change by the CSMS would come to, and why not; changes nothing."""
        if self._names.find(setting.name) is None:
            return SetOutcome.UNKNOWN, f"{setting.name} is not in the catalogue"
        if setting.access is Access.READ_ONLY or setting.is_fact:
            return SetOutcome.READ_ONLY, f"{setting.name} can not be changed"
        try:
            values.parse(cast(Setting[str], setting), text)
        except ValueError as error:
            return SetOutcome.REJECTED, str(error)
        return (SetOutcome.REBOOT_REQUIRED if setting.reboot_required else SetOutcome.ACCEPTED), ""

    def apply(self, setting: AnySetting, text: str) -> None:
        """Take a change that `assess` accepted and that is persisted; ValueError where the text does not fit.

        A setting that needs a restart keeps its present value until then.
        """
        value = values.parse(cast(Setting[str], setting), text)
        if not setting.reboot_required:
            self._values[setting.name] = value

    def note_fact(self, setting: AnySetting, text: str) -> None:
        """What the rest of the station says has changed; ValueError for a setting that is no fact."""
        if not setting.is_fact:
            raise ValueError(f"{setting.name} is no fact: it is changed, not noted")
        self._values[setting.name] = values.parse(cast(Setting[str], setting), text)

    def impose(self, setting: AnySetting, text: str) -> None:
        """Put a value in force that is stored elsewhere or not at all; ValueError where the text does not fit."""
        self._values[setting.name] = values.parse(cast(Setting[str], setting), text)

    def find(self, name: str) -> AnySetting | None:
        """By neutral name."""
        return self._names.find(name)

    def find_1_6(self, key: str) -> AnySetting | None:
        """By 1.6 key, whatever the case."""
        return self._names.find_1_6(key)

    def find_2_0_1(self, component: str, variable: str, instance: str | None = None) -> AnySetting | None:
        """By 2.0.1 component, variable and variable instance, whatever the case."""
        return self._names.find_2_0_1(component, variable, instance)

    def all(self) -> Sequence[AnySetting]:
        return self._names.all()
