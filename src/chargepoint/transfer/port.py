"""The port: what one may ask of file transfer. `NetworkFileTransfer` implements it; tests have fakes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chargepoint.transfer.outcomes import Downloaded, Progress, TransferFailed, Uploaded

OnProgress = Callable[[Progress], None]
"""Called on the event loop, at most once a chunk; must not block."""

SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
"""Of URLs that a transfer can use."""
DEFAULT_KEEP_FREE_BYTES = 32 * 1024 * 1024


def no_progress(progress: Progress) -> None:
    """For who does not want to know."""
    del progress


def no_retry(failed: TransferFailed, wait_seconds: float) -> None:
    """For who does not want to know."""
    del failed, wait_seconds


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often, and how patiently."""

    retries: int = 0
    """Further attempts after the first one failed."""
    interval_seconds: float = 60.0
    """Between two attempts."""
    connect_seconds: float = 30.0
    stall_seconds: float = 60.0
    """Without a byte moving the attempt has failed."""
    on_retry: Callable[[TransferFailed, float], None] = no_retry
    """An attempt has failed, and the next one comes in so many seconds."""


@dataclass(frozen=True, slots=True)
class DownloadOrder:
    url: str = field(repr=False)
    """May hold credentials (`user:password@`): they are used, never shown."""
    path: Path
    """Where the whole file will be; while it comes it is `<name>.part` beside it, with `<name>.part.json`."""
    most_bytes: int
    """A larger file is refused, before it comes where the server tells its size."""
    attempts: Attempts = Attempts()
    resumes: bool = True
    """Go on with what an earlier attempt left, also after a restart, if the server's file is still the same."""
    keep_free_bytes: int = DEFAULT_KEEP_FREE_BYTES
    """Disk space that stays free."""


@dataclass(frozen=True, slots=True)
class UploadOrder:
    url: str = field(repr=False)
    """Of the file itself, as `file_url.url_of_file` makes it from a directory's; credentials as in a download."""
    path: Path
    attempts: Attempts = Attempts()
    content_type: str = "application/octet-stream"


class FileTransfer(Protocol):
    """Flat memory whatever the size. Never raises for the world's faults; cancelling leaves what can be resumed."""

    async def download(
        self, order: DownloadOrder, on_progress: OnProgress = no_progress
    ) -> Downloaded | TransferFailed: ...

    async def upload(self, order: UploadOrder, on_progress: OnProgress = no_progress) -> Uploaded | TransferFailed:
        """HTTP: PUT, or POST where PUT is not allowed; FTP: STOR."""
        ...
