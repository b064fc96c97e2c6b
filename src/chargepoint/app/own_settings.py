"""Which settings this station has: a key is honoured or absent, and some parts are not fitted everywhere."""

from collections.abc import Mapping

from chargepoint.settings.catalogue import CATALOGUE, COST_AND_PRICE, CUSTOM_DISPLAY_COST_AND_PRICE
from chargepoint.settings.setting import AnySetting


def own_catalogue(presets: Mapping[str, str]) -> tuple[AnySetting, ...]:
    """Without a display for costs only the key that says so."""
    absent: set[str] = set()
    if presets.get(CUSTOM_DISPLAY_COST_AND_PRICE.name, "false").strip().lower() != "true":
        absent |= {setting.name for setting in COST_AND_PRICE} - {CUSTOM_DISPLAY_COST_AND_PRICE.name}
    return tuple(setting for setting in CATALOGUE if setting.name not in absent)
