"""How the station talks to the CSMS: intervals, time-outs, back-off and message limits."""

from chargepoint.settings.network_profiles import LONGEST_TEXT
from chargepoint.settings.setting import Access, ComponentVariable, Setting

ONE_DAY_SECONDS = 86400
LARGEST_MESSAGE_BYTES = 1_000_000


def _limit(name: str, variable: str, instance: str, default: int, summary: str) -> Setting[int]:
    return Setting(
        name=name,
        default=default,
        summary=summary,
        access=Access.READ_ONLY,
        variable_2_0_1=ComponentVariable("DeviceDataCtrlr", variable, instance),
        mandatory_2_0_1=True,
        is_fact=True,
    )


HEARTBEAT_INTERVAL = Setting(
    name="heartbeat_interval_seconds",
    default=300,
    summary="Silence towards the CSMS after which a heartbeat is sent; the CSMS's answer to the boot message sets it.",
    minimum=1,
    maximum=ONE_DAY_SECONDS,
    unit="s",
    key_1_6="HeartbeatInterval",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "HeartbeatInterval"),
    aliases_1_6=("HeartBeatInterval",),
)
WEB_SOCKET_PING_INTERVAL = Setting(
    name="web_socket_ping_interval_seconds",
    default=30,
    summary="Time between pings of the link; 0 sends none.",
    minimum=0,
    maximum=3600,
    unit="s",
    key_1_6="WebSocketPingInterval",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "WebSocketPingInterval"),
)
MESSAGE_TIMEOUT = Setting(
    name="message_timeout_seconds",
    default=30,
    summary="How long the answer to a message is waited for.",
    minimum=1,
    maximum=600,
    unit="s",
    key_1_6="MessageTimeout",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "MessageTimeout", "Default"),
    mandatory_2_0_1=True,
    is_read_only_2_0_1=True,
)
CALL_SPACING = Setting(
    name="call_spacing_seconds",
    default=0.2,
    summary="Least time between two messages of the station that start an exchange.",
    access=Access.READ_ONLY,
    minimum=0,
    maximum=10,
    unit="s",
)
RETRY_BACK_OFF_WAIT_MINIMUM = Setting(
    name="retry_back_off_wait_minimum_seconds",
    default=3,
    summary="Shortest wait before the station connects again.",
    minimum=1,
    maximum=3600,
    unit="s",
    key_1_6="RetryBackOffWaitMinimum",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "RetryBackOffWaitMinimum"),
    mandatory_2_0_1=True,
)
RETRY_BACK_OFF_RANDOM_RANGE = Setting(
    name="retry_back_off_random_range_seconds",
    default=5,
    summary="Most that chance adds to each wait, so that not all stations return at once.",
    minimum=0,
    maximum=3600,
    unit="s",
    key_1_6="RetryBackOffRandomRange",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "RetryBackOffRandomRange"),
    mandatory_2_0_1=True,
)
RETRY_BACK_OFF_REPEAT_TIMES = Setting(
    name="retry_back_off_repeat_times",
    default=6,
    summary="How often the wait doubles before it stays as it is.",
    minimum=0,
    maximum=12,
    key_1_6="RetryBackOffRepeatTimes",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "RetryBackOffRepeatTimes"),
    mandatory_2_0_1=True,
)
OFFLINE_THRESHOLD = Setting(
    name="offline_threshold_seconds",
    default=60,
    summary="After a longer time offline the status of every connector is sent again (B04).",
    minimum=0,
    maximum=ONE_DAY_SECONDS,
    unit="s",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "OfflineThreshold"),
    mandatory_2_0_1=True,
)


def _connection_profile(slot: int) -> Setting[str]:
    return Setting(
        name=f"network_profile_{slot}",
        default="",
        summary=f"Connection profile {slot} as a CSMS has set it (2.0.1 SetNetworkProfile), in JSON.",
        maximum_length=LONGEST_TEXT,
        reboot_required=True,
    )


NETWORK_PROFILE_1 = _connection_profile(1)
NETWORK_PROFILE_2 = _connection_profile(2)
NETWORK_PROFILE_3 = _connection_profile(3)
ACTIVE_NETWORK_PROFILE = Setting(
    name="active_network_profile",
    default=1,
    summary="The connection profile by which the CSMS was reached last; 1 is station.toml's until it is replaced.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=3,
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "ActiveNetworkProfile"),
    mandatory_2_0_1=True,
)
NETWORK_CONFIGURATION_PRIORITY: Setting[tuple[str, ...]] = Setting(
    name="network_configuration_priority",
    default=("1",),
    summary="The order in which the connection profiles are tried after a restart.",
    choices=("1", "2", "3"),
    minimum=1,
    is_ordered=True,
    reboot_required=True,
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "NetworkConfigurationPriority"),
    mandatory_2_0_1=True,
)
NETWORK_PROFILE_CONNECTION_ATTEMPTS = Setting(
    name="network_profile_connection_attempts",
    default=3,
    summary="Attempts before the next connection profile has its turn.",
    minimum=1,
    maximum=100,
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "NetworkProfileConnectionAttempts"),
    mandatory_2_0_1=True,
)
GET_CONFIGURATION_MAX_KEYS = Setting(
    name="get_configuration_max_keys",
    default=100,
    summary="Most keys in one GetConfiguration request.",
    access=Access.READ_ONLY,
    key_1_6="GetConfigurationMaxKeys",
    is_fact=True,
)
ITEMS_PER_MESSAGE_GET_REPORT = _limit(
    "items_per_message_get_report", "ItemsPerMessage", "GetReport", 100, "Most entries in one GetReport request."
)
ITEMS_PER_MESSAGE_GET_VARIABLES = _limit(
    "items_per_message_get_variables", "ItemsPerMessage", "GetVariables", 100, "Most entries in one GetVariables."
)
ITEMS_PER_MESSAGE_SET_VARIABLES = _limit(
    "items_per_message_set_variables", "ItemsPerMessage", "SetVariables", 100, "Most entries in one SetVariables."
)
BYTES_PER_MESSAGE_GET_REPORT = _limit(
    "bytes_per_message_get_report", "BytesPerMessage", "GetReport", LARGEST_MESSAGE_BYTES, "Largest GetReport request."
)
BYTES_PER_MESSAGE_GET_VARIABLES = _limit(
    "bytes_per_message_get_variables", "BytesPerMessage", "GetVariables", LARGEST_MESSAGE_BYTES, "Largest GetVariables."
)
BYTES_PER_MESSAGE_SET_VARIABLES = _limit(
    "bytes_per_message_set_variables", "BytesPerMessage", "SetVariables", LARGEST_MESSAGE_BYTES, "Largest SetVariables."
)
