"""FirmwareStatusNotification: the status that a trigger asks for, in 1.6's fewer words."""

from collections.abc import Mapping

from chargepoint.csms.dialect import OutgoingCall
from chargepoint.model.reports import FirmwareReport

FIRMWARE_STATUS: Mapping[str, str | None] = {
    "Idle": "Idle",
    "Downloading": "Downloading",
    "DownloadPaused": "Downloading",
    "DownloadScheduled": None,
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "SignatureVerified": None,
    "InvalidSignature": "InstallationFailed",
    "InstallScheduled": None,
    "Installing": "Installing",
    "InstallRebooting": "Installing",
    "Installed": "Installed",
    "InstallationFailed": "InstallationFailed",
    "InstallVerificationFailed": "InstallationFailed",
}
"""7.25 beside 2.0.1's FirmwareStatusEnumType; None: 1.6 has no word, and nothing is sent."""

SENDS = frozenset({"FirmwareStatusNotification"})


def encode_firmware(report: FirmwareReport) -> OutgoingCall | None:
    status = FIRMWARE_STATUS.get(report.status)
    return None if status is None else OutgoingCall("FirmwareStatusNotification", {"status": status})
