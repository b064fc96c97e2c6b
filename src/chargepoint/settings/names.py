"""Every name of every setting: neutral, 1.6 key, 2.0.1 component and variable. OCPP names ignore case (CiString)."""

from collections.abc import Iterable
from difflib import get_close_matches

from chargepoint.settings.setting import AnySetting, ComponentVariable


def dotted(variable: ComponentVariable) -> str:
    """How a person writes a 2.0.1 name: `OCPPCommCtrlr.MessageTimeout.Default`; one of several EVSEs is named last."""
    evse = None if variable.evse_id is None else f"EVSE{variable.evse_id}"
    return ".".join(part for part in (variable.component, variable.variable, variable.instance, evse) if part)


class SettingNames:
    """An index over a catalogue; two settings of one name are refused with ValueError."""

    def __init__(self, catalogue: Iterable[AnySetting]) -> None:
        self._entries = tuple(catalogue)
        self._neutral: dict[str, AnySetting] = {}
        self._keys: dict[str, AnySetting] = {}
        self._variables: dict[str, AnySetting] = {}
        for setting in self._entries:
            self._add(self._neutral, setting.name, setting)
            for key in (setting.key_1_6, *setting.aliases_1_6):
                if key is not None:
                    self._add(self._keys, key, setting)
            if setting.variable_2_0_1 is not None:
                self._add(self._variables, dotted(setting.variable_2_0_1), setting)

    @staticmethod
    def _add(index: dict[str, AnySetting], name: str, setting: AnySetting) -> None:
        if index.setdefault(name.casefold(), setting) is not setting:
            raise ValueError(f"{name} is the name of two settings")

    def all(self) -> tuple[AnySetting, ...]:
        return self._entries

    def find(self, name: str) -> AnySetting | None:
        return self._neutral.get(name.casefold())

    def find_1_6(self, key: str) -> AnySetting | None:
        return self._keys.get(key.casefold())

    def find_2_0_1(self, component: str, variable: str, instance: str | None = None) -> AnySetting | None:
        return self._variables.get(dotted(ComponentVariable(component, variable, instance)).casefold())

    def find_any(self, name: str) -> AnySetting | None:
        """By whichever name a person wrote in station.toml."""
        folded = name.casefold()
        return self._keys.get(folded) or self._variables.get(folded) or self._neutral.get(folded)

    def nearest(self, name: str) -> str | None:
        """The name that was probably meant."""
        spelled: dict[str, str] = {}
        for setting in self._entries:
            names = [setting.name, setting.key_1_6, setting.variable_2_0_1 and dotted(setting.variable_2_0_1)]
            spelled |= {each.casefold(): each for each in names if each}
        found = get_close_matches(name.casefold(), spelled, n=1)
        return spelled[found[0]] if found else None
