"""What a driver is shown of prices and costs (1.6: the customisation for Californian pricing, vendor costmsg)."""

from chargepoint.settings.price_formats import check_default_price, check_offset, check_transition
from chargepoint.settings.setting import Access, AnySetting, Setting

LANGUAGES: tuple[str, ...] = ("en", "es", "fr", "de", "nl")
LONGEST_TEXT = 500
"""1.6 CiString500Type."""

CUSTOM_DISPLAY_COST_AND_PRICE = Setting(
    name="display_cost_and_price",
    default=False,
    summary="Drivers are shown prices and costs; switch it on in station.toml where there is a display for them.",
    access=Access.READ_ONLY,
    key_1_6="CustomDisplayCostAndPrice",
)
NUMBER_OF_DECIMALS_FOR_COST_VALUES = Setting(
    name="cost_decimals",
    default=2,
    summary="Decimals of a cost that is shown.",
    minimum=0,
    maximum=6,
    key_1_6="NumberOfDecimalsForCostValues",
)
DEFAULT_PRICE = Setting(
    name="default_price",
    default="",
    summary="JSON with priceText, priceTextOffline and chargingPrice: what is shown before the CSMS names a price, "
    "and what is counted with where a transaction starts offline.",
    maximum_length=LONGEST_TEXT,
    key_1_6="DefaultPrice",
    checked_by=check_default_price,
)
CUSTOM_IDLE_FEE_AFTER_STOP = Setting(
    name="idle_fee_after_stop",
    default=False,
    summary="The CSMS counts idle time after the stop too: it is told when the EV has left.",
    key_1_6="CustomIdleFeeAfterStop",
)
CUSTOM_MULTI_LANGUAGE_MESSAGES = Setting(
    name="multi_language_messages",
    default=True,
    summary="Of the texts that the CSMS sends the one in the station's language is shown.",
    access=Access.READ_ONLY,
    key_1_6="CustomMultiLanguageMessages",
)
LANGUAGE = Setting(
    name="language",
    default="en",
    summary="The language of the display.",
    choices=LANGUAGES,
    key_1_6="Language",
)
SUPPORTED_LANGUAGES: Setting[tuple[str, ...]] = Setting(
    name="supported_languages",
    default=LANGUAGES,
    summary="The languages that Language may be set to.",
    access=Access.READ_ONLY,
    choices=LANGUAGES,
    key_1_6="SupportedLanguages",
    is_fact=True,
)
TIME_OFFSET = Setting(
    name="time_offset",
    default="+00:00",
    summary="The local time's distance from UTC, for times that are shown with prices.",
    maximum_length=6,
    key_1_6="TimeOffset",
    checked_by=check_offset,
)
NEXT_TIME_OFFSET_TRANSITION_DATE_TIME = Setting(
    name="next_time_offset_transition",
    default="",
    summary="When the local time's distance changes to the next one.",
    maximum_length=40,
    key_1_6="NextTimeOffsetTransitionDateTime",
    checked_by=check_transition,
)
TIME_OFFSET_NEXT_TRANSITION = Setting(
    name="time_offset_next_transition",
    default="",
    summary="The local time's distance from UTC after the next transition.",
    maximum_length=6,
    key_1_6="TimeOffsetNextTransition",
    checked_by=check_offset,
)


def _price_text(language: str) -> Setting[str]:
    return Setting(
        name=f"default_price_text_{language}",
        default="",
        summary=f"JSON with priceText and priceTextOffline in the language {language}, beside default_price.",
        maximum_length=LONGEST_TEXT,
        key_1_6=f"DefaultPriceText,{language}",
        checked_by=check_default_price,
    )


DEFAULT_PRICE_TEXT_EN = _price_text("en")
DEFAULT_PRICE_TEXT_ES = _price_text("es")
DEFAULT_PRICE_TEXT_FR = _price_text("fr")
DEFAULT_PRICE_TEXT_DE = _price_text("de")
DEFAULT_PRICE_TEXT_NL = _price_text("nl")

COST_AND_PRICE: tuple[AnySetting, ...] = (
    CUSTOM_DISPLAY_COST_AND_PRICE,
    NUMBER_OF_DECIMALS_FOR_COST_VALUES,
    DEFAULT_PRICE,
    DEFAULT_PRICE_TEXT_EN,
    DEFAULT_PRICE_TEXT_ES,
    DEFAULT_PRICE_TEXT_FR,
    DEFAULT_PRICE_TEXT_DE,
    DEFAULT_PRICE_TEXT_NL,
    CUSTOM_IDLE_FEE_AFTER_STOP,
    CUSTOM_MULTI_LANGUAGE_MESSAGES,
    LANGUAGE,
    SUPPORTED_LANGUAGES,
    TIME_OFFSET,
    NEXT_TIME_OFFSET_TRANSITION_DATE_TIME,
    TIME_OFFSET_NEXT_TRANSITION,
)
