"""Charging profiles: how many, how large, and what holds while the CSMS is out of reach."""

from chargepoint.settings.setting import Access, ComponentVariable, Setting

CONTROLLER = "SmartChargingCtrlr"

CHARGE_PROFILE_MAX_STACK_LEVEL = Setting(
    name="charge_profile_max_stack_level",
    default=20,
    summary="The highest stack level of a charging profile, itself allowed; the lowest is 0.",
    access=Access.READ_ONLY,
    minimum=0,
    maximum=1000,
    key_1_6="ChargeProfileMaxStackLevel",
    variable_2_0_1=ComponentVariable(CONTROLLER, "ProfileStackLevel"),
    mandatory_2_0_1=True,
)
CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT: Setting[tuple[str, ...]] = Setting(
    name="charging_schedule_allowed_charging_rate_unit",
    default=("Current", "Power"),
    summary="The units in which a charging schedule may be given, and is told.",
    access=Access.READ_ONLY,
    choices=("Current", "Power"),
    key_1_6="ChargingScheduleAllowedChargingRateUnit",
)
CHARGING_SCHEDULE_MAX_PERIODS = Setting(
    name="charging_schedule_max_periods",
    default=100,
    summary="How many periods one charging schedule may have.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=1000,
    key_1_6="ChargingScheduleMaxPeriods",
    variable_2_0_1=ComponentVariable(CONTROLLER, "PeriodsPerSchedule"),
    mandatory_2_0_1=True,
)
MAX_CHARGING_PROFILES_INSTALLED = Setting(
    name="max_charging_profiles_installed",
    default=100,
    summary="How many charging profiles may be installed at a time.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=100,
    key_1_6="MaxChargingProfilesInstalled",
)
EXTERNAL_CONTROL_SIGNALS_ENABLED = Setting(
    name="external_control_signals_enabled",
    default=True,
    summary="Whether limits of the site are taken at the local interface; one that holds may be released all the same.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable(CONTROLLER, "ExternalControlSignalsEnabled"),
)
LIMIT_CHANGE_SIGNIFICANCE = Setting(
    name="limit_change_significance_percent",
    default=1.0,
    summary="A limit of the site that changes by no more than this is not told; neither is a rate that it changes.",
    minimum=0.0,
    maximum=100.0,
    unit="Percent",
    variable_2_0_1=ComponentVariable(CONTROLLER, "LimitChangeSignificance"),
    mandatory_2_0_1=True,
)
NOMINAL_VOLTS = Setting(
    name="nominal_volts",
    default=230.0,
    summary="Volts between a phase and neutral in this area; limits in watts become amps by it.",
    access=Access.READ_ONLY,
    minimum=100.0,
    maximum=300.0,
    unit="V",
)
NOTIFY_CHARGING_LIMIT_WITH_SCHEDULES = Setting(
    name="notify_charging_limit_with_schedules",
    default=False,
    summary="Whether the CSMS is told the limit that the site imposes, or only that there is one.",
    variable_2_0_1=ComponentVariable(CONTROLLER, "NotifyChargingLimitWithSchedules"),
)
MAXIMUM_CURRENT_AMPS = Setting(
    name="maximum_current_amps",
    default=80.0,
    summary="No EVSE offers more, per phase. Without a value, and at most, what max_current_amps and "
    "installer_limit_amps in station.toml allow: it can lower them and never raise them.",
    minimum=0.0,
    maximum=80.0,
    unit="A",
    key_1_6="MaximumCurrentAmps",
    variable_2_0_1=ComponentVariable("ChargingStation", "MaximumCurrent"),
)
OFFLINE_LIMIT_AMPS = Setting(
    name="offline_limit_amps",
    default=0.0,
    summary="No more than this while the CSMS has been out of reach for offline_limit_after_seconds; 0: no such limit.",
    minimum=0.0,
    maximum=80.0,
    unit="A",
    key_1_6="OfflineLimitAmps",
)
OFFLINE_LIMIT_AFTER = Setting(
    name="offline_limit_after_seconds",
    default=300,
    summary="How long the CSMS must have been out of reach before offline_limit_amps holds.",
    minimum=0,
    maximum=604_800,
    unit="s",
    key_1_6="OfflineLimitAfter",
)
CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED = Setting(
    name="connector_switch_3_to_1_phase_supported",
    default=False,
    summary="Whether an EV can be changed from three phases to one while it charges: phase_switching in station.toml.",
    access=Access.READ_ONLY,
    key_1_6="ConnectorSwitch3to1PhaseSupported",
    variable_2_0_1=ComponentVariable(CONTROLLER, "Phases3to1"),
    is_fact=True,
)
SMART_CHARGING_ENABLED = Setting(
    name="smart_charging_enabled",
    default=True,
    summary="Whether charging profiles of the CSMS are taken and hold; limits of the site hold all the same.",
    key_1_6="SmartChargingEnabled",
    variable_2_0_1=ComponentVariable(CONTROLLER, "Enabled"),
)
