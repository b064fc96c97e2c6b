"""The station itself: its connectors, resets, status and security as the CSMS sees them."""

from chargepoint.settings.phase_rotation import check_phase_rotation
from chargepoint.settings.setting import Access, ComponentVariable, Setting

FEATURE_PROFILES: tuple[str, ...] = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)

NUMBER_OF_CONNECTORS = Setting(
    name="number_of_connectors",
    default=1,
    summary="How many connectors there are; the [[evse]] tables say it.",
    access=Access.READ_ONLY,
    minimum=1,
    key_1_6="NumberOfConnectors",
    is_fact=True,
)
CONNECTOR_PHASE_ROTATION = Setting(
    name="connector_phase_rotation",
    default="0.Unknown",
    summary="How each connector's phases are wired in respect to its meter, as 0.RST,1.RTS (0: the main meter); told "
    "to the CSMS and turning nothing. Until it is set NotApplicable for one phase, else Unknown.",
    minimum=1,
    maximum_length=500,
    key_1_6="ConnectorPhaseRotation",
    checked_by=check_phase_rotation,
)
CONNECTOR_PHASE_ROTATION_MAX_LENGTH = Setting(
    name="connector_phase_rotation_max_items",
    default=2,
    summary="Most items that ConnectorPhaseRotation takes: one for each connector and one for the main meter.",
    access=Access.READ_ONLY,
    key_1_6="ConnectorPhaseRotationMaxLength",
    is_fact=True,
)
SUPPORTED_FEATURE_PROFILES: Setting[tuple[str, ...]] = Setting(
    name="supported_feature_profiles",
    default=("Core", "LocalAuthListManagement", "RemoteTrigger", "Reservation", "SmartCharging"),
    summary="The 1.6 feature profiles that this station has.",
    access=Access.READ_ONLY,
    choices=FEATURE_PROFILES,
    key_1_6="SupportedFeatureProfiles",
    is_fact=True,
)
SUPPORTED_FILE_TRANSFER_PROTOCOLS: Setting[tuple[str, ...]] = Setting(
    name="supported_file_transfer_protocols",
    default=(),
    summary="How files can be fetched and delivered; empty while the station transfers none.",
    access=Access.READ_ONLY,
    choices=("FTP", "FTPS", "HTTP", "HTTPS", "SFTP"),
    key_1_6="SupportedFileTransferProtocols",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "FileTransferProtocols"),
    mandatory_2_0_1=True,
    is_fact=True,
)
MINIMUM_STATUS_DURATION = Setting(
    name="minimum_status_duration_seconds",
    default=0,
    summary="How long a status must last before it is told.",
    minimum=0,
    maximum=3600,
    unit="s",
    key_1_6="MinimumStatusDuration",
)
RESET_RETRIES = Setting(
    name="reset_retries",
    default=1,
    summary="How often a reset is tried again that the machine refuses; after that the process just ends.",
    minimum=0,
    maximum=10,
    key_1_6="ResetRetries",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "ResetRetries"),
    mandatory_2_0_1=True,
)
SECURITY_PROFILE = Setting(
    name="security_profile",
    default=0,
    summary="The security profile of the link, 0 to 3; [csms] security_profile says the least, 1.6 may raise it.",
    access=Access.READ_ONLY,
    minimum=0,
    maximum=3,
    key_1_6="SecurityProfile",
    has_keeper=True,
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "SecurityProfile"),
    mandatory_2_0_1=True,
    is_fact=True,
)
STATION_IDENTITY = Setting(
    name="station_identity",
    default="",
    summary="The name that the station connects with; [csms] identity says it.",
    access=Access.READ_ONLY,
    maximum_length=48,
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "Identity"),
    is_fact=True,
)
ORGANIZATION_NAME = Setting(
    name="organization_name",
    default="",
    summary="The operator's name, for the station's certificates.",
    maximum_length=64,
    key_1_6="CpoName",
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "OrganizationName"),
    mandatory_2_0_1=True,
)
CERTIFICATE_ENTRIES = Setting(
    name="certificate_entries",
    default=0,
    summary="Certificates that the CSMS has installed.",
    access=Access.READ_ONLY,
    minimum=0,
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "CertificateEntries"),
    mandatory_2_0_1=True,
    is_fact=True,
)
ALLOW_NEW_SESSIONS_PENDING_FIRMWARE_UPDATE = Setting(
    name="allow_new_sessions_pending_firmware_update",
    default=False,
    summary="New transactions may start while an installation of firmware waits for the running ones.",
    variable_2_0_1=ComponentVariable("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate"),
)
TIME_SOURCE: Setting[tuple[str, ...]] = Setting(
    name="time_source",
    default=("Heartbeat",),
    summary="Where the clock's time comes from; there is one source, and it can not be left out.",
    choices=("Heartbeat",),
    minimum=1,
    is_ordered=True,
    variable_2_0_1=ComponentVariable("ClockCtrlr", "TimeSource"),
    mandatory_2_0_1=True,
)
