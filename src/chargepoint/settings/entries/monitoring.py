"""Monitors on the variables of the device model (2.0.1 block N)."""

from chargepoint.settings.setting import Access, ComponentVariable, Setting

CONTROLLER = "MonitoringCtrlr"
MOST_ITEMS = 50
LARGEST_MESSAGE_BYTES = 65_000


def _limit(name: str, variable: str, message: str, default: int, summary: str) -> Setting[int]:
    return Setting(
        name=name,
        default=default,
        summary=summary,
        access=Access.READ_ONLY,
        minimum=1,
        variable_2_0_1=ComponentVariable(CONTROLLER, variable, message),
        is_fact=True,
        mandatory_2_0_1=message == "SetVariableMonitoring",
    )


MONITORING_ENABLED = Setting(
    name="monitoring_enabled",
    default=True,
    summary="Tell the CSMS what monitors and faults notice (NotifyEvent); off, monitors are kept but say nothing.",
    variable_2_0_1=ComponentVariable(CONTROLLER, "Enabled"),
)
OFFLINE_QUEUING_SEVERITY = Setting(
    name="offline_queuing_severity",
    default=4,
    summary="Events of this severity number or below are queued while the CSMS is out of reach (0 danger, 9 debug).",
    minimum=0,
    maximum=9,
    variable_2_0_1=ComponentVariable(CONTROLLER, "OfflineQueuingSeverity"),
)
ITEMS_PER_MESSAGE_SET_VARIABLE_MONITORING = _limit(
    "items_per_message_set_variable_monitoring",
    "ItemsPerMessage",
    "SetVariableMonitoring",
    MOST_ITEMS,
    "Most monitors in one SetVariableMonitoring request.",
)
ITEMS_PER_MESSAGE_CLEAR_VARIABLE_MONITORING = _limit(
    "items_per_message_clear_variable_monitoring",
    "ItemsPerMessage",
    "ClearVariableMonitoring",
    MOST_ITEMS,
    "Most ids in one ClearVariableMonitoring request.",
)
BYTES_PER_MESSAGE_SET_VARIABLE_MONITORING = _limit(
    "bytes_per_message_set_variable_monitoring",
    "BytesPerMessage",
    "SetVariableMonitoring",
    LARGEST_MESSAGE_BYTES,
    "Largest SetVariableMonitoring request.",
)
BYTES_PER_MESSAGE_CLEAR_VARIABLE_MONITORING = _limit(
    "bytes_per_message_clear_variable_monitoring",
    "BytesPerMessage",
    "ClearVariableMonitoring",
    LARGEST_MESSAGE_BYTES,
    "Largest ClearVariableMonitoring request.",
)
