"""What the CSMS may have on the display: tariffs and costs, and messages of its own (2.0.1 blocks I and O)."""

from chargepoint.model.display import MessageFormat, MessagePriority
from chargepoint.settings.price_formats import check_currency
from chargepoint.settings.setting import Access, AnySetting, ComponentVariable, Setting

TARIFF_AND_COST_CONTROLLER = "TariffCostCtrlr"
MESSAGE_CONTROLLER = "DisplayMessageCtrlr"
LONGEST_FALLBACK = 255

TARIFF_AVAILABLE = Setting(
    name="tariff_available",
    default=True,
    summary="There is a display for tariffs; switch it off in station.toml where nobody sees the local page.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "Available", "Tariff"),
)
TARIFF_ENABLED = Setting(
    name="tariff_enabled",
    default=True,
    summary="Drivers are shown their tariff.",
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "Enabled", "Tariff"),
)
COST_AVAILABLE = Setting(
    name="cost_available",
    default=True,
    summary="There is a display for costs; switch it off in station.toml where nobody sees the local page.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "Available", "Cost"),
)
COST_ENABLED = Setting(
    name="cost_enabled",
    default=True,
    summary="Drivers are shown what charging costs.",
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "Enabled", "Cost"),
)
CURRENCY = Setting(
    name="currency",
    default="",
    summary="ISO 4217 code of the currency that all costs are in; empty: none is shown beside them.",
    maximum_length=3,
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "Currency"),
    mandatory_2_0_1=True,
    checked_by=check_currency,
)
TARIFF_FALLBACK_MESSAGE = Setting(
    name="tariff_fallback_message",
    default="",
    summary="Shown to drivers whose own tariff is not known, as while the station is offline.",
    maximum_length=LONGEST_FALLBACK,
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "TariffFallbackMessage"),
    mandatory_2_0_1=True,
)
TOTAL_COST_FALLBACK_MESSAGE = Setting(
    name="total_cost_fallback_message",
    default="",
    summary="Shown at the end of a transaction whose cost the CSMS has not told, as while the station is offline.",
    maximum_length=LONGEST_FALLBACK,
    variable_2_0_1=ComponentVariable(TARIFF_AND_COST_CONTROLLER, "TotalCostFallbackMessage"),
    mandatory_2_0_1=True,
)

DISPLAY_MESSAGES_AVAILABLE = Setting(
    name="display_messages_available",
    default=True,
    summary="The CSMS can put messages on the local page and on displays; switch it off in station.toml where nobody "
    "sees them.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable(MESSAGE_CONTROLLER, "Available"),
)
DISPLAY_MESSAGES_ENABLED = Setting(
    name="display_messages_enabled",
    default=True,
    summary="Messages are taken and shown; while it is off those that are set stay, and nobody sees them.",
    variable_2_0_1=ComponentVariable(MESSAGE_CONTROLLER, "Enabled"),
)
DISPLAY_FORMATS: Setting[tuple[str, ...]] = Setting(
    name="display_formats",
    default=(MessageFormat.ASCII.value, MessageFormat.UTF8.value),
    summary="The formats of messages that the display can show; the local page shows each as plain text.",
    access=Access.READ_ONLY,
    choices=tuple(each.value for each in MessageFormat),
    variable_2_0_1=ComponentVariable(MESSAGE_CONTROLLER, "SupportedFormats"),
    mandatory_2_0_1=True,
)
DISPLAY_PRIORITIES: Setting[tuple[str, ...]] = Setting(
    name="display_priorities",
    default=tuple(each.value for each in MessagePriority),
    summary="The priorities that messages may have.",
    access=Access.READ_ONLY,
    choices=tuple(each.value for each in MessagePriority),
    variable_2_0_1=ComponentVariable(MESSAGE_CONTROLLER, "SupportedPriorities"),
    mandatory_2_0_1=True,
)

TARIFF_AND_COST: tuple[AnySetting, ...] = (
    TARIFF_AVAILABLE,
    TARIFF_ENABLED,
    COST_AVAILABLE,
    COST_ENABLED,
    CURRENCY,
    TARIFF_FALLBACK_MESSAGE,
    TOTAL_COST_FALLBACK_MESSAGE,
)
DISPLAY_MESSAGES: tuple[AnySetting, ...] = (
    DISPLAY_MESSAGES_AVAILABLE,
    DISPLAY_MESSAGES_ENABLED,
    DISPLAY_FORMATS,
    DISPLAY_PRIORITIES,
)
