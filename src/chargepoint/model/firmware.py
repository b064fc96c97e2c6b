"""Firmware updates in neutral words: what is asked for, how far it has come, what is told of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DOWNLOAD_ATTEMPTS = 4
"""Where the CSMS does not say: the first and three retries."""
RETRY_SECONDS = 60.0
"""Where the CSMS does not say."""


class FirmwareStatus(StrEnum):
    """What the CSMS is told, by the words of 2.0.1 and of 1.6's security extension."""

    DOWNLOAD_SCHEDULED = "DownloadScheduled"
    DOWNLOADING = "Downloading"
    DOWNLOAD_PAUSED = "DownloadPaused"
    DOWNLOADED = "Downloaded"
    SIGNATURE_VERIFIED = "SignatureVerified"
    INSTALL_SCHEDULED = "InstallScheduled"
    INSTALLING = "Installing"
    INSTALL_REBOOTING = "InstallRebooting"
    INSTALLED = "Installed"
    DOWNLOAD_FAILED = "DownloadFailed"
    INVALID_SIGNATURE = "InvalidSignature"
    INSTALL_VERIFICATION_FAILED = "InstallVerificationFailed"
    INSTALLATION_FAILED = "InstallationFailed"
    IDLE = "Idle"


class UpdateState(StrEnum):
    """How far an update has come; stored under these words."""

    REQUESTED = "requested"
    DOWNLOAD_SCHEDULED = "download_scheduled"
    DOWNLOADING = "downloading"
    RETRY_PENDING = "retry_pending"
    DOWNLOADED = "downloaded"
    SIGNATURE_VERIFIED = "signature_verified"
    INSTALL_SCHEDULED = "install_scheduled"
    AWAITING_TRANSACTIONS = "awaiting_transactions"
    INSTALLING = "installing"
    RESTARTING = "restarting"
    """Installed beside the running firmware; the next start is the new one's first."""
    ON_TRIAL = "on_trial"
    """The new firmware runs and has to show that it is healthy."""
    INSTALLED = "installed"
    DOWNLOAD_FAILED = "download_failed"
    INVALID_SIGNATURE = "invalid_signature"
    INSTALL_VERIFICATION_FAILED = "install_verification_failed"
    INSTALLATION_FAILED = "installation_failed"


class UpdateAnswer(StrEnum):
    """What a request for an update is answered with."""

    ACCEPTED = "accepted"
    ACCEPTED_CANCELED = "accepted_canceled"
    """Accepted, and the update that was under way is given up."""
    REJECTED = "rejected"
    """The update that is under way can not be given up any more."""
    INVALID_CERTIFICATE = "invalid_certificate"
    REVOKED_CERTIFICATE = "revoked_certificate"
    NOT_SUPPORTED = "not_supported"
    """A request without a signing certificate, and this station wants one."""


@dataclass(frozen=True, slots=True)
class FirmwareRequest:
    """One update as the CSMS asks for it."""

    location: str
    """May hold a password: never logged as it is."""
    retrieve_at: datetime
    install_at: datetime | None = None
    request_id: int | None = None
    """1.6 has one only in the signed request."""
    signing_certificate_pem: str | None = None
    signature_base64: str | None = None
    attempts: int = DOWNLOAD_ATTEMPTS
    retry_seconds: float = RETRY_SECONDS

    @property
    def is_signed(self) -> bool:
        return self.signing_certificate_pem is not None


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """What is stored of an update at each of its steps."""

    number: int
    """1 for the first update of this station, and so on."""
    request: FirmwareRequest
    state: UpdateState = UpdateState.REQUESTED
    downloads: int = 0
    """Attempts begun."""
    installs: int = 0
    """Installations begun."""
    restarts: int = 0
    """Restarts into the new firmware that were ordered."""
    mark: str | None = None
    """The installer's name for what it has installed."""
    told: FirmwareStatus | None = None
    """The last status that was queued for the CSMS."""
