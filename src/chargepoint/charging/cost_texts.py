"""What of prices and costs is written on a display, by the settings: language, decimals, local time. Pure."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from chargepoint.model.cost import DefaultPrice, DriverText, NextPrices
from chargepoint.model.display import printable
from chargepoint.settings import catalogue
from chargepoint.settings.price_formats import parse_default_price, parse_offset, parse_transition
from chargepoint.settings.setting import SettingsView

DEFAULT_PRICE_TEXTS = {
    "en": catalogue.DEFAULT_PRICE_TEXT_EN,
    "es": catalogue.DEFAULT_PRICE_TEXT_ES,
    "fr": catalogue.DEFAULT_PRICE_TEXT_FR,
    "de": catalogue.DEFAULT_PRICE_TEXT_DE,
    "nl": catalogue.DEFAULT_PRICE_TEXT_NL,
}
"""By language; total over those of `Language`."""


def shows_tariffs(settings: SettingsView) -> bool:
    """Either version's word that drivers can be shown prices, unless the CSMS has turned it off."""
    is_there = settings.get(catalogue.CUSTOM_DISPLAY_COST_AND_PRICE) or settings.get(catalogue.TARIFF_AVAILABLE)
    return is_there and settings.get(catalogue.TARIFF_ENABLED)


def shows_costs(settings: SettingsView) -> bool:
    """The same of costs."""
    is_there = settings.get(catalogue.CUSTOM_DISPLAY_COST_AND_PRICE) or settings.get(catalogue.COST_AVAILABLE)
    return is_there and settings.get(catalogue.COST_ENABLED)


def default_price(settings: SettingsView) -> DefaultPrice | None:
    """In the station's language where that is set; its numbers are always those of DefaultPrice."""
    general = _price(settings.get(catalogue.DEFAULT_PRICE))
    local = _price(settings.get(DEFAULT_PRICE_TEXTS[settings.get(catalogue.LANGUAGE)]))
    if local is None or language(settings) is None:
        return general
    return DefaultPrice(local.text, local.offline_text, None if general is None else general.charging)


def default_text(settings: SettingsView, is_online: bool) -> str | None:
    """Who has no tariff of his own is shown this; None: nothing is configured (1.6 DefaultPrice, 2.0.1 I04)."""
    price = default_price(settings)
    if price is None:
        return printable(settings.get(catalogue.TARIFF_FALLBACK_MESSAGE)) or None
    return printable(price.text if is_online or price.offline_text is None else price.offline_text)


def fallback_cost_text(settings: SettingsView) -> str | None:
    """What is said where the cost of a transaction that has ended is not known (I05)."""
    return printable(settings.get(catalogue.TOTAL_COST_FALLBACK_MESSAGE)) or None


def currency(settings: SettingsView) -> str | None:
    return settings.get(catalogue.CURRENCY) or None


def language(settings: SettingsView) -> str | None:
    """None where texts are not chosen by language."""
    is_chosen = settings.get(catalogue.CUSTOM_MULTI_LANGUAGE_MESSAGES)
    return settings.get(catalogue.LANGUAGE) if is_chosen else None


def written(text: DriverText, settings: SettingsView) -> str:
    return printable(text.in_language(language(settings)))


def amount_text(amount: Decimal, settings: SettingsView) -> str:
    """Rounded to NumberOfDecimalsForCostValues."""
    decimals = settings.get(catalogue.NUMBER_OF_DECIMALS_FOR_COST_VALUES)
    return f"{amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def next_price_text(prices: NextPrices, settings: SettingsView) -> str:
    """With its time as the clocks at the station show it then."""
    at = prices.at + local_offset(settings, prices.at)
    parts = [
        f"{price.normalize():f} {unit}"
        for price, unit in (
            (prices.charging.per_kwh, "per kWh"),
            (prices.charging.per_hour, "per hour"),
            (prices.charging.flat_fee, "once"),
        )
        if price
    ]
    return f"from {at:%H:%M}: {', '.join(parts) or 'free of charge'}"


def local_offset(settings: SettingsView, at: datetime) -> timedelta:
    """TimeOffset, or the next one where that holds at the given time."""
    transition, after = (
        settings.get(catalogue.NEXT_TIME_OFFSET_TRANSITION_DATE_TIME),
        settings.get(catalogue.TIME_OFFSET_NEXT_TRANSITION),
    )
    if transition and after and at >= parse_transition(transition):
        return parse_offset(after)
    offset = settings.get(catalogue.TIME_OFFSET)
    return parse_offset(offset) if offset else timedelta(0)


def _price(text: str) -> DefaultPrice | None:
    return parse_default_price(text) if text else None
