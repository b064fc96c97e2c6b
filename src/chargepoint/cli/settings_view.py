"""The settings catalogue in a terminal."""

from rich.console import Console
from rich.text import Text

from chargepoint.settings import values
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.names import dotted
from chargepoint.settings.setting import Access, AnySetting


def print_settings(word: str | None, console: Console | None = None) -> int:
    """Every setting with that word in a name or its summary; how many there were."""
    console = console or Console(soft_wrap=True)
    found = [setting for setting in CATALOGUE if word is None or _mentions(setting, word)]
    for setting in found:
        console.print(described(setting), soft_wrap=True)
    return len(found)


def described(setting: AnySetting) -> Text:
    """Name and default, what may be written, the OCPP names, and what it is for."""
    name, *others = names_of(setting)
    lines = [allowed(setting), *(("also " + ", ".join(others),) if others else ()), setting.summary]
    return Text.assemble((name, "bold"), f" = {default_of(setting)}\n", *(f"    {line}\n" for line in lines))


def names_of(setting: AnySetting) -> list[str]:
    """Neutral first, then what the OCPP versions call it."""
    names = [setting.name]
    if setting.key_1_6 is not None:
        names.append(setting.key_1_6)
    if setting.variable_2_0_1 is not None:
        names.append(dotted(setting.variable_2_0_1))
    return names


def default_of(setting: AnySetting) -> str:
    if setting.is_fact:
        return "a fact"
    text = values.text_of(setting.default)
    return f"{text} {setting.unit}" if setting.unit and text else text


def allowed(setting: AnySetting) -> str:
    """What may be written, and by whom."""
    if setting.is_fact:
        return "can not be set"
    own = values.wanted(setting)
    return f"{own}; the CSMS can not change it" if setting.access is Access.READ_ONLY else own


def _mentions(setting: AnySetting, word: str) -> bool:
    folded = word.casefold()
    return any(folded in text.casefold() for text in (*names_of(setting), setting.summary))
