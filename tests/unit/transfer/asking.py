"""A transfer, and orders for it, with little patience."""

import ssl
from pathlib import Path

import trustme

from chargepoint.transfer.network_transfer import NetworkFileTransfer
from chargepoint.transfer.outcomes import TransferFailed, TransferFault
from chargepoint.transfer.port import Attempts, DownloadOrder, UploadOrder

IMPATIENT = Attempts(interval_seconds=0.0, connect_seconds=5.0, stall_seconds=5.0)
TWICE = Attempts(retries=1, interval_seconds=0.0, connect_seconds=5.0, stall_seconds=5.0)
MOST_BYTES = 200 * 1024 * 1024


def transfer(authority: trustme.CA | None = None) -> NetworkFileTransfer:
    """Trusts that authority, or nobody."""

    async def tls() -> ssl.SSLContext:
        context = ssl.create_default_context()
        if authority is not None:
            authority.configure_trust(context)
        return context

    return NetworkFileTransfer(tls)


def download(url: str, path: Path, attempts: Attempts = IMPATIENT, most_bytes: int = MOST_BYTES) -> DownloadOrder:
    return DownloadOrder(url, path, most_bytes, attempts, keep_free_bytes=0)


def upload(url: str, path: Path, attempts: Attempts = IMPATIENT) -> UploadOrder:
    return UploadOrder(url, path, attempts)


def fault_of(outcome: object) -> TransferFault:
    assert isinstance(outcome, TransferFailed), outcome
    return outcome.fault


def leaves(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
