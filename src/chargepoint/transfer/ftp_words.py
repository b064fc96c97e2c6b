"""What FTP says, in this room's words."""

import ssl
from collections.abc import Mapping
from enum import StrEnum

import aioftp

from chargepoint.transfer.file_url import FileUrl
from chargepoint.transfer.outcomes import TransferError, TransferFault


class Doing(StrEnum):
    DOWNLOAD = "download"
    UPLOAD = "upload"


FAULT_OF_CODE: Mapping[str, TransferFault] = {
    "332": TransferFault.PERMISSION_DENIED,
    "421": TransferFault.SERVER_BUSY,
    "425": TransferFault.SERVER_BUSY,
    "426": TransferFault.INTERRUPTED,
    "430": TransferFault.PERMISSION_DENIED,
    "450": TransferFault.SERVER_BUSY,
    "451": TransferFault.SERVER_BUSY,
    "452": TransferFault.REFUSED,
    "500": TransferFault.NOT_SUPPORTED,
    "501": TransferFault.NOT_UNDERSTOOD,
    "502": TransferFault.NOT_SUPPORTED,
    "503": TransferFault.NOT_UNDERSTOOD,
    "504": TransferFault.NOT_SUPPORTED,
    "522": TransferFault.NOT_SUPPORTED,
    "530": TransferFault.PERMISSION_DENIED,
    "532": TransferFault.PERMISSION_DENIED,
    "534": TransferFault.NOT_SUPPORTED,
    "552": TransferFault.REFUSED,
    "553": TransferFault.PERMISSION_DENIED,
}
"""RFC 959, 2228 and 4217. 550 means one thing when fetching and another when bringing."""
FAULT_OF_550: Mapping[Doing, TransferFault] = {
    Doing.DOWNLOAD: TransferFault.NOT_FOUND,
    Doing.UPLOAD: TransferFault.PERMISSION_DENIED,
}


def failure_of(error: Exception, url: FileUrl, doing: Doing) -> TransferError:
    """The server's text is left out: it may repeat what it was sent."""
    if isinstance(error, aioftp.StatusCodeError):
        code = str(error.received_codes[-1])
        fault = FAULT_OF_550[doing] if code == "550" else FAULT_OF_CODE.get(code, TransferFault.REFUSED)
        return TransferError(
            fault, f"{url}: the {doing} was answered FTP {code} ({fault.value}): check the location and its permissions"
        )
    if isinstance(error, ssl.SSLError):
        return not_trusted(error, url)
    if isinstance(error, aioftp.AIOFTPException | ValueError):
        return TransferError(
            TransferFault.NOT_UNDERSTOOD, f"{url} speaks no FTP that this station understands: check the location"
        )
    return TransferError(
        TransferFault.INTERRUPTED, f"the connection to {url} ended early ({type(error).__name__}): try again"
    )


def not_trusted(error: ssl.SSLError, url: FileUrl) -> TransferError:
    reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
    return TransferError(
        TransferFault.NOT_TRUSTED,
        f"{url} could not prove who it is ({reason}): install its root certificate or check its name",
    )


def unreachable(error: OSError, url: FileUrl) -> TransferError:
    reason = error.strerror or type(error).__name__
    return TransferError(TransferFault.UNREACHABLE, f"{url} cannot be reached ({reason}): check host, port and network")
