"""The security events of OCPP, which of them are critical, and what each version calls them. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SecurityEvent(StrEnum):
    """By 2.0.1's names (appendix 1), which are the neutral ones."""

    FIRMWARE_UPDATED = "FirmwareUpdated"
    FAILED_TO_AUTHENTICATE_AT_CSMS = "FailedToAuthenticateAtCsms"
    CSMS_FAILED_TO_AUTHENTICATE = "CsmsFailedToAuthenticate"
    SETTING_SYSTEM_TIME = "SettingSystemTime"
    STARTUP_OF_THE_DEVICE = "StartupOfTheDevice"
    RESET_OR_REBOOT = "ResetOrReboot"
    SECURITY_LOG_WAS_CLEARED = "SecurityLogWasCleared"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "ReconfigurationOfSecurityParameters"
    MEMORY_EXHAUSTION = "MemoryExhaustion"
    INVALID_MESSAGES = "InvalidMessages"
    ATTEMPTED_REPLAY_ATTACKS = "AttemptedReplayAttacks"
    TAMPER_DETECTION_ACTIVATED = "TamperDetectionActivated"
    INVALID_FIRMWARE_SIGNATURE = "InvalidFirmwareSignature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "InvalidFirmwareSigningCertificate"
    INVALID_CSMS_CERTIFICATE = "InvalidCsmsCertificate"
    INVALID_CHARGING_STATION_CERTIFICATE = "InvalidChargingStationCertificate"
    DISCARDED_RENEWED_CLIENT_CERTIFICATE = "DiscardedRenewedClientCertificate"
    INVALID_TLS_VERSION = "InvalidTLSVersion"
    INVALID_TLS_CIPHER_SUITE = "InvalidTLSCipherSuite"
    MAINTENANCE_LOGIN_ACCEPTED = "MaintenanceLoginAccepted"
    MAINTENANCE_LOGIN_FAILED = "MaintenanceLoginFailed"


@dataclass(frozen=True, slots=True)
class Criticality:
    """Per version; None: the version does not know the event."""

    in_1_6: bool | None
    in_2_0_1: bool | None

    @property
    def is_reported(self) -> bool:
        """Told to the CSMS, durably, when either version calls it critical: which one is spoken when the queue
        drains is not known before. All events go into the security log."""
        return bool(self.in_1_6) or bool(self.in_2_0_1)


CRITICALITY: Mapping[SecurityEvent, Criticality] = {
    SecurityEvent.FIRMWARE_UPDATED: Criticality(True, True),
    SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS: Criticality(False, False),
    SecurityEvent.CSMS_FAILED_TO_AUTHENTICATE: Criticality(False, False),
    SecurityEvent.SETTING_SYSTEM_TIME: Criticality(True, True),
    SecurityEvent.STARTUP_OF_THE_DEVICE: Criticality(True, True),
    SecurityEvent.RESET_OR_REBOOT: Criticality(True, True),
    SecurityEvent.SECURITY_LOG_WAS_CLEARED: Criticality(True, True),
    SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS: Criticality(False, False),
    SecurityEvent.MEMORY_EXHAUSTION: Criticality(True, True),
    SecurityEvent.INVALID_MESSAGES: Criticality(False, False),
    SecurityEvent.ATTEMPTED_REPLAY_ATTACKS: Criticality(False, False),
    SecurityEvent.TAMPER_DETECTION_ACTIVATED: Criticality(True, True),
    SecurityEvent.INVALID_FIRMWARE_SIGNATURE: Criticality(False, True),
    SecurityEvent.INVALID_FIRMWARE_SIGNING_CERTIFICATE: Criticality(False, True),
    SecurityEvent.INVALID_CSMS_CERTIFICATE: Criticality(False, True),
    SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE: Criticality(False, True),
    SecurityEvent.DISCARDED_RENEWED_CLIENT_CERTIFICATE: Criticality(None, True),
    SecurityEvent.INVALID_TLS_VERSION: Criticality(False, True),
    SecurityEvent.INVALID_TLS_CIPHER_SUITE: Criticality(False, True),
    SecurityEvent.MAINTENANCE_LOGIN_ACCEPTED: Criticality(None, True),
    SecurityEvent.MAINTENANCE_LOGIN_FAILED: Criticality(None, True),
}
"""1.6 whitepaper section 8; 2.0.1 appendix 1 with the errata's DiscardedRenewedClientCertificate."""

OLDER_NAMES: Mapping[SecurityEvent, str] = {
    SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS: "FailedToAuthenticationAtCentralSystem",
    SecurityEvent.CSMS_FAILED_TO_AUTHENTICATE: "CentralSystemFailedToAuthentication",
    SecurityEvent.INVALID_CSMS_CERTIFICATE: "InvalidCentralSystemCertificate",
    SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE: "InvalidChargePointCertificate",
}
"""What 1.6 spells otherwise; all else is the same."""


def name_in_1_6(event: SecurityEvent) -> str | None:
    """None: 1.6 does not know it."""
    if CRITICALITY[event].in_1_6 is None:
        return None
    return OLDER_NAMES.get(event, event.value)
