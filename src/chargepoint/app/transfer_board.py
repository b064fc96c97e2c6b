"""Which files are on their way just now and how far they are: for the local interface, and in the log at sane steps.

Moves no byte itself.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chargepoint.panel.ports import TransferShown
from chargepoint.transfer.outcomes import Downloaded, Progress, TransferFailed, Uploaded
from chargepoint.transfer.port import DownloadOrder, FileTransfer, OnProgress, UploadOrder, no_progress

log = logging.getLogger(__name__)

BYTES_PER_MEGABYTE = 1_000_000
LOGGED_PARTS = 10
"""A file whose size is known is logged at each tenth of it."""
LOGGED_BYTES = 10 * BYTES_PER_MEGABYTE
"""One of unknown size as often as this."""
LEAST_LOGGED_BYTES = BYTES_PER_MEGABYTE
"""And never more often than this."""

Done = TypeVar("Done")


@dataclass(slots=True)
class _Course:
    what: str
    progress: Progress
    logged_bytes: int | None = None
    """Up to here the log knows; None: nothing has moved yet."""


class TransferBoard:
    """One for the station."""

    def __init__(self) -> None:
        self._courses: list[_Course] = []

    def shown(self) -> Sequence[TransferShown]:
        """Those that are under way, the oldest first."""
        return [
            TransferShown(course.what, course.progress.done_bytes, course.progress.total_bytes)
            for course in self._courses
        ]

    def watching(self, transfer: FileTransfer) -> FileTransfer:
        """The same transfer, seen here."""
        return _WatchedTransfer(transfer, self)

    async def follow(self, what: str, move: Callable[[OnProgress], Awaitable[Done]]) -> Done:
        """On the board until it is over, however it ends."""
        course = _Course(what, Progress(0, None))
        self._courses.append(course)

        def note(progress: Progress) -> None:
            course.progress = progress
            _log_step(course)

        try:
            return await move(note)
        finally:
            self._courses.remove(course)


class _WatchedTransfer:
    """Implements `FileTransfer`."""

    def __init__(self, transfer: FileTransfer, board: TransferBoard) -> None:
        self._transfer = transfer
        self._board = board

    async def download(
        self, order: DownloadOrder, on_progress: OnProgress = no_progress
    ) -> Downloaded | TransferFailed:
        return await self._board.follow(
            f"download of {order.path.name}", lambda note: self._transfer.download(order, _both(note, on_progress))
        )

    async def upload(self, order: UploadOrder, on_progress: OnProgress = no_progress) -> Uploaded | TransferFailed:
        return await self._board.follow(
            f"upload of {order.path.name}", lambda note: self._transfer.upload(order, _both(note, on_progress))
        )


def _both(one: OnProgress, other: OnProgress) -> OnProgress:
    def tell(progress: Progress) -> None:
        one(progress)
        other(progress)

    return tell


def _log_step(course: _Course) -> None:
    done, total = course.progress.done_bytes, course.progress.total_bytes
    if course.logged_bytes is None or done < course.logged_bytes:
        course.logged_bytes = done  # the beginning, a resumed file, or another attempt that begins anew
        return
    step = LOGGED_BYTES if total is None else max(LEAST_LOGGED_BYTES, total // LOGGED_PARTS)
    if done - course.logged_bytes >= step:
        course.logged_bytes += (done - course.logged_bytes) // step * step
        log.info("%s: %s", course.what, _said(done, total))


def _said(done_bytes: int, total_bytes: int | None) -> str:
    done = f"{done_bytes / BYTES_PER_MEGABYTE:.1f} MB"
    if not total_bytes:
        return done
    return f"{done} of {total_bytes / BYTES_PER_MEGABYTE:.1f} MB ({100 * done_bytes // total_bytes} %)"
